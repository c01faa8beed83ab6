// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/client_connection.h"

#include "engine/http/http1_writer.h"
#include "engine/net/worker.h"

#include <QtGlobal>

#include <sys/uio.h>

namespace sluice::net {

using journey::Chunk;
using journey::Sent;

namespace {
// A client that has closed its half gets its answer as long as it takes bytes at least this often; one that closed both
// halves looks the same until something is sent to it.
constexpr Nanos graceTime = std::chrono::seconds(1);
constexpr Nanos lingerTime = std::chrono::seconds(2);  // to let the last answer arrive before a reset could eat it
constexpr size_t lingerBytes = 256 * 1024;
constexpr Nanos longTime = std::chrono::hours(24);  // a request is under way: no limit of ours, and no timer to move
}  // namespace

ClientConnection::ClientConnection(Worker &worker, LoopContext loop, Fd fd, journey::Peer peer,
                                   const http::Limits &limits)
    : worker_(worker),
      scope_(loop.scheduler),
      own_(std::make_unique<Wire>(std::move(fd), loop.poller, loop.scheduler, loop.buffers, *this)),
      wire_(*own_),
      scheduler_(loop.scheduler),
      reader_(limits),
      content_(reader_, wire_),
      peer_(std::move(peer)),
      grace_(
          loop.scheduler, [](Timer &, void *self) { static_cast<ClientConnection *>(self)->lookWhetherGone(); }, this),
      since_(loop.scheduler.now()),
      life_(scope_)
{}

ClientConnection::~ClientConnection() = default;

void ClientConnection::secure(std::unique_ptr<TlsSession> session)
{
    tls_ = std::move(session);
    reader_.setScheme("https");
}

void ClientConnection::start()
{
    life_.start(live());
}

void ClientConnection::startLast()
{
    draining_ = close_ = last_ = true;
    start();
}

void ClientConnection::drain()
{
    draining_ = close_ = true;
    if (!busy_ && reader_.idle() && wire_.input().empty() && !wire_.unread())
        scope_.cancel(Why::Shutdown);
}

bool ClientConnection::giveWay()
{
    if (wire_.unread())
        return false;
    forOthers_ = true;
    stop();
    return true;
}

// ---- the life of the connection

// What a journey throws (no memory left) ends this connection, not the program.
Task<void> ClientConnection::live()
{
    try {
        co_await serve();
    } catch (const std::exception &e) {
        qWarning("a client connection was given up: %s", e.what());
    }
    worker_.closed(*this);
}

Task<void> ClientConnection::serve()
{
    if (wire_.watched()) {
        Scope waiting(scope_);
        bool goOn = true;
        if (proxied_)
            goOn = co_await takeProxyHeader(waiting);
        if (goOn && tls_)
            wire_.startTls(std::move(tls_));
        for (int requests = 1; goOn; ++requests) {
            const Heard heard = co_await nextHead(waiting);
            if (heard == Heard::Nothing)
                break;
            if (heard == Heard::Http2) {
                knowPeer();
                worker_.toHttp2(std::move(own_), std::move(peer_), draining_);
                co_return;
            }
            waiting.deadline(longTime);
            if (heard == Heard::Refused) {
                co_await refuse();
                break;
            }
            began();
            worker_.busy(true);
            co_await journey::handle(*this, worker_.rules(), worker_, scope_);
            worker_.busy(false);
            if (!finished())
                break;
            if (requests % 64 == 0) {  // pipelined requests must not starve the rest
                const Why why = co_await turn(scope_);
                if (why != Why::Ok)
                    break;
            }
        }
        if (first_)
            worker_.saidNothing();
        if (scope_.running() && !cut_ && !tunnel_)
            co_await linger();
    }
}

// Who it is by the certificate that it showed; once, as that cannot change.
void ClientConnection::knowPeer()
{
    const TlsSession *tls = wire_.tls();
    if (!tls || !tls->shaken() || std::exchange(peerKnown_, true))
        return;
    TlsFacts facts = tls->facts();
    peer_.certificate = std::move(facts.subject);
    peer_.commonName = std::move(facts.commonName);
    peer_.fingerprint = std::move(facts.fingerprint);
}

void ClientConnection::began()
{
    busy_ = true;
    first_ = false;
    headSent_ = false;
    close_ = draining_ || !reader_.keepAlive()
        || worker_.rules()->plan->limits.keepAlive <= Nanos(0);  // never kept after a refusal
    http10_ = reader_.head().version == http::Version::Http10;
    isHead_ = std::string_view(reader_.head().method) == "HEAD";
    inBefore_ = wire_.bytesIn();
    outBefore_ = wire_.bytesOut();
    content_.begin();
    knowPeer();
    if (wire_.hungUp())
        hungUp();
}

// After an answer: may another request follow? What is left of the request's content is skipped if it is here already.
bool ClientConnection::finished()
{
    busy_ = false;
    since_ = scheduler_.now();
    grace_.stop();
    if (close_ || tunnel_ || cut_ || !scope_.running() || wire_.holds())
        return false;
    Chunk chunk = read();
    for (size_t skipped = 0; chunk.kind == Chunk::Kind::Data && skipped < lingerBytes; chunk = read())
        skipped += chunk.data.size();
    if (chunk.kind != Chunk::Kind::End)
        return false;
    reader_.next();
    return true;
}

// Closing with unread input resets the connection, and a reset may overtake the answer (RFC 9112 section 9.6).
Task<void> ClientConnection::linger()
{
    wire_.shutdownSend();
    Scope last(scope_);
    last.deadline(lingerTime);
    size_t read = 0;
    while (read < lingerBytes) {
        wire_.consume(wire_.input().size());
        const Wire::Fill fill = wire_.fill();
        if (fill == Wire::Fill::More) {
            read += wire_.input().size();
            continue;
        }
        if (fill != Wire::Fill::Nothing)
            co_return;
        const Why why = co_await on(wire_.readable(), last);
        if (why != Why::Ok)
            co_return;
    }
}

void ClientConnection::hungUp()
{
    if (!busy_ || tunnel_ || !scope_.running())
        return;  // whoever reads finds the end
    if (wire_.probe() == Wire::Alive::Gone)
        return scope_.cancel(Why::ClientGone);
    if (!content_.ended() && reader_.framing().kind != http::Framing::Kind::None)
        return;  // the upload finds that it is cut short
    outAtHangup_ = wire_.moved();
    grace_.start(scheduler_.now() + graceTime);
}

void ClientConnection::lookWhetherGone()
{
    if (wire_.probe() != Wire::Alive::Gone && wire_.moved() != outAtHangup_) {
        outAtHangup_ = wire_.moved();
        grace_.start(scheduler_.now() + graceTime);
        return;
    }
    scope_.cancel(Why::ClientGone);
}

// ---- the request's content

Chunk ClientConnection::read()
{
    if (tunnel_)
        return readRaw(wire_, reason_);
    const bool before = content_.ended();
    const Chunk chunk = content_.read();
    if (chunk.kind == Chunk::Kind::Failed) {
        reason_ = content_.trouble();
        if (wire_.probe() == Wire::Alive::Gone)
            scope_.cancel(Why::ClientGone);
    }
    if (!before && content_.ended() && busy_ && wire_.hungUp())
        hungUp();  // it was put off until the request was whole
    return chunk;
}

// ---- the answer

void ClientConnection::sendInformational(const http::ResponseHead &head)
{
    if (http10_ || headSent_)  // RFC 9110 section 15.2
        return;
    http::Wire how;
    how.framing = http::Framing();
    TextBlock text;
    if (!http::appendHead(text, head, how))
        return;
    const iovec piece{text.data(), text.size()};
    wire_.send(&piece, 1);
}

void ClientConnection::sendHead(http::ResponseHead &head, journey::Length length, bool note)
{
    using Kind = http::Framing::Kind;
    if (cut_)  // a handshake failed: there is nobody to tell
        return;
    http::Wire how;
    http::Framing framing;
    if (head.status != 101 && !isHead_ && !http::hasNoContent({}, head.status)) {
        if (length.kind == journey::Length::Kind::Known && length.bytes > 0)
            framing = {Kind::Length, length.bytes};
        else if (length.kind == journey::Length::Kind::Unknown)
            framing = {http10_ ? Kind::UntilClose : Kind::Chunked, 0};
        how.framing = framing;
    } else if (head.status == 204) {  // RFC 9110 section 8.6: no Content-Length
        how.framing = framing;
    } else if (isHead_ && length.kind == journey::Length::Kind::Known) {
        how.framing = http::Framing{length.bytes ? Kind::Length : Kind::None, length.bytes};
    }
    if (framing.kind == Kind::UntilClose || draining_)
        close_ = true;
    if (head.status != 101 && (close_ || http10_))
        how.connection = close_ ? "close" : "keep-alive";
    headSent_ = true;
    head_ = wire_.buffers().takeText();
    if (!http::appendHead(head_, head, how)) {
        head_.clear();
        reason_ = "the answer's head cannot be written as HTTP/1.1";
        cut_ = close_ = true;
    }
    if (note)
        http::noteAsWritten(head, how);
    framer_.begin(framing);
}

Sent ClientConnection::write(std::string_view data, bool last, const http::HeaderList *trailers)
{
    if (cut_)
        return Sent::Failed;
    if (tunnel_)
        return writeRaw(wire_, data, last);
    const Sent sent = sendFramed(wire_, head_, framer_, data, last, trailers);
    if (sent == Sent::Failed)
        reason_ = wire_.trouble();
    return sent;
}

Sent ClientConnection::flush()
{
    if (head_.empty())
        return toSent(wire_.flush());
    const iovec piece{head_.data(), head_.size()};
    const Sent sent = toSent(wire_.send(&piece, 1));
    wire_.buffers().giveText(std::move(head_));
    return sent;
}

bool ClientConnection::takeBackHead()
{
    if (head_.empty())  // it goes out whole, with the first that is sent
        return false;
    head_.clear();
    headSent_ = false;
    return true;
}

void ClientConnection::cutOff()
{
    cut_ = close_ = true;
    if (framer_.framing().kind == http::Framing::Kind::UntilClose && !framer_.done())
        wire_.reset();  // an orderly end would look like the end of the content
}

}  // namespace sluice::net
