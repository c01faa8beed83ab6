// SPDX-License-Identifier: GPL-3.0-or-later
// After 101 Switching Protocols (RFC 9110 section 7.8): bytes both ways as they are, until both sides have ended.
#include "engine/journey/state.h"

namespace sluice::journey {

namespace {

Task<void> upward(Pump &p, Fork &fork)
{
    const PumpResult ignored = co_await pump(p, fork.scope());
    (void)ignored;                         // the other direction finds the same end
}

}  // namespace

Task<void> tunnel(Journey &j, UpstreamStream &up)
{
    Exchange &x = *j.x;
    x.tunnel = true;
    j.scope.deadline(Nanos(0));            // the total timeout is for answers, not for conversations
    j.client.flush();
    j.client.becomeTunnel();
    up.becomeTunnel();
    j.client.closeAfter();
    const uint64_t keep = j.recording ? j.plan.record.bodyLimit : 0;
    const Nanos idle = j.service->timeouts.idle;
    Pump out{j.client, up, x.requestBody, keep, idle, false}, in{up, j.client, x.responseBody, keep, idle, false};
    Fork fork(j.scope);
    fork.start(upward(out, fork));
    const PumpResult result = co_await pump(in, j.scope);
    if (result.end == PumpResult::End::Whole) {
        Scope closing(j.scope);            // the upstream has ended; the client may still have something to say
        closing.deadline(idle);
        co_await join(fork, closing);
    }
    fork.scope().cancel(Why::Abandoned);
    Scope unstoppable(j.world.scheduler());
    co_await join(fork, unstoppable);
}

}  // namespace sluice::journey
