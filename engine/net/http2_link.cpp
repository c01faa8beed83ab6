// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/http2_link.h"

#include <sys/uio.h>

namespace sluice::net {

using journey::Sent;

namespace {
constexpr size_t together = 64 * 1024;  // gathered before it goes out within a turn
constexpr int fairShare = 16;           // reads without a wait, then everybody else's turn
}  // namespace

Http2Link::Http2Link(LoopContext loop, std::unique_ptr<Wire> wire, http::Http2Session::Side side, User &user,
                     const http::Limits &limits, http::Http2Counters &counters)
    : loop_(loop), wire_(std::move(wire)), user_(user), session_(side, user, limits, counters, wire_->tls() != nullptr)
{
    wire_->setOwner(*this);
}

Task<Why> Http2Link::read(Scope &scope)
{
    for (int reads = 1;; ++reads) {
        if (!wire_->input().empty()) {
            const bool good = session_.feed(wire_->input(), loop_.scheduler.now());
            wire_->consume(wire_->input().size());
            later();
            if (session_.queued() > http::Http2Session::mostQueued / 4)  // several reads may come in one turn
                push();
            user_.fed();
            if (!good)
                co_return Why::Ok;
        }
        if (!scope.running())
            co_return scope.stopped();
        const Wire::Fill fill = wire_->fill();
        if (fill == Wire::Fill::End || fill == Wire::Fill::Broken) {
            broken_ = broken_ || fill == Wire::Fill::Broken;
            co_return Why::Ok;
        }
        if (fill == Wire::Fill::Nothing) {
            reads = 0;
            wire_->releaseInput();
            const Why why = co_await on(wire_->readable(), scope);
            if (why != Why::Ok)
                co_return why;
        } else if (reads % fairShare == 0) {
            const Why why = co_await turn(scope);
            if (why != Why::Ok)
                co_return why;
        }
    }
}

void Http2Link::push()
{
    for (;;) {
        if (broken_ || (wire_->holds() && wire_->flush() == Wire::Send::Held))
            return;
        session_.gather(together);
        std::string &out = session_.out();
        if (out.empty())
            return;
        const iovec piece{out.data(), out.size()};
        const Wire::Send sent = wire_->send(&piece, 1);
        out.clear();
        broken_ = sent == Wire::Send::Broken;
        if (sent != Wire::Send::Done)
            return;
    }
}

Sent Http2Link::write(http::Http2Stream &stream, std::string_view data, bool last, const http::HeaderList *trailers)
{
    if (broken_ || !session_.write(stream, data, last, trailers))
        return Sent::Failed;
    if (!wire_->holds()) {
        session_.gather(together);
        if (session_.out().size() >= together)
            push();
    }
    session_.keep(stream);
    later();
    return stream.holds() ? Sent::Full : Sent::Taken;
}

void Http2Link::endOfTurn()
{
    push();
    if (session_.open() == 0 && session_.out().empty())  // an idle connection holds nothing
        std::string().swap(session_.out());
    user_.turnEnded();
}

}  // namespace sluice::net
