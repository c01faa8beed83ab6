// SPDX-License-Identifier: GPL-3.0-or-later
// Compares two answers to the same request by meaning: status, headers, body (JSON by value, text by line, else by byte).
// Pure; any thread.
#pragma once

#include "engine/journey/exchange.h"

#include <string>
#include <vector>

namespace sluice::replay {

enum class Verdict { Same, Noise, Different, Failed };  // Noise: only what differs every time (Date, ids, ages)
std::string_view name(Verdict);                         // "same" "noise" "different" "failed"

struct Difference {
    std::string where;          // "status", "header Content-Type", "body $.user.name", "body line 3"
    std::string before, after;  // shortened to 200 bytes; empty: not there
    bool noise = false;
};

struct Comparison {
    Verdict verdict = Verdict::Same;
    std::vector<Difference> differences;  // at most 200
};

Comparison compare(const journey::Exchange &original, const journey::Exchange &repeated);

}  // namespace sluice::replay
