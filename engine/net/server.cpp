// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/server.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <random>
#include <thread>

namespace sluice::net {

namespace {

// One worker's share of the clients that are wanted and of the descriptors that the system grants. A busy client needs two of
// these, its own and an upstream's, an idle one only its own: so clients have at most three quarters of them, and no further one
// is taken while nearly all are in use. What the program itself needs is left alone.
Room roomOf(uint32_t wanted, int workers)
{
    rlimit limit{};
    constexpr uint64_t reserve = 40;
    const auto share = [workers](uint64_t all) { return uint32_t(std::max<uint64_t>(1, all / uint64_t(workers))); };
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return {share(wanted), UINT32_MAX};
    const uint64_t all = std::clamp<uint64_t>(limit.rlim_cur, reserve + 8, UINT32_MAX) - reserve;
    return {share(std::min<uint64_t>(wanted, all / 4 * 3)), share(all)};
}

// The addresses that a listen setting means. "localhost" is both families, as programs of this machine may use either.
std::vector<std::string> hostsOf(const std::string &host)
{
    if (host.empty() || host == "*")
        return {"0.0.0.0"};
    if (host == "localhost")
        return {"127.0.0.1", "::1"};
    return {host};
}

uint16_t realPort(const Fd &fd)
{
    Address address;
    address.length = sizeof address.storage;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr *>(&address.storage), &address.length);
    return address.port();
}

}  // namespace

Server::BoundPtr Server::find(const std::string &host, uint16_t port) const
{
    for (const Socket &socket : sockets_) {
        for (const BoundPtr &bound : socket.bound) {
            if (port != 0 && bound->port == port && bound->host == host)
                return bound;
        }
    }
    return nullptr;
}

Result<Server::Socket> Server::bind(const config::ListenSettings &settings, const std::vector<int> &leaving) const
{
    Socket socket;
    socket.url = settings.url;
    socket.proxied = settings.proxyProtocol;
    uint16_t port = settings.port;
    const std::string secure = settings.tls ? settings.url : std::string();
    for (const std::string &host : hostsOf(settings.host)) {
        if (BoundPtr known = find(host, port)) {
            if (known->secure != secure
                || known->proxied != settings.proxyProtocol)  // the same socket, but now it speaks otherwise
                known = std::make_shared<Bound>(Bound{host, port, Fd(::fcntl(known->fd.get(), F_DUPFD_CLOEXEC, 0)),
                                                      secure, settings.proxyProtocol});
            socket.bound.push_back(std::move(known));
            continue;
        }
        Address address;
        if (!Address::parse(host, port, address))
            return Error{Fault::Gateway,
                         "cannot listen on " + settings.url + ": " + host
                             + " is no address. Give an IP address, localhost, or * for every address"};
        Result<Fd> fd = listenOn(address, leaving);
        if (!fd && (socket.bound.empty() || !fd.error().repeatable))
            return Error{Fault::Gateway, "cannot listen on " + settings.url + ": " + fd.error().what};
        if (!fd)
            continue;  // no IPv6 on this machine
        port = realPort(*fd);
        socket.bound.push_back(std::make_shared<Bound>(Bound{host, port, fd.take(), secure, settings.proxyProtocol}));
    }
    const std::string shown = settings.host.empty() ? "0.0.0.0" : settings.host;
    const bool v6 = shown.find(':') != shown.npos;
    socket.address =
        (settings.tls ? "https://" : "http://") + (v6 ? '[' + shown + ']' : shown) + ':' + std::to_string(port);
    return socket;
}

Result<std::unique_ptr<Server>> Server::create(journey::RulesPtr rules, TlsMaterialPtr tls,
                                               const ServerOptions &options)
{
    std::unique_ptr<Server> server(new Server);
    std::vector<Socket> sockets;
    for (const config::ListenSettings &listen : rules->plan->listen) {
        Result<Socket> socket = server->bind(listen, {});
        if (!socket)
            return socket.error();
        sockets.push_back(socket.take());
    }
    const int cores = int(std::thread::hardware_concurrency());
    const int workers = options.workers > 0 ? std::min(options.workers, 64) : std::clamp(cores, 1, 4);
    std::random_device seeds;
    for (int i = 0; i < workers; ++i) {
        WorkerOptions worker;
        worker.loop = options.loop;
        worker.sink = options.sink;
        worker.seed = (uint64_t(seeds()) << 32) | seeds();
        worker.room = roomOf(rules->plan->limits.connections, workers);
        server->workers_.push_back(std::make_unique<Worker>(worker));
        const Outcome started = server->workers_.back()->start(rules, tls);
        if (!started)
            return started.error();
    }
    server->adopt(std::move(sockets));
    return server;
}

