// SPDX-License-Identifier: GPL-3.0-or-later
// The ways to compare content. Pure; any thread.
#pragma once

#include "engine/base/moment.h"
#include "engine/replay/differences.h"

#include <string_view>

namespace sluice::replay {

// A body as it is compared: codings off.
struct Body {
    std::string_view bytes;
    WallTime time{};  // when its exchange was
};

// False: one of the two is no JSON (or past 16 MiB), nothing was added. Keys in any order; noise: times, UUIDs and
// placeholders of secrets on both sides.
bool compareJson(const Body &before, const Body &after, Differences &);

// By line, for what has no NUL and is UTF-8; false otherwise.
bool compareText(const Body &before, const Body &after, Differences &);

// Where they differ first, and their lengths.
void compareBytes(const Body &before, const Body &after, Differences &);

}  // namespace sluice::replay
