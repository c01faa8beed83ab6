// SPDX-License-Identifier: GPL-3.0-or-later
// Balancer: which endpoint of a service takes the next attempt. Smooth weighted round robin, as nginx does it: weights
// 5, 1, 1 give the cycle a a b a c a a. No clock, no socket, no random source.
//
// A Balancer belongs to one list of endpoints, that of one plan, so that the index which it answers always fits the
// list of the exchange that asks. adopt() makes the Balancer of the next list; both go on with the same state, which is
// keyed by the endpoint's url and so survives a reload. An endpoint that no living Balancer has is forgotten.
//
// Threads: any number, all faces. State shared by workers is the documented exception of ARCHITECTURE.md: one mutex a
// service, held for one pass over the service's endpoints (some ten nanoseconds for a handful).
// Deliberately absent: health, ejection and draining. Who knows about these hands the endpoints in as ones to avoid.
#pragma once

#include "engine/balancing/balancing_settings.h"
#include "engine/base/json.h"

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sluice::balancing {

struct Endpoint {
    std::string url;      // as EndpointSettings::url, normalised: it is the key of the state
    uint32_t weight = 1;  // 0 to maxWeight, a larger one counts as maxWeight; 0 takes nothing
};

// The endpoint that was picked and the numbers that it was picked by. A value without allocations, cheap to make; the
// words are made when somebody asks.
struct Pick {
    struct Number {
        uint32_t endpoint = 0;  // index in the list
        uint32_t weight = 0;
        int64_t value = 0;  // its standing when it was compared: the highest wins, the first of equals
    };
    static constexpr size_t most = 8;  // candidates whose numbers are kept; further ones only count

    std::optional<size_t> endpoint;         // index in the list; nothing: no candidate
    uint32_t candidates = 0;                // that were compared
    uint32_t avoided = 0;                   // left out because they were to be avoided
    uint32_t withoutWeight = 0;             // left out because their weight is 0
    std::array<Number, most> numbers = {};  // of the first candidates
    Number winner;                          // with an endpoint

    std::string_view outcome() const { return endpoint ? "picked" : "none"; }
    // One sentence: "endpoint 2 of 3 candidates: weighted round robin, standing 6 is the highest of 3, 6, -2".
    // Endpoints are counted from 1 here.
    std::string why() const;
    // endpoint (1-based), candidates, avoided, without_weight, standings: [{endpoint, weight, standing}].
    void facts(JsonObject &) const;
};

class Balancer {
public:
    explicit Balancer(std::span<const Endpoint> endpoints);
    ~Balancer();
    Balancer(Balancer &&) noexcept;
    Balancer &operator=(Balancer &&) noexcept;
    Balancer(const Balancer &) = delete;

    // The Balancer of another list of the same service. Endpoints that are in both keep their standing, new ones begin
    // at 0, whatever their place in the list. This one stays usable, for exchanges that began with the old list.
    Balancer adopt(std::span<const Endpoint> endpoints) const;

    // The next endpoint, without those whose indices are in `avoid` (tried already in this exchange, ejected, …; a
    // handful: it is searched for each endpoint). What is avoided neither gains nor loses standing.
    Pick pick(std::span<const size_t> avoid = {});

    size_t size() const { return members_.size(); }

private:
    struct State;
    struct Standing;
    struct Member {
        std::shared_ptr<Standing> standing;
        uint32_t weight = 0;
    };
    Balancer(std::shared_ptr<State> state, std::span<const Endpoint> endpoints);

    std::shared_ptr<State> state_;
    std::vector<Member> members_;
};

}  // namespace sluice::balancing