Server::~Server() = default;

std::vector<int> Server::leaving(const config::Plan &plan) const
{
    std::vector<int> out;
    for (const Socket &socket : sockets_) {
        for (const BoundPtr &bound : socket.bound) {
            const bool stays = std::any_of(plan.listen.begin(), plan.listen.end(), [&](const auto &listen) {
                const std::vector<std::string> hosts = hostsOf(listen.host);
                return listen.url == socket.url
                    || (listen.port == bound->port
                        && std::find(hosts.begin(), hosts.end(), bound->host) != hosts.end());
            });
            if (!stays)
                out.push_back(bound->fd.get());
        }
    }
    return out;
}

// New ones first: at every moment somebody listens.
void Server::adopt(std::vector<Socket> next)
{
    const auto has = [](const std::vector<Socket> &sockets, const BoundPtr &bound) {
        return std::any_of(sockets.begin(), sockets.end(), [&](const Socket &s) {
            return std::find(s.bound.begin(), s.bound.end(), bound) != s.bound.end();
        });
    };
    for (const Socket &socket : next) {
        for (const BoundPtr &bound : socket.bound) {
            for (const auto &worker : workers_) {
                if (!has(sockets_, bound))
                    worker->listen(bound->fd.get(), bound->secure, bound->proxied);
            }
        }
    }
    for (const Socket &socket : sockets_) {
        for (const BoundPtr &bound : socket.bound) {
            for (const auto &worker : workers_) {
                if (!has(next, bound))
                    worker->unlisten(bound->fd.get());
            }
        }
    }
    sockets_ = std::move(next);
}

void Server::setTls(TlsMaterialPtr tls)
{
    for (const auto &worker : workers_)
        worker->setTls(tls);
}

Outcome Server::setRules(journey::RulesPtr rules, TlsMaterialPtr tls)
{
    const std::vector<int> gone = leaving(*rules->plan);
    std::vector<Socket> next;
    for (const config::ListenSettings &listen : rules->plan->listen) {
        const auto known = std::find_if(sockets_.begin(), sockets_.end(), [&](const Socket &s) {
            return s.url == listen.url && s.proxied == listen.proxyProtocol;
        });
        if (known != sockets_.end()) {
            next.push_back(*known);
            continue;
        }
        Result<Socket> socket = bind(listen, gone);
        if (!socket)
            return socket.error();
        next.push_back(socket.take());
    }
    for (const auto &worker : workers_)
        worker->setRules(rules, tls, roomOf(rules->plan->limits.connections, int(workers_.size())));
    adopt(std::move(next));
    return Done{};
}

void Server::drain(std::function<void()> done)
{
    auto left = std::make_shared<std::atomic<size_t>>(workers_.size());
    for (const auto &worker : workers_) {
        worker->drain([left, done] {
            if (left->fetch_sub(1) == 1)
                done();
        });
    }
    sockets_.clear();
}

std::vector<std::string> Server::addresses() const
{
    std::vector<std::string> out;
    for (const Socket &socket : sockets_)
        out.push_back(socket.address);
    return out;
}

uint64_t Server::connections() const
{
    uint64_t sum = 0;
    for (const auto &worker : workers_)
        sum += worker->counters().connections.load(std::memory_order_relaxed);
    return sum;
}

uint64_t Server::exchanges() const
{
    uint64_t sum = 0;
    for (const auto &worker : workers_)
        sum += worker->counters().exchanges.load(std::memory_order_relaxed);
    return sum;
}

uint64_t Server::proxyRefused() const
{
    uint64_t sum = 0;
    for (const auto &worker : workers_)
        sum += worker->counters().proxyRefused.load(std::memory_order_relaxed);
    return sum;
}

uint64_t Server::closedForRoom() const
{
    uint64_t sum = 0;
    for (const auto &worker : workers_)
        sum += worker->counters().closedForRoom.load(std::memory_order_relaxed);
    return sum;
}

uint64_t Server::active() const
{
    uint64_t sum = 0;
    for (const auto &worker : workers_)
        sum += worker->counters().active.load(std::memory_order_relaxed);
    return sum;
}

uint64_t Server::http2(Http2Count which, http::Http2Counters WorkerCounters::*side) const
{
    uint64_t sum = 0;
    for (const auto &worker : workers_)
        sum += (worker->counters().*side.*which).load(std::memory_order_relaxed);
    return sum;
}

std::unordered_map<std::string, uint32_t> Server::idleConnections()
{
    std::unordered_map<std::string, uint32_t> sum;
    for (const auto &worker : workers_) {
        for (const auto &[url, count] : worker->idleConnections())
            sum[url] += count;
    }
    return sum;
}

}  // namespace sluice::net
