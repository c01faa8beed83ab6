// SPDX-License-Identifier: GPL-3.0-or-later
// IP addresses as values, from and to text. Pure functions; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::http {

struct IpAddress {
    std::array<uint8_t, 16> bytes{};  // IPv4: the first four
    bool v4 = false;
    bool operator==(const IpAddress &) const = default;
};

// "192.0.2.1" (four decimals without leading zeros) or IPv6 as RFC 4291 section 2.2 writes it, without brackets; a zone
// ("%eth0") is taken off. An IPv4-mapped address (::ffff:192.0.2.1) becomes the IPv4 one. Nothing: malformed.
std::optional<IpAddress> parseIp(std::string_view text);
// RFC 5952 form.
std::string text(const IpAddress &);

// A network: "10.0.0.0/8", "::1/128", or a single address.
struct Cidr {
    IpAddress address;
    uint8_t bits = 0;
    bool contains(const IpAddress &) const;
    bool operator==(const Cidr &) const = default;
};
// Nothing: malformed, or bits set past the prefix (10.0.0.1/8), which is mostly a slip of the pen.
std::optional<Cidr> parseCidr(std::string_view text);

}  // namespace sluice::http
