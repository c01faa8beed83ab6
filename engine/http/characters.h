// SPDX-License-Identifier: GPL-3.0-or-later
// Tables of the characters that HTTP's grammar tells apart, shared by the files of this room.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sluice::http {

enum Character : uint8_t {
    kTokenChar = 1,         // RFC 9110 section 5.6.2
    kTargetChar = 2,        // what we take in a request target: VCHAR but "#"
    kUnreserved = 4,        // RFC 3986 section 2.3
    kHexDigit = 8,
    kHostChar = 16,         // of a DNS name or IPv4 address; "_" is no DNS, but common in container names
    kTextChar = 32,         // of a field value: SP, HTAB, VCHAR, obs-text (RFC 9110 section 5.5)
};

inline constexpr std::array<uint8_t, 256> kCharacters = [] {
    std::array<uint8_t, 256> table{};
    const std::string_view tokenMarks = "!#$%&'*+-.^_`|~";
    for (unsigned c = 0; c < 256; ++c) {
        const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        uint8_t kind = 0;
        if (alpha || digit || tokenMarks.find(char(c)) != tokenMarks.npos)
            kind |= kTokenChar;
        if (c > 0x20 && c < 0x7f && c != '#')
            kind |= kTargetChar;
        if (alpha || digit || c == '-' || c == '.' || c == '_' || c == '~')
            kind |= kUnreserved | (c == '~' ? 0 : kHostChar);
        if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
            kind |= kHexDigit;
        if (c == '\t' || (c >= 0x20 && c != 0x7f))
            kind |= kTextChar;
        table[c] = kind;
    }
    return table;
}();

constexpr bool is(Character kind, char c) { return kCharacters[static_cast<unsigned char>(c)] & kind; }
constexpr bool isDigit(char c) { return c >= '0' && c <= '9'; }
constexpr char lowerChar(char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; }
constexpr unsigned hexValue(char c) { return isDigit(c) ? unsigned(c - '0') : unsigned(lowerChar(c) - 'a' + 10); }

constexpr bool all(Character kind, std::string_view text)
{
    for (char c : text) {
        if (!is(kind, c))
            return false;
    }
    return true;
}

// How many bytes from `at` on are no control characters (0x00 to 0x1f, 0x7f); eight at a time where the machine allows.
inline size_t plainRun(std::string_view text, size_t at)
{
    const size_t begin = at;
    if constexpr (std::endian::native == std::endian::little) {
        constexpr uint64_t ones = 0x0101010101010101, tops = ones * 0x80;
        while (text.size() - at >= 8) {
            uint64_t word;
            std::memcpy(&word, text.data() + at, 8);
            const uint64_t deletes = word ^ (ones * 0x7f);
            const uint64_t found = ((word - ones * 0x20) & ~word & tops) | ((deletes - ones) & ~deletes & tops);
            if (found)
                return at - begin + size_t(std::countr_zero(found)) / 8;
            at += 8;
        }
    }
    while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x20 && text[at] != 0x7f)
        ++at;
    return at - begin;
}

constexpr bool isBlank(char c) { return c == ' ' || c == '\t'; }
inline std::string_view trimBlanks(std::string_view text)
{
    while (!text.empty() && isBlank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && isBlank(text.back()))
        text.remove_suffix(1);
    return text;
}

}  // namespace sluice::http
