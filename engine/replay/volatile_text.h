// SPDX-License-Identifier: GPL-3.0-or-later
// What differs in two answers every time: times, dates, UUIDs, placeholders of secrets. Found in text, so that texts can be compared without them.
// Pure; any thread.
#pragma once

#include "engine/base/moment.h"

#include <string>
#include <string_view>

namespace sluice::replay {

// The text with each UUID, RFC 3339 time (also with a space for its T, and without an offset), HTTP date and placeholder replaced by a
// mark of its kind. Two texts that are equal then differ only in noise.
std::string withoutVolatile(std::string_view text);

// Equal but for what withoutVolatile() takes out.
bool sameButVolatile(std::string_view a, std::string_view b);

// True: `number` is a time since 1970 in s, ms, us or ns (a fraction may follow), less than a day from `when`.
bool isTimeNear(std::string_view number, WallTime when);

}  // namespace sluice::replay
