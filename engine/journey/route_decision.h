// SPDX-License-Identifier: GPL-3.0-or-later
// The words of the decision "route", the same for a request that was sent and for one that is only asked about. Pure.
#pragma once

#include "engine/config/plan.h"
#include "engine/journey/decision.h"
#include "engine/routing/router.h"

namespace sluice::journey {

// Adds it: which route took the request and what it captured, or that none did; and the nearest others with what was against them.
// `alone`: matchedAlone() of every route, where somebody keeps them.
void explainRoute(DecisionLog &log, const config::Plan &plan, const routing::RouteMatch &match,
                  const routing::RequestFacts &facts, const std::vector<std::string> *alone = nullptr);
// The decision for a request that this route took and that no other came near to, without what it captured
// (DecisionLog::addReady).
std::string matchedAlone(const config::Plan &plan, size_t route);

}  // namespace sluice::journey
