// SPDX-License-Identifier: GPL-3.0-or-later
// What differs in two answers every time: times, dates, UUIDs. Found in text, so that texts can be compared without them.
// Pure; any thread.
#pragma once

#include "engine/base/moment.h"

#include <string>
#include <string_view>

namespace sluice::replay {

// The text with each UUID, RFC 3339 time (also with a space for its T, and without an offset) and HTTP date replaced by a
// mark of its kind. Two texts that are equal then differ only in noise.
std::string withoutVolatile(std::string_view text);

// Equal but for what withoutVolatile() takes out.
bool sameButVolatile(std::string_view a, std::string_view b);

// True: `number` is a time since 1970 in s, ms, us or ns (a fraction may follow), less than a day from `when`.
bool isTimeNear(std::string_view number, WallTime when);

// `recorded` may hold placeholders of secrets ({{secret:HEX}}) where `other` has any text. False without placeholders.
bool sameButSecrets(std::string_view recorded, std::string_view other);
// Where a placeholder begins, at or after `from`; npos: there is none. `end` is one past it.
size_t findPlaceholder(std::string_view text, size_t from, size_t &end);

}  // namespace sluice::replay
