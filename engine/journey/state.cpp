// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/journey/state.h"

#include <algorithm>

namespace sluice::journey {

namespace {
// A client of gRPC cancels at its deadline, by a clock that began a little before ours: it was the answer that was late.
constexpr Nanos nearDeadline = std::chrono::milliseconds(50);
}  // namespace

Journey::Journey(ClientStream &c, RulesPtr r, World &w, Scope &conn)
    : client(c),
      world(w),
      rules(std::move(r)),
      plan(*rules->plan),
      connection(conn),
      scope(conn),
      x(w.blank()),
      recording(w.recording() && plan.record.on)
{
    x->started = now();
    x->time = w.wallTime() + std::chrono::floor<std::chrono::microseconds>(x->started - w.now());
    x->kept = recording;
    swap(x->received, c.request());  // the memory of an earlier head goes back to the reader
    const http::Framing &framing = c.framing();
    if (framing.kind == http::Framing::Kind::Length)
        requestLength = Length{Length::Kind::Known, framing.length};
    else if (framing.kind != http::Framing::Kind::None)
        requestLength = Length{Length::Kind::Unknown, 0};
}

void Journey::keep(Content &content, std::string_view chunk)
{
    if (!content.withheld.empty()) {  // it is kept message by message
        content.size += chunk.size();
        return;
    }
    uint64_t &room = world.bodyRoom();
    const uint64_t before = content.bytes.size();
    content.take(chunk, recording ? std::min(plan.record.bodyLimit, before + room) : 0);
    room -= content.bytes.size() - before;
}

void Journey::fail(Fault fault, int status, std::string what)
{
    if (failed())
        return;
    refusal = status;
    x->failedBy = fault;
    x->failure = std::move(what);
}

void Journey::answerSelf(int status, std::string what)
{
    if (failed())
        return;
    refusal = status;
    x->failure = std::move(what);
}

void Journey::failWait(Why why, const char *timedOut, int status)
{
    switch (why) {
    case Why::TimedOut:
        if (scope.stopped() == Why::TimedOut)
            fail(Fault::Upstream, 504,
                 totalIsClients ? "the exchange took longer than the client's deadline of " + durationText(total)
                                : "the exchange took longer than the total timeout of " + durationText(total));
        else
            fail(Fault::Upstream, status, timedOut);
        return;
    case Why::ClientGone:
        if (totalIsClients && sinceStart() >= total - std::min(total / 4, nearDeadline))
            return fail(Fault::Upstream, 504,
                        "the client gave up at its deadline of " + durationText(total)
                            + ", before the answer was whole");
        fail(Fault::Client, 499, "the client closed the connection before the answer was whole");
        return;
    case Why::Shutdown: fail(Fault::Gateway, 503, "the gateway is shutting down"); return;
    case Why::Ok:
    case Why::UpstreamGone:
    case Why::Abandoned: fail(Fault::Upstream, 502, "the upstream closed the connection"); return;
    }
}

}  // namespace sluice::journey
