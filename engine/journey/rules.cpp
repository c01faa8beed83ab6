// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/journey/rules.h"

#include "engine/journey/attempt_decision.h"
#include "engine/journey/balance_decision.h"
#include "engine/journey/route_decision.h"

namespace sluice::journey {

namespace {

std::vector<balancing::Endpoint> endpointsOf(const config::ServiceSettings &service)
{
    std::vector<balancing::Endpoint> out;
    for (const config::EndpointSettings &e : service.endpoints)
        out.push_back(balancing::Endpoint{e.url, e.weight});
    return out;
}

// Index of what has this name in a list of settings; npos: it is new.
template<class List>
size_t indexOf(const List &list, const std::string &name, auto &&nameOf)
{
    for (size_t i = 0; i < list.size(); ++i) {
        if (nameOf(list[i]) == name)
            return i;
    }
    return size_t(-1);
}

ServiceState stateFor(const config::ServiceSettings &service, const Rules *before)
{
    const std::vector<balancing::Endpoint> endpoints = endpointsOf(service);
    const size_t old =
        before ? indexOf(before->plan->services, service.name, [](auto &s) { return s.name; }) : size_t(-1);
    if (old == size_t(-1)) {
        ServiceState fresh{balancing::Balancer(endpoints), {}, {}, {}};
        for (size_t i = 0; i < endpoints.size(); ++i)
            fresh.endpoints.push_back(std::make_shared<EndpointCounters>());
        return fresh;
    }
    const ServiceState &known = before->services[old];
    const auto &knownEndpoints = before->plan->services[old].endpoints;
    ServiceState state{known.balancer.adopt(endpoints), {}, {}, {}};
    for (const balancing::Endpoint &e : endpoints) {
        const size_t at = indexOf(knownEndpoints, e.url, [](auto &k) { return k.url; });
        state.endpoints.push_back(at == size_t(-1) ? std::make_shared<EndpointCounters>() : known.endpoints[at]);
    }
    return state;
}

}  // namespace

Result<RulesPtr> Rules::create(config::PlanPtr plan, const Rules *before)
{
    auto rules = std::make_shared<Rules>();
    Result<http::TrustedPeers> trusted = http::TrustedPeers::parse(plan->trusted);
    if (!trusted)
        return trusted.error();
    rules->trusted = trusted.take();
    for (const config::ServiceSettings &service : plan->services) {
        rules->services.push_back(stateFor(service, before));
        for (const config::EndpointSettings &endpoint : service.endpoints)
            rules->services.back().answered.push_back(answeredAttempt(endpoint));
        if (service.endpoints.size() == 1)
            rules->services.back().onlyPick = onlyPick(service);
    }
    for (const config::RouteSettings &route : plan->routes) {
        const size_t old =
            before ? indexOf(before->plan->routes, route.name, [](auto &r) { return r.name; }) : size_t(-1);
        rules->routes.push_back(old == size_t(-1) ? std::make_shared<RouteCounters>() : before->routes[old]);
    }
    for (size_t i = 0; i < plan->routes.size(); ++i)
        rules->matchedAlone.push_back(journey::matchedAlone(*plan, i));
    rules->plan = std::move(plan);
    rules->revision = before ? before->revision + 1 : 1;
    return RulesPtr(std::move(rules));
}

}  // namespace sluice::journey
