// SPDX-License-Identifier: GPL-3.0-or-later
// What a gateway file may refer to, as config::loadFile() takes it: the room of the gateway file looks nothing up itself.
#pragma once

#include "engine/config/environment.h"
#include "engine/gateway/secret_store.h"

namespace sluice::gateway {

// The variables of this process (a copy; one without a name is left out). Secrets and files are stood in for. Main thread.
config::Environment environment();
// The same, with secrets out of this store and files from the disk. The store must outlive what is made of it; each load waits for it
// `within` at most, once.
config::Environment environment(SecretStore &store, Millis within);

}  // namespace sluice::gateway
