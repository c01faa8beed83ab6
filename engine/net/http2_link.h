// SPDX-License-Identifier: GPL-3.0-or-later
// Http2Link: the wire and the HTTP/2 session of one connection, to a client or to an upstream. What streams write in one turn is
// gathered and goes out in one send. One thread.
// Bounds: what is gathered is at most 64 KiB and one frame; while the kernel takes nothing, no further frame is made.
#pragma once

#include "engine/base/task.h"
#include "engine/http/http2_session.h"
#include "engine/net/loop_context.h"
#include "engine/net/pooled_stream.h"

#include <memory>

namespace sluice::net {

class Http2Link final : public WireOwner, public TurnEnd::Member {
public:
    // Beside what a session tells.
    class User : public http::Http2Session::Owner {
    public:
        virtual void fed() {}        // some input was taken
        virtual void turnEnded() {}  // nothing of it is on the stack

    protected:
        ~User() = default;
    };

    Http2Link(LoopContext loop, std::unique_ptr<Wire> wire, http::Http2Session::Side side, User &user,
              const http::Limits &limits, http::Http2Counters &counters);

    http::Http2Session &session() { return session_; }
    Wire &wire() { return *wire_; }
    Scheduler &scheduler() const { return loop_.scheduler; }
    bool broken() const { return broken_; }

    // Reads and feeds until the connection ends or `scope` stops. Ok: the peer closed, or the session is over.
    Task<Why> read(Scope &scope);
    // At the end of this turn, sends what there is.
    void later() { loop_.ends.add(*this); }
    // Now.
    void push();
    journey::Sent write(http::Http2Stream &, std::string_view data, bool last, const http::HeaderList *trailers);
    // What the peer has not acknowledged or may not be sent yet.
    uint64_t unsent(const http::Http2Stream &stream) const { return stream.held() + wire_->unsent(); }

    void hungUp() override {}  // whoever reads finds the end
    void drained() override { later(); }
    void endOfTurn() override;

private:
    LoopContext loop_;
    std::unique_ptr<Wire> wire_;
    User &user_;
    http::Http2Session session_;
    bool broken_ = false;
};

// What both kinds of streams have in common. Face: journey::ClientStream or PooledStream.
template<class Face>
class Http2End : public Face, public http::Http2Stream {
public:
    journey::Chunk read() override
    {
        using Kind = journey::Chunk::Kind;
        later();  // what was read before is given back to the peer's window
        const Input input = Http2Stream::read();
        switch (input.step) {
        case Step::Data: return {Kind::Data, input.data, input.last};
        case Step::End: return {Kind::End, {}};
        case Step::Wait: return {Kind::Wait, {}};
        case Step::Failed: reason_ = trouble(); break;
        }
        return {Kind::Failed, {}};
    }
    Signal &readable() override { return readable_; }
    const http::HeaderList &trailers() const override { return Http2Stream::trailers(); }
    Signal &writable() override { return writable_; }
    const std::string &reason() const override { return reason_; }

protected:
    virtual void later() = 0;  // the session may have something to send
    Signal readable_, writable_;
    std::string reason_;
};

}  // namespace sluice::net
