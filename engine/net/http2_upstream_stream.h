// SPDX-License-Identifier: GPL-3.0-or-later
// Http2UpstreamStream: one request to an endpoint over an Http2UpstreamConnection, which owns it. One thread.
#pragma once

#include "engine/net/http2_link.h"

#include <vector>

namespace sluice::net {

class Http2UpstreamConnection;

class Http2UpstreamStream final : public Http2End<PooledStream> {
public:
    Http2UpstreamStream(Http2UpstreamConnection &connection, Scheduler &scheduler, bool reused);

    // ---- for its connection
    void admit(uint64_t heard);                        // it may begin; what the connection has heard so far
    void failed(const std::string &why, Fault fault);  // the connection has
    bool admitted() const { return admitted_; }
    Moment admittedAt() const { return admittedAt_; }
    uint64_t heardBefore() const { return heardBefore_; }
    size_t place = 0;  // in the connection's list

    void giveBack(bool keep, size_t mostIdle) override;
    State state() override { return state_; }
    bool reused() const override { return reused_; }
    void sendHead(http::RequestHead &, journey::Length, bool note) override;
    bool touched() const override { return id() != 0 && !untouched_ && bytesOut() > 0; }
    Head readHead() override;
    http::ResponseHead &response() override { return response_; }
    const http::Framing &framing() const override { return framing_; }
    Fault fault() const override { return fault_; }
    bool silent() const override { return Http2Stream::bytesIn() == 0; }

    journey::Chunk read() override;
    journey::Sent write(std::string_view data, bool last, const http::HeaderList *trailers) override;
    journey::Sent flush() override;
    uint64_t unsent() const override;
    void becomeTunnel() override;

private:
    void onHead() override;
    void later() override;
    void onInput() override { readable_.wake(scheduler_); }
    void onRoom() override { writable_.wake(scheduler_); }
    void onClosed(bool reset, uint32_t code, bool untouched) override;
    bool submitHead(bool end);
    void asSwitched();

    Http2UpstreamConnection &connection_;
    Scheduler &scheduler_;
    State state_ = State::Connecting;
    const http::RequestHead *request_ = nullptr;  // held back; lives until the first write() or flush()
    http::Wire how_;
    std::vector<http::ResponseHead> informational_;  // that were not read yet; at most 100 an answer, or it fails
    size_t informationalCame_ = 0;
    http::ResponseHead final_, response_;
    http::Framing framing_;
    std::string webSocketKey_;  // of the client's, with HTTP/1.1; empty: no WebSocket is asked for
    uint64_t left_ = 0;         // of content with a known length
    uint64_t heardBefore_ = 0;
    Moment admittedAt_{};
    Fault fault_ = Fault::Upstream;
    bool admitted_ = false, reused_, untouched_ = false, haveFinal_ = false, counted_ = false, webSocket_ = false;
};

}  // namespace sluice::net
