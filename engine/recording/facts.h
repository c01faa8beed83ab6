// SPDX-License-Identifier: GPL-3.0-or-later
// What a filter asks of an exchange that no single member of it says. Pure; any thread.
#pragma once

#include "engine/journey/exchange.h"

#include <cstdint>
#include <string_view>

namespace sluice::recording {

// The values of is:, as bits. They stand in recordings: add, never change.
enum Is : uint16_t {
    kReplayed = 1,    // repeats another exchange
    kCached = 2,      // answered from the cache: a hit, or stale
    kLimited = 4,     // a limit refused it: a "limit" decision that says so, or a 429 of the gateway's own
    kRetried = 8,     // more than one attempt
    kFailed = 16,     // somebody is to blame: Exchange::failedBy
    kTunnel = 32,     // WebSocket or another upgrade
    kWebSocket = 64,  // these have messages
    kEvents = 128,
    kGrpc = 256,
};
struct IsName {
    std::string_view name;
    Is bit;
};
inline constexpr IsName isNames[] = {{"replayed", kReplayed},   {"cached", kCached}, {"limited", kLimited},
                                     {"retried", kRetried},     {"failed", kFailed}, {"tunnel", kTunnel},
                                     {"websocket", kWebSocket}, {"events", kEvents}, {"grpc", kGrpc}};

uint16_t isBits(const journey::Exchange &);

// The outcome of the last decision at this stage ("open", say); empty: there was none. Lives as long as the log.
std::string_view lastOutcome(const journey::DecisionLog &, journey::Stage);

std::string_view name(Fault);                                 // "client" "upstream" "gateway"
std::string_view failedByName(const std::optional<Fault> &);  // empty where nobody is to blame

}  // namespace sluice::recording
