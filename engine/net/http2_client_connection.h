// SPDX-License-Identifier: GPL-3.0-or-later
// Http2ClientConnection: one HTTP/2 connection from a client (RFC 9113), its streams each a journey of its own. It begins with
// the client's preface, which the HTTP/1 connection before it has seen and left in the wire. One thread; owned by its worker.
// Bounds: Http2Session's; idle for LimitSettings::keepAlive, or a field section not whole after LimitSettings::header: closed.
#pragma once

#include "engine/base/fork.h"
#include "engine/net/http2_link.h"
#include "engine/net/served_connection.h"

#include <memory>
#include <vector>

namespace sluice::net {

class Http2ClientStream;
class Worker;

class Http2ClientConnection final : public ServedConnection, public Http2Link::User {
public:
    Http2ClientConnection(Worker &worker, LoopContext loop, std::unique_ptr<Wire> wire, journey::Peer peer,
                          const http::Limits &limits);
    ~Http2ClientConnection();

    void start() override;
    void startLast() override;
    void drain() override;
    void stop() override;
    std::optional<Moment> waitingSince() const override
    {
        return streams_.empty() && scope_.running() ? std::optional(since_) : std::nullopt;
    }

    // ---- for its streams
    Worker &worker() const { return worker_; }
    Http2Link &link() { return link_; }
    const journey::Peer &peer() const { return peer_; }
    Scope &scope() { return scope_; }
    void over(Http2ClientStream &);  // its journey

private:
    http::Http2Stream *begun() override;
    void ponged() override;
    void fed() override;
    void turnEnded() override;
    Task<void> live();
    Task<void> serve();
    Task<void> linger();
    void waitFor();
    void refuseFurther();
    void limitReached();

    Worker &worker_;
    Scope scope_;
    Http2Link link_;
    journey::Peer peer_;
    std::vector<std::unique_ptr<Http2ClientStream>> streams_;  // each knows its place
    std::vector<std::unique_ptr<Http2ClientStream>> done_;     // deleted at the end of the turn
    std::vector<Http2ClientStream *> waiting_;                 // to be started, once the input is fed
    Signal emptied_;
    Scope reading_;
    Timer limit_;     // of an idle connection, or of a head
    Timer draining_;  // between the two GOAWAYs
    Moment since_;    // there is no stream
    bool inHead_ = false, drained_ = false, refusing_ = false;
    Fork life_;  // last: ends before what it uses
};

}  // namespace sluice::net
