// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/control_call.h"

#include "app/cli/output.h"
#include "app/cli/places.h"

namespace sluice::cli {

std::optional<gateway::ControlAnswer> ask(const std::string &socket, std::string_view method, std::string_view target)
{
    const std::string path = controlSocket(socket);
    if (path.empty())
        return std::nullopt;
    Result<gateway::ControlAnswer> answer = gateway::control(path, method, target);
    if (answer)
        return answer.take();
    complain(answer.error().what);
    return std::nullopt;
}

}  // namespace sluice::cli
