// SPDX-License-Identifier: GPL-3.0-or-later
// The sample services: users in two versions, orders, payments that fail at times, an inventory, a slow report. All in
// this process, on loopback, on ports of their own. One thread, with a Qt event loop.
#pragma once

#include "engine/base/random.h"
#include "engine/base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::demo {

// In the order of serviceNames().
using Ports = std::vector<uint16_t>;
const std::vector<std::string> &serviceNames();  // "users" "users-v3" "orders" "payments" "inventory" "reports"

class Services {
public:
    explicit Services(uint64_t seed);
    ~Services();
    Result<Ports> open();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::demo
