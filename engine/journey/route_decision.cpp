// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/journey/route_decision.h"

namespace sluice::journey {

namespace {

// Why the routes that came near lost, as a JSON array.
void addLosers(const config::Plan &plan, const routing::RequestFacts &facts, size_t winner, std::string &out)
{
    constexpr size_t most = 3;
    out += '[';
    for (const routing::Candidate &candidate : plan.router.losers(facts, winner, most)) {
        if (out.back() == '}')
            out += ',';
        JsonObject loser(out);
        loser.add("route", plan.routes[candidate.route].name).add("why", candidate.why);
        loser.close();
    }
    out += ']';
}

}  // namespace

void explainRoute(DecisionLog &log, const config::Plan &plan, const routing::RouteMatch &match,
                  const routing::RequestFacts &facts)
{
    if (match.kind == routing::RouteMatch::Kind::WrongMethod) {
        log.add(Stage::Route, "method_not_allowed", "the path is known, the method is not",
                [&](JsonObject &f) { f.add("method", facts.method).add("allow", match.allow); });
    } else if (match.kind == routing::RouteMatch::Kind::NoRoute) {
        log.add(Stage::Route, "no_route", "no route takes this request", [&](JsonObject &f) {
            f.add("host", facts.host).add("path", facts.path).add("routes", plan.routes.size());
        });
    } else {
        const config::RouteSettings &route = plan.routes[match.route];
        log.add(Stage::Route, "matched", "the most specific route that takes this request", [&](JsonObject &f) {
            f.add("route", route.name).add("pattern", route.match.path).add("service", route.service);
            if (!plan.file.empty())
                f.add("line", route.place.line);
            for (const routing::Capture &c : match.captures)
                f.add(JsonKey::of(c.name), c.value);
            addLosers(plan, facts, match.route, f.name("others"));
        });
    }
}

}  // namespace sluice::journey
