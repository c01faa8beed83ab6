// SPDX-License-Identifier: GPL-3.0-or-later
// UpstreamPool: the connections of one worker to one endpoint. One thread.
// Bounds: LimitSettings::pooled idle ones, the oldest goes first; idle for 4 s they are closed (Node's servers close
// after 5, and a request sent into a closing connection is lost).
#pragma once

#include "engine/net/resolver.h"
#include "engine/net/upstream_connection.h"

#include <list>
#include <memory>
#include <string>
#include <unordered_map>

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
    LoopContext loop_;
    Resolver &resolver_;
    std::string host_;
    uint16_t port_;
    std::list<std::unique_ptr<UpstreamConnection>> idle_;  // longest idle at the front
    std::unordered_map<UpstreamConnection *, std::unique_ptr<UpstreamConnection>> busy_;
    std::vector<std::unique_ptr<UpstreamConnection>> closed_;
    Timer expiry_;
};

}  // namespace sluice::net
