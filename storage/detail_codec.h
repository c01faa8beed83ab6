// SPDX-License-Identifier: GPL-3.0-or-later
// What an exchange has beside the columns of its row, as one blob: heads (each told by what differs from the one before it), attempts,
// times, decisions. The layout stands in files: a new one gets a new first byte. Pure; any thread.
//
// Numbers are LEB128, negative ones zigzag; texts are a length and their bytes.
#pragma once

#include "engine/journey/exchange.h"

#include <string>
#include <string_view>

namespace sluice::storage {

// Appends to `out`.
void encodeDetail(const journey::Exchange &, std::string &out);

// Fills what encodeDetail() took. The members that the row has (method, status, authority …) must be set already. False: damaged.
bool decodeDetail(std::string_view detail, journey::Exchange &);

// The decisions alone, as JSON array; "[]" where the detail is damaged.
std::string decisionsOf(std::string_view detail);

}  // namespace sluice::storage
