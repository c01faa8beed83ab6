// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/upstream_pool.h"

#include <algorithm>

namespace sluice::net {

namespace {
constexpr Nanos idleTime = std::chrono::seconds(4);
}

UpstreamPool::UpstreamPool(LoopContext loop, Resolver &resolver, Connections &closed, http::Http2Counters &http2,
                           const config::EndpointSettings &endpoint)
    : loop_(loop),
      resolver_(resolver),
      host_(endpoint.host),
      port_(endpoint.port),
      onlyHttp2_(endpoint.http2),
      http2_(loop, resolver, http2, endpoint.host, endpoint.port),
      closed_(closed),
      expiry_(
          loop.scheduler, [](Timer &, void *self) { static_cast<UpstreamPool *>(self)->expire(); }, this)
{}

UpstreamPool::~UpstreamPool() = default;

PooledStream &UpstreamPool::open(bool fresh, const http::Limits &limits)
{
    if (onlyHttp2_ || (!fresh && http2_.connected()))
        return http2_.open(fresh, limits);
    limits_ = limits;
    std::unique_ptr<UpstreamConnection> connection;
    if (!fresh && !idle_.empty()) {  // the most recent: the others may rest and go
        connection = std::move(idle_.back());
        idle_.pop_back();
        connection->reuse();
    }
    const bool made = !connection;
    if (made)
        connection = std::make_unique<UpstreamConnection>(*this, loop_, limits);
    UpstreamConnection *raw = connection.get();
    raw->place_ = busy_.size();
    busy_.push_back(std::move(connection));
    if (made && secured_ && !tls_) {
        raw->refuse(tlsTrouble_);
    } else if (made) {
        if (secured_)
            raw->secure(tls_, host_, shelf_);
        resolver_.resolve(
            host_, port_,
            [this, raw, alive = std::weak_ptr(alive_)](std::vector<Address> addresses, std::string trouble) {
                if (alive.expired())
                    return;
                if (std::any_of(busy_.begin(), busy_.end(), [&](const auto &each) { return each.get() == raw; }))
                    raw->connect(std::move(addresses), std::move(trouble));
                loop_.poller.requestTurn();  // the answer may come between two turns
            });
    }
    return *raw;
}

void UpstreamPool::secure(std::shared_ptr<const ClientTls> tls, std::string trouble)
{
    if (secured_ && tls == tls_)
        return;
    closeIdle();
    secured_ = true;
    tls_ = std::move(tls);
    tlsTrouble_ = std::move(trouble);
    shelf_ = std::make_shared<SessionShelf>();
    http2_.secure(tls_, shelf_);
}

PooledStream &UpstreamPool::toHttp2(std::unique_ptr<Wire> wire)
{
    return http2_.adopt(std::move(wire), limits_);
}

void UpstreamPool::release(UpstreamConnection &connection, bool keep, size_t mostIdle)
{
    std::unique_ptr<UpstreamConnection> owned = std::move(busy_[connection.place_]);
    if (connection.place_ + 1 < busy_.size()) {
        busy_[connection.place_] = std::move(busy_.back());
        busy_[connection.place_]->place_ = connection.place_;
    }
    busy_.pop_back();
    if (!keep || !owned->clean() || mostIdle == 0) {
        closed_.push_back(std::move(owned));
        loop_.poller.requestTurn();
        return;
    }
    owned->resting_ = true;
    owned->wire_->releaseInput();
    owned->restingSince = loop_.scheduler.now();
    idle_.push_back(std::move(owned));
    if (idle_.size() > mostIdle)
        closeOldest();
    if (!expiry_.running())
        expiry_.start(loop_.scheduler.now() + idleTime);
}

void UpstreamPool::discard(UpstreamConnection &connection)
{
    for (auto at = idle_.begin(); at != idle_.end(); ++at) {
        if (at->get() == &connection) {
            connection.resting_ = false;
            closed_.push_back(std::move(*at));
            idle_.erase(at);
            loop_.poller.requestTurn();
            return;
        }
    }
}

void UpstreamPool::closeIdle()
{
    http2_.closeIdle();
    while (!idle_.empty())
        closeOldest();
    loop_.poller.requestTurn();
}

void UpstreamPool::closeOldest()
{
    idle_.front()->resting_ = false;
    closed_.push_back(std::move(idle_.front()));
    idle_.erase(idle_.begin());
}

void UpstreamPool::expire()
{
    const Moment now = loop_.scheduler.now();
    while (!idle_.empty() && now - idle_.front()->restingSince >= idleTime)
        closeOldest();
    if (!idle_.empty())
        expiry_.start(idle_.front()->restingSince + idleTime);
}

}  // namespace sluice::net
