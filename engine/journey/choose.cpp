// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/uri.h"
#include "engine/journey/route_decision.h"
#include "engine/journey/state.h"

namespace sluice::journey {

namespace {

// Without the port; empty where the request names no host. The reader has seen that the authority is one.
std::string_view hostOf(const Exchange &x)
{
    const std::string_view authority = x.received.authority;
    if (!authority.starts_with('['))
        return authority.substr(0, authority.find(':'));
    const auto parsed = http::parseAuthority(authority);
    return parsed ? parsed->host : std::string_view();
}

}  // namespace

bool chooseRoute(Journey &j)
{
    Exchange &x = *j.x;
    const routing::RequestFacts facts{x.received.method, hostOf(x), x.path, x.query, &x.received.headers, false};
    routing::RouteMatch match = j.plan.router.find(facts);
    const bool found = match.kind == routing::RouteMatch::Kind::Found;
    if (found && (j.recording || !j.plan.routes[match.route].rewrite.path.empty()))
        match.captures = j.plan.router.captures(match.route, x.path);
    x.times.routed = j.sinceStart();
    if (j.recording)
        explainRoute(x.decisions, j.plan, match, facts, &j.rules->matchedAlone);
    switch (match.kind) {
    case routing::RouteMatch::Kind::NoRoute:
        j.answerSelf(404, "no route takes " + x.received.method + ' ' + x.path);
        return false;
    case routing::RouteMatch::Kind::WrongMethod:
        j.allow = std::move(match.allow);
        j.answerSelf(405, x.received.method + " is not allowed here, " + j.allow + " is");
        return false;
    case routing::RouteMatch::Kind::Found: break;
    }
    j.route = &j.plan.routes[match.route];
    j.routeCounters = j.rules->routes[match.route].get();
    j.captures = std::move(match.captures);
    if (j.recording) {
        x.route = j.route->name;
        x.service = j.route->service;
    }
    if (j.route->serviceIndex < j.plan.services.size()) {
        j.service = &j.plan.services[j.route->serviceIndex];
        j.serviceState = &j.rules->services[j.route->serviceIndex];
    }
    return true;
}

}  // namespace sluice::journey
