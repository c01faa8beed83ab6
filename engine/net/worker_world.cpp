// SPDX-License-Identifier: GPL-3.0-or-later
// What journeys ask of their worker: the time, connections to endpoints, the recording.
#include "engine/net/worker_inside.h"

namespace sluice::net {

WallTime Worker::wallTime()
{
    if (wallAt_ != scheduler_.now()) {  // once a turn
        wallAt_ = scheduler_.now();
        wall_ = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now() - (clock() - wallAt_));
    }
    return wall_;
}

journey::UpstreamStream &Worker::open(const config::EndpointSettings &endpoint, bool fresh)
{
    UpstreamPool &pool = poolOf(endpoint);
    if (endpoint.tls)
        securePool(pool, endpoint.service);
    return pool.open(fresh, inside_->limits);
}

UpstreamPool &Worker::poolOf(const config::EndpointSettings &endpoint)
{
    if (inside_->lastPool && inside_->lastPool->first == endpoint.pool)
        return *inside_->lastPool->second;
    const auto at = inside_->pools.try_emplace(endpoint.pool).first;
    if (!at->second)
        at->second = std::make_unique<UpstreamPool>(context(), inside_->resolver, inside_->closed,
                                                    counters_.http2Upstream, endpoint);
    inside_->lastPool = &*at;
    return *at->second;
}

void Worker::securePool(UpstreamPool &pool, const std::string &service)
{
    if (const auto at = tls_->services.find(service); at != tls_->services.end())
        return pool.secure(at->second, {});
    const auto why = tls_->serviceTrouble.find(service);
    pool.secure(nullptr, why != tls_->serviceTrouble.end() ? why->second : "there is no TLS for this service");
}

void Worker::release(journey::UpstreamStream &stream, bool keep)
{
    static_cast<PooledStream &>(stream).giveBack(keep, rules_->plan->limits.pooled);
}

void Worker::record(std::unique_ptr<journey::Exchange> exchange)
{
    count(counters_.exchanges, 1);
    if (options_.sink && exchange->kept)
        inside_->batch.push_back(std::move(exchange));
    else if (inside_->blanks.size() < mostBlanks)
        inside_->blanks.push_back(std::move(exchange));
}

void Worker::tell(journey::StreamNews news)
{
    if (options_.sink)  // within a turn: it is handed over at its end
        inside_->news.push_back(std::move(news));
}

std::unique_ptr<journey::Exchange> Worker::blank()
{
    if (inside_->blanks.empty())
        return std::make_unique<journey::Exchange>();
    std::unique_ptr<journey::Exchange> x = std::move(inside_->blanks.back());
    inside_->blanks.pop_back();
    x->reset();
    return x;
}

}  // namespace sluice::net
