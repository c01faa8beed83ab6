// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/worker.h"

#include "engine/base/thread_end.h"
#include "engine/net/client_connection.h"
#include "engine/net/http2_client_connection.h"
#include "engine/net/listener.h"
#include "engine/net/upstream_pool.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QSemaphore>

#include <fcntl.h>

#include <unordered_set>

namespace sluice::net {

struct Worker::Inside {
    explicit Inside(Poller &p) : poller(p) {}
    Poller &poller;
    BufferPool buffers;
    TurnEnd ends;
    Resolver resolver;
    UpstreamPool::Connections closed;  // of upstreams; deleted after the batch
    std::unordered_map<std::string, std::unique_ptr<UpstreamPool>> pools;
    const std::pair<const std::string, std::unique_ptr<UpstreamPool>> *lastPool = nullptr;  // of them: asked for last
    std::unordered_map<ServedConnection *, std::unique_ptr<ServedConnection>> connections;
    std::vector<std::unique_ptr<ServedConnection>> gone;           // deleted after the batch
    std::unordered_map<int, std::unique_ptr<Listener>> listeners;  // by the owner's descriptor
    recording::Batch batch;
    std::vector<journey::StreamNews> news;
    recording::Batch blanks;  // for requests to come
    http::Limits limits;
    std::optional<Timer> drainLimit;
};

Worker::Worker(WorkerOptions options) : options_(options), random_(options.seed) {}

Worker::~Worker()
{
    stop();
}

static constexpr size_t mostBlanks = 64, mostHeads = 256;

// ---- from outside

Outcome Worker::start(journey::RulesPtr rules, TlsMaterialPtr tls)
{
    rules_ = std::move(rules);
    tls_ = std::move(tls);
    context_ = std::make_unique<QObject>();
    QSemaphore up;
    std::string trouble;
    thread_.reset(QThread::create([&] {
        Poller *poller = threadPoller();
        if (!poller) {
            trouble = "the worker's thread has no event loop";
            up.release();
            return;
        }
        inside_ = std::make_unique<Inside>(*poller);
        inside_->limits = rules_->plan->limits.ofHeads();
        inside_->buffers.mostWires = options_.room.sockets;
        scheduler_.setNow(poller->now());
        poller->setAfterBatch([this] { turn(); });
        up.release();
        run();
        endThread();
    }));
    const Outcome loop = setLoop(*thread_, options_.loop);
    if (!loop)
        return loop.error();
    context_->moveToThread(thread_.get());
    thread_->start();
    up.acquire();
    if (!trouble.empty())
        return Error{Fault::Gateway, trouble};
    return Done{};
}

void Worker::run()
{
    QEventLoop().exec();
    QCoreApplication::sendPostedEvents(context_.get(), QEvent::MetaCall);  // came before stop()
    stopConnections();
    scheduler_.setNow(inside_->poller.now());
    while (scheduler_.drain())
        ;
    inside_->poller.setAfterBatch({});
    if (options_.sink && !inside_->news.empty())
        options_.sink->tell(std::move(inside_->news));
    if (options_.sink && !inside_->batch.empty())
        options_.sink->push(std::move(inside_->batch));
    inside_.reset();
}

void Worker::post(std::function<void()> work)
{
    QMetaObject::invokeMethod(
        context_.get(),
        [this, work = std::move(work)] {
            scheduler_.setNow(inside_->poller.now());
            work();
            inside_->poller.requestTurn();
        },
        Qt::QueuedConnection);
}

void Worker::setTls(TlsMaterialPtr tls)
{
    post([this, tls = std::move(tls)]() mutable { tls_ = std::move(tls); });
}

void Worker::setRules(journey::RulesPtr rules, TlsMaterialPtr tls, Room room)
{
    post([this, room, rules = std::move(rules), tls = std::move(tls)]() mutable {
        tls_ = std::move(tls);
        options_.room = room;
        inside_->buffers.mostWires = room.sockets;
        inside_->limits = rules->plan->limits.ofHeads();
        rules_ = std::move(rules);
        dropUnusedPools();
        for (const auto &[fd, listener] : inside_->listeners)
            listener->resume();  // there may be room for more
    });
}

void Worker::listen(int fd, std::string secure, bool proxied)
{
    const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return;
    post([this, fd, own, proxied, secure = std::move(secure)] {
        inside_->listeners[fd] = std::make_unique<Listener>(
            Fd(own), inside_->poller, scheduler_,
            [this] { return options_.room.forOneMore(inside_->connections.size(), inside_->buffers.wires); },
            [this, secure, proxied](Fd client, const Address &peer) {
                accept(std::move(client), peer, secure, proxied);
            });
    });
}

void Worker::unlisten(int fd)
{
    post([this, fd] {
        if (const auto at = inside_->listeners.find(fd); at != inside_->listeners.end())
            at->second->takeWaiting();
        inside_->listeners.erase(fd);
    });
}

void Worker::drain(std::function<void()> done)
{
    post([this, done = std::move(done)]() mutable {
        drained_ = std::move(done);
        drainConnections();
        for (const auto &[fd, listener] : inside_->listeners)
            listener->takeWaiting();
        inside_->listeners.clear();
        inside_->drainLimit.emplace(
            scheduler_, [](Timer &, void *self) { static_cast<Worker *>(self)->stopConnections(); }, this);
        inside_->drainLimit->start(scheduler_.now() + rules_->plan->limits.drain);
    });
}

void Worker::stop()
{
    if (!thread_ || !thread_->isRunning())
        return;
    thread_->quit();
    thread_->wait();
    context_.reset();
}

std::unordered_map<std::string, uint32_t> Worker::idleConnections()
{
    std::unordered_map<std::string, uint32_t> out;
    QMetaObject::invokeMethod(
        context_.get(),
        [&] {
            for (const auto &[name, pool] : inside_->pools)
                out[name] += uint32_t(pool->idle());
        },
        Qt::BlockingQueuedConnection);
    return out;
}

// ---- inside

void Worker::turn()
{
    scheduler_.setNow(inside_->poller.now());
    scheduler_.fireDue();
    bool more = scheduler_.drain();
    inside_->ends.run();
    if (!more && !scheduler_.idle()) {  // who waited for room
        more = scheduler_.drain();
        inside_->ends.run();
    }
    more = more || !scheduler_.idle() || !inside_->ends.empty();
    inside_->gone.clear();
    inside_->closed.clear();
    if (!inside_->news.empty())
        options_.sink->tell(std::exchange(inside_->news, {}));
    if (!inside_->batch.empty()) {
        recording::Batch mine = options_.sink->push(std::exchange(inside_->batch, {}));
        while (!mine.empty() && inside_->blanks.size() < mostBlanks) {
            inside_->blanks.push_back(std::move(mine.back()));
            mine.pop_back();
        }
    }
    inside_->poller.setDeadline(scheduler_.nextDue());
    if (more)
        inside_->poller.requestTurn();
    if (drained_ && inside_->connections.empty())
        std::exchange(drained_, nullptr)();
}

void Worker::accept(Fd fd, const Address &peer, const std::string &secure, bool proxied)
{
    journey::Peer who;
    who.address = peer.host();
    who.port = peer.port();
    who.tls = !secure.empty();
    std::unique_ptr<TlsSession> session;
    if (who.tls) {
        const auto at = tls_->listeners.find(secure);
        if (at != tls_->listeners.end())
            session = TlsSession::server(at->second);
        if (!session)
            return;  // no certificate, no connection; the gateway tells which file is wrong
    }
    proxied = proxied && rules_->trusted.contains(who.address);
    auto connection =
        std::make_unique<ClientConnection>(*this, context(), std::move(fd), std::move(who), inside_->limits);
    if (session)
        connection->secure(std::move(session));
    if (proxied)
        connection->expectProxyHeader();
    serve(std::move(connection), bool(drained_));
}

LoopContext Worker::context()
{
    return {inside_->poller, scheduler_, inside_->buffers, inside_->ends};
}

void Worker::serve(std::unique_ptr<ServedConnection> connection, bool last)
{
    ServedConnection *raw = connection.get();
    inside_->connections.emplace(raw, std::move(connection));
    counters_.connections.fetch_add(1, std::memory_order_relaxed);
    if (last)
        raw->startLast();
    else
        raw->start();
}

void Worker::toHttp2(std::unique_ptr<Wire> wire, journey::Peer peer, bool last)
{
    serve(std::make_unique<Http2ClientConnection>(*this, context(), std::move(wire), std::move(peer), inside_->limits),
          last);
}

http::RequestHead Worker::takeHead()
{
    if (heads_.empty())
        return {};
    http::RequestHead head = std::move(heads_.back());
    heads_.pop_back();
    return head;
}

void Worker::giveHead(http::RequestHead &&head)
{
    if (heads_.size() < mostHeads && head.headers.block().size() <= 4096)
        heads_.push_back(std::move(head));
}

void Worker::closed(ServedConnection &connection)
{
    const auto at = inside_->connections.find(&connection);
    inside_->gone.push_back(std::move(at->second));
    inside_->connections.erase(at);
    counters_.connections.fetch_sub(1, std::memory_order_relaxed);
    if (inside_->connections.size() + 1 >= options_.room.clients) {
        for (const auto &[fd, listener] : inside_->listeners)
            listener->resume();
    }
    inside_->poller.requestTurn();
}

// Endpoints that no plan names any more. One that is still talking goes at a later reload.
void Worker::dropUnusedPools()
{
    std::unordered_set<std::string_view> used;
    for (const config::ServiceSettings &service : rules_->plan->services) {
        for (const config::EndpointSettings &endpoint : service.endpoints)
            used.insert(endpoint.pool);
    }
    inside_->lastPool = nullptr;
    std::erase_if(inside_->pools, [&](const auto &entry) {
        if (used.contains(entry.first))
            return false;
        entry.second->closeIdle();
        return entry.second->busy() == 0;
    });
}

void Worker::drainConnections()
{
    for (const auto &[raw, connection] : inside_->connections)  // only marks and posts: nothing ends within the loop
        raw->drain();
}

void Worker::stopConnections()
{
    for (const auto &[raw, connection] : inside_->connections)
        raw->stop();
}

Moment Worker::clock()
{
    return monotonicNow();
}

WallTime Worker::wallTime()
{
    if (wallAt_ != scheduler_.now()) {  // once a turn
        wallAt_ = scheduler_.now();
        wall_ = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now() - (clock() - wallAt_));
    }
    return wall_;
}

