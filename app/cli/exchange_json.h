// SPDX-License-Identifier: GPL-3.0-or-later
// A whole exchange as JSON, for `show --json`. Pure.
#pragma once

#include "engine/journey/exchange.h"

#include <string>
#include <string_view>

namespace sluice::cli {

// One object: id, time, the heads as they were at each of the four places, bodies, times, attempts, decisions. A body is
// text where it is UTF-8, else base64 (which "encoding" tells).
std::string exchangeJson(const journey::Exchange &);
std::string base64(std::string_view bytes);
bool isText(std::string_view bytes);  // UTF-8 without control characters but those of lines and tabs

}  // namespace sluice::cli
