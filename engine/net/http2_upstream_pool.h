// SPDX-License-Identifier: GPL-3.0-or-later
// Http2UpstreamPool: the HTTP/2 connections of one worker to one endpoint. Many requests share one; another is made when those
// there are full. One thread.
// Bounds: at most 8 connections, further requests wait for their turn on the one that carries least; one that carried nothing
// for 60 s is closed.
#pragma once

#include "engine/net/http2_upstream_connection.h"
#include "engine/net/resolver.h"

namespace sluice::net {

class Http2UpstreamPool final : public TurnEnd::Member {
public:
    Http2UpstreamPool(LoopContext loop, Resolver &resolver, http::Http2Counters &counters, std::string host,
                      uint16_t port);
    ~Http2UpstreamPool();

    // `fresh`: not over a connection that was there before, unless there may be no further one.
    Http2UpstreamStream &open(bool fresh, const http::Limits &limits);
    // The same over a wire that was connected elsewhere, whose other end has agreed upon HTTP/2; closed where it is not needed.
    Http2UpstreamStream &adopt(std::unique_ptr<Wire> wire, const http::Limits &limits);
    // Under TLS with this, from the next connection on; those there are take no further request.
    void secure(std::shared_ptr<const ClientTls> tls, std::shared_ptr<SessionShelf> shelf);
    std::unique_ptr<TlsSession> session() const;  // for a new connection; null: in clear
    bool connected() const;                       // one is ready and takes requests
    size_t idle() const;
    size_t busy() const;
    void closeIdle();

    // ---- for its connections
    void ended(Http2UpstreamConnection &);  // deleted at the end of the turn
    void rests(Http2UpstreamConnection &);  // perhaps
    WireOwner &nobody() { return nobody_; }
    void endOfTurn() override { done_.clear(); }

private:
    struct Nobody final : WireOwner {
        void hungUp() override {}
    };
    Http2UpstreamConnection &make(const http::Limits &limits);
    void expire();

    LoopContext loop_;
    Resolver &resolver_;
    http::Http2Counters &counters_;
    std::string host_;
    uint16_t port_;
    std::shared_ptr<const ClientTls> tls_;
    std::shared_ptr<SessionShelf> shelf_;
    Nobody nobody_;
    std::vector<std::unique_ptr<Http2UpstreamConnection>> connections_;  // each knows its place
    std::vector<std::unique_ptr<Http2UpstreamConnection>> done_;
    Timer expiry_;
    std::shared_ptr<char> alive_ = std::make_shared<char>();  // a look-up may outlive the pool
};

}  // namespace sluice::net
