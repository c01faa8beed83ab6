// SPDX-License-Identifier: GPL-3.0-or-later
// What the files say that a plan names, without a gateway. Reads small files and blocks meanwhile; any thread. Nothing is made or
// kept: no local CA, no socket.
#pragma once

#include "engine/base/problem.h"
#include "engine/config/plan.h"

#include <map>
#include <string>
#include <vector>

namespace sluice::gateway {

// What a gateway would warn of when it starts: files that are not there, keys of other certificates, what has expired or soon
// will, CAs that are none; each with its place in the gateway file.
Problems checkFiles(const config::Plan &, WallTime now);

// The names in the first certificate of each file that a listener shows, by the file's name as the plan has it. What cannot be
// read, or is longer than 4 MiB, is left out.
std::map<std::string, std::vector<std::string>> certificateNames(const config::Plan &);

}  // namespace sluice::gateway
