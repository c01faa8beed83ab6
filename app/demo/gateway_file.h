// SPDX-License-Identifier: GPL-3.0-or-later
// The demo's gateway file (resources/demo.yaml) with the ports that the services got. Pure.
#pragma once

#include "app/demo/services.h"

#include <string>

namespace sluice::demo {

std::string gatewayFile(const Ports &ports, uint16_t listenPort);

}  // namespace sluice::demo
