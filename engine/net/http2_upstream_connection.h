// SPDX-License-Identifier: GPL-3.0-or-later
// Http2UpstreamConnection: one HTTP/2 connection to an endpoint, with the requests that it carries. Made by connecting, or of a
// wire that is connected (and over which HTTP/2 has been agreed upon). Nothing is sent before the endpoint's settings are there:
// what does not speak HTTP/2 gets no request. One thread; owned by its Http2UpstreamPool.
// Bounds: as many streams at once as the endpoint takes, at most 1,000; further ones wait here for their turn.
#pragma once

#include "engine/base/fork.h"
#include "engine/net/http2_upstream_stream.h"
#include "engine/net/socket.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace sluice::net {

class Http2UpstreamPool;

class Http2UpstreamConnection final : public Http2Link::User {
public:
    Http2UpstreamConnection(Http2UpstreamPool &pool, LoopContext loop, const http::Limits &limits,
                            http::Http2Counters &counters);
    ~Http2UpstreamConnection();

    // Tries these in turn until one connects; none: every stream fails with `trouble`.
    void connect(std::vector<Address> addresses, std::string trouble);
    void adopt(std::unique_ptr<Wire> wire);
    void close();  // between two requests: no further one; else after the last

    Http2UpstreamStream &open();
    bool takes() const { return !leaving_ && !ended_; }  // further streams
    bool ready() const { return ready_; }
    size_t carries() const { return streams_.size(); }
    size_t most() const;  // streams at once, as far as is known
    Moment restingSince() const { return restingSince_; }
    size_t place = 0;  // in the pool's list

    // ---- for its streams
    http::Http2Session &session() { return link_->session(); }
    Http2Link &link() { return *link_; }
    void over(Http2UpstreamStream &, bool keep);

private:
    void settled() override;
    void leaving() override;
    void fed() override { ++heard_; }
    bool seemsDead(const Http2UpstreamStream &) const;
    void turnEnded() override;
    Task<void> live();
    Task<bool> reach();
    Task<bool> agree();
    void begin(std::unique_ptr<Wire> wire);
    void admit();
    void fail();

    Http2UpstreamPool &pool_;
    LoopContext loop_;
    http::Limits limits_;
    http::Http2Counters &counters_;
    Scope scope_;
    std::vector<Address> addresses_;  // still to be tried, the next at the back
    std::string trouble_;
    Fault fault_ = Fault::Upstream;
    std::unique_ptr<Wire> wire_;  // until it is connected
    std::unique_ptr<Http2Link> link_;
    std::vector<std::unique_ptr<Http2UpstreamStream>> streams_;  // each knows its place
    std::vector<std::unique_ptr<Http2UpstreamStream>> done_;     // deleted at the end of the turn
    std::deque<Http2UpstreamStream *> waiting_;
    size_t admitted_ = 0;
    uint64_t heard_ = 0;  // reads that brought something
    Moment restingSince_{};
    bool ready_ = false, leaving_ = false, ended_ = false;
    Fork life_;  // last: ends before what it uses
};

}  // namespace sluice::net
