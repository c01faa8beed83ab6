// SPDX-License-Identifier: GPL-3.0-or-later
// How values become the small integers that the indexes of a recording hold. They stand in files: never change. Pure; any thread.
#pragma once

#include "engine/base/moment.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::storage {

constexpr int traceDigits = 15;  // hex digits of a trace id that its key holds
constexpr int nameEpochBits = 16, spanBits = 10;
constexpr int highestLatencyClass = 44;  // 2^63 ns

// 0: below 1 ms; n: below 2^n ms and not below 2^(n-1) ms.
inline int latencyClass(int64_t nanos)
{
    return std::bit_width(uint64_t(std::max<int64_t>(nanos, 0)) / 1'000'000);
}

// The keys that trace ids with this beginning have: from `low` to `high`. False: no hex digits.
bool traceKeys(std::string_view beginning, int64_t &low, int64_t &high);

// Whatever the case (FNV-1a, 63 bits).
int64_t requestKey(std::string_view id);

// 32 hex digits in lower case as 16 bytes; false: it is not that.
bool packHex(std::string_view text, std::string &bytes);
// A UUID in lower case as 16 bytes; false: it is not that.
bool packUuid(std::string_view text, std::string &bytes);
std::string unpackUuid(std::string_view bytes);

}  // namespace sluice::storage
