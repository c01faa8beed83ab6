// SPDX-License-Identifier: GPL-3.0-or-later
// What a worker's HTTP/2 connections had to be counted for. Written by one thread, read by any.
#pragma once

#include <atomic>
#include <cstdint>

namespace sluice::http {

struct Http2Counters {
    using Count = std::atomic<uint64_t>;
    Count connections{0};     // of clients, since start
    Count streams{0};         // requests that came over them
    Count refused{0};         // streams past the limit: REFUSED_STREAM
    Count malformed{0};       // requests with a head, content or trailers that are not HTTP
    Count protocolErrors{0};  // frames that are not HTTP/2
    // Connections that were ended for too much of something (ENHANCE_YOUR_CALM).
    Count resetFloods{0}, pingFloods{0}, settingsFloods{0}, emptyFrameFloods{0}, continuationFloods{0},
        priorityFloods{0}, windowFloods{0}, fieldFloods{0};
    static void one(Count &count) { count.fetch_add(1, std::memory_order_relaxed); }
};

}  // namespace sluice::http
