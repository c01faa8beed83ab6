// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as the filter language writes them. Pure; internal to this room.
#pragma once

#include "engine/base/moment.h"

#include <cstdint>
#include <string_view>

namespace sluice::recording {

bool readInteger(std::string_view, int64_t &out);  // digits only, below 2^63
// "1MB" is 1,000,000 bytes, "1MiB" 2^20; B kB MB GB TB, KiB MiB GiB TiB, whatever the case; a fraction is fine; no unit: bytes.
bool readSize(std::string_view, int64_t &bytes);
// RFC 3339 ("2026-11-24T10:00:00Z", with a fraction, with an offset), without seconds, or a date alone; no zone: UTC.
bool readTime(std::string_view, WallTime &out);
// The name among these that is fewest letters away, at most two; empty: none.
std::string_view nearest(std::string_view word, const std::string_view *names, size_t count);

}  // namespace sluice::recording
