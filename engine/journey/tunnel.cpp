// SPDX-License-Identifier: GPL-3.0-or-later
// After 101 Switching Protocols (RFC 9110 section 7.8): bytes both ways as they are, until both sides have ended, one of them
// breaks, or nothing moves in either direction for the idle timeout.
#include "engine/journey/state.h"

namespace sluice::journey {

namespace {

void note(Journey &j, const PumpResult &result, Fault source, Fault sink)
{
    if (j.tap && j.tap->closed())  // how the connections end after that is nobody's failure
        return;
    if (result.end == PumpResult::End::SourceFailed)
        j.fail(source, 502,
               source == Fault::Client ? "the client broke the tunnel off" : "the upstream broke the tunnel off");
    else if (result.end == PumpResult::End::SinkFailed)
        j.fail(sink, 502,
               sink == Fault::Client ? "the client broke the tunnel off" : "the upstream broke the tunnel off");
    else if (result.end == PumpResult::End::Stopped && result.why == Why::TimedOut)
        j.fail(Fault::Gateway, 504, "nothing moved in the tunnel for " + durationText(j.service->timeouts.idle));
    else if (result.end == PumpResult::End::Stopped && result.why == Why::Shutdown)
        j.fail(Fault::Gateway, 503, "the gateway is shutting down");
}

Task<void> upward(Journey &j, Pump &p, Fork &fork, Scope &both)
{
    try {
        const PumpResult result = co_await pump(p, fork.scope());
        note(j, result, Fault::Client, Fault::Upstream);
        if (result.end != PumpResult::End::Whole)
            both.cancel(Why::Abandoned);
    } catch (const std::exception &e) {
        j.fail(Fault::Gateway, 500, std::string("internal error: ") + e.what());
        both.cancel(Why::Abandoned);
    }
}

}  // namespace

Task<void> tunnel(Journey &j, UpstreamStream &up)
{
    Exchange &x = *j.x;
    x.tunnel = true;
    j.scope.deadline(Nanos(0));  // the total timeout is for answers, not for conversations
    j.client.closeAfter();
    j.client.flush();
    j.client.becomeTunnel();
    up.becomeTunnel();
    const Nanos idle = j.service->timeouts.idle;
    Scope both(j.scope);
    Pump out{j, j.client, up, x.requestBody, idle, false, &both, Message::From::Client};
    Pump in{j, up, j.client, x.responseBody, idle, false, &both};
    Fork fork(both);
    fork.start(upward(j, out, fork, both));
    const PumpResult result = co_await pump(in, both);
    note(j, result, Fault::Upstream, Fault::Client);
    if (result.end == PumpResult::End::Whole)
        co_await join(fork, both);  // the upstream has ended; the client may still have something to say
    both.cancel(Why::Abandoned);
    Scope unstoppable(j.world.scheduler());
    co_await join(fork, unstoppable);
    // What a client does once the upstream has ended, or both have said that they close, breaks nothing off.
    j.delivered = result.end == PumpResult::End::Whole || (j.tap && j.tap->closed());
}

}  // namespace sluice::journey
