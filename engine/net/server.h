// SPDX-License-Identifier: GPL-3.0-or-later
// Server: the workers of one gateway and the sockets they listen on. Lives on its owner's thread.
#pragma once

#include "engine/net/worker.h"

#include <memory>
#include <string>
#include <vector>

namespace sluice::net {

struct ServerOptions {
    int workers = 0;  // 0: one a core, at most 4; else 1 to 64
    LoopKind loop = bestLoop;
    recording::Sink *sink = nullptr;
};

class Server {
public:
    // Binds everything, then starts: on an error nothing runs.
    static Result<std::unique_ptr<Server>> create(journey::RulesPtr rules, TlsMaterialPtr tls,
                                                  const ServerOptions &options);
    ~Server();

    // New rules from the next request on. Addresses that are new are bound first: on an error nothing changes. Addresses that
    // are not in the plan any more take no new connections; those there are go on.
    Outcome setRules(journey::RulesPtr rules, TlsMaterialPtr tls);
    void setTls(TlsMaterialPtr tls);  // for the next connections; those there are keep what they have
    // `done` is called on a worker's thread, once.
    void drain(std::function<void()> done);

    std::vector<std::string> addresses() const;  // URLs with the real ports
    int workers() const { return int(workers_.size()); }
    uint64_t connections() const;
    uint64_t exchanges() const;
    uint64_t active() const;
    uint64_t proxyRefused() const;
    uint64_t closedForRoom() const;
    using Http2Count = http::Http2Counters::Count http::Http2Counters::*;
    uint64_t http2(Http2Count which, http::Http2Counters WorkerCounters::*side) const;  // all workers together
    std::unordered_map<std::string, uint32_t> idleConnections();                        // by endpoint URL

private:
    struct Bound {
        std::string host;  // numeric
        uint16_t port;
        Fd fd;
        std::string secure;    // ListenSettings::url, for TLS; empty: in clear
        bool proxied = false;  // ListenSettings::proxyProtocol
    };
    using BoundPtr = std::shared_ptr<const Bound>;
    struct Socket {
        std::string url;      // as the plan has it
        std::string address;  // with the real port
        bool proxied = false;
        std::vector<BoundPtr> bound;  // one an address; two settings may share one
    };
    Server() = default;
    // `leaving`: sockets that the plan to come has no use for; a new one may overlap them.
    Result<Socket> bind(const config::ListenSettings &, const std::vector<int> &leaving) const;
    BoundPtr find(const std::string &host, uint16_t port) const;
    std::vector<int> leaving(const config::Plan &) const;
    void adopt(std::vector<Socket>);
    std::vector<Socket> sockets_;
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace sluice::net
