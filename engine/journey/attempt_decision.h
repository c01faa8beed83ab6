// SPDX-License-Identifier: GPL-3.0-or-later
// The words of the decision "attempt". Pure.
#pragma once

#include "engine/config/plan.h"
#include "engine/journey/decision.h"
#include "engine/journey/exchange.h"

namespace sluice::journey {

// How the decision begins for every attempt that this endpoint answered.
std::string answeredAttempt(const config::EndpointSettings &);
// Adds it, for the attempt with this number (from 1). `answered`: what answeredAttempt() gave for its endpoint.
void explainAttempt(DecisionLog &log, const Attempt &attempt, size_t number, std::string_view answered);

}  // namespace sluice::journey
