// SPDX-License-Identifier: GPL-3.0-or-later
// ClientConnection: one HTTP/1 connection from a client, from accept to close: one request after the other, each a journey.
// One thread; owned by its worker, which deletes it after the batch in which it said closed().
#pragma once

#include "engine/base/fork.h"
#include "engine/http/http1_reader.h"
#include "engine/http/proxy_protocol.h"
#include "engine/journey/journey.h"
#include "engine/net/content.h"
#include "engine/net/loop_context.h"
#include "engine/net/served_connection.h"

namespace sluice::net {

class Worker;

class ClientConnection final : public ServedConnection, public journey::ClientStream, public WireOwner {
public:
    ClientConnection(Worker &worker, LoopContext loop, Fd fd, journey::Peer peer, const http::Limits &limits);
    ~ClientConnection();

    void secure(std::unique_ptr<TlsSession>);  // before start()
    // Before start(): the peer is a proxy that is believed, and says first for whom it speaks (listen[].proxy_protocol).
    void expectProxyHeader() { proxied_ = true; }
    void start() override;
    void startLast() override;
    void drain() override;
    void stop() override { scope_.cancel(Why::Shutdown); }
    bool giveWay() override;
    std::optional<Moment> waitingSince() const override
    {
        return busy_ || !scope_.running() ? std::nullopt : std::optional(since_);
    }

    http::RequestHead &request() override { return reader_.head(); }
    const http::Framing &framing() const override { return reader_.framing(); }
    bool expectsContinue() const override { return reader_.expectsContinue(); }
    const journey::Peer &peer() const override { return peer_; }
    void sendInformational(const http::ResponseHead &) override;
    void sendHead(http::ResponseHead &, journey::Length, bool note) override;
    bool headSent() const override { return headSent_; }
    bool takeBackHead() override;
    void cutOff() override;
    void closeAfter() override { close_ = true; }
    uint64_t bytesIn() const override { return wire_.bytesIn() - inBefore_; }
    uint64_t bytesOut() const override { return wire_.bytesOut() - outBefore_; }

    journey::Chunk read() override;
    Signal &readable() override { return wire_.readable(); }
    const http::HeaderList &trailers() const override { return const_cast<http::RequestReader &>(reader_).trailers(); }
    journey::Sent write(std::string_view data, bool last, const http::HeaderList *trailers) override;
    journey::Sent flush() override;
    Signal &writable() override { return wire_.writable(); }
    uint64_t unsent() const override { return wire_.unsent(); }
    void becomeTunnel() override { tunnel_ = true; }
    const std::string &reason() const override { return reason_; }

private:
    enum class Heard : uint8_t { Request, Nothing, Refused, Http2 };
    Task<void> live();
    Task<void> serve();
    Task<bool> takeProxyHeader(Scope &waiting);
    Task<void> refuse();
    void believe(const http::ProxyHeader &);
    Task<Heard> nextHead(Scope &waiting);
    Heard inVain(Why why, bool begun, Nanos patience);
    Heard ended(Wire::Fill fill, bool begun);
    enum class Preface : uint8_t { None, Part, Whole };
    Preface preface() const;
    Task<void> linger();
    void began();
    void knowPeer();
    bool finished();
    void hungUp() override;
    void lookWhetherGone();

    Worker &worker_;
    Scope scope_;
    std::unique_ptr<Wire> own_;  // nothing once it has become HTTP/2
    Wire &wire_;
    std::unique_ptr<TlsSession> tls_;  // until the PROXY header has been read
    Scheduler &scheduler_;
    http::RequestReader reader_;
    Content<http::RequestReader> content_;
    Framer framer_;
    journey::Peer peer_;
    TextBlock head_;  // held back
    std::string reason_;
    int refusal_ = 0;
    uint64_t inBefore_ = 0, outBefore_ = 0, outAtHangup_ = 0;
    Timer grace_;   // after a half-close
    Moment since_;  // it waits for a request
    bool first_ = true, busy_ = false, headSent_ = false, close_ = false, draining_ = false, last_ = false,
         tunnel_ = false, cut_ = false, proxied_ = false, forOthers_ = false;
    bool http10_ = false, isHead_ = false, peerKnown_ = false;
    Fork life_;  // last: ends before what it uses
};

}  // namespace sluice::net
