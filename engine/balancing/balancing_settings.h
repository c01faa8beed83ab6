// SPDX-License-Identifier: GPL-3.0-or-later
// How one of a service's endpoints is picked. Values.
#pragma once

#include <cstdint>

namespace sluice::balancing {

enum class Algorithm { RoundRobin, Weighted, LeastConnections, IpHash, LeastResponseTime };

struct BalancingSettings {
    Algorithm algorithm = Algorithm::RoundRobin;  // RoundRobin honours weights, too (smooth, as nginx does it)
    bool operator==(const BalancingSettings &) const = default;
};

constexpr uint32_t maxWeight = 1000;  // 0 to 1000; 0 takes nothing

}  // namespace sluice::balancing
