// SPDX-License-Identifier: GPL-3.0-or-later
// What a worker has on its own thread. Internal to worker*.cpp.
#pragma once

#include "engine/net/client_connection.h"
#include "engine/net/listener.h"
#include "engine/net/upstream_pool.h"
#include "engine/net/worker.h"

namespace sluice::net {

constexpr size_t mostBlanks = 64, mostHeads = 256;  // kept for requests to come
constexpr Nanos patience =
    std::chrono::milliseconds(250);  // with clients who have just come: their requests are on their way

struct Worker::Inside {
    explicit Inside(Poller &p) : poller(p) {}
    Poller &poller;
    BufferPool buffers;
    TurnEnd ends;
    Resolver resolver;
    UpstreamPool::Connections closed;  // of upstreams; deleted after the batch
    std::unordered_map<std::string, std::unique_ptr<UpstreamPool>> pools;
    const std::pair<const std::string, std::unique_ptr<UpstreamPool>> *lastPool = nullptr;  // of them: asked for last
    ServedConnections connections;
    uint64_t served = 0;
    std::vector<std::unique_ptr<ServedConnection>> gone;           // deleted after the batch
    std::unordered_map<int, std::unique_ptr<Listener>> listeners;  // by the owner's descriptor
    recording::Batch batch;
    std::vector<journey::StreamNews> news;
    recording::Batch blanks;  // for requests to come
    http::Limits limits;
    std::optional<Timer> drainLimit;
};

}  // namespace sluice::net
