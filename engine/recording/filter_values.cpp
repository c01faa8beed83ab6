// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recording/filter_values.h"

#include "engine/http/headers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

namespace sluice::recording {

namespace {

bool digits(std::string_view &text, size_t count, int &out)
{
    if (text.size() < count)
        return false;
    out = 0;
    for (size_t i = 0; i < count; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        out = out * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return true;
}

bool skip(std::string_view &text, char c)
{
    if (text.empty() || (text.front() | 0x20) != (c | 0x20))
        return false;
    text.remove_prefix(1);
    return true;
}

bool readClock(std::string_view &text, std::chrono::microseconds &out)
{
    int hour = 0, minute = 0, second = 0;
    if (!digits(text, 2, hour) || !skip(text, ':') || !digits(text, 2, minute) || hour > 23 || minute > 59)
        return false;
    int64_t micros = 0;
    if (skip(text, ':')) {
        if (!digits(text, 2, second) || second > 60)
            return false;
        if (skip(text, '.')) {
            size_t n = 0;
            for (int64_t unit = 100'000; n < text.size() && text[n] >= '0' && text[n] <= '9'; ++n, unit /= 10)
                micros += (text[n] - '0') * unit;
            if (n == 0)
                return false;
            text.remove_prefix(n);
        }
    }
    out = std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second)
        + std::chrono::microseconds(micros);
    return true;
}

// "Z", "+02:00", or nothing.
bool readZone(std::string_view text, std::chrono::minutes &out)
{
    out = std::chrono::minutes(0);
    if (text.empty() || text == "Z" || text == "z")
        return true;
    const bool behind = text.front() == '-';
    if (!behind && text.front() != '+')
        return false;
    text.remove_prefix(1);
    int hour = 0, minute = 0;
    if (!digits(text, 2, hour) || !skip(text, ':') || !digits(text, 2, minute) || !text.empty() || hour > 23
        || minute > 59)
        return false;
    out = std::chrono::minutes((hour * 60 + minute) * (behind ? -1 : 1));
    return true;
}

}  // namespace

bool readInteger(std::string_view text, int64_t &out)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && out >= 0 && text.front() != '-';
}

bool readSize(std::string_view text, int64_t &bytes)
{
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || number < 0 || !std::isfinite(number))
        return false;
    struct Unit {
        std::string_view name;
        double bytes;
    };
    constexpr Unit units[] = {{"", 1},
                              {"b", 1},
                              {"k", 1e3},
                              {"kb", 1e3},
                              {"m", 1e6},
                              {"mb", 1e6},
                              {"g", 1e9},
                              {"gb", 1e9},
                              {"tb", 1e12},
                              {"kib", 1024},
                              {"mib", 1048576},
                              {"gib", 1073741824},
                              {"tib", 1099511627776.0}};
    const std::string_view unit(end, size_t(text.data() + text.size() - end));
    for (const Unit &u : units) {
        if (!http::equalsIgnoreCase(u.name, unit))
            continue;
        const double value = number * u.bytes;
        if (value > 9e18)
            return false;
        bytes = int64_t(std::llround(value));
        return true;
    }
    return false;
}

bool readTime(std::string_view text, WallTime &out)
{
    using namespace std::chrono;
    int y = 0, m = 0, d = 0;
    if (!digits(text, 4, y) || !skip(text, '-') || !digits(text, 2, m) || !skip(text, '-') || !digits(text, 2, d))
        return false;
    const year_month_day date{year(y), month(unsigned(m)), day(unsigned(d))};
    if (!date.ok())
        return false;
    microseconds clock{0};
    minutes zone{0};
    if (!text.empty() && (!skip(text, 't') || !readClock(text, clock) || !readZone(text, zone)))
        return false;
    out = WallTime(sys_days(date)) + clock - zone;
    return true;
}

std::string_view nearest(std::string_view word, const std::string_view *names, size_t count)
{
    std::string_view best;
    size_t bestDistance = 3;
    if (word.size() > 32)
        return best;
    for (size_t n = 0; n < count; ++n) {
        const std::string_view name = names[n];
        std::vector<size_t> row(name.size() + 1);
        for (size_t i = 0; i < row.size(); ++i)
            row[i] = i;
        for (size_t w = 0; w < word.size(); ++w) {
            size_t diagonal = row[0];
            row[0] = w + 1;
            for (size_t i = 0; i < name.size(); ++i) {
                const size_t change = diagonal + ((word[w] | 0x20) != (name[i] | 0x20));
                diagonal = row[i + 1];
                row[i + 1] = std::min({change, row[i] + 1, row[i + 1] + 1});
            }
        }
        if (row.back() < bestDistance && row.back() < name.size()) {
            bestDistance = row.back();
            best = name;
        }
    }
    return best;
}

}  // namespace sluice::recording
