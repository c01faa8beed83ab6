// SPDX-License-Identifier: GPL-3.0-or-later
// The parser's complaint in words for the writer of the file. Internal to the room; pure.
#pragma once

#include "engine/base/problem.h"
#include "engine/config/plan.h"

#include <string_view>

namespace sluice::config {

// `place` as libfyaml gives it: 1-based. The problem may point elsewhere: where the mistake is, rather than where it was noticed.
Problem explainYamlError(std::string_view text, const std::string &file, Place place, std::string_view message);

}  // namespace sluice::config
