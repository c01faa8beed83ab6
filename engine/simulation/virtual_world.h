// SPDX-License-Identifier: GPL-3.0-or-later
// VirtualWorld: the World of journeys in virtual time. Nothing is sent and nothing waits: time jumps to the next thing that
// happens. The same seed and the same script give the same records. One thread.
#pragma once

#include "engine/base/fork.h"
#include "engine/journey/journey.h"
#include "engine/simulation/virtual_peers.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sluice::simulation {

class VirtualWorld final : public journey::World {
public:
    // `replies`: what an endpoint (by URL) does with its next request.
    using Replies = std::function<Reply(const std::string &endpoint)>;
    VirtualWorld(journey::RulesPtr rules, uint64_t seed, Replies replies);
    ~VirtualWorld();

    // A client whose request arrives at this moment from the start. The reference lives as long as the world.
    VirtualClient &visit(Nanos at, Visit visit);
    // Until nothing more can happen, at most `most` steps of time; false: something still runs.
    bool run(size_t most = 1'000'000);

    const std::vector<std::unique_ptr<journey::Exchange>> &records() const { return records_; }
    size_t opened() const { return opened_; }
    size_t open() const { return streams_.size(); }  // upstream streams not given back
    size_t kept() const;

    Scheduler &scheduler() override { return scheduler_; }
    WallTime wallTime() override;
    Random &random() override { return random_; }
    journey::UpstreamStream &open(const config::EndpointSettings &, bool fresh) override;
    void release(journey::UpstreamStream &, bool keep) override;
    bool recording() const override { return true; }
    void record(std::unique_ptr<journey::Exchange> exchange) override { records_.push_back(std::move(exchange)); }

private:
    struct Guest;
    Task<void> live(Guest &guest);
    Scheduler scheduler_;
    Random random_;
    journey::RulesPtr rules_;
    Replies replies_;
    std::vector<std::unique_ptr<journey::Exchange>> records_;
    std::map<const journey::UpstreamStream *, std::pair<std::string, std::unique_ptr<VirtualUpstream>>> streams_;
    std::vector<std::unique_ptr<VirtualUpstream>> closed_;  // deleted after the batch, as sockets are
    std::map<std::string, size_t> kept_;
    std::vector<std::unique_ptr<Guest>> guests_;
    size_t opened_ = 0;
};

}  // namespace sluice::simulation
