// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/environment.h"

#include "engine/config/load.h"

#include <unistd.h>

namespace sluice::gateway {

config::Environment environment()
{
    config::Environment out;
    for (char **entry = environ; entry && *entry; ++entry) {
        const std::string_view text(*entry);
        const size_t equals = text.find('=');
        if (equals != text.npos)
            out.variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return out;
}

config::Environment environment(SecretStore &store, Millis within)
{
    using State = config::Lookup::State;
    config::Environment out = environment();
    const auto trouble = std::make_shared<std::string>();
    out.secret = [&store, within, trouble](const std::string &name) {
        config::Lookup answer;
        if (const std::string wrong = secretNameComplaint(name); !wrong.empty()) {
            answer.why = "its name " + wrong;
            return answer;
        }
        if (trouble->empty()) {
            Result<std::optional<Secret>> found = store.read(name, within);
            if (!found)
                *trouble = found.error().what;
            else if (*found)
                answer = {State::Found, *std::move(*found), {}};
        }
        if (!trouble->empty())
            answer = {State::Unreachable, {}, *trouble};
        return answer;
    };
    out.file = config::readReferenced;
    return out;
}

}  // namespace sluice::gateway
