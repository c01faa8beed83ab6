// SPDX-License-Identifier: GPL-3.0-or-later
// The match part of a route, as the gateway file gives it. Values.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sluice::routing {

// A header or query parameter that must be there: exactly this value, or matching this RE2 (whole value), or any.
struct FieldMatch {
    enum class Kind { Present, Exact, Regex };
    std::string name;
    Kind kind = Kind::Present;
    std::string value;
    bool operator==(const FieldMatch &) const = default;
};

struct MatchSettings {
    // "/a/b" exact · "/a/**" prefix by segments (also matches /a and /a/) · "*" one segment · "{name}" one segment, captured ·
    // "~^/re$" RE2 on the whole path. Normalised as requests are. Default: every path.
    std::string path = "/**";
    std::vector<std::string> hosts;    // exact, or "*.example.test" (one or more labels); no port; empty: any
    std::vector<std::string> methods;  // empty: any. GET admits HEAD too
    std::vector<FieldMatch> headers;   // all must hold
    std::vector<FieldMatch> query;     // all must hold
    bool operator==(const MatchSettings &) const = default;
};

struct RewriteSettings {
    // Removed from the front of the path, by whole segments; "/api" makes /api/users/7 into /users/7.
    std::string stripPrefix;
    // The new path; {name} and, for a regex, {1} stand for what was captured, {**} for what ** matched. Empty: unchanged.
    std::string path;
    bool operator==(const RewriteSettings &) const = default;
};

}  // namespace sluice::routing
