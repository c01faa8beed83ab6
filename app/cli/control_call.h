// SPDX-License-Identifier: GPL-3.0-or-later
// What the verbs that act on a running gateway share.
#pragma once

#include "engine/gateway/control.h"

#include <optional>
#include <string>

namespace sluice::cli {

// Asks the gateway behind `socket` (empty: the only one). Nothing: why not is on stderr.
std::optional<gateway::ControlAnswer> ask(const std::string &socket, std::string_view method, std::string_view target);

}  // namespace sluice::cli
