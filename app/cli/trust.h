// SPDX-License-Identifier: GPL-3.0-or-later
// sluice ca trust: which stores of this user and this machine are told to trust the local CA, and what is left to do by hand.
#pragma once

#include "engine/gateway/local_authority.h"

namespace sluice::cli {

// Says what it did and what it could not. Answers the exit code: 1 where a store that is there refused.
// `userOnly`: leaves the machine's own store alone, also as root. Programs that it starts get 20 s each.
int trust(const gateway::LocalAuthority &authority, bool userOnly);

}  // namespace sluice::cli
