// SPDX-License-Identifier: GPL-3.0-or-later
// Clients and upstreams of the virtual world: they do what their script says, at the moments that it says, and note what they
// got. No socket, no bytes on a wire: streams as the conductor sees them. One thread.
#pragma once

#include "engine/journey/streams.h"

#include <memory>
#include <string>
#include <vector>

namespace sluice::simulation {

using journey::Chunk;
using journey::Sent;

// What one request of one client does. Times count from its start.
struct Visit {
    http::RequestHead head;
    std::vector<std::string> content;  // pieces of the request's content
    Nanos pieceEvery{0};               // between two of them; 0: all are there at once
    bool breaksOff = false;            // after the last piece, in place of an end
    Nanos leavesAfter{0};              // 0: stays
    Nanos takesFor{0};                 // how long each write of ours keeps it busy; 0: takes everything at once
    bool takesNothing = false;         // with takesFor: nor anything of that write meanwhile
};

// What an endpoint does with one request.
struct Reply {
    bool refuses = false;
    Nanos connectsAfter{0};  // negative: never
    Nanos answersAfter{0};   // from the whole request; negative: never
    int status = 200;
    http::HeaderList headers;
    std::vector<std::string> content;
    Nanos pieceEvery{0};
    bool cutShort = false;    // after the last piece, in place of an end
    bool closesKept = false;  // a kept connection turns out to be closed: silent failure
    bool early = false;       // answers without waiting for the request's content
};

// The half that reads: pieces that come at their times.
class Feed {
public:
    Feed(Scheduler &scheduler, std::vector<std::string> pieces, Nanos every, bool cut);
    void start();  // the first piece is there now
    Chunk read();
    Signal &readable() { return readable_; }
    bool whole() const { return ended_; }

private:
    void tick();
    Scheduler &scheduler_;
    std::vector<std::string> pieces_;
    Nanos every_;
    bool cut_, started_ = false, ended_ = false;
    size_t there_ = 0, taken_ = 0;
    Signal readable_;
    Timer timer_;
};

class VirtualClient final : public journey::ClientStream {
public:
    VirtualClient(Scheduler &scheduler, Scope &connection, Visit visit);

    // ---- what it got
    http::ResponseHead answer;  // status 0: nothing
    std::string content;
    std::vector<int> informational;
    bool whole = false, cut = false, closing = false;
    int heads = 0;  // more than one would be a bug of the conductor

    http::RequestHead &request() override { return visit_.head; }
    const http::Framing &framing() const override { return framing_; }
    bool expectsContinue() const override { return visit_.head.headers.has("Expect"); }
    const journey::Peer &peer() const override { return peer_; }
    void sendInformational(const http::ResponseHead &head) override { informational.push_back(head.status); }
    void sendHead(http::ResponseHead &head, journey::Length, bool) override
    {
        answer = head;
        ++heads;
    }
    bool headSent() const override { return heads > 0; }
    bool takeBackHead() override { return false; }
    void cutOff() override { cut = true; }
    void closeAfter() override { closing = true; }
    uint64_t bytesIn() const override { return 0; }
    uint64_t bytesOut() const override { return content.size(); }
    Chunk read() override { return feed_.read(); }
    Signal &readable() override { return feed_.readable(); }
    const http::HeaderList &trailers() const override { return trailers_; }
    Sent write(std::string_view data, bool last, const http::HeaderList *trailers) override;
    Sent flush() override { return busy_.running() ? Sent::Full : Sent::Taken; }
    Signal &writable() override { return writable_; }
    uint64_t unsent() const override;
    void becomeTunnel() override {}
    const std::string &reason() const override { return reason_; }

private:
    Scheduler &scheduler_;
    Scope &connection_;
    Visit visit_;
    http::Framing framing_;
    Feed feed_;
    journey::Peer peer_{"127.0.0.1", 40000, false};
    http::HeaderList trailers_;
    Signal writable_;
    Timer busy_, leaving_;
    std::string reason_ = "the client broke off";
};

class VirtualUpstream final : public journey::UpstreamStream {
public:
    VirtualUpstream(Scheduler &scheduler, Reply reply, bool reused);

    std::string received;  // the request's content
    http::RequestHead request;
    bool gotAll = false;

    State state() override { return state_; }
    bool reused() const override { return reused_; }
    void sendHead(http::RequestHead &head, journey::Length, bool) override;
    bool touched() const override { return touched_; }
    Head readHead() override;
    http::ResponseHead &response() override { return response_; }
    const http::Framing &framing() const override { return framing_; }
    Fault fault() const override { return Fault::Upstream; }
    bool silent() const override { return !answered_; }
    Chunk read() override { return feed_.read(); }
    Signal &readable() override { return answered_ ? feed_.readable() : headThere_; }
    const http::HeaderList &trailers() const override { return trailers_; }
    Sent write(std::string_view data, bool last, const http::HeaderList *) override;
    Sent flush() override { return Sent::Taken; }
    Signal &writable() override { return writable_; }
    uint64_t unsent() const override { return 0; }
    void becomeTunnel() override {}
    const std::string &reason() const override { return reason_; }

private:
    void connected();
    void answer();
    Scheduler &scheduler_;
    Reply reply_;
    bool reused_, touched_ = false, answered_ = false, failed_ = false;
    State state_ = State::Connecting;
    http::ResponseHead response_;
    http::Framing framing_;
    Feed feed_;
    http::HeaderList trailers_;
    Signal writable_, headThere_;
    Timer connecting_, answering_;
    std::string reason_;
};

}  // namespace sluice::simulation
