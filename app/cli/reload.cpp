// SPDX-License-Identifier: GPL-3.0-or-later
// sluice reload: the running gateway reads its file again, all or nothing.
#include "app/cli/control_call.h"
#include "app/cli/output.h"
#include "app/cli/verbs.h"

#include <algorithm>

namespace sluice::cli {

int reload(const ControlArgs &args)
{
    const std::optional<gateway::ControlAnswer> answer = ask(args.socket, "POST", "/reload");
    if (!answer)
        return Failed;
    if (args.json)
        print(answer->body);
    // The answer has the problems in the words of a status.
    const Result<gateway::Status> status = gateway::statusFromJson(answer->body);
    for (const Problem &problem : status ? status->problems : Problems())
        std::fprintf(stderr, "%s\n", problem.text().c_str());
    if (answer->status == 422)
        return fail(Misused, "reload refused, the rules before stay on");
    if (answer->status != 200)
        return fail(Failed, "the gateway answered " + std::to_string(answer->status) + ": " + answer->body);
    if (!args.json)
        printLine("reloaded");
    return Fine;
}

}  // namespace sluice::cli
