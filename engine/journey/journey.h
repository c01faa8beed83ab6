// SPDX-License-Identifier: GPL-3.0-or-later
// The conductor: one request's whole way through the gateway, as one coroutine that reads from top to bottom. Both worlds
// run this same code. One thread; `client`, `world` and `connection` must live until the task is over.
#pragma once

#include "engine/base/task.h"
#include "engine/journey/world.h"

namespace sluice::journey {

// From a request's head to its record: answers, then records, exactly once, whatever happened. Ends when the answer is
// with the kernel or the client is gone. Cancel `connection` with ClientGone or Shutdown to stop it.
Task<void> handle(ClientStream &client, RulesPtr rules, World &world, Scope &connection);

// A request that was refused before it had a head (bad framing, too long, too slow): answers with a problem page and
// records. `partial` has what is known; the connection must be closed afterwards.
Task<void> refuse(ClientStream &client, RulesPtr rules, World &world, Scope &connection, int status, std::string why);

}  // namespace sluice::journey
