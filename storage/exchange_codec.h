// SPDX-License-Identifier: GPL-3.0-or-later
// A whole exchange as one text: how a program that may not write to a recording hands one to the gateway that does. It goes from one
// process to another of the same version and is kept nowhere. Pure; any thread.
#pragma once

#include "engine/journey/exchange.h"

#include <memory>
#include <string>
#include <string_view>

namespace sluice::storage {

// The most that a handed-over exchange may have, so that each body must be cut to this first.
constexpr size_t mostHandedOver = 24 << 20, mostOfBodyHandedOver = 8 << 20;

std::string encodeExchange(const journey::Exchange &);
// Nothing: damaged, or of another version. `id` is 0.
std::unique_ptr<journey::Exchange> decodeExchange(std::string_view);

}  // namespace sluice::storage