journey::UpstreamStream &Worker::open(const config::EndpointSettings &endpoint, bool fresh)
{
    UpstreamPool &pool = poolOf(endpoint);
    if (endpoint.tls)
        securePool(pool, endpoint.service);
    return pool.open(fresh, inside_->limits);
}

UpstreamPool &Worker::poolOf(const config::EndpointSettings &endpoint)
{
    if (inside_->lastPool && inside_->lastPool->first == endpoint.pool)
        return *inside_->lastPool->second;
    const auto at = inside_->pools.try_emplace(endpoint.pool).first;
    if (!at->second)
        at->second = std::make_unique<UpstreamPool>(context(), inside_->resolver, inside_->closed,
                                                    counters_.http2Upstream, endpoint);
    inside_->lastPool = &*at;
    return *at->second;
}

void Worker::securePool(UpstreamPool &pool, const std::string &service)
{
    if (const auto at = tls_->services.find(service); at != tls_->services.end())
        return pool.secure(at->second, {});
    const auto why = tls_->serviceTrouble.find(service);
    pool.secure(nullptr, why != tls_->serviceTrouble.end() ? why->second : "there is no TLS for this service");
}

void Worker::release(journey::UpstreamStream &stream, bool keep)
{
    static_cast<PooledStream &>(stream).giveBack(keep, rules_->plan->limits.pooled);
}

void Worker::record(std::unique_ptr<journey::Exchange> exchange)
{
    count(counters_.exchanges, 1);
    if (options_.sink && exchange->kept)
        inside_->batch.push_back(std::move(exchange));
    else if (inside_->blanks.size() < mostBlanks)
        inside_->blanks.push_back(std::move(exchange));
}

void Worker::tell(journey::StreamNews news)
{
    if (options_.sink)  // within a turn: it is handed over at its end
        inside_->news.push_back(std::move(news));
}

std::unique_ptr<journey::Exchange> Worker::blank()
{
    if (inside_->blanks.empty())
        return std::make_unique<journey::Exchange>();
    std::unique_ptr<journey::Exchange> x = std::move(inside_->blanks.back());
    inside_->blanks.pop_back();
    x->reset();
    return x;
}

}  // namespace sluice::net
