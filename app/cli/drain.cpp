// SPDX-License-Identifier: GPL-3.0-or-later
// sluice drain: the running gateway takes nothing new, ends what is under way, then ends itself.
#include "app/cli/control_call.h"
#include "app/cli/output.h"
#include "app/cli/verbs.h"

namespace sluice::cli {

int drain(const ControlArgs &args)
{
    const std::optional<gateway::ControlAnswer> answer = ask(args.socket, "POST", "/drain");
    if (!answer)
        return Failed;
    if (answer->status != 202)
        return fail(Failed, "the gateway answered " + std::to_string(answer->status) + ": " + answer->body);
    printLine(args.json ? "{\"draining\":true}" : "draining: what is under way ends, nothing new is taken");
    return Fine;
}

}  // namespace sluice::cli
