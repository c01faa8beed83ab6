// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/http2_client_stream.h"

#include "engine/net/worker.h"

#include <QtGlobal>

namespace sluice::net {

using journey::Sent;

namespace {

// 16 random bytes in base64 (RFC 6455 section 4.1): what HTTP/1 asks for and HTTP/2 does without.
std::string webSocketKey(Random &random)
{
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string key;
    for (int i = 0; i < 21; ++i)
        key += digits[random.next() % 64];
    key += "AQgw"[random.next() % 4];
    return key + "==";
}

}  // namespace

Http2ClientStream::Http2ClientStream(Http2ClientConnection &connection)
    : connection_(connection),
      scheduler_(connection.link().scheduler()),
      scope_(connection.scope()),
      head_(connection.worker().takeHead()),
      life_(scope_)
{}

Http2ClientStream::~Http2ClientStream()
{
    connection_.worker().giveHead(std::move(head_));
}

// ---- from the session

void Http2ClientStream::onHead()
{
    http::FieldSection &section = session_->section();
    std::swap(head_, section.request());
    refusal_ = section.refusal();
    expectsContinue_ = section.expectsContinue();
    isHead_ = head_.method == "HEAD";
    framing_ = {};
    if (section.isWebSocket())
        head_.headers.set("sec-websocket-key", webSocketKey(connection_.worker().random()));
    if (inputEnded() || section.isWebSocket())
        return;
    if (!section.contentLength())
        framing_.kind = http::Framing::Kind::Chunked;
    else if (*section.contentLength() > 0)
        framing_ = {http::Framing::Kind::Length, *section.contentLength()};
    else
        expectsContinue_ = false;
}

void Http2ClientStream::onClosed(bool reset, uint32_t, bool)
{
    if (reset)
        scope_.cancel(Why::ClientGone);
    readable_.wake(scheduler_);
    writable_.wake(scheduler_);
}

// ---- its journey

void Http2ClientStream::start()
{
    life_.start(live());
}

Task<void> Http2ClientStream::live()
{
    Worker &worker = connection_.worker();
    worker.busy(true);
    try {
        if (refusal_.status == 0 && !scope_.running())
            refusal_ = {499, "the client cancelled the request at once"};
        if (refusal_.status != 0)
            co_await journey::refuse(*this, worker.rules(), worker, scope_, refusal_.status, refusal_.what);
        else
            co_await journey::handle(*this, worker.rules(), worker, scope_);
    } catch (const std::exception &e) {
        qWarning("a request over HTTP/2 was given up: %s", e.what());
        cut_ = true;
    }
    worker.busy(false);
    connection_.over(*this);
}

// ---- the answer

void Http2ClientStream::sendInformational(const http::ResponseHead &head)
{
    if (headSent_ || closed())
        return;
    session_->sendInformational(*this, head);
    connection_.link().later();
}

void Http2ClientStream::sendHead(http::ResponseHead &head, journey::Length length, bool note)
{
    using Kind = http::Framing::Kind;
    const bool known = length.kind == journey::Length::Kind::Known;
    how_ = {};
    noContent_ = isHead_ || (head.status != 101 && http::hasNoContent({}, head.status));
    if (head.status != 101 && !noContent_) {
        counted_ = known || length.kind == journey::Length::Kind::None;
        left_ = length.bytes;
        how_.framing = counted_ ? http::Framing{Kind::Length, length.bytes} : http::Framing{Kind::Chunked, 0};
    } else if (head.status == 204) {
        how_.framing = http::Framing();
    } else if (isHead_ && known) {
        how_.framing = http::Framing{Kind::Length, length.bytes};
    }
    headSent_ = true;
    answer_ = &head;
    head.version = http::Version::Http2;
    if (note)
        http::noteAsSent(head, how_);
}

bool Http2ClientStream::submitHead(bool end)
{
    const http::ResponseHead *head = std::exchange(answer_, nullptr);
    if (!head)
        return true;
    if (closed())
        return false;
    if (session_->sendResponse(*this, *head, how_, end))
        return true;
    reason_ = "the answer's head cannot be written as HTTP/2";
    cut_ = true;
    return false;
}

Sent Http2ClientStream::write(std::string_view data, bool last, const http::HeaderList *trailers)
{
    if (cut_ || closed())
        return endSent() && data.empty() ? Sent::Taken : Sent::Failed;
    if (noContent_)
        data = {};
    if (counted_) {
        if (data.size() > left_ || (last && data.size() != left_))
            return Sent::Failed;
        left_ -= data.size();
    }
    if (noContent_)
        trailers = nullptr;
    const bool end = last && data.empty() && (!trailers || trailers->empty());
    if (!submitHead(end))
        return Sent::Failed;
    return connection_.link().write(*this, data, last, trailers);
}

Sent Http2ClientStream::flush()
{
    if (cut_ || (closed() && !endSent()) || !submitHead(false))
        return Sent::Failed;
    connection_.link().later();
    return holds() ? Sent::Full : Sent::Taken;
}

bool Http2ClientStream::takeBackHead()
{
    if (!answer_)
        return false;
    answer_ = nullptr;
    headSent_ = false;
    return true;
}

void Http2ClientStream::cutOff()
{
    answer_ = nullptr;
    cut_ = true;
}

void Http2ClientStream::becomeTunnel()
{
    counted_ = noContent_ = false;
    if (session_)
        session_->becomeTunnel(*this);
}

}  // namespace sluice::net
