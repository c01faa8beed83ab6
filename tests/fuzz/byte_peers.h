// SPDX-License-Identifier: GPL-3.0-or-later
// A client and upstreams of journeys in virtual time that speak HTTP/1 byte by byte: what they say comes from a text, in pieces at
// moments; what is said to them is kept, to be read by who doubts it. They frame as connections with sockets do.
// One thread; no socket.
#pragma once

#include "engine/base/fork.h"
#include "engine/http/http1_reader.h"
#include "engine/http/http1_writer.h"
#include "engine/journey/journey.h"

#include <string>
#include <vector>

namespace fuzz {

using namespace sluice;
using journey::Chunk;
using journey::Sent;

// How a side speaks and listens.
struct Manner {
    size_t piece = 1 << 16;  // bytes at once
    Nanos every{0};          // between two pieces; 0: everything is there at once
    bool closes = true;      // behind the last; else it stays silent
    Nanos takesFor{0};       // how long each write keeps it busy
};

// What a side says, as far as it has come.
class Bytes {
public:
    Bytes(Scheduler &scheduler, Manner manner);
    void say(std::string_view text);  // behind what it said before; from now on
    enum class Fill { More, Nothing, End };
    Fill fill();
    std::string_view input() const { return std::string_view(come_).substr(at_); }
    void consume(size_t bytes) { at_ += bytes; }
    Signal &readable() { return readable_; }

private:
    void tick();
    Scheduler &scheduler_;
    Manner manner_;
    std::string all_, come_;
    size_t at_ = 0, there_ = 0;
    bool begun_ = false;
    Signal readable_;
    Timer timer_;
};

// Content of a message out of Bytes; shared by both sides.
template<class Reader>
Chunk readContent(Reader &reader, Bytes &bytes, std::string &trouble)
{
    for (;;) {
        size_t consumed = 0;
        const http::Step step = reader.read(bytes.input(), consumed);
        bytes.consume(consumed);
        if (step == http::Step::Body)
            return {Chunk::Kind::Data, reader.data()};
        if (step == http::Step::End)
            return {Chunk::Kind::End, {}};
        if (step != http::Step::NeedMore) {
            trouble = reader.refusal().what;
            return {Chunk::Kind::Failed, {}};
        }
        switch (bytes.fill()) {
        case Bytes::Fill::More: continue;
        case Bytes::Fill::Nothing: return {};
        case Bytes::Fill::End: break;
        }
        if constexpr (requires { reader.endOfStream(); }) {
            if (reader.endOfStream() == http::Step::End)
                return {Chunk::Kind::End, {}};
        }
        trouble = "the connection was closed before the end";
        return {Chunk::Kind::Failed, {}};
    }
}

// What is said to a side, framed.
class Out {
public:
    Out(Scheduler &scheduler, Nanos takesFor);
    std::string text;
    void begin(std::string head, http::Framing framing);
    Sent write(std::string_view data, bool last, const http::HeaderList *trailers);
    Sent flush();
    bool takeBack();
    bool whole() const { return whole_; }
    Signal &writable() { return writable_; }
    uint64_t unsent() const;

private:
    Sent taken();
    Scheduler &scheduler_;
    Nanos takesFor_;
    std::string head_;
    http::Framing framing_;
    uint64_t written_ = 0;
    bool whole_ = false;
    Signal writable_;
    Timer busy_;
};

class ByteClient final : public journey::ClientStream {
public:
    ByteClient(journey::World &world, journey::RulesPtr rules, Manner manner, Nanos leavesAfter);
    void start(std::string_view text);

    static constexpr size_t mostRequests = 32;
    // ---- what came of it
    std::vector<std::string> methods;  // of each exchange, as far as its head could be read
    bool over = false, cut = false, left = false;
    const std::string &answers() const { return out_.text; }

    http::RequestHead &request() override { return reader_.head(); }
    const http::Framing &framing() const override { return reader_.framing(); }
    bool expectsContinue() const override { return reader_.expectsContinue(); }
    const journey::Peer &peer() const override { return peer_; }
    void sendInformational(const http::ResponseHead &) override;
    void sendHead(http::ResponseHead &, journey::Length, bool note) override;
    bool headSent() const override { return headSent_; }
    bool takeBackHead() override;
    void cutOff() override { cut = close_ = true; }
    void closeAfter() override { close_ = true; }
    uint64_t bytesIn() const override { return 0; }
    uint64_t bytesOut() const override { return out_.text.size(); }
    Chunk read() override;
    Signal &readable() override { return bytes_.readable(); }
    const http::HeaderList &trailers() const override { return const_cast<http::RequestReader &>(reader_).trailers(); }
    Sent write(std::string_view data, bool last, const http::HeaderList *trailers) override;
    Sent flush() override { return out_.flush(); }
    Signal &writable() override { return out_.writable(); }
    uint64_t unsent() const override { return out_.unsent(); }
    void becomeTunnel() override { tunnel_ = true; }
    const std::string &reason() const override { return reason_; }

private:
    enum class Heard { Request, Nothing, Refused };
    Task<void> serve();
    Task<Heard> nextHead(Scope &waiting);
    void began();
    bool finished();

    journey::World &world_;
    journey::RulesPtr rules_;
    Scheduler &scheduler_;
    Scope scope_;
    Bytes bytes_;
    Out out_;
    http::RequestReader reader_;
    journey::Peer peer_{.address = "192.0.2.1",
                        .port = 40000,
                        .tls = false,
                        .certificate = {},
                        .commonName = {},
                        .fingerprint = {},
                        .proxy = {}};
    std::string reason_;
    int refusal_ = 0;
    bool headSent_ = false, close_ = false, tunnel_ = false, http10_ = false, isHead_ = false;
    Timer leaving_;
    Fork life_;  // last: ends before what it uses
};

class ByteUpstream final : public journey::UpstreamStream {
public:
    // `refuses`: the connection is not made.
    ByteUpstream(Scheduler &scheduler, Manner manner, bool refuses);
    // For each request: what it answers.
    void serve(std::string answer, bool reused);

    size_t requests = 0;  // that were begun over it
    const std::string &received() const { return out_.text; }
    bool clean() const;

    State state() override { return refuses_ ? State::Failed : State::Ready; }
    bool reused() const override { return reused_; }
    void sendHead(http::RequestHead &, journey::Length, bool note) override;
    bool touched() const override { return touched_; }
    Head readHead() override;
    http::ResponseHead &response() override { return reader_.head(); }
    const http::Framing &framing() const override { return reader_.framing(); }
    Fault fault() const override { return Fault::Upstream; }
    bool silent() const override { return reader_.idle() && bytes_.input().empty(); }
    Chunk read() override;
    Signal &readable() override { return bytes_.readable(); }
    const http::HeaderList &trailers() const override { return const_cast<http::ResponseReader &>(reader_).trailers(); }
    Sent write(std::string_view data, bool last, const http::HeaderList *trailers) override;
    Sent flush() override;
    Signal &writable() override { return out_.writable(); }
    uint64_t unsent() const override { return out_.unsent(); }
    void becomeTunnel() override { tunnel_ = true; }
    const std::string &reason() const override { return reason_; }

private:
    void touch();
    Bytes bytes_;
    Out out_;
    http::ResponseReader reader_;
    std::string answer_, reason_ = "connection refused";
    bool refuses_, reused_ = false, touched_ = false, tunnel_ = false, ended_ = false;
};

}  // namespace fuzz
