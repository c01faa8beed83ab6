// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/http2_client_connection.h"

#include "engine/net/http2_client_stream.h"
#include "engine/net/worker.h"

#include <QtGlobal>

namespace sluice::net {

namespace {
constexpr Nanos lingerTime = std::chrono::seconds(2);
constexpr size_t lingerBytes = 256 * 1024;
constexpr Nanos noticeTime = std::chrono::seconds(1);  // for requests that were on their way when the drain began
// Streams that the client has cancelled count as well until their journeys have ended.
constexpr size_t mostJourneys = 2 * http::Http2Session::maxStreams;
}  // namespace

Http2ClientConnection::Http2ClientConnection(Worker &worker, LoopContext loop, std::unique_ptr<Wire> wire,
                                             journey::Peer peer, const http::Limits &limits)
    : worker_(worker),
      scope_(loop.scheduler),
      link_(loop, std::move(wire), http::Http2Session::Side::Server, *this, limits, worker.http2()),
      peer_(std::move(peer)),
      reading_(scope_),
      limit_(
          loop.scheduler, [](Timer &, void *self) { static_cast<Http2ClientConnection *>(self)->limitReached(); },
          this),
      draining_(
          loop.scheduler, [](Timer &, void *self) { static_cast<Http2ClientConnection *>(self)->refuseFurther(); },
          this),
      since_(loop.scheduler.now()),
      life_(scope_)
{
    http::Http2Counters::one(worker.http2().connections);
}

Http2ClientConnection::~Http2ClientConnection() = default;

void Http2ClientConnection::start()
{
    life_.start(live());
}

void Http2ClientConnection::startLast()
{
    start();
    drain();
}

// RFC 9113 section 6.8: first only a warning, as requests may be on their way; then the last one that is answered.
void Http2ClientConnection::drain()
{
    if (std::exchange(drained_, true))
        return;
    link_.session().noticeShutdown();
    link_.later();
    draining_.start(link_.scheduler().now() + noticeTime);
}

void Http2ClientConnection::ponged()
{
    if (drained_)
        refuseFurther();
}

void Http2ClientConnection::refuseFurther()
{
    if (std::exchange(refusing_, true))
        return;
    draining_.stop();
    link_.session().refuseFurther();
    link_.later();
    if (streams_.empty())
        reading_.cancel(Why::Shutdown);
}

void Http2ClientConnection::stop()
{
    scope_.cancel(Why::Shutdown);
}

// ---- its life

Task<void> Http2ClientConnection::live()
{
    try {
        co_await serve();
    } catch (const std::exception &e) {
        qWarning("a client connection was given up: %s", e.what());
    }
    worker_.closed(*this);
}

Task<void> Http2ClientConnection::serve()
{
    waitFor();
    const Why why = co_await link_.read(reading_);
    limit_.stop();
    draining_.stop();
    if (why == Why::Ok)  // the client has gone, or talks nonsense
        scope_.cancel(Why::ClientGone);
    fed();  // what came last is recorded too
    Scope unstoppable(link_.scheduler());
    while (!streams_.empty()) {
        const Why gone = co_await on(emptied_, unstoppable);
        if (gone != Why::Ok)
            break;
    }
    if (!link_.session().over())
        link_.session().terminate(http::Http2Code::NoError);
    link_.push();
    if (!link_.broken() && scope_.stopped() != Why::Shutdown)
        co_await linger();
}

// Closing with unread input resets the connection, and a reset may overtake the last frames.
Task<void> Http2ClientConnection::linger()
{
    Wire &wire = link_.wire();
    Scope last(link_.scheduler());
    last.deadline(lingerTime);
    while (wire.holds()) {
        const Why why = co_await on(wire.writable(), last);
        if (why != Why::Ok || wire.flush() == Wire::Send::Broken)
            co_return;
    }
    wire.shutdownSend();
    for (size_t read = 0; read < lingerBytes;) {
        wire.consume(wire.input().size());
        const Wire::Fill fill = wire.fill();
        if (fill == Wire::Fill::More) {
            read += wire.input().size();
            continue;
        }
        if (fill != Wire::Fill::Nothing)
            co_return;
        const Why why = co_await on(wire.readable(), last);
        if (why != Why::Ok)
            co_return;
    }
}

void Http2ClientConnection::waitFor()
{
    const config::LimitSettings &limits = worker_.rules()->plan->limits;
    if (link_.session().inHead()) {
        if (!std::exchange(inHead_, true))
            limit_.start(link_.scheduler().now() + limits.header);
        return;
    }
    inHead_ = false;
    if (streams_.empty())
        limit_.start(link_.scheduler().now() + (limits.keepAlive > Nanos(0) ? limits.keepAlive : limits.header));
    else
        limit_.stop();
}

void Http2ClientConnection::limitReached()
{
    if (inHead_) {
        link_.session().terminate(http::Http2Code::EnhanceYourCalm);
        scope_.cancel(Why::ClientGone);  // behind that no frame goes out any more
    }
    reading_.cancel(Why::TimedOut);
}

// ---- its streams

http::Http2Stream *Http2ClientConnection::begun()
{
    if (streams_.size() >= mostJourneys)
        return nullptr;
    auto stream = std::make_unique<Http2ClientStream>(*this);
    Http2ClientStream *raw = stream.get();
    raw->place = streams_.size();
    streams_.push_back(std::move(stream));
    waiting_.push_back(raw);
    return raw;
}

void Http2ClientConnection::fed()
{
    std::vector<Http2ClientStream *> begun;
    begun.swap(waiting_);
    for (Http2ClientStream *stream : begun)
        stream->start();
    begun.clear();
    if (waiting_.empty())
        waiting_.swap(begun);  // its memory
    waitFor();
}

void Http2ClientConnection::over(Http2ClientStream &stream)
{
    link_.session().drop(stream, stream.ending());
    std::unique_ptr<Http2ClientStream> &place = streams_[stream.place];
    done_.push_back(std::move(place));
    if (stream.place + 1 < streams_.size()) {
        place = std::move(streams_.back());
        place->place = stream.place;
    }
    streams_.pop_back();
    link_.later();
    if (!streams_.empty())
        return;
    since_ = link_.scheduler().now();
    emptied_.wake(link_.scheduler());
    if (refusing_)
        reading_.cancel(Why::Shutdown);
    else
        waitFor();
}

void Http2ClientConnection::turnEnded()
{
    done_.clear();
    const http::Http2Session &session = link_.session();
    if (!session.trouble().empty())  // ended by what we had to send ourselves: perhaps nothing more comes to tell of it
        scope_.cancel(Why::ClientGone);
    else if (streams_.empty() && session.over())  // the client had said that it leaves, and has its last answer
        reading_.cancel(Why::Shutdown);
}

}  // namespace sluice::net
