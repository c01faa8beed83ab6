// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/replay/volatile_text.h"

#include "engine/recording/placeholders.h"

#include <charconv>
#include <cstdlib>

namespace sluice::replay {

namespace {

constexpr bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}
constexpr bool isHex(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool isAlpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool isWord(char c)
{
    return isDigit(c) || isAlpha(c);
}

// d: digit, x: hex digit, a: letter, T: "T", "t" or space; others stand for themselves.
bool fits(std::string_view text, std::string_view shape)
{
    if (text.size() < shape.size())
        return false;
    for (size_t i = 0; i < shape.size(); ++i) {
        const char c = text[i];
        switch (shape[i]) {
        case 'd':
            if (!isDigit(c))
                return false;
            break;
        case 'x':
            if (!isHex(c))
                return false;
            break;
        case 'a':
            if (!isAlpha(c))
                return false;
            break;
        case 'T':
            if (c != 'T' && c != 't' && c != ' ')
                return false;
            break;
        default:
            if (c != shape[i])
                return false;
        }
    }
    return true;
}

// Length of a fraction and an offset that follow a time.
size_t timeTail(std::string_view text)
{
    size_t at = 0;
    if (at + 1 < text.size() && (text[at] == '.' || text[at] == ',') && isDigit(text[at + 1])) {
        for (++at; at < text.size() && isDigit(text[at]); ++at) {}
    }
    const std::string_view rest = text.substr(at);
    if (!rest.empty() && (rest[0] == 'Z' || rest[0] == 'z'))
        return at + 1;
    for (std::string_view offset : {"+dd:dd", "-dd:dd", "+dddd", "-dddd"}) {
        if (fits(rest, offset))
            return at + offset.size();
    }
    return at;
}

struct Found {
    size_t size = 0;
    char kind = 0;
};

// What begins here.
Found volatileAt(std::string_view text)
{
    size_t end = 0;
    if (text[0] == '{')
        return recording::findPlaceholder(text.substr(0, 64), 0, end) == 0 ? Found{end, 's'} : Found{};
    if (fits(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"))
        return {36, 'u'};
    constexpr std::string_view time = "dddd-dd-ddTdd:dd";
    if (fits(text, time)) {
        size_t size = time.size();
        if (fits(text.substr(size), ":dd"))
            size += 3;
        return {size + timeTail(text.substr(size)), 't'};
    }
    constexpr std::string_view date = "aaa, dd aaa dddd dd:dd:dd GMT";
    if (fits(text, date))
        return {date.size(), 'd'};
    return {};
}

}  // namespace

std::string withoutVolatile(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    size_t at = 0;
    bool inWord = false;
    while (at < text.size()) {
        const char c = text[at];
        const Found found = c == '{' || (!inWord && isWord(c)) ? volatileAt(text.substr(at)) : Found{};
        const size_t end = at + found.size;
        if (found.size > 0 && (c == '{' || end == text.size() || !isWord(text[end]))) {
            out += '\x01';  // no answer that is text has it
            out += found.kind;
            at = end;
            inWord = false;
            continue;
        }
        out += c;
        inWord = isWord(c);
        ++at;
    }
    return out;
}

bool sameButVolatile(std::string_view a, std::string_view b)
{
    return a == b || withoutVolatile(a) == withoutVolatile(b);
}

bool isTimeNear(std::string_view number, WallTime when)
{
    int64_t value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    const bool whole = error == std::errc() && (end == number.data() + number.size() || *end == '.');
    if (!whole || value <= 0 || when == WallTime())  // nobody knows when it was
        return false;
    const int64_t seconds = duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
    constexpr int64_t day = 86'400;
    for (const int64_t unit : {int64_t(1), int64_t(1'000), int64_t(1'000'000), int64_t(1'000'000'000)}) {
        if (std::llabs(value / unit - seconds) < day)
            return true;
    }
    return false;
}

}  // namespace sluice::replay
