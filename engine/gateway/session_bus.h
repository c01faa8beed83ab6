// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the session's D-Bus answers at all. Its libraries wait for a bus that does not for as long as they like, also when the program
// ends, so it is greeted here before they are let near it.
#pragma once

#include "engine/base/moment.h"

#include <string>

namespace sluice::gateway {

enum class BusState { None, Answers, Silent };
// Blocks for `within` at most. `address` as in DBUS_SESSION_BUS_ADDRESS (D-Bus specification, "Server Addresses"); of several the
// first is looked at. What is no Unix socket is taken to answer.
BusState lookAtBus(const std::string &address, Millis within);
// What this session says: the variable, else $XDG_RUNTIME_DIR/bus where it is. Empty: there is no bus.
std::string sessionBusAddress();

}  // namespace sluice::gateway
