// SPDX-License-Identifier: GPL-3.0-or-later
// A whole exchange as JSON, for `show --json`. Pure.
#pragma once

#include "engine/journey/exchange.h"
#include "storage/reader.h"

#include <string>
#include <string_view>

namespace sluice::cli {

// One object: all that its row has, in the words of `log --json` (so `attempts` is how many there were), then the heads as they were at
// each of the four places, bodies, times, tries. A body is text where it is UTF-8, else base64 (which "encoding" tells).
// Error: its row has gone meanwhile.
Result<std::string> exchangeJson(storage::Reader &, const journey::Exchange &);
std::string base64(std::string_view bytes);
bool isText(std::string_view bytes);  // UTF-8 without control characters but those of lines and tabs

}  // namespace sluice::cli
