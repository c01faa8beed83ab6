// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/plan.h"

#include <algorithm>

namespace sluice::config {

http::Limits LimitSettings::ofHeads() const
{
    http::Limits out;
    out.line = requestLine;
    out.headerCount = headerCount;
    out.headBytes = headerBytes;
    return out;
}

const ServiceSettings *Plan::service(std::string_view name) const
{
    const auto found =
        std::find_if(services.begin(), services.end(), [&](const ServiceSettings &s) { return s.name == name; });
    return found == services.end() ? nullptr : &*found;
}

}  // namespace sluice::config
