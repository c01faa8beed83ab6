// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/http2_upstream_stream.h"

#include "engine/http/websocket_handshake.h"
#include "engine/net/http2_upstream_connection.h"

namespace sluice::net {

using journey::Sent;

namespace {
constexpr size_t mostInformational = 100;  // as over HTTP/1
}

Http2UpstreamStream::Http2UpstreamStream(Http2UpstreamConnection &connection, Scheduler &scheduler, bool reused)
    : connection_(connection), scheduler_(scheduler), reused_(reused)
{}

void Http2UpstreamStream::giveBack(bool keep, size_t)
{
    connection_.over(*this, keep);
}

void Http2UpstreamStream::admit(uint64_t heard)
{
    admitted_ = true;
    admittedAt_ = scheduler_.now();
    heardBefore_ = heard;
    state_ = State::Ready;
    writable_.wake(scheduler_);
}

void Http2UpstreamStream::failed(const std::string &why, Fault fault)
{
    state_ = State::Failed;
    fault_ = fault;
    if (reason_.empty())
        reason_ = why;
    untouched_ = untouched_ || id() == 0;
    readable_.wake(scheduler_);
    writable_.wake(scheduler_);
}

void Http2UpstreamStream::later()
{
    if (state_ == State::Ready)
        connection_.link().later();
}

// ---- the request

void Http2UpstreamStream::sendHead(http::RequestHead &head, journey::Length length, bool note)
{
    using Kind = journey::Length::Kind;
    counted_ = length.kind != Kind::Unknown;
    left_ = length.bytes;
    how_ = {};
    how_.framing = length.kind == Kind::Known ? http::Framing{http::Framing::Kind::Length, length.bytes}
        : length.kind == Kind::Unknown        ? http::Framing{http::Framing::Kind::Chunked, 0}
                                              : http::Framing{};
    request_ = &head;
    head.version = http::Version::Http2;
    webSocket_ = http::asksForWebSocket(head);
    if (webSocket_) {
        webSocketKey_ = head.headers.get("Sec-WebSocket-Key");
        if (!connection_.session().takesConnect())
            failed("the endpoint does not take WebSockets over HTTP/2 (RFC 8441); give its URL with http://",
                   Fault::Upstream);
    } else if (head.headers.has("Upgrade")) {
        failed("the client asks to switch protocols, which HTTP/2 cannot; give the endpoint's URL with http://",
               Fault::Gateway);
    }
    if (note && state_ == State::Ready)
        http::noteAsSent(head, how_);
}

bool Http2UpstreamStream::submitHead(bool end)
{
    const http::RequestHead *head = std::exchange(request_, nullptr);
    if (!head)
        return true;
    if (state_ == State::Ready && connection_.session().sendRequest(*this, *head, how_, end && !webSocket_, webSocket_))
        return true;
    failed("the request cannot be written as HTTP/2", Fault::Gateway);
    return false;
}

Sent Http2UpstreamStream::write(std::string_view data, bool last, const http::HeaderList *trailers)
{
    if (state_ != State::Ready)
        return Sent::Failed;
    if (counted_) {
        if (data.size() > left_ || (last && data.size() != left_)) {
            reason_ = "the request's content did not match its length";
            return Sent::Failed;
        }
        left_ -= data.size();
    }
    const bool end = last && data.empty() && (!trailers || trailers->empty());
    if (!submitHead(end))
        return Sent::Failed;
    if (webSocket_ && last && counted_)  // the end of a request without content; the tunnel is yet to come
        return flush();
    return connection_.link().write(*this, data, last, trailers);
}

Sent Http2UpstreamStream::flush()
{
    if (state_ != State::Ready || !submitHead(false) || (closed() && !endSent()))
        return Sent::Failed;
    connection_.link().later();
    return holds() ? Sent::Full : Sent::Taken;
}

uint64_t Http2UpstreamStream::unsent() const
{
    return state_ == State::Ready ? connection_.link().unsent(*this) : 0;
}

// ---- the answer

void Http2UpstreamStream::onHead()
{
    http::FieldSection &section = session_->section();
    readable_.wake(scheduler_);
    if (section.informational()) {
        if (++informationalCame_ > mostInformational)
            failed("There are more informational answers than are taken", Fault::Upstream);
        else
            informational_.push_back(section.response());
        return;
    }
    if (state_ == State::Failed)
        return;
    haveFinal_ = true;
    std::swap(final_, section.response());
    final_.reason = http::reasonPhrase(final_.status);
    framing_ = {};
    if (webSocket_ && final_.status >= 200 && final_.status < 300)
        return asSwitched();
    if (inputEnded() || answersHead_ || http::hasNoContent({}, final_.status))
        return;
    if (!section.contentLength())
        framing_.kind = http::Framing::Kind::Chunked;
    else if (*section.contentLength() > 0)
        framing_ = {http::Framing::Kind::Length, *section.contentLength()};
}

// RFC 8441 section 5: what the answer would be over HTTP/1.1.
void Http2UpstreamStream::asSwitched()
{
    session_->becomeTunnel(*this);
    final_.status = 101;
    final_.reason = http::reasonPhrase(101);
    final_.headers.remove("content-length");
    final_.headers.add("Upgrade", "websocket");
    final_.headers.add("Connection", "upgrade");
    if (!webSocketKey_.empty())
        final_.headers.set("Sec-WebSocket-Accept", http::webSocketAccept(webSocketKey_));
}

journey::UpstreamStream::Head Http2UpstreamStream::readHead()
{
    if (!informational_.empty()) {
        response_ = std::move(informational_.front());
        informational_.erase(informational_.begin());
        return Head::Informational;
    }
    if (std::exchange(haveFinal_, false)) {
        std::swap(response_, final_);
        return Head::Final;
    }
    if (state_ != State::Ready || closed() || !trouble().empty()) {
        if (reason_.empty())
            reason_ = trouble().empty() ? "the endpoint reset the request" : trouble();
        return Head::Failed;
    }
    return Head::Wait;
}

journey::Chunk Http2UpstreamStream::read()
{
    journey::Chunk chunk = Http2End::read();
    if (chunk.kind == journey::Chunk::Kind::Wait && state_ == State::Failed)  // with its connection: nothing more comes
        chunk.kind = journey::Chunk::Kind::Failed;
    return chunk;
}

void Http2UpstreamStream::onClosed(bool, uint32_t, bool untouched)
{
    untouched_ = untouched_ || untouched;
    readable_.wake(scheduler_);
    writable_.wake(scheduler_);
}

void Http2UpstreamStream::becomeTunnel()
{
    counted_ = false;
    if (session_)
        session_->becomeTunnel(*this);
}

}  // namespace sluice::net
