// SPDX-License-Identifier: GPL-3.0-or-later
// Rules: a plan together with the live state that belongs to its lists: what an exchange begins with and keeps. Made at
// each reload from the rules before, so that state goes on by name. Shared by all workers.
#pragma once

#include "engine/balancing/balancer.h"
#include "engine/config/plan.h"
#include "engine/http/forwarding.h"

#include <atomic>
#include <map>
#include <memory>

namespace sluice::journey {

// Counted by every worker, read by status. Outlives reloads by its name.
struct RouteCounters {
    std::atomic<uint64_t> requests{0}, clientErrors{0}, serverErrors{0};
};
struct EndpointCounters {
    std::atomic<uint64_t> requests{0}, failures{0};
    std::atomic<uint32_t> active{0};
    std::atomic<int64_t> meanLatency{0};  // ns, to the answer's head; moves by an eighth a request
};

struct ServiceState {
    balancing::Balancer balancer;
    std::vector<std::shared_ptr<EndpointCounters>> endpoints;  // as in the plan
    std::vector<std::string> answered;  // of each endpoint: how the decision "attempt" begins where it answered
    std::string onlyPick;  // the decision where there is but one endpoint, ready (DecisionLog::addReady); else empty
};

struct Rules {
    config::PlanPtr plan;
    uint64_t revision = 1;  // counts up at each reload that took effect
    http::TrustedPeers trusted;
    mutable std::vector<ServiceState> services;          // as in the plan
    std::vector<std::shared_ptr<RouteCounters>> routes;  // as in the plan
    std::vector<std::string> matchedAlone;               // of each route (route_decision.h)

    // `before` may be null. Error: a CIDR that is none (config has checked it).
    static Result<std::shared_ptr<const Rules>> create(config::PlanPtr plan, const Rules *before);
};
using RulesPtr = std::shared_ptr<const Rules>;

}  // namespace sluice::journey
