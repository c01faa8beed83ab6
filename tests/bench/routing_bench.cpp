// SPDX-License-Identifier: GPL-3.0-or-later
// What finding a route costs with 10 to 10,000 of them. Each kind is asked in turn over its routes, so that no run
// lives from one warm cache line; `Mixed` goes over all kinds.
#include "engine/balancing/balancer.h"
#include "engine/routing/router.h"

#include <benchmark/benchmark.h>

using namespace sluice;
using namespace sluice::routing;

namespace {
enum Ask { Exact, Prefix, Param, Expression, Mixed, Missing, OneNode };

struct Workload {
    Router router;
    std::vector<std::string> paths;
};

// A quarter of the routes each: exact, prefix, parameter, expression; some by host or header.
Workload make(size_t routes, Ask ask)
{
    std::vector<Router::Entry> entries;
    Workload out;
    for (size_t i = 0; i < routes; ++i) {
        const std::string n = std::to_string(i);
        const std::string area = "/api/area" + std::to_string(i % 50);
        MatchSettings match;
        std::string path;
        const Ask kind = Ask(i % 4);
        switch (kind) {
        case Exact: match.path = path = area + "/exact" + n + "/list"; break;
        case Prefix:
            match.path = area + "/prefix" + n + "/**";
            path = area + "/prefix" + n + "/some/thing";
            break;
        case Param:
            match.path = area + "/param" + n + "/{id}/items";
            path = area + "/param" + n + "/4711/items";
            break;
        default:
            match.path = "~^" + area + "/v[0-9]+/expr" + n + "$";
            path = area + "/v12/expr" + n;
            break;
        }
        match.methods = {"GET", "POST"};
        entries.push_back({"r" + n, match});
        if (ask == Mixed || ask == kind)
            out.paths.push_back(path);
        else if (ask == Missing)
            out.paths.push_back(area + "/nothing" + n);
    }
    out.router = Router::create(std::move(entries)).take();
    return out;
}

// The worst place for expressions: none begins with a literal segment, so that all share the root.
Workload makeOneNode(size_t routes)
{
    std::vector<Router::Entry> entries;
    Workload out;
    for (size_t i = 0; i < routes; ++i) {
        const std::string n = std::to_string(i);
        entries.push_back({"r" + n, {.path = "~^/v[0-9]+/[a-z]+/expr" + n + "$"}});
        out.paths.push_back("/v12/area/expr" + n);
    }
    out.router = Router::create(std::move(entries)).take();
    return out;
}

void find(benchmark::State &state, Ask ask)
{
    const Workload load = ask == OneNode ? makeOneNode(size_t(state.range(0))) : make(size_t(state.range(0)), ask);
    size_t at = 0, found = 0;
    for (auto _ : state) {
        const RouteMatch match = load.router.find({"GET", "localhost", load.paths[at], {}, nullptr});
        found += match.kind == RouteMatch::Kind::Found;
        benchmark::DoNotOptimize(match.route);
        at = at + 1 == load.paths.size() ? 0 : at + 1;
    }
    if (found != (ask == Missing ? 0 : size_t(state.iterations())))
        state.SkipWithError("a route was not found");
}

void contenders(benchmark::State &state)
{
    const Workload load = make(size_t(state.range(0)), Mixed);
    size_t at = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(load.router.contenders({"GET", "localhost", load.paths[at], {}, nullptr}));
        at = at + 1 == load.paths.size() ? 0 : at + 1;
    }
}

void pick(benchmark::State &state)
{
    std::vector<balancing::Endpoint> endpoints;
    for (int i = 0; i < state.range(0); ++i)
        endpoints.push_back({"http://127.0.0.1:" + std::to_string(9000 + i), uint32_t(1 + i % 3)});
    balancing::Balancer balancer(endpoints);
    for (auto _ : state)
        benchmark::DoNotOptimize(balancer.pick());
}

void routeCounts(benchmark::internal::Benchmark *bench)
{
    bench->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000);
}
}  // namespace

BENCHMARK_CAPTURE(find, exact, Exact)->Apply(routeCounts);
BENCHMARK_CAPTURE(find, prefix, Prefix)->Apply(routeCounts);
BENCHMARK_CAPTURE(find, parameter, Param)->Apply(routeCounts);
BENCHMARK_CAPTURE(find, expression, Expression)->Apply(routeCounts);
BENCHMARK_CAPTURE(find, mixed, Mixed)->Apply(routeCounts);
BENCHMARK_CAPTURE(find, missing, Missing)->Apply(routeCounts);
BENCHMARK_CAPTURE(find, expressions_at_one_node, OneNode)->Apply(routeCounts);
BENCHMARK(contenders)->Apply(routeCounts);
BENCHMARK(pick)->Arg(1)->Arg(4)->Arg(32);
