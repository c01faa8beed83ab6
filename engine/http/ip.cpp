// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/ip.h"

#include "engine/http/characters.h"

#include <algorithm>
#include <charconv>

namespace sluice::http {

namespace {

// A decimal of 1 to 3 digits without leading zeros.
bool takeDecimal(std::string_view &text, unsigned most, unsigned &number)
{
    size_t at = 0;
    number = 0;
    while (at < text.size() && at < 3 && isDigit(text[at]))
        number = number * 10 + unsigned(text[at++] - '0');
    if (at == 0 || number > most || (at > 1 && text[0] == '0'))
        return false;
    text.remove_prefix(at);
    return true;
}

bool parseV4(std::string_view text, uint8_t *bytes)
{
    for (int i = 0; i < 4; ++i) {
        unsigned number = 0;
        if (i > 0) {
            if (text.empty() || text.front() != '.')
                return false;
            text.remove_prefix(1);
        }
        if (!takeDecimal(text, 255, number))
            return false;
        bytes[i] = uint8_t(number);
    }
    return text.empty();
}

// RFC 4291 section 2.2, all three forms.
bool parseV6(std::string_view text, std::array<uint8_t, 16> &bytes)
{
    size_t filled = 0, gap = 17;
    if (text.substr(0, 2) == "::") {
        gap = 0;
        text.remove_prefix(2);
    }
    while (!text.empty()) {
        const size_t colon = text.find(':');
        const std::string_view group = text.substr(0, colon);
        if (colon == text.npos && group.find('.') != group.npos) {
            if (filled > 12 || !parseV4(group, bytes.data() + filled))
                return false;
            filled += 4;
            break;
        }
        if (group.empty() || group.size() > 4 || !all(kHexDigit, group) || filled > 14)
            return false;
        unsigned number = 0;
        for (char c : group)
            number = number << 4 | hexValue(c);
        bytes[filled++] = uint8_t(number >> 8);
        bytes[filled++] = uint8_t(number);
        if (colon == text.npos)
            break;
        text.remove_prefix(colon + 1);
        if (!text.empty() && text.front() == ':') {
            if (gap != 17)
                return false;
            gap = filled;
            text.remove_prefix(1);
        } else if (text.empty()) {
            return false;
        }
    }
    if (gap == 17)
        return filled == 16;
    if (filled > 14)
        return false;  // "::" stands for at least one group
    std::move_backward(bytes.begin() + std::ptrdiff_t(gap), bytes.begin() + std::ptrdiff_t(filled), bytes.end());
    std::fill_n(bytes.begin() + std::ptrdiff_t(gap), 16 - filled, uint8_t(0));
    return true;
}

bool mappedV4(const std::array<uint8_t, 16> &b)
{
    return std::all_of(b.begin(), b.begin() + 10, [](uint8_t x) { return x == 0; }) && b[10] == 0xff && b[11] == 0xff;
}

// First group and length of the longest run of at least two zero groups; length 0: none.
std::pair<int, int> longestZeros(const std::array<uint8_t, 16> &b)
{
    std::pair<int, int> best{0, 0};
    for (int i = 0; i < 8; ++i) {
        int n = 0;
        while (i + n < 8 && b[size_t(i + n) * 2] == 0 && b[size_t(i + n) * 2 + 1] == 0)
            ++n;
        if (n > 1 && n > best.second)
            best = {i, n};
        i += n;
    }
    return best;
}

void appendNumber(std::string &out, unsigned number, int base)
{
    char digits[8];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number, base).ptr);
}

}  // namespace

std::optional<IpAddress> parseIp(std::string_view text)
{
    IpAddress address;
    if (text.find(':') == text.npos) {
        address.v4 = true;
        return parseV4(text, address.bytes.data()) ? std::optional(address) : std::nullopt;
    }
    if (const size_t zone = text.find('%'); zone != text.npos) {
        if (zone + 1 == text.size())
            return std::nullopt;
        text = text.substr(0, zone);
    }
    if (!parseV6(text, address.bytes))
        return std::nullopt;
    if (mappedV4(address.bytes)) {
        IpAddress v4;
        v4.v4 = true;
        std::copy_n(address.bytes.begin() + 12, 4, v4.bytes.begin());
        return v4;
    }
    return address;
}

std::string text(const IpAddress &address)
{
    std::string out;
    if (address.v4) {
        for (size_t i = 0; i < 4; ++i) {
            if (i)
                out += '.';
            appendNumber(out, address.bytes[i], 10);
        }
        return out;
    }
    const auto [zeros, length] = longestZeros(address.bytes);
    for (int i = 0; i < 8; ++i) {
        if (length && i == zeros) {
            out += "::";
            i += length - 1;
            continue;
        }
        if (!out.empty() && out.back() != ':')
            out += ':';
        appendNumber(out, unsigned(address.bytes[size_t(i) * 2]) << 8 | address.bytes[size_t(i) * 2 + 1], 16);
    }
    return out;
}

bool Cidr::contains(const IpAddress &other) const
{
    if (other.v4 != address.v4)
        return false;
    const size_t whole = bits / 8;
    if (!std::equal(address.bytes.begin(), address.bytes.begin() + std::ptrdiff_t(whole), other.bytes.begin()))
        return false;
    const unsigned rest = bits % 8;
    return rest == 0 || (address.bytes[whole] ^ other.bytes[whole]) >> (8 - rest) == 0;
}

std::optional<Cidr> parseCidr(std::string_view text)
{
    const size_t slash = text.find('/');
    const std::optional<IpAddress> address = parseIp(text.substr(0, slash));
    if (!address)
        return std::nullopt;
    const unsigned most = address->v4 ? 32 : 128;
    unsigned bits = most;
    if (slash != text.npos) {
        std::string_view length = text.substr(slash + 1);
        // An IPv4-mapped network has lost 96 bits of its prefix on the way.
        const bool mapped = address->v4 && text.find(':') != text.npos;
        if (!takeDecimal(length, mapped ? 128 : most, bits) || !length.empty() || (mapped && bits < 96))
            return std::nullopt;
        bits -= mapped ? 96 : 0;
    }
    for (unsigned i = bits; i < most; ++i) {
        if (address->bytes[i / 8] & (0x80 >> i % 8))
            return std::nullopt;
    }
    return Cidr{*address, uint8_t(bits)};
}

}  // namespace sluice::http
