// SPDX-License-Identifier: GPL-3.0-or-later
// The environment of this process, as config::loadFile() takes it: the room of the gateway file reads none itself.
#pragma once

#include "engine/config/environment.h"

namespace sluice::gateway {

// A copy; a variable without a name is left out. Main thread.
config::Environment environment();

}  // namespace sluice::gateway
