// SPDX-License-Identifier: GPL-3.0-or-later
// The words of an nginx configuration. Pure functions; any thread. Internal to this room.
#pragma once

#include "engine/base/moment.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::exporters::nginx {

// One token in double quotes: a map's key, a regular expression. "$" stays what it is.
std::string quoted(std::string_view text);
// One token in double quotes that nginx evaluates: every "$" of `text` becomes ${sluice_dollar}.
std::string literal(std::string_view text);
// The expression that matches exactly this text.
std::string escaped(std::string_view text);
// Whole milliseconds, rounded up: "1500ms".
std::string time(Nanos);
// Text for a comment: one line, printable.
std::string comment(std::string_view text);

// An expression of RE2 as PCRE reads it. Most need no change; those that speak of characters past ASCII get (*UTF).
std::string fromRe2(std::string_view regex);
// Only constructs that both read alike.
bool plainRegex(std::string_view regex);

// Names made of letters, digits, "-" and "_", at most 40 of them and no two alike.
class Names {
public:
    std::string unique(std::string_view wish);

private:
    std::set<std::string> taken_;
};

}  // namespace sluice::exporters::nginx
