// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting for what must become true. Limits are for broken code, not for slow machines.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>

namespace support {

using namespace std::chrono_literals;
constexpr std::chrono::milliseconds patience = 30s;

// Looks every few milliseconds; false: it did not become true in time.
inline bool waitUntil(const std::function<bool()> &condition, std::chrono::milliseconds limit = patience)
{
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end)
            return condition();
        ::poll(nullptr, 0, 5);
    }
    return true;
}

}  // namespace support
