// SPDX-License-Identifier: GPL-3.0-or-later
// An exchange as one run of bytes, for the way from a worker's thread to the recorder's. The exchange itself is some hundred places
// in memory; handed over as it is, each of them costs both processors a miss, which is more than all the rest of recording. So the
// worker copies it while it is still near, and uses it again for its next request. Never leaves the process: no layout to keep.
// Pure; any thread.
#pragma once

#include "engine/base/text_block.h"
#include "engine/journey/exchange.h"

#include <string_view>

namespace sluice::storage {

// Appends one image.
void appendImage(TextBlock &out, const journey::Exchange &);
// The first of several images, with its length; `images` loses it. They must be what appendImage() wrote.
std::string_view takeImage(std::string_view &images);
// What was before in `x` is gone, but for its memory.
void readImage(std::string_view image, journey::Exchange &x);

}  // namespace sluice::storage
