// SPDX-License-Identifier: GPL-3.0-or-later
// What a worker's HTTP/2 connections had to be counted for. Written by one thread, read by any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>

namespace sluice::http {

struct Http2Counters {
    using Count = std::atomic<uint64_t>;
    Count connections{0};     // since start
    Count streams{0};         // requests over them
    Count refused{0};         // REFUSED_STREAM: of clients past the limit, or by an endpoint
    Count malformed{0};       // messages with a head, content or trailers that are not HTTP
    Count protocolErrors{0};  // frames that are not HTTP/2
    // Connections that were ended for too much of something (ENHANCE_YOUR_CALM).
    Count resetFloods{0}, pingFloods{0}, settingsFloods{0}, emptyFrameFloods{0}, continuationFloods{0},
        priorityFloods{0}, windowFloods{0}, fieldFloods{0};
    static void one(Count &count) { count.fetch_add(1, std::memory_order_relaxed); }
};

// All of them, named as `sluice status` shows them.
inline constexpr std::array<std::pair<std::string_view, Http2Counters::Count Http2Counters::*>, 13> http2CounterNames{{
    {"connections", &Http2Counters::connections},
    {"streams", &Http2Counters::streams},
    {"refused_streams", &Http2Counters::refused},
    {"malformed", &Http2Counters::malformed},
    {"protocol_errors", &Http2Counters::protocolErrors},
    {"reset_floods", &Http2Counters::resetFloods},
    {"ping_floods", &Http2Counters::pingFloods},
    {"settings_floods", &Http2Counters::settingsFloods},
    {"empty_frame_floods", &Http2Counters::emptyFrameFloods},
    {"continuation_floods", &Http2Counters::continuationFloods},
    {"priority_floods", &Http2Counters::priorityFloods},
    {"window_floods", &Http2Counters::windowFloods},
    {"field_floods", &Http2Counters::fieldFloods},
}};

}  // namespace sluice::http
