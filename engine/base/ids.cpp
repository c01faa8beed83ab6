// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/ids.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace sluice {

namespace {
constexpr char digits[] = "0123456789abcdef";

// Eight digits at once: the nibbles spread over the bytes of a word, the highest first in memory.
void putEight(char *out, uint32_t value)
{
    constexpr uint64_t ones = 0x0101010101010101;
    uint64_t word = value;
    word = (word << 16 | word) & 0x0000ffff0000ffff;
    word = (word << 8 | word) & 0x00ff00ff00ff00ff;
    word = (word << 4 | word) & 0x0f0f0f0f0f0f0f0f;
    const uint64_t letters = ((word + ones * 6) >> 4) & ones;
    word += ones * '0' + letters * ('a' - '0' - 10);
    if constexpr (std::endian::native == std::endian::little)
        word = __builtin_bswap64(word);
    std::memcpy(out, &word, 8);
}

// The lowest `count` digits, at most 16.
void putHex(char *out, uint64_t value, int count)
{
    char all[16];
    putEight(all, uint32_t(value >> 32));
    putEight(all + 8, uint32_t(value));
    std::memcpy(out, all + 16 - count, size_t(count));
}

bool isLowerHex(std::string_view text)
{
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool allZero(std::string_view text)
{
    return text.find_first_not_of('0') == text.npos;
}

// 16 or 32 digits.
template<size_t count>
void randomHex(Random &random, std::string &out)
{
    char text[count];
    for (size_t at = 0; at < count; at += 16) {
        uint64_t word = random.next();
        if (word == 0)
            word = 1;  // an id of zeros is invalid (Trace Context 3.2.2.3)
        putEight(text + at, uint32_t(word >> 32));
        putEight(text + at + 8, uint32_t(word));
    }
    out.assign(text, count);
}
}  // namespace

void makeUuid(WallTime now, Random &random, std::string &out)
{
    const uint64_t millis = uint64_t(std::chrono::floor<Millis>(now).time_since_epoch().count());
    const uint64_t a = random.next(), b = random.next();
    char all[32], text[36];
    putEight(all, uint32_t(millis >> 16));
    putEight(all + 8, uint32_t((millis & 0xffff) << 16 | 0x7000 | (a & 0xfff)));
    putEight(all + 16, uint32_t((0x8000 | ((a >> 12) & 0x3fff)) << 16 | ((b >> 32) & 0xffff)));
    putEight(all + 24, uint32_t(b));
    std::memcpy(text, all, 8);
    std::memcpy(text + 9, all + 8, 4);
    std::memcpy(text + 14, all + 12, 4);
    std::memcpy(text + 19, all + 16, 4);
    std::memcpy(text + 24, all + 20, 12);
    text[8] = text[13] = text[18] = text[23] = '-';
    out.assign(text, sizeof text);
}

std::string makeUuid(WallTime now, Random &random)
{
    std::string out;
    makeUuid(now, random, out);
    return out;
}

bool isUsableRequestId(std::string_view id)
{
    constexpr std::string_view extra = "-_.:=+/@~";
    return !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || extra.find(c) != extra.npos;
    });
}

TraceContext continueTrace(std::string_view text, Random &random)
{
    TraceContext out;
    continueTrace(text, random, out);
    return out;
}

void continueTrace(std::string_view text, Random &random, TraceContext &out)
{
    randomHex<16>(random, out.span);
    // version-trace-parent-flags; a later version may have more fields after the flags (Trace Context 4.3).
    const bool shaped = text.size() >= 55 && text[2] == '-' && text[35] == '-' && text[52] == '-'
        && isLowerHex(text.substr(0, 2)) && text.substr(0, 2) != "ff" && isLowerHex(text.substr(3, 32))
        && isLowerHex(text.substr(36, 16)) && isLowerHex(text.substr(53, 2)) && !allZero(text.substr(3, 32))
        && !allZero(text.substr(36, 16)) && (text.size() == 55 || (text.substr(0, 2) != "00" && text[55] == '-'));
    if (shaped) {
        out.trace = text.substr(3, 32);
        out.parent = text.substr(36, 16);
        const char flag = text[54];
        out.sampled = (flag <= '9' ? flag - '0' : flag - 'a' + 10) & 1;
    } else {
        randomHex<32>(random, out.trace);
        out.parent.clear();
        out.sampled = true;
    }
}

TraceParent traceparent(const TraceContext &trace)
{
    TraceParent out;
    std::memset(out.text, '0', sizeof out.text);
    out.text[2] = out.text[35] = out.text[52] = '-';
    trace.trace.copy(out.text + 3, 32);
    trace.span.copy(out.text + 36, 16);
    out.text[54] = trace.sampled ? '1' : '0';
    return out;
}

std::string hex(std::string_view bytes)
{
    std::string out(bytes.size() * 2, '0');
    for (size_t i = 0; i < bytes.size(); ++i)
        putHex(out.data() + i * 2, uint8_t(bytes[i]), 2);
    return out;
}

}  // namespace sluice
