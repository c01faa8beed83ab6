// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/simulation/virtual_world.h"

namespace sluice::simulation {

struct VirtualWorld::Guest {
    Guest(Scheduler &scheduler, Nanos when, Visit v)
        : connection(scheduler),
          at(when),
          client(std::make_unique<VirtualClient>(scheduler, connection, std::move(v))),
          life(connection)
    {}
    Scope connection;
    Nanos at;
    std::unique_ptr<VirtualClient> client;
    Fork life;
};

VirtualWorld::VirtualWorld(journey::RulesPtr rules, uint64_t seed, Replies replies)
    : random_(seed), rules_(std::move(rules)), replies_(std::move(replies))
{
    scheduler_.setNow(Moment(std::chrono::seconds(1)));
}

VirtualWorld::~VirtualWorld() = default;

WallTime VirtualWorld::wallTime()
{
    // Noon of the first of January 2026, and as much as has passed here.
    constexpr WallTime origin{std::chrono::seconds(1'767'268'800)};
    return origin + duration_cast<std::chrono::microseconds>(scheduler_.now().time_since_epoch());
}

VirtualClient &VirtualWorld::visit(Nanos at, Visit visit)
{
    if (visit.leavesAfter > Nanos(0))
        visit.leavesAfter += at;
    guests_.push_back(std::make_unique<Guest>(scheduler_, at, std::move(visit)));
    Guest &guest = *guests_.back();
    guest.life.start(live(guest));
    return *guest.client;
}

Task<void> VirtualWorld::live(Guest &guest)
{
    const Why why = co_await sleepFor(guest.at, guest.life.scope());
    if (why == Why::Ok)
        co_await journey::handle(*guest.client, rules_, *this, guest.connection);
}

bool VirtualWorld::run(size_t most)
{
    while (most-- > 0) {
        while (scheduler_.drain())
            ;
        closed_.clear();
        const std::optional<Moment> next = scheduler_.nextDue();
        if (!next)
            return true;
        scheduler_.setNow(std::max(scheduler_.now(), *next));
        scheduler_.fireDue();
    }
    return false;
}

size_t VirtualWorld::kept() const
{
    size_t sum = 0;
    for (const auto &[endpoint, count] : kept_)
        sum += count;
    return sum;
}

journey::UpstreamStream &VirtualWorld::open(const config::EndpointSettings &endpoint, bool fresh)
{
    size_t &kept = kept_[endpoint.url];
    const bool reuse = !fresh && kept > 0;
    if (reuse)
        --kept;
    ++opened_;
    auto stream = std::make_unique<VirtualUpstream>(scheduler_, replies_(endpoint.url), reuse);
    VirtualUpstream &out = *stream;
    streams_[&out] = {endpoint.url, std::move(stream)};
    return out;
}

void VirtualWorld::release(journey::UpstreamStream &stream, bool keep)
{
    const auto at = streams_.find(&stream);
    if (keep)
        ++kept_[at->second.first];
    closed_.push_back(std::move(at->second.second));
    streams_.erase(at);
}

}  // namespace sluice::simulation
