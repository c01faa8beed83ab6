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
constexpr int firstFineClass = 100, firstFineWidth = 8;  // of 128 ms

// 0: below 1 ms; n: below 2^n ms and not below 2^(n-1) ms. From 128 ms up, where what is slow is looked for, each of these is cut
// into four with numbers from 100 up; files of version 2 have 8 and more there.
inline int latencyClass(int64_t nanos)
{
    const uint64_t ms = uint64_t(std::max<int64_t>(nanos, 0)) / 1'000'000;
    const int width = std::bit_width(ms);
    return width < firstFineWidth ? width : firstFineClass + (width - firstFineWidth) * 4 + int(ms >> (width - 3) & 3);
}

// The latencies that a class has, in ns: from `first` to `last`.
struct LatencyRange {
    int64_t first, last;
};
LatencyRange latenciesOf(int64_t latencyClass);

// The keys that trace ids with this beginning have: from `low` to `high`. False: no hex digits.
bool traceKeys(std::string_view beginning, int64_t &low, int64_t &high);

// 32 hex digits in lower case as 16 bytes; false: it is not that.
bool packHex(std::string_view text, char *bytes);
// A UUID in lower case as 16 bytes; false: it is not that.
bool packUuid(std::string_view text, char *bytes);
std::string unpackUuid(std::string_view bytes);

}  // namespace sluice::storage
