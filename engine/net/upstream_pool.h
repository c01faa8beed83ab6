// SPDX-License-Identifier: GPL-3.0-or-later
// UpstreamPool: the connections of one worker to one endpoint. One thread.
// Bounds: LimitSettings::pooled idle ones, the oldest goes first; idle for 4 s they are closed (Node's servers close
// after 5, and a request sent into a closing connection is lost).
#pragma once

#include "engine/net/resolver.h"
#include "engine/net/upstream_connection.h"

#include <memory>
#include <string>
#include <vector>

namespace sluice::net {

class UpstreamPool {
public:
    UpstreamPool(LoopContext loop, Resolver &resolver, std::string host, uint16_t port);
    ~UpstreamPool();

    UpstreamConnection &open(bool fresh, const http::Limits &limits);
    void release(UpstreamConnection &, bool keep, size_t mostIdle);
    void discard(UpstreamConnection &);  // an idle one; deleted after the batch
    size_t idle() const { return idle_.size(); }
    size_t busy() const { return busy_.size(); }
    // Destroys what has been closed; not while one of its handlers may be on the stack.
    void sweep() { closed_.clear(); }

private:
    void expire();
    void closeOldest();
    LoopContext loop_;
    Resolver &resolver_;
    std::string host_;
    uint16_t port_;
    using Connections = std::vector<std::unique_ptr<UpstreamConnection>>;
    Connections idle_;  // longest idle first
    Connections busy_;  // each knows its place
    Connections closed_;
    Timer expiry_;
};

}  // namespace sluice::net
