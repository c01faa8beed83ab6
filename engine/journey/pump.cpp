// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/journey/state.h"

#include <utility>

namespace sluice::journey {

namespace {
// So many chunks without a wait, then everybody else's turn: two fast peers must not starve the rest.
constexpr int fairShare = 16;
// The kernel says "writable" only once a third of its buffer is free: a peer that takes little but steadily would look idle.
constexpr int looksWithinIdle = 4;

// The deadline of what must not stand still. It is set before a wait only: until then no time passes.
struct IdleWatch {
    explicit IdleWatch(const Pump &p, Scope &own) : scope(p.shared ? *p.shared : own), idle(p.idle), shared(p.shared) {}

    void wait()
    {
        if (std::exchange(moved, false))
            scope.deadline(idle);
    }
    // The other direction, where there is one, has from now on.
    void end()
    {
        if (shared)
            wait();
    }

    Scope &scope;
    Nanos idle;
    bool shared;
    bool moved = true;  // since it was set
};

PumpResult stopped(Why why, bool atSink)
{
    return {PumpResult::End::Stopped, why, atSink};
}
}  // namespace

Task<PumpResult> pump(Pump &p, Scope &parent)
{
    Scope own(parent);
    p.content.complete = false;
    IdleWatch watch(p, own);
    for (int chunks = 0;;) {
        const Chunk chunk = p.source.read();
        Sent sent = Sent::Taken;
        bool last = false;
        switch (chunk.kind) {
        case Chunk::Kind::Failed: co_return PumpResult{PumpResult::End::SourceFailed};
        case Chunk::Kind::Wait: {
            const bool drained = p.sink.flush() == Sent::Taken;
            watch.wait();
            const Why why = co_await on(p.source.readable(), own);
            if (why != Why::Ok)
                co_return PumpResult{PumpResult::End::Stopped, why, false, drained};
            chunks = 0;
            continue;
        }
        case Chunk::Kind::Data:
            p.j.keep(p.content, chunk.data);
            last = chunk.last;
            sent = p.sink.write(chunk.data, last, last && p.framed ? &p.source.trailers() : nullptr);
            if (p.j.tap)  // behind it: nobody waits for the record
                p.j.tap->take(p.from, chunk.data);
            break;
        case Chunk::Kind::End:
            last = true;
            sent = p.sink.write({}, true, p.framed ? &p.source.trailers() : nullptr);
            break;
        }
        if (sent == Sent::Failed)
            co_return PumpResult{PumpResult::End::SinkFailed, Why::Ok, false, chunk.kind == Chunk::Kind::End};
        watch.moved = true;
        while (sent == Sent::Full) {
            watch.wait();
            const uint64_t before = p.sink.unsent();
            Scope slice(own);
            slice.deadline(p.idle / looksWithinIdle);
            const Why why = co_await on(p.sink.writable(), slice);
            if (why != Why::Ok && !(why == Why::TimedOut && own.running()))
                co_return stopped(why, true);
            sent = p.sink.flush();
            watch.moved |= p.sink.unsent() < before;
            chunks = 0;
        }
        if (sent == Sent::Failed)
            co_return PumpResult{PumpResult::End::SinkFailed};
        if (last) {
            p.content.complete = true;
            watch.end();
            co_return PumpResult{};
        }
        if (++chunks >= fairShare) {
            chunks = 0;
            watch.wait();
            const Why why = co_await turn(own);
            if (why != Why::Ok)
                co_return stopped(why, false);
        }
    }
}

}  // namespace sluice::journey
