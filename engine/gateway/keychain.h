// SPDX-License-Identifier: GPL-3.0-or-later
// The desktop's keychain, through QtKeychain, one call after the other. For the thread of a SecretStore alone, which has no other
// event loop: each call runs one until the service has answered or `until` has come.
#pragma once

#include "engine/base/result.h"
#include "engine/base/secret.h"

#include <chrono>
#include <optional>
#include <string>

namespace sluice::gateway {

class Keychain {
public:
    using Clock = std::chrono::steady_clock;
    enum class Presence { Runs, Absent, Silent };  // Silent: the session bus is there and does not answer
    // Whether a service runs, or would be started by the session bus. A bus that stops to answer half-way holds this up for as long
    // as its library waits (25 s).
    static Presence look(Clock::time_point until);

    static Result<std::optional<Secret>> read(const std::string &key, Clock::time_point until);
    static Outcome write(const std::string &key, const Secret &value, Clock::time_point until);
    static Result<bool> remove(const std::string &key, Clock::time_point until);
};

}  // namespace sluice::gateway
