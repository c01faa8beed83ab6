// SPDX-License-Identifier: GPL-3.0-or-later
// Caller: single HTTP/1.1 requests, each over a connection of its own, in clear or under TLS, whole answers: what replay and "try a request" send with.
// Lives in one thread, whose Poller and after-batch hook it takes for itself: no worker may run there.
// Bounds: `mostUnderWay` calls at once, further ones wait in order; of each answer Call::mostKept bytes, the rest is counted.
// TLS sessions are resumed with the last 64 hosts. Deliberately absent: HTTP/2, redirects, kept connections, proxies.
#pragma once

#include "engine/journey/exchange.h"
#include "engine/net/dispatcher/poller.h"
#include "engine/net/resolver.h"
#include "engine/net/tls/tls_session.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sluice::net {

struct Call {
    std::string host;  // a name or an address, IPv6 without brackets
    uint16_t port = 80;
    std::string bytes;                        // head and content, as they go out
    std::string method;                       // the answer's framing hangs on it
    std::shared_ptr<const ClientTls> tls;     // under TLS with this, for `host`; null: in clear
    Nanos connect = std::chrono::seconds(5);  // past it, with one address or several, TLS's handshake included: failed
    Nanos whole = std::chrono::seconds(30);   // from start() to the answer's last byte, waiting in the queue left out
    uint64_t mostKept = uint64_t(64) << 20;
    // `returned`, `answer`, `responseBody`, `responseTrailers`, `times`, `started`, `attempts`, `failedBy` and `failure` are filled in.
    std::unique_ptr<journey::Exchange> exchange;
};

class Caller {
public:
    static constexpr size_t mostUnderWay = 64;
    using Done = std::function<void(std::unique_ptr<journey::Exchange>)>;

    explicit Caller(Poller &poller);
    ~Caller();  // what is under way or waits ends as failed, within this call
    Caller(const Caller &) = delete;
    Caller &operator=(const Caller &) = delete;

    // `done` is called in this thread, never within start() but after the destructor began: then at once.
    void start(Call call, Done done);

private:
    class Running;
    struct Waiting {
        Call call;
        Done done;
    };
    void turn();
    void begin(Waiting next);
    std::shared_ptr<SessionShelf> shelfOf(const Call &call);
    Poller &poller_;
    Resolver resolver_;
    std::deque<Waiting> waiting_;
    std::vector<std::unique_ptr<Running>> running_;
    std::map<std::string, std::shared_ptr<SessionShelf>> shelves_;  // by host and port
    uint64_t serial_ = 0;
    bool ending_ = false;
};

}  // namespace sluice::net
