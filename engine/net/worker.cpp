// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/thread_end.h"
#include "engine/net/http2_client_connection.h"
#include "engine/net/worker_inside.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QSemaphore>

#include <fcntl.h>

#include <unordered_set>

namespace sluice::net {

Worker::Worker(WorkerOptions options) : options_(options), random_(options.seed) {}

Worker::~Worker()
{
    stop();
}

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
            [this] { makeRoom(); },
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
        for (const auto &[raw, connection] :
             inside_->connections)  // only marks and posts: nothing ends within the loop
            raw->drain();
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

// Many who say nothing must not keep out one who speaks: those go that have waited longest for a request. closed() goes on.
// Connections to endpoints that rest go before clients do.
void Worker::makeRoom()
{
    size_t resting = 0;
    for (const auto &[url, pool] : inside_->pools) {
        if (inside_->connections.size() >= options_.room.clients)
            break;
        resting += pool->idle();
        pool->closeIdle();
    }
    if (resting > 0)
        return;
    count(counters_.closedForRoom, stopLongestWaiting(inside_->connections, scheduler_.now() - patience));
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
    raw->number = ++inside_->served;
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

void Worker::stopConnections()
{
    for (const auto &[raw, connection] : inside_->connections)
        raw->stop();
}

}  // namespace sluice::net
