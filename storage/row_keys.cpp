// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/row_keys.h"

#include "engine/base/ids.h"

#include <array>
#include <limits>

namespace sluice::storage {

namespace {

constexpr auto digits = [] {
    std::array<int8_t, 256> table{};
    table.fill(-1);
    for (int i = 0; i < 16; ++i)
        table[size_t("0123456789abcdef"[i])] = int8_t(i);
    return table;
}();

int digit(char c)
{
    return digits[static_cast<unsigned char>(c)];
}

constexpr size_t dashes[] = {8, 13, 18, 23};

}  // namespace

LatencyRange latenciesOf(int64_t latencyClass)
{
    constexpr int64_t ms = 1'000'000, most = std::numeric_limits<int64_t>::max();
    const auto range = [](uint64_t from, uint64_t to) {
        const auto nanos = [](uint64_t value) { return value > uint64_t(most / ms) ? most : int64_t(value) * ms; };
        return LatencyRange{nanos(from), to > uint64_t(most / ms) ? most : nanos(to) - 1};
    };
    if (latencyClass <= 0)
        return range(0, 1);
    if (latencyClass < firstFineClass) {
        const int width = int(std::min<int64_t>(latencyClass, 62));
        return range(uint64_t(1) << (width - 1), uint64_t(1) << width);
    }
    const int64_t fine = latencyClass - firstFineClass;
    const int shift = int(std::min<int64_t>(fine / 4, 50)) + firstFineWidth - 3;
    return range(uint64_t(4 + fine % 4) << shift, uint64_t(5 + fine % 4) << shift);
}

bool traceKeys(std::string_view beginning, int64_t &low, int64_t &high)
{
    const size_t digits = std::min<size_t>(beginning.size(), traceDigits);
    low = 0;
    for (size_t i = 0; i < digits; ++i) {
        const char c = beginning[i];
        const int value = digit(c >= 'A' && c <= 'F' ? char(c + 32) : c);
        if (value < 0)
            return false;
        low = low * 16 + value;
    }
    const int rest = 4 * (traceDigits - int(digits));
    low <<= rest;
    high = low | ((int64_t(1) << rest) - 1);
    return true;
}

bool packHex(std::string_view text, char *bytes)
{
    if (text.size() != 32)
        return false;
    for (size_t i = 0; i < 16; ++i) {
        const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = char(high * 16 + low);
    }
    return true;
}

bool packUuid(std::string_view text, char *bytes)
{
    if (text.size() != 36)
        return false;
    char plain[32];
    size_t n = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool dash = std::find(std::begin(dashes), std::end(dashes), i) != std::end(dashes);
        if (dash != (text[i] == '-'))
            return false;
        if (!dash)
            plain[n++] = text[i];
    }
    return packHex({plain, n}, bytes);
}

std::string unpackUuid(std::string_view bytes)
{
    std::string text = hex(bytes);
    for (const size_t dash : dashes) {
        if (dash <= text.size())
            text.insert(dash, 1, '-');
    }
    return text;
}

}  // namespace sluice::storage
