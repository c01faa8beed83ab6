// SPDX-License-Identifier: GPL-3.0-or-later
// UpstreamPool: the connections of one worker to one endpoint, of HTTP/1.1 and of HTTP/2. One thread.
// Bounds of those with HTTP/1.1: LimitSettings::pooled idle ones, the oldest goes first; idle for 4 s they are closed (Node's servers close
// after 5, and a request sent into a closing connection is lost).
#pragma once

#include "engine/config/plan.h"
#include "engine/net/http2_upstream_pool.h"
#include "engine/net/resolver.h"
#include "engine/net/upstream_connection.h"

#include <memory>
#include <string>
#include <vector>

namespace sluice::net {

class UpstreamPool {
public:
    using Connections = std::vector<std::unique_ptr<UpstreamConnection>>;
    // `closed`: where connections go that are over; its owner destroys them when no handler of theirs can be on the stack.
    UpstreamPool(LoopContext loop, Resolver &resolver, Connections &closed, http::Http2Counters &http2,
                 const config::EndpointSettings &endpoint);
    ~UpstreamPool();

    PooledStream &open(bool fresh, const http::Limits &limits);
    // From the next connection on; those that rest were made with another and are closed. Null with `trouble`: there can be none.
    void secure(std::shared_ptr<const ClientTls> tls, std::string trouble);
    PooledStream &toHttp2(std::unique_ptr<Wire>);  // of one of its connections
    void release(UpstreamConnection &, bool keep, size_t mostIdle);
    void discard(UpstreamConnection &);  // an idle one; deleted after the batch
    size_t idle() const { return idle_.size() + http2_.idle(); }
    size_t busy() const { return busy_.size() + http2_.busy(); }
    void closeIdle();

private:
    void expire();
    void closeOldest();
    LoopContext loop_;
    Resolver &resolver_;
    std::string host_;
    uint16_t port_;
    bool secured_ = false;
    std::shared_ptr<const ClientTls> tls_;
    std::string tlsTrouble_;
    std::shared_ptr<SessionShelf> shelf_;
    http::Limits limits_;
    bool onlyHttp2_;
    Http2UpstreamPool http2_;
    Connections &closed_;
    Connections idle_;  // longest idle first
    Connections busy_;  // each knows its place
    Timer expiry_;
    std::shared_ptr<char> alive_ = std::make_shared<char>();  // a look-up may outlive the pool
};

}  // namespace sluice::net
