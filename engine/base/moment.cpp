// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/moment.h"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace sluice {

std::string rfc3339(WallTime time)
{
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<milliseconds>(time - day));
    char out[40];
    const int n =
        std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int(date.year()), unsigned(date.month()),
                      unsigned(date.day()), int(clock.hours().count()), int(clock.minutes().count()),
                      int(clock.seconds().count()), int(clock.subseconds().count()));
    return std::string(out, size_t(n));
}

std::string httpDate(WallTime time)
{
    using namespace std::chrono;
    constexpr const char *dayNames[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char *monthNames[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<seconds>(time - day));
    char out[40];
    const int n =
        std::snprintf(out, sizeof out, "%s, %02u %s %04d %02d:%02d:%02d GMT", dayNames[weekday(day).c_encoding()],
                      unsigned(date.day()), monthNames[unsigned(date.month()) - 1], int(date.year()),
                      int(clock.hours().count()), int(clock.minutes().count()), int(clock.seconds().count()));
    return std::string(out, size_t(n));
}

namespace {
struct Unit {
    std::string_view name;
    int64_t nanos;
};
// Largest first: durationText takes the first that divides evenly.
constexpr Unit units[] = {{"d", 86'400'000'000'000},
                          {"h", 3'600'000'000'000},
                          {"m", 60'000'000'000},
                          {"s", 1'000'000'000},
                          {"ms", 1'000'000},
                          {"us", 1'000},
                          {"ns", 1}};
constexpr double longest = 100.0 * 365 * 86'400e9;
}  // namespace

bool parseDuration(std::string_view text, Nanos &out)
{
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || number < 0 || !std::isfinite(number))
        return false;
    const std::string_view unit(end, size_t(text.data() + text.size() - end));
    for (const Unit &u : units) {
        if (u.name != unit)
            continue;
        const double nanos = number * double(u.nanos);
        if (nanos > longest)
            return false;
        out = Nanos(int64_t(std::llround(nanos)));
        return true;
    }
    return false;
}

std::string durationText(Nanos duration)
{
    for (const Unit &u : units) {
        if (duration.count() % u.nanos == 0 && duration.count() != 0)
            return std::to_string(duration.count() / u.nanos) + std::string(u.name);
    }
    return "0s";
}

}  // namespace sluice
