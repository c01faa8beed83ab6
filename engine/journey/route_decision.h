// SPDX-License-Identifier: GPL-3.0-or-later
// The words of the decision "route", the same for a request that was sent and for one that is only asked about. Pure.
#pragma once

#include "engine/config/plan.h"
#include "engine/journey/decision.h"
#include "engine/routing/router.h"

namespace sluice::journey {

// Adds it: which route took the request and what it captured, or that none did; and the nearest others with what was against them.
void explainRoute(DecisionLog &log, const config::Plan &plan, const routing::RouteMatch &match,
                  const routing::RequestFacts &facts);

}  // namespace sluice::journey
