// SPDX-License-Identifier: GPL-3.0-or-later
// The descriptor sets that a gateway file names, read for Recorder::setDescriptorSets(). Any thread.
#pragma once

#include "engine/config/plan.h"

#include <string>
#include <utility>
#include <vector>

namespace sluice::storage {

struct DescriptorFiles {
    std::vector<std::pair<std::string, std::string>> sets;  // service and bytes, at most 8 MiB each
    std::vector<std::string> troubles;                      // a sentence for each that could not be read
};
DescriptorFiles readDescriptorFiles(const config::Plan &);

}  // namespace sluice::storage
