// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/journey/route_decision.h"

namespace sluice::journey {

namespace {

// How a decision ends that no other route came near to.
constexpr std::string_view nobodyElse = R"(,"others":[]}})";

// Why the routes that came near lost, as a JSON array.
void addLosers(const config::Plan &plan, const std::vector<routing::Candidate> &losers, std::string &out)
{
    out += '[';
    for (const routing::Candidate &candidate : losers) {
        if (out.back() == '}')
            out += ',';
        JsonObject loser(out);
        loser.add("route", plan.routes[candidate.route].name).add("why", candidate.why);
        loser.close();
    }
    out += ']';
}

void addMatched(DecisionLog &log, const config::Plan &plan, const routing::RouteMatch &match,
                const std::vector<routing::Candidate> &losers)
{
    const config::RouteSettings &route = plan.routes[match.route];
    log.add(Stage::Route, "matched", "the most specific route that takes this request", [&](JsonObject &f) {
        f.add("route", route.name).add("pattern", route.match.path).add("service", route.service);
        if (!plan.file.empty())
            f.add("line", route.place.line);
        for (const routing::Capture &c : match.captures)
            f.add(JsonKey::of(c.name), c.value);
        addLosers(plan, losers, f.name("others"));
    });
}

}  // namespace

std::string matchedAlone(const config::Plan &plan, size_t route)
{
    DecisionLog log;
    routing::RouteMatch match;
    match.route = route;
    addMatched(log, plan, match, {});
    return log.asOne();
}

void explainRoute(DecisionLog &log, const config::Plan &plan, const routing::RouteMatch &match,
                  const routing::RequestFacts &facts, const std::vector<std::string> *alone)
{
    constexpr size_t mostLosers = 3;
    switch (match.kind) {
    case routing::RouteMatch::Kind::WrongMethod:
        log.add(Stage::Route, "method_not_allowed", "the path is known, the method is not",
                [&](JsonObject &f) { f.add("method", facts.method).add("allow", match.allow); });
        return;
    case routing::RouteMatch::Kind::NoRoute:
        log.add(Stage::Route, "no_route", "no route takes this request", [&](JsonObject &f) {
            f.add("host", facts.host).add("path", facts.path).add("routes", plan.routes.size());
        });
        return;
    case routing::RouteMatch::Kind::Found: break;
    }
    const std::vector<routing::Candidate> losers = plan.router.losers(facts, match.route, mostLosers);
    if (!alone || !losers.empty())
        return addMatched(log, plan, match, losers);
    const std::string_view ready = (*alone)[match.route];
    log.addReady(Stage::Route, ready, ready.size() - nobodyElse.size(), [&](std::string &json) {
        for (const routing::Capture &c : match.captures) {
            json += ',';
            appendJson(json, c.name);
            json += ':';
            appendJson(json, c.value);
        }
    });
}

}  // namespace sluice::journey
