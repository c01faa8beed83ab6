// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/journey/state.h"

namespace sluice::journey {

namespace {
// So many chunks without a wait, then everybody else's turn: two fast peers must not starve the rest.
constexpr int fairShare = 16;
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
            p.sink.flush();
            const Why why = co_await on(p.source.readable(), own);
            if (why != Why::Ok)
                co_return stopped(why, false);
            chunks = 0;
            continue;
        }
        case Chunk::Kind::Data:
            p.content.take(chunk.data, p.keep);
            last = chunk.last;
            sent = p.sink.write(chunk.data, last, last && p.framed ? &p.source.trailers() : nullptr);
            break;
        case Chunk::Kind::End:
            last = true;
            sent = p.sink.write({}, true, p.framed ? &p.source.trailers() : nullptr);
            break;
        }
        if (sent == Sent::Failed)
            co_return PumpResult{PumpResult::End::SinkFailed};
        idle.deadline(p.idle);
        while (sent == Sent::Full) {
            const Why why = co_await on(p.sink.writable(), own);
            if (why != Why::Ok)
                co_return stopped(why, true);
            sent = p.sink.flush();
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
