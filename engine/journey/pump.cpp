// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/journey/state.h"

namespace sluice::journey {

namespace {
// So many chunks without a wait, then everybody else's turn: two fast peers must not starve the rest.
constexpr int fairShare = 16;
}

Task<PumpResult> pump(Pump &p, Scope &parent)
{
    Scope idle(parent);
    idle.deadline(p.idle);
    const auto stopped = [](Why why) { return PumpResult{PumpResult::End::Stopped, why}; };
    for (int chunks = 0;;) {
        const Chunk chunk = p.source.read();
        Sent sent = Sent::Taken;
        bool last = false;
        switch (chunk.kind) {
        case Chunk::Kind::Failed:
            p.content.complete = false;
            co_return PumpResult{PumpResult::End::SourceFailed};
        case Chunk::Kind::Wait: {
            p.sink.flush();
            const Why why = co_await on(p.source.readable(), idle);
            if (why != Why::Ok) {
                p.content.complete = false;
                co_return stopped(why);
            }
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
            const Why why = co_await on(p.sink.writable(), idle);
            if (why != Why::Ok)
                co_return stopped(why);
            sent = p.sink.flush();
            chunks = 0;
        }
        if (sent == Sent::Failed)
            co_return PumpResult{PumpResult::End::SinkFailed};
        if (last)
            co_return PumpResult{};
        if (++chunks >= fairShare) {
            chunks = 0;
            const Why why = co_await turn(idle);
            if (why != Why::Ok)
                co_return stopped(why);
        }
    }
}

}  // namespace sluice::journey
