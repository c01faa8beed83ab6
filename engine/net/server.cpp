// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <random>
#include <thread>

namespace sluice::net {

namespace {

// A client needs two descriptors: its own and an upstream's. What the program itself needs is left alone.
uint32_t roomForClients(uint32_t wanted, int workers)
{
    rlimit limit{};
    uint64_t all = wanted;
    constexpr uint64_t reserve = 40;
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        all = std::min<uint64_t>(all, limit.rlim_cur > reserve + 8 ? (limit.rlim_cur - reserve) / 2 : 4);
    return uint32_t(std::max<uint64_t>(1, all / uint64_t(workers)));
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

Result<Server::Socket> Server::bind(const config::ListenSettings &settings)
{
    Socket socket;
    socket.url = settings.url;
    uint16_t port = settings.port;
    const std::vector<std::string> hosts = hostsOf(settings.host);
    for (const std::string &host : hosts) {
        Address address;
        if (!Address::parse(host, port, address))
            return Error{Fault::Gateway, "cannot listen on " + settings.url + ": " + host
                                             + " is no address. Give an IP address, localhost, or * for every address"};
        Result<Fd> fd = listenOn(address);
        if (!fd && (socket.fds.empty() || !fd.error().repeatable))
            return Error{Fault::Gateway, "cannot listen on " + settings.url + ": " + fd.error().what};
        if (!fd)
            continue;                            // no IPv6 on this machine
        port = realPort(*fd);
        socket.fds.push_back(fd.take());
    }
    const std::string shown = settings.host.empty() ? "0.0.0.0" : settings.host;
    const bool v6 = shown.find(':') != shown.npos;
    socket.address = "http://" + (v6 ? '[' + shown + ']' : shown) + ':' + std::to_string(port);
    return socket;
}

Result<std::unique_ptr<Server>> Server::create(journey::RulesPtr rules, const ServerOptions &options)
{
    std::unique_ptr<Server> server(new Server);
    for (const config::ListenSettings &listen : rules->plan->listen) {
        Result<Socket> socket = bind(listen);
        if (!socket)
            return socket.error();
        server->sockets_.push_back(socket.take());
    }
    const int cores = int(std::thread::hardware_concurrency());
    const int workers = options.workers > 0 ? std::min(options.workers, 64) : std::clamp(cores, 1, 4);
    std::random_device seeds;
    for (int i = 0; i < workers; ++i) {
        WorkerOptions worker;
        worker.loop = options.loop;
        worker.sink = options.sink;
        worker.seed = (uint64_t(seeds()) << 32) | seeds();
        worker.mostConnections = roomForClients(rules->plan->limits.connections, workers);
        server->workers_.push_back(std::make_unique<Worker>(worker));
        const Outcome started = server->workers_.back()->start(rules);
        if (!started)
            return started.error();
    }
    for (const auto &worker : server->workers_) {
        for (const Socket &socket : server->sockets_) {
            for (const Fd &fd : socket.fds)
                worker->listen(fd.get());
        }
    }
    return server;
}

Server::~Server() = default;

Outcome Server::setRules(journey::RulesPtr rules)
{
    std::vector<Socket> added;
    for (const config::ListenSettings &listen : rules->plan->listen) {
        const bool known = std::any_of(sockets_.begin(), sockets_.end(), [&](const Socket &s) { return s.url == listen.url; });
        if (known)
            continue;
        Result<Socket> socket = bind(listen);
        if (!socket)
            return socket.error();
        added.push_back(socket.take());
    }
    for (const auto &worker : workers_)
        worker->setRules(rules, roomForClients(rules->plan->limits.connections, int(workers_.size())));
    const auto gone = [&](const Socket &socket) {
        const auto &listen = rules->plan->listen;
        return std::none_of(listen.begin(), listen.end(), [&](const config::ListenSettings &l) { return l.url == socket.url; });
    };
    for (const Socket &socket : sockets_) {
        if (!gone(socket))
            continue;
        for (const auto &worker : workers_) {
            for (const Fd &fd : socket.fds)
                worker->unlisten(fd.get());
        }
    }
    std::erase_if(sockets_, gone);
    for (Socket &socket : added) {
        for (const auto &worker : workers_) {
            for (const Fd &fd : socket.fds)
                worker->listen(fd.get());
        }
        sockets_.push_back(std::move(socket));
    }
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

uint64_t Server::active() const
{
    uint64_t sum = 0;
    for (const auto &worker : workers_)
        sum += worker->counters().active.load(std::memory_order_relaxed);
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
