// SPDX-License-Identifier: GPL-3.0-or-later
// Http2ClientStream: one request over an Http2ClientConnection, from its head to the end of its journey. Owned by the connection.
#pragma once

#include "engine/journey/journey.h"
#include "engine/net/http2_client_connection.h"

namespace sluice::net {

class Http2ClientStream final : public Http2End<journey::ClientStream> {
public:
    explicit Http2ClientStream(Http2ClientConnection &connection);
    ~Http2ClientStream();
    // Made and gone with each request: from the lists of the coroutines' frames.
    void *operator new(size_t bytes) { return frames::allocate(bytes); }
    void operator delete(void *place, size_t bytes) { frames::release(place, bytes); }

    void start();  // its journey
    // What the client is told where the answer is not whole or the request was not all taken.
    http::Http2Code ending() const { return cut_ ? http::Http2Code::InternalError : http::Http2Code::NoError; }
    size_t place = 0;  // in the connection's list

    http::RequestHead &request() override { return head_; }
    const http::Framing &framing() const override { return framing_; }
    bool expectsContinue() const override { return expectsContinue_; }
    const journey::Peer &peer() const override { return connection_.peer(); }
    void sendInformational(const http::ResponseHead &) override;
    void sendHead(http::ResponseHead &, journey::Length, bool note) override;
    bool headSent() const override { return headSent_; }
    bool takeBackHead() override;
    void cutOff() override;
    void closeAfter() override {}  // other requests share the connection; what is left of this one is reset
    uint64_t bytesIn() const override { return Http2Stream::bytesIn(); }
    uint64_t bytesOut() const override { return Http2Stream::bytesOut(); }

    journey::Sent write(std::string_view data, bool last, const http::HeaderList *trailers) override;
    journey::Sent flush() override;
    uint64_t unsent() const override { return connection_.link().unsent(*this); }
    void becomeTunnel() override;

private:
    void onHead() override;
    void later() override { connection_.link().later(); }
    void onInput() override { readable_.wake(scheduler_); }
    void onRoom() override { writable_.wake(scheduler_); }
    void onClosed(bool reset, uint32_t code, bool untouched) override;
    bool submitHead(bool end);
    Task<void> live();

    Http2ClientConnection &connection_;
    Scheduler &scheduler_;
    Scope scope_;
    http::RequestHead head_;
    http::Framing framing_;
    http::Refusal refusal_;
    const http::ResponseHead *answer_ = nullptr;  // held back; lives until the first write() or flush()
    http::Wire how_;
    uint64_t left_ = 0;  // of content with a known length
    bool expectsContinue_ = false, headSent_ = false, cut_ = false, isHead_ = false, noContent_ = false;
    bool counted_ = false;  // content has a known length
    Fork life_;             // last: ends before what it uses
};

}  // namespace sluice::net
