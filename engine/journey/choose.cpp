// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/uri.h"
#include "engine/journey/state.h"

namespace sluice::journey {

namespace {

// Without the port; empty where the request names no host.
std::string_view hostOf(const Exchange &x)
{
    const auto authority = http::parseAuthority(x.received.authority);
    return authority ? authority->host : std::string_view();
}

// Why the routes that came near lost, as a JSON array.
void addLosers(const Journey &j, const routing::RequestFacts &facts, std::string &out)
{
    constexpr size_t most = 4;
    out += '[';
    bool first = true;
    for (const routing::Candidate &candidate : j.plan.router.contenders(facts, most)) {
        if (std::exchange(first, false))
            continue;                            // the winner
        if (out.back() == '}')
            out += ',';
        JsonObject loser(out);
        loser.add("route", j.plan.routes[candidate.route].name).add("why", candidate.why);
        loser.close();
    }
    out += ']';
}

void explainRoute(Journey &j, const routing::RouteMatch &match, const routing::RequestFacts &facts)
{
    if (!j.recording)
        return;
    DecisionLog &log = j.x->decisions;
    if (match.kind == routing::RouteMatch::Kind::WrongMethod) {
        log.add(Stage::Route, "method_not_allowed", "the path is known, the method is not",
                [&](JsonObject &f) { f.add("method", facts.method).add("allow", match.allow); });
    } else if (match.kind == routing::RouteMatch::Kind::NoRoute) {
        log.add(Stage::Route, "no_route", "no route takes this request",
                [&](JsonObject &f) { f.add("host", facts.host).add("path", facts.path).add("routes", j.plan.routes.size()); });
    } else {
        const config::RouteSettings &route = j.plan.routes[match.route];
        log.add(Stage::Route, "matched", "the most specific route that takes this request", [&](JsonObject &f) {
            f.add("route", route.name).add("pattern", route.match.path).add("service", route.service).add("line", route.place.line);
            for (const routing::Capture &c : match.captures)
                f.add(c.name, c.value);
            addLosers(j, facts, f.name("others"));
        });
    }
}

}  // namespace

bool chooseRoute(Journey &j)
{
    Exchange &x = *j.x;
    const routing::RequestFacts facts{x.received.method, hostOf(x), x.path, x.query, &x.received.headers};
    routing::RouteMatch match = j.plan.router.find(facts);
    x.times.routed = j.sinceStart();
    explainRoute(j, match, facts);
    switch (match.kind) {
    case routing::RouteMatch::Kind::NoRoute:
        j.answerSelf(404, "no route takes " + x.received.method + ' ' + x.path);
        return false;
    case routing::RouteMatch::Kind::WrongMethod:
        j.allow = std::move(match.allow);
        j.answerSelf(405, x.received.method + " is not allowed here, " + j.allow + " is");
        return false;
    case routing::RouteMatch::Kind::Found:
        break;
    }
    j.route = &j.plan.routes[match.route];
    j.routeCounters = j.rules->routes[match.route].get();
    j.captures = std::move(match.captures);
    x.route = j.route->name;
    x.service = j.route->service;
    if (j.route->serviceIndex < j.plan.services.size()) {
        j.service = &j.plan.services[j.route->serviceIndex];
        j.serviceState = &j.rules->services[j.route->serviceIndex];
    }
    return true;
}

}  // namespace sluice::journey
