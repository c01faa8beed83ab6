// SPDX-License-Identifier: GPL-3.0-or-later
// The words of the decision "balance". Pure.
#pragma once

#include "engine/balancing/balancer.h"
#include "engine/config/plan.h"
#include "engine/journey/decision.h"

namespace sluice::journey {

void explainPick(DecisionLog &log, const config::ServiceSettings &service, const balancing::Pick &pick);
// The decision of a service with one endpoint, which always is the same (DecisionLog::addReady). Empty where it takes nothing.
std::string onlyPick(const config::ServiceSettings &service);

}  // namespace sluice::journey
