// SPDX-License-Identifier: GPL-3.0-or-later
// Time as the rooms see it: handed in, never read. Neither clock below has a now(); a World gives both.
#pragma once

#include <chrono>
#include <string>

namespace sluice {

using Nanos = std::chrono::nanoseconds;
using Millis = std::chrono::milliseconds;
using std::chrono::duration_cast;

// Monotonic, nanoseconds since an origin that means nothing. For durations and deadlines.
struct MonotonicClock {
    using rep = int64_t;
    using period = std::nano;
    using duration = Nanos;
    using time_point = std::chrono::time_point<MonotonicClock>;
    static constexpr bool is_steady = true;
};
using Moment = MonotonicClock::time_point;

// The time on the wall, UTC, microseconds since 1970. For records and for HTTP dates; may jump.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// "2026-11-24T23:15:07.042Z": RFC 3339, UTC, milliseconds.
std::string rfc3339(WallTime);

// "Tue, 24 Nov 2026 23:15:07 GMT": RFC 9110 section 5.6.7, for Date.
std::string httpDate(WallTime);

// "1.5s" "300ms" "2m" "8h" "7d" "10us": a number and a unit. Nothing: not a duration, negative, or past 100 years.
bool parseDuration(std::string_view text, Nanos &out);

// The shortest exact form that parseDuration reads back.
std::string durationText(Nanos);

}  // namespace sluice
