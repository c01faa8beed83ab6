// SPDX-License-Identifier: GPL-3.0-or-later
// The words of the gateway file as values: sizes, shares, rates, dates, addresses. Pure functions; any thread.
// Each answers false for what it cannot read and leaves `out` alone then. (Durations: parseDuration in base/moment.h.)
#pragma once

#include "engine/base/moment.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::config {

// Decimal digits only, no sign, no blank.
bool parseWhole(std::string_view text, uint64_t &out);
// "0.5" "2": decimal, not negative, no exponent.
bool parseNumber(std::string_view text, double &out);
// "512" (bytes) "10KB" "1MiB" "2GiB" "1.5GiB": powers of 1000 or of 1024, up to 1 EiB.
bool parseSize(std::string_view text, uint64_t &out);
std::string sizeText(uint64_t bytes);
// "20%" "0.5%": 0 to 100.
bool parsePercent(std::string_view text, double &out);
// "10/s" "100/m" "1000/h" "1/d": how many in which time; never 0.
bool parseRate(std::string_view text, double &count, Nanos &span);
// "2026-06-01": a day of the calendar, its beginning in UTC.
bool parseDate(std::string_view text, std::chrono::sys_days &out);
// "true" or "false"; YAML 1.2 knows no other words for them.
bool parseBool(std::string_view text, bool &out);

// scheme://host[:port] and no more (one "/" at the end is let pass). `host` without brackets, lower case.
struct Origin {
    std::string scheme, host;
    uint16_t port = 0;
    std::string url() const;  // normalised; an IPv6 address in brackets
};
// Empty: fine. Else what is wrong, "has a path" say, for a Problem. `scheme` must be http or https.
// anyPort: port 0 is allowed, and the host may be "*" or empty (every address), as to listen.
std::string parseOrigin(std::string_view text, bool anyPort, Origin &out);
// The same for an endpoint, whose scheme may also be h2c: HTTP/2 in clear.
std::string parseEndpoint(std::string_view text, Origin &out);

// Empty: fine. Else what is wrong. An http or https URL with any path and query, no user, no fragment.
std::string checkUrl(std::string_view text);
// A network as http::parseCidr reads it, "10.0.0.0/8" "::1/128"; a bare address is that one.
bool isCidr(std::string_view text);
// "127.0.0.1:5353", "[::1]:53"
bool isAddressAndPort(std::string_view text);

}  // namespace sluice::config
