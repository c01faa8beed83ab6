// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/upstream_connection.h"

#include "engine/http/http1_writer.h"
#include "engine/net/upstream_pool.h"

#include <sys/uio.h>

namespace sluice::net {

using journey::Chunk;
using journey::Sent;

UpstreamConnection::UpstreamConnection(UpstreamPool &pool, LoopContext loop, const http::Limits &limits)
    : pool_(pool), loop_(loop), reader_(limits)
{}

void UpstreamConnection::connect(std::vector<Address> addresses, std::string trouble)
{
    addresses_.assign(addresses.rbegin(), addresses.rend());
    reason_ = std::move(trouble);
    tryNext();
    connecting_.wake(loop_.scheduler);
}

void UpstreamConnection::secure(std::shared_ptr<const ClientTls> tls, std::string host,
                                std::shared_ptr<SessionShelf> shelf)
{
    tls_ = std::move(tls);
    tlsHost_ = std::move(host);
    shelf_ = std::move(shelf);
}

void UpstreamConnection::refuse(std::string why)
{
    reason_ = std::move(why);
    fault_ = Fault::Gateway;
    state_ = State::Failed;
}

void UpstreamConnection::tryNext()
{
    content_.reset();
    wire_.reset();
    while (!addresses_.empty()) {
        const Address address = addresses_.back();
        addresses_.pop_back();
        Result<Fd> fd = loop_.connect(address);
        if (!fd) {
            reason_ = fd.error().what;
            fault_ = fd.error().fault;
            continue;
        }
        wire_ = std::make_unique<Wire>(fd.take(), loop_.poller, loop_.scheduler, loop_.buffers, *this);
        if (!wire_->watched()) {
            reason_ = "the event loop takes no further descriptor";
            wire_.reset();
            continue;
        }
        wire_->expectConnect();
        return;
    }
    state_ = State::Failed;
}

journey::UpstreamStream::State UpstreamConnection::state()
{
    if (state_ != State::Connecting || !wire_ || !wire_->canSend())
        return state_;
    if (wire_->shake() == Wire::Shake::None) {
        std::string error = connectError(wire_->fd());
        if (!error.empty()) {
            reason_ = std::move(error);
            tryNext();
            return state_;
        }
        if (!tls_)
            return connected();
        std::unique_ptr<TlsSession> session = TlsSession::client(tls_, tlsHost_, shelf_);
        if (!session) {
            refuse("TLS cannot begin: " + tlsHost_ + " is no name that a certificate could have");
            return state_;
        }
        wire_->startTls(std::move(session));
    }
    if (wire_->shake() == Wire::Shake::Done)
        return connected();
    if (wire_->shake() == Wire::Shake::Failed) {
        reason_ = wire_->trouble();
        fault_ = Fault::Upstream;
        state_ = State::Failed;  // another address would be the same server, and hide the reason
    }
    return state_;
}

journey::UpstreamStream::State UpstreamConnection::connected()
{
    state_ = State::Ready;
    content_.emplace(reader_, *wire_);
    sentBefore_ = wire_->bytesOut();
    return state_;
}

// ALPN chose HTTP/2: the pool goes on with the wire.
journey::UpstreamStream *UpstreamConnection::successor()
{
    if (reused_ || !wire_ || wire_->protocol() != "h2")
        return nullptr;
    content_.reset();
    state_ = State::Failed;
    return &pool_.toHttp2(std::move(wire_));
}

void UpstreamConnection::reuse()
{
    reused_ = true;
    resting_ = false;
    sentBefore_ = wire_->bytesOut();
    receivedBefore_ = wire_->bytesIn();
    reason_.clear();
}

void UpstreamConnection::giveBack(bool keep, size_t mostIdle)
{
    pool_.release(*this, keep, mostIdle);
}

bool UpstreamConnection::clean()
{
    return state_ == State::Ready && wire_ && !tunnel_ && content_->ended() && framer_.done() && reader_.keepAlive()
        && wire_->input().empty() && !wire_->holds() && wire_->quiet();
}

void UpstreamConnection::sendHead(http::RequestHead &head, journey::Length length, bool note)
{
    using Kind = journey::Length::Kind;
    const http::Framing framing = length.kind == Kind::Known ? http::Framing{http::Framing::Kind::Length, length.bytes}
        : length.kind == Kind::Unknown                       ? http::Framing{http::Framing::Kind::Chunked, 0}
                                                             : http::Framing{};
    http::Wire how;
    how.framing = framing;
    head_ = loop_.buffers.takeText();
    if (!http::appendHead(head_, head, how)) {
        reason_ = "the request cannot be written as HTTP/1.1";
        state_ = State::Failed;
    }
    if (note)
        http::noteAsWritten(head, how);
    framer_.begin(framing);
    reader_.expect(head.method);
    content_->begin();
}

journey::UpstreamStream::Head UpstreamConnection::fail(std::string why)
{
    reason_ = std::move(why);
    return Head::Failed;
}

journey::UpstreamStream::Head UpstreamConnection::readHead()
{
    if (state_ != State::Ready)
        return Head::Failed;
    for (;;) {
        size_t consumed = 0;
        const http::Step step = reader_.read(wire_->input(), consumed);
        wire_->consume(consumed);
        switch (step) {
        case http::Step::Head: return Head::Final;
        case http::Step::Informational: return Head::Informational;
        case http::Step::NeedMore: break;
        default: return fail(reader_.refusal().what.empty() ? "the answer makes no sense" : reader_.refusal().what);
        }
        switch (wire_->fill()) {
        case Wire::Fill::More: continue;
        case Wire::Fill::Nothing:
            if (!silent())
                wire_->acknowledge();
            wire_->releaseInput();
            return Head::Wait;
        case Wire::Fill::End:
            return fail(silent() ? "the connection was closed before an answer" : "the answer's head was cut short");
        case Wire::Fill::Broken: return fail(wire_->trouble());
        }
    }
}

Chunk UpstreamConnection::read()
{
    if (!tunnel_) {
        const Chunk chunk = content_->read();
        if (chunk.kind == Chunk::Kind::Failed)
            reason_ = content_->trouble();
        return chunk;
    }
    return readRaw(*wire_, reason_);
}

Sent UpstreamConnection::write(std::string_view data, bool last, const http::HeaderList *trailers)
{
    if (tunnel_)
        return writeRaw(*wire_, data, last);
    if (state_ != State::Ready)
        return Sent::Failed;
    const Sent sent = sendFramed(*wire_, head_, framer_, data, last, trailers);
    if (sent == Sent::Failed && reason_.empty())
        reason_ = wire_->trouble().empty() ? "the request's content did not match its length" : wire_->trouble();
    return sent;
}

Sent UpstreamConnection::flush()
{
    if (!wire_)
        return Sent::Failed;
    if (!head_.empty()) {
        const iovec piece{head_.data(), head_.size()};
        const Sent sent = toSent(wire_->send(&piece, 1));
        loop_.buffers.giveText(std::move(head_));
        return sent;
    }
    return toSent(wire_->flush());
}

void UpstreamConnection::hungUp()
{
    if (resting_)
        pool_.discard(*this);
}

void UpstreamConnection::unexpectedInput()
{
    if (resting_ && !wire_->quiet())  // it speaks unasked: closing, or out of step; not to be used again
        pool_.discard(*this);
}

}  // namespace sluice::net
