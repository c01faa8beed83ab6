// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/journey/state.h"

namespace sluice::journey {

namespace {
// So many chunks without a wait, then everybody else's turn: two fast peers must not starve the rest.
constexpr int fairShare = 16;
// The kernel says "writable" only once a third of its buffer is free: a peer that takes little but steadily would look idle.
constexpr int looksWithinIdle = 4;
}  // namespace

Task<PumpResult> pump(Pump &p, Scope &parent)
{
    Scope own(parent);
    Scope &idle = p.shared ? *p.shared : own;
    idle.deadline(p.idle);
    p.content.complete = false;
    const auto stopped = [](Why why, bool atSink) { return PumpResult{PumpResult::End::Stopped, why, atSink}; };
    for (int chunks = 0;;) {
        const Chunk chunk = p.source.read();
        Sent sent = Sent::Taken;
        bool last = false;
        switch (chunk.kind) {
        case Chunk::Kind::Failed: co_return PumpResult{PumpResult::End::SourceFailed};
        case Chunk::Kind::Wait: {
            const bool drained = p.sink.flush() == Sent::Taken;
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
        idle.deadline(p.idle);
        while (sent == Sent::Full) {
            const uint64_t before = p.sink.unsent();
            Scope slice(own);
            slice.deadline(p.idle / looksWithinIdle);
            const Why why = co_await on(p.sink.writable(), slice);
            if (why != Why::Ok && !(why == Why::TimedOut && own.running()))
                co_return stopped(why, true);
            sent = p.sink.flush();
            if (p.sink.unsent() < before)
                idle.deadline(p.idle);
            chunks = 0;
        }
        if (sent == Sent::Failed)
            co_return PumpResult{PumpResult::End::SinkFailed};
        if (last) {
            p.content.complete = true;
            co_return PumpResult{};
        }
        if (++chunks >= fairShare) {
            chunks = 0;
            const Why why = co_await turn(own);
            if (why != Why::Ok)
                co_return stopped(why, false);
        }
    }
}

}  // namespace sluice::journey
