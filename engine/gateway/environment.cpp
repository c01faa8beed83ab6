// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/environment.h"

#include <unistd.h>

namespace sluice::gateway {

config::Environment environment()
{
    config::Environment out;
    for (char **entry = environ; entry && *entry; ++entry) {
        const std::string_view text(*entry);
        const size_t equals = text.find('=');
        if (equals != text.npos)
            out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return out;
}

}  // namespace sluice::gateway
