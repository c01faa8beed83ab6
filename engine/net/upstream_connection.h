// SPDX-License-Identifier: GPL-3.0-or-later
// UpstreamConnection: one HTTP/1.1 connection to an endpoint. Carries one exchange at a time and rests in its pool between
// them. One thread; owned by its UpstreamPool.
#pragma once

#include "engine/http/http1_reader.h"
#include "engine/net/content.h"
#include "engine/net/loop_context.h"
#include "engine/net/pooled_stream.h"

#include <memory>
#include <optional>
#include <vector>

namespace sluice::net {

class UpstreamPool;

class UpstreamConnection final : public PooledStream, public WireOwner {
public:
    UpstreamConnection(UpstreamPool &pool, LoopContext loop, const http::Limits &limits);

    // Under TLS with this, for `host`; before connect().
    void secure(std::shared_ptr<const ClientTls> tls, std::string host, std::shared_ptr<SessionShelf> shelf);
    // Tries these in turn until one connects; none: it fails with `trouble`.
    void connect(std::vector<Address> addresses, std::string trouble);
    void refuse(std::string why);  // instead of connect(): nothing can be tried
    // Ready for another exchange.
    void reuse();
    // May rest in the pool: the exchange ended and nothing is left over.
    bool clean();
    void giveBack(bool keep, size_t mostIdle) override;
    Moment restingSince{};

    State state() override;
    bool reused() const override { return reused_; }
    UpstreamStream *successor() override;
    void sendHead(http::RequestHead &, journey::Length, bool note) override;
    bool touched() const override { return wire_ && wire_->bytesOut() > sentBefore_; }
    Head readHead() override;
    http::ResponseHead &response() override { return reader_.head(); }
    const http::Framing &framing() const override { return reader_.framing(); }
    Fault fault() const override { return fault_; }
    bool silent() const override { return !wire_ || wire_->bytesIn() == receivedBefore_; }

    journey::Chunk read() override;
    Signal &readable() override { return wire_->readable(); }
    const http::HeaderList &trailers() const override { return const_cast<http::ResponseReader &>(reader_).trailers(); }
    journey::Sent write(std::string_view data, bool last, const http::HeaderList *trailers) override;
    journey::Sent flush() override;
    Signal &writable() override { return wire_ ? wire_->writable() : connecting_; }
    uint64_t unsent() const override { return wire_ ? wire_->unsent() : 0; }
    void becomeTunnel() override { tunnel_ = true; }
    const std::string &reason() const override { return reason_; }

private:
    void hungUp() override;
    void unexpectedInput() override;
    void tryNext();
    State connected();
    Head fail(std::string why);

    UpstreamPool &pool_;
    LoopContext loop_;
    std::unique_ptr<Wire> wire_;
    std::vector<Address> addresses_;  // still to be tried, the next at the back
    std::shared_ptr<const ClientTls> tls_;
    std::string tlsHost_;
    std::shared_ptr<SessionShelf> shelf_;
    State state_ = State::Connecting;
    Signal connecting_;  // while no wire is there to wait on
    http::ResponseReader reader_;
    std::optional<Content<http::ResponseReader>> content_;
    TextBlock head_;  // held back
    Framer framer_;
    std::string reason_;
    Fault fault_ = Fault::Upstream;
    uint64_t sentBefore_ = 0, receivedBefore_ = 0;
    size_t place_ = 0;  // in the pool's list of busy ones
    bool reused_ = false, tunnel_ = false, resting_ = false;
    friend class UpstreamPool;
};

}  // namespace sluice::net
