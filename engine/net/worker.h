// SPDX-License-Identifier: GPL-3.0-or-later
// Worker: one thread, one loop, its own connections, pools and timers; the World of its journeys with real sockets.
#pragma once

#include "engine/http/http2_counters.h"
#include "engine/journey/world.h"
#include "engine/net/dispatcher/loop.h"
#include "engine/net/socket.h"
#include "engine/net/tls/tls_context.h"
#include "engine/recording/sink.h"

#include <QThread>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace sluice::net {

class Listener;
class Resolver;
class ServedConnection;
class UpstreamPool;
class Wire;
struct LoopContext;

// A worker takes no further client while it has this many clients, or nearly as many sockets (of clients and of upstreams) as it
// may have.
struct Room {
    uint32_t clients = 20'000, sockets = UINT32_MAX;
    bool forOneMore(size_t ofClients, uint32_t inAll) const
    {
        return ofClients < clients && inAll < sockets - sockets / 16;  // the rest is for upstreams
    }
};

struct WorkerOptions {
    LoopKind loop = bestLoop;
    recording::Sink *sink = nullptr;  // may be null; outlives the worker
    uint64_t seed = 0;
    Room room;
};

// Read by any thread.
struct WorkerCounters {
    std::atomic<uint64_t> connections{0}, exchanges{0}, active{0};
    http::Http2Counters http2;               // of clients
    http::Http2Counters http2Upstream;       // of connections to endpoints
    std::atomic<uint64_t> proxyRefused{0};   // connections of trusted proxies without a PROXY header that can be read
    std::atomic<uint64_t> closedForRoom{0};  // connections without a request that had to go for others
};

class Worker final : public journey::World {
public:
    explicit Worker(WorkerOptions options);
    ~Worker();  // stops and joins

    // ---- any thread but the worker's
    Outcome start(journey::RulesPtr rules, TlsMaterialPtr tls);
    void setRules(journey::RulesPtr rules, TlsMaterialPtr tls, Room room);  // adopted between two turns
    void setTls(TlsMaterialPtr tls);                                        // the same
    // A listening socket of the caller's; the worker keeps a descriptor of its own. `secure`: TLS as ListenSettings::url
    // says; empty: in clear. `proxied`: trusted peers begin with a PROXY header.
    void listen(int fd, std::string secure, bool proxied);
    void unlisten(int fd);  // the same socket; connections that it gave go on
    // No new connections; `done` is called on the worker's thread when the last one has gone.
    void drain(std::function<void()> done);
    void stop();  // at once; joins
    const WorkerCounters &counters() const { return counters_; }
    // Idle upstream connections by "host:port", through the worker's thread; blocks for it.
    std::unordered_map<std::string, uint32_t> idleConnections();

    // ---- the worker's thread
    const journey::RulesPtr &rules() const { return rules_; }
    void closed(ServedConnection &);
    // A client's connection turned out to speak HTTP/2; its bytes so far are in the wire. `last`: as startLast().
    void toHttp2(std::unique_ptr<Wire> wire, journey::Peer peer, bool last);
    http::Http2Counters &http2() { return counters_.http2; }
    // An empty head with the memory of an earlier one, where there is such.
    http::RequestHead takeHead();
    void giveHead(http::RequestHead &&);
    void busy(bool begins) { count(counters_.active, begins ? 1 : uint64_t(-1)); }

    void noteProxyRefused() { counters_.proxyRefused.fetch_add(1, std::memory_order_relaxed); }

    Scheduler &scheduler() override { return scheduler_; }
    Moment clock() override { return monotonicNow(); }
    WallTime wallTime() override;
    Random &random() override { return random_; }
    journey::UpstreamStream &open(const config::EndpointSettings &, bool fresh) override;
    void release(journey::UpstreamStream &, bool keep) override;
    std::unique_ptr<journey::Exchange> blank() override;
    bool recording() const override { return options_.sink != nullptr; }
    void record(std::unique_ptr<journey::Exchange>) override;
    void tell(journey::StreamNews) override;

private:
    // Only this thread writes it, so nothing needs a lock.
    static void count(std::atomic<uint64_t> &counter, uint64_t more)
    {
        counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }
    UpstreamPool &poolOf(const config::EndpointSettings &);
    struct Inside;  // what lives in the thread only
    void run();
    void post(std::function<void()>);
    void turn();
    void makeRoom();
    void accept(Fd fd, const Address &peer, const std::string &secure, bool proxied);
    void securePool(UpstreamPool &, const std::string &service);
    void serve(std::unique_ptr<ServedConnection>, bool last);
    LoopContext context();
    void dropUnusedPools();
    void stopConnections();

    WorkerOptions options_;
    WorkerCounters counters_;
    Scheduler scheduler_;
    Random random_;
    Moment wallAt_{};
    WallTime wall_{};                       // as it was then
    std::vector<http::RequestHead> heads_;  // at most mostHeads
    journey::RulesPtr rules_;
    TlsMaterialPtr tls_;
    std::unique_ptr<QThread> thread_;
    std::unique_ptr<QObject> context_;  // lives in the thread: receiver of what is posted
    std::unique_ptr<Inside> inside_;
    std::function<void()> drained_;
};

}  // namespace sluice::net
