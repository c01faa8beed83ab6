// SPDX-License-Identifier: GPL-3.0-or-later
// Tables of the characters that HTTP's grammar tells apart, shared by the files of this room.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sluice::http {

enum Character : uint8_t {
    kTokenChar = 1,   // RFC 9110 section 5.6.2
    kTargetChar = 2,  // what we take in a request target: VCHAR but "#"
    kUnreserved = 4,  // RFC 3986 section 2.3
    kHexDigit = 8,
    kHostChar = 16,  // of a DNS name or IPv4 address; "_" is no DNS, but common in container names
    kTextChar = 32,  // of a field value: SP, HTAB, VCHAR, obs-text (RFC 9110 section 5.5)
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

constexpr bool is(Character kind, char c)
{
    return kCharacters[static_cast<unsigned char>(c)] & kind;
}
constexpr bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}
constexpr char lowerChar(char c)
{
    return c >= 'A' && c <= 'Z' ? char(c + 32) : c;
}
constexpr unsigned hexValue(char c)
{
    return isDigit(c) ? unsigned(c - '0') : unsigned(lowerChar(c) - 'a' + 10);
}

constexpr bool all(Character kind, std::string_view text)
{
    for (char c : text) {
        if (!is(kind, c))
            return false;
    }
    return true;
}

// The three below tell how many bytes from `at` on are of a kind. Every byte of a head passes one of them, so they go
// sixteen at a time where every processor can.
namespace runs {

#ifdef __SSE2__
// `kind(sixteen bytes)` answers 0xff for each byte that is of the kind for sure; at the first other one the caller
// looks for itself.
template<class Kind>
inline size_t sixteens(std::string_view text, size_t at, Kind kind)
{
    const size_t begin = at;
    while (text.size() - at >= 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(text.data() + at));
        if (const unsigned others = ~unsigned(_mm_movemask_epi8(kind(bytes))) & 0xffff)
            return at - begin + size_t(std::countr_zero(others));
        at += 16;
    }
    return at - begin;
}

// lowest <= byte <= lowest + span
inline __m128i within(__m128i bytes, char lowest, char span)
{
    const __m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8(lowest));
    return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(span)), above);
}
#endif

}  // namespace runs

// No control characters: none of 0x00 to 0x1f, 0x7f.
inline size_t plainRun(std::string_view text, size_t at)
{
    const size_t begin = at;
#ifdef __SSE2__
    at += runs::sixteens(text, at, [](__m128i bytes) {
        return _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)),
                                runs::within(bytes, 0x20, char(0xff - 0x20)));
    });
#endif
    while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x20 && text[at] != 0x7f)
        ++at;
    return at - begin;
}

inline size_t tokenRun(std::string_view text, size_t at)
{
    const size_t begin = at;
#ifdef __SSE2__
    // Letters, digits and "-" at once; the loop below takes the rarer marks.
    at += runs::sixteens(text, at, [](__m128i bytes) {
        const __m128i letters = runs::within(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z' - 'a');
        const __m128i others = _mm_or_si128(runs::within(bytes, '0', 9), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')));
        return _mm_or_si128(letters, others);
    });
#endif
    while (at < text.size() && is(kTokenChar, text[at]))
        ++at;
    return at - begin;
}

inline size_t targetRun(std::string_view text, size_t at)
{
    const size_t begin = at;
#ifdef __SSE2__
    at += runs::sixteens(text, at, [](__m128i bytes) {
        return _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('#')), runs::within(bytes, 0x21, 0x7e - 0x21));
    });
#endif
    while (at < text.size() && is(kTargetChar, text[at]))
        ++at;
    return at - begin;
}

// Is all of it plain, in the sense of plainRun()? Eight bytes at a time, also where there are but a few.
inline bool allPlain(std::string_view text)
{
    constexpr uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    const auto wrong = [](const char *at) {
        uint64_t v = 0;
        std::memcpy(&v, at, 8);
        const uint64_t control = (v - ones * 0x20) & ~v, del = v ^ (ones * 0x7f);  // true of any: true of a lowest one
        return (control | ((del - ones) & ~del)) & highs;
    };
    const size_t size = text.size();
    if (size < 8)
        return plainRun(text, 0) == size;
    uint64_t found = wrong(text.data() + size - 8);
    for (size_t at = 0; at + 8 < size; at += 8)
        found |= wrong(text.data() + at);
    return found == 0;
}

constexpr bool isBlank(char c)
{
    return c == ' ' || c == '\t';
}
inline std::string_view trimBlanks(std::string_view text)
{
    while (!text.empty() && isBlank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && isBlank(text.back()))
        text.remove_suffix(1);
    return text;
}

}  // namespace sluice::http
