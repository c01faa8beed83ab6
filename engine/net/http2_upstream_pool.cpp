// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/http2_upstream_pool.h"

#include <algorithm>

namespace sluice::net {

namespace {
constexpr size_t mostConnections = 8;
constexpr Nanos idleTime = std::chrono::seconds(60);
}  // namespace

Http2UpstreamPool::Http2UpstreamPool(LoopContext loop, Resolver &resolver, http::Http2Counters &counters,
                                     std::string host, uint16_t port)
    : loop_(loop),
      resolver_(resolver),
      counters_(counters),
      host_(std::move(host)),
      port_(port),
      expiry_(
          loop.scheduler, [](Timer &, void *self) { static_cast<Http2UpstreamPool *>(self)->expire(); }, this)
{}

Http2UpstreamPool::~Http2UpstreamPool() = default;

Http2UpstreamConnection &Http2UpstreamPool::make(const http::Limits &limits)
{
    connections_.push_back(std::make_unique<Http2UpstreamConnection>(*this, loop_, limits, counters_));
    connections_.back()->place = connections_.size() - 1;
    return *connections_.back();
}

Http2UpstreamStream &Http2UpstreamPool::open(bool fresh, const http::Limits &limits)
{
    Http2UpstreamConnection *best = nullptr;
    size_t usable = 0;
    for (const auto &connection : connections_) {
        if (!connection->takes())
            continue;
        ++usable;
        if (fresh && connection->ready())
            continue;
        if (!best || connection->carries() < best->carries())
            best = connection.get();
    }
    const bool full = !best || best->carries() >= best->most();
    if (!full || (best && usable >= mostConnections))
        return best->open();
    if (usable >= mostConnections)
        return open(false, limits);
    Http2UpstreamConnection &made = make(limits);
    Http2UpstreamStream &stream = made.open();
    resolver_.resolve(
        host_, port_,
        [this, raw = &made, alive = std::weak_ptr(alive_)](std::vector<Address> addresses, std::string trouble) {
            if (alive.expired())
                return;
            if (std::any_of(connections_.begin(), connections_.end(),
                            [&](const auto &each) { return each.get() == raw; }))
                raw->connect(std::move(addresses), std::move(trouble));
            loop_.poller.requestTurn();  // the answer may come between two turns
        });
    return stream;
}

Http2UpstreamStream &Http2UpstreamPool::adopt(std::unique_ptr<Wire> wire, const http::Limits &limits)
{
    for (const auto &connection : connections_) {  // of requests that began at the same time, one connection is enough
        if (connection->takes() && connection->carries() < connection->most())
            return connection->open();
    }
    Http2UpstreamConnection &made = make(limits);
    Http2UpstreamStream &stream = made.open();
    made.adopt(std::move(wire));
    return stream;
}

void Http2UpstreamPool::secure(std::shared_ptr<const ClientTls> tls, std::shared_ptr<SessionShelf> shelf)
{
    tls_ = std::move(tls);
    shelf_ = std::move(shelf);
    for (const auto &connection : connections_)
        connection->close();
}

std::unique_ptr<TlsSession> Http2UpstreamPool::session() const
{
    return tls_ ? TlsSession::client(tls_, host_, shelf_) : nullptr;
}

bool Http2UpstreamPool::connected() const
{
    return std::any_of(connections_.begin(), connections_.end(),
                       [](const auto &each) { return each->ready() && each->takes(); });
}

size_t Http2UpstreamPool::idle() const
{
    return size_t(
        std::count_if(connections_.begin(), connections_.end(), [](const auto &each) { return each->carries() == 0; }));
}

size_t Http2UpstreamPool::busy() const
{
    return connections_.size() - idle();
}

void Http2UpstreamPool::closeIdle()
{
    for (const auto &connection : connections_) {  // only marks and posts
        if (connection->carries() == 0)
            connection->close();
    }
    loop_.poller.requestTurn();
}

void Http2UpstreamPool::ended(Http2UpstreamConnection &connection)
{
    const size_t place = connection.place;
    done_.push_back(std::move(connections_[place]));
    if (place + 1 < connections_.size()) {
        connections_[place] = std::move(connections_.back());
        connections_[place]->place = place;
    }
    connections_.pop_back();
    loop_.ends.add(*this);
    loop_.poller.requestTurn();
}

void Http2UpstreamPool::rests(Http2UpstreamConnection &connection)
{
    if (connection.carries() == 0 && !expiry_.running())
        expiry_.start(loop_.scheduler.now() + idleTime);
}

void Http2UpstreamPool::expire()
{
    const Moment now = loop_.scheduler.now();
    bool more = false;
    for (const auto &connection : connections_) {
        if (connection->carries() == 0 && now - connection->restingSince() >= idleTime)
            connection->close();
        else
            more = true;
    }
    if (more)
        expiry_.start(now + idleTime / 4);
}

}  // namespace sluice::net
