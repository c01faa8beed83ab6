// SPDX-License-Identifier: GPL-3.0-or-later
// The messages of an exchange, for people and as JSON. What it cannot read it complains of.
#pragma once

#include "storage/reader.h"

#include <string>

namespace sluice::cli {

// A line each, the first 1,000.
void printMessages(storage::Reader &reader, const journey::Exchange &);
// A JSON array of all.
Result<std::string> messagesJson(storage::Reader &reader, const journey::Exchange &);

}  // namespace sluice::cli
