// SPDX-License-Identifier: GPL-3.0-or-later
// ${env:NAME} in the values of a gateway file. Pure; any thread.
#pragma once

#include "engine/config/document.h"

#include <map>

namespace sluice::config {

// The variables that a file may name, handed in by whoever loads it.
using Environment = std::map<std::string, std::string, std::less<>>;

// Puts variables in place, everywhere below `node`. An unknown one, and text that would make the file unreadable, is a problem.
// ${secret:…} and ${file:…} stay and mark their node (Node::reference); any other ${…} is nobody's and stays.
// Bound: 4 MiB of variables in all.
void substitute(Node &node, const Environment &, const std::string &fileName, Problems &);

}  // namespace sluice::config
