// SPDX-License-Identifier: GPL-3.0-or-later
// Targets, paths, queries, authorities and URLs (RFC 3986, RFC 9110 section 4). Pure functions; any thread.
// Views handed out look into the text that was given.
#pragma once

#include "engine/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::http {

struct TargetParts {
    std::string_view path;   // never empty: "/" for an absolute-form target without a path; "*" stays
    std::string_view query;  // without "?"
    bool hasQuery = false;   // tells "/a?" from "/a"
};
// Of an origin-form, absolute-form or asterisk-form target that a reader has accepted.
TargetParts splitTarget(std::string_view target);

// The path in the form that is matched and forwarded (RFC 3986 section 6.2.2): escapes in upper case, unreserved
// characters not escaped, dot segments gone (also those written %2e). Slashes are not merged, and %2F %5C %3B %3F %23
// and all other escapes stay escaped. Usually there is nothing to do: then the view looks into `path`, else into
// `storage`.
// Error (fault Client, answer 400): does not begin with "/" and is not "*"; a malformed escape; %00; a raw backslash,
// "#", "?", space, control or non-ASCII byte; a dot segment that leads above the root; a dot segment that only some
// servers would see, that is with a parameter ("..;x") or beside an escaped slash or backslash ("..%2F").
Result<std::string_view> normalisePath(std::string_view path, std::string &storage);

// Percent-decoding; a malformed escape stays as it is. Never for paths that are matched.
std::string percentDecode(std::string_view text);
// Escapes all but unreserved characters and those in `keep`.
std::string percentEncode(std::string_view text, std::string_view keep = {});

// One pair of a query, as sent.
struct QueryPair {
    std::string_view name, value;  // still encoded
    bool hasValue = false;         // tells "a=" from "a"
    std::string decodedName() const;
    std::string decodedValue() const;  // "+" is a space, as forms are sent
};
// Walks a query: `rest` begins as the query and shrinks. Empty pairs ("a&&b") are left out.
bool nextPair(std::string_view &rest, QueryPair &pair);
// The first value of this name, decoded; the name is compared decoded. Nothing: it is not there.
std::optional<std::string> queryValue(std::string_view query, std::string_view name);

struct Authority {
    std::string_view host;  // as written, IPv6 without its brackets
    uint16_t port = 0;      // 0: none given
    bool ipv6 = false;
};
// host [":" port], where host is a DNS name, an IPv4 address or an IPv6 literal in brackets. Stricter than RFC 3986
// section 3.2: no userinfo, escapes, sub-delims or IPvFuture; a port is 1 to 65535 without leading zeros, not empty.
std::optional<Authority> parseAuthority(std::string_view text);
// ASCII lower case; names are compared so.
std::string lowerCase(std::string_view text);

// A URL of an endpoint.
struct Url {
    std::string scheme;  // "http" or "https"
    std::string host;    // lower case, IPv6 without its brackets
    uint16_t port = 0;   // filled in with the scheme's, 80 or 443
    bool ipv6 = false;
    std::string path;   // "/" where none is given; normalised
    std::string query;  // without "?"
    bool operator==(const Url &) const = default;

    std::string authority() const;  // host, and the port unless it is the scheme's
    std::string text() const;
};
// Error: one sentence that tells a person what is wrong with it. No userinfo, no fragment, http and https only.
Result<Url> parseUrl(std::string_view text);

}  // namespace sluice::http
