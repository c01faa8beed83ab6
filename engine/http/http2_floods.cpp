// SPDX-License-Identifier: GPL-3.0-or-later
// Frames that cost the peer nothing and us something, and how many of them are let pass within a period.
#include "engine/http/http2_callbacks.h"

#include <utility>

namespace sluice::http {

uint64_t Http2Session::budget(Flood kind) const
{
    switch (kind) {
    case Flood::Resets: return 200 + completed_;
    case Flood::Pings: return 500 + heads_ + dataIn_;
    case Flood::Settings: return 100;
    case Flood::EmptyFrames: return 200 + heads_;
    case Flood::Priorities: return 1000 + 4 * heads_;
    case Flood::Windows: return 1000 + 4 * heads_ + 10 * dataOut_;
    case Flood::Count: break;
    }
    return 0;
}

void Http2Session::count(Flood kind)
{
    if (++counts_[size_t(kind)] <= budget(kind))
        return;
    switch (kind) {
    case Flood::Resets: return flooded(counters_.resetFloods, "far more requests were cancelled than let finish");
    case Flood::Pings: return flooded(counters_.pingFloods, "far too many PING frames came");
    case Flood::Settings: return flooded(counters_.settingsFloods, "far too many SETTINGS frames came");
    case Flood::EmptyFrames: return flooded(counters_.emptyFrameFloods, "far too many frames without content came");
    case Flood::Priorities: return flooded(counters_.priorityFloods, "far too many PRIORITY frames came");
    case Flood::Windows: return flooded(counters_.windowFloods, "far too many WINDOW_UPDATE frames came");
    case Flood::Count: return;
    }
}

void Http2Session::flooded(Http2Counters::Count &counter, const char *what)
{
    Http2Counters::one(counter);
    trouble_ = what;
    dead_ = true;
    nghttp2_session_terminate_session(session_, uint32_t(Http2Code::EnhanceYourCalm));
}

// nghttp2 says GOAWAY by itself where frames break the protocol, and goes on taking input.
void Http2Session::Callbacks::saidGoodbye(Http2Session &s, const nghttp2_goaway &said)
{
    if (std::exchange(s.noticing_, false))  // behind it: its echo says that the notice is there
        nghttp2_submit_ping(s.session_, NGHTTP2_FLAG_NONE, nullptr);
    if (said.error_code == NGHTTP2_NO_ERROR || s.terminated_ || s.dead_ || !s.trouble_.empty())
        return;
    s.trouble_ = "the peer broke the rules of HTTP/2";
    if (said.opaque_data_len > 0)
        s.trouble_.append(": ").append(reinterpret_cast<const char *>(said.opaque_data), said.opaque_data_len);
    if (said.error_code == NGHTTP2_ENHANCE_YOUR_CALM)
        Http2Counters::one(s.counters_.settingsFloods);  // the only thing that it counts so: entries of one frame
    else if (!s.counted_)
        Http2Counters::one(s.counters_.protocolErrors);
}

// Frames of types that nobody knows are passed over (RFC 9113 section 5.5), and nghttp2 would not even say that they came.
void Http2Session::Callbacks::countUnknownFrames(nghttp2_session_callbacks *callbacks, nghttp2_option *option)
{
    constexpr int firstUnknown = NGHTTP2_CONTINUATION + 1;
    for (int type = firstUnknown; type <= UINT8_MAX; ++type)
        nghttp2_option_set_user_recv_extension_type(option, uint8_t(type));
    nghttp2_session_callbacks_set_unpack_extension_callback(
        callbacks,
        [](nghttp2_session *, void **, const nghttp2_frame_hd *, void *) -> int { return NGHTTP2_ERR_CANCEL; });
}

size_t Http2Session::queued() const
{
    return nghttp2_session_get_outbound_queue_size(session_);
}

void Http2Session::frameBegan(uint8_t type, uint8_t flags, size_t length)
{
    const bool ack = flags & NGHTTP2_FLAG_ACK;
    switch (type) {
    case NGHTTP2_DATA:
        if (length == 0 && !(flags & NGHTTP2_FLAG_END_STREAM))
            return count(Flood::EmptyFrames);
        ++dataIn_;
        return;
    case NGHTTP2_HEADERS: ++heads_; return;
    case NGHTTP2_RST_STREAM: return count(Flood::Resets);
    case NGHTTP2_SETTINGS: return ack ? void() : count(Flood::Settings);
    case NGHTTP2_PING: return count(Flood::Pings);  // an echo of nothing is as cheap
    case NGHTTP2_WINDOW_UPDATE: return count(Flood::Windows);
    case NGHTTP2_CONTINUATION: return;         // nghttp2 counts them within a section
    default: return count(Flood::Priorities);  // and whatever else says nothing to us
    }
}

}  // namespace sluice::http
