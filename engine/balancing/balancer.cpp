// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/balancing/balancer.h"

#include <algorithm>
#include <unordered_map>

namespace sluice::balancing {

struct Balancer::Standing {
    int64_t value = 0;  // guarded by State::lock; stays within the sum of the weights either way
};

struct Balancer::State {
    std::mutex lock;
    std::unordered_map<std::string, std::weak_ptr<Standing>> standings;  // at most those of the living Balancers
};

Balancer::Balancer(std::span<const Endpoint> endpoints) : Balancer(std::make_shared<State>(), endpoints) {}

Balancer::Balancer(std::shared_ptr<State> state, std::span<const Endpoint> endpoints) : state_(std::move(state))
{
    members_.reserve(endpoints.size());
    const std::lock_guard guard(state_->lock);
    for (const Endpoint &endpoint : endpoints) {
        std::weak_ptr<Standing> &known = state_->standings[endpoint.url];
        std::shared_ptr<Standing> standing = known.lock();
        if (!standing)
            known = standing = std::make_shared<Standing>();
        members_.push_back({std::move(standing), std::min(endpoint.weight, maxWeight)});
    }
    std::erase_if(state_->standings, [](const auto &entry) { return entry.second.expired(); });
}

Balancer::~Balancer() = default;
Balancer::Balancer(Balancer &&) noexcept = default;
Balancer &Balancer::operator=(Balancer &&) noexcept = default;

Balancer Balancer::adopt(std::span<const Endpoint> endpoints) const
{
    return {state_, endpoints};
}

// ngx_http_upstream_get_peer: everyone gains its weight, the highest is taken and pays the sum of the weights.
Pick Balancer::pick(std::span<const size_t> avoid)
{
    Pick pick;
    int64_t total = 0;
    const std::lock_guard guard(state_->lock);
    for (size_t i = 0; i < members_.size(); ++i) {
        const Member &member = members_[i];
        if (std::find(avoid.begin(), avoid.end(), i) != avoid.end()) {
            ++pick.avoided;
            continue;
        }
        if (member.weight == 0) {
            ++pick.withoutWeight;
            continue;
        }
        total += member.weight;
        member.standing->value += member.weight;
        const Pick::Number number{uint32_t(i), member.weight, member.standing->value};
        if (pick.candidates < Pick::most)
            pick.numbers[pick.candidates] = number;
        ++pick.candidates;
        if (!pick.endpoint || number.value > pick.winner.value) {
            pick.endpoint = i;
            pick.winner = number;
        }
    }
    if (pick.endpoint)
        members_[*pick.endpoint].standing->value -= total;
    return pick;
}

std::string Pick::why() const
{
    std::string leftOut;
    if (avoided > 0)
        leftOut += std::to_string(avoided) + (avoided == 1 ? " is avoided" : " are avoided");
    if (withoutWeight > 0)
        leftOut += (leftOut.empty() ? "" : ", ") + std::to_string(withoutWeight)
            + (withoutWeight == 1 ? " has" : " have") + " weight 0";
    if (!endpoint)
        return leftOut.empty() ? "the service has no endpoint" : "no endpoint is left: " + leftOut;
    std::string out = "endpoint " + std::to_string(*endpoint + 1);
    if (candidates == 1) {
        out += " is the only candidate";
    } else {
        out += " of " + std::to_string(candidates) + " candidates: weighted round robin, standing "
            + std::to_string(winner.value) + " is the highest of ";
        for (size_t i = 0; i < std::min<size_t>(candidates, most); ++i)
            out += (i > 0 ? ", " : "") + std::to_string(numbers[i].value);
        if (candidates > most)
            out += " and " + std::to_string(candidates - most) + " more";
    }
    return leftOut.empty() ? out : out + "; " + leftOut;
}

void Pick::facts(JsonObject &out) const
{
    if (endpoint)
        out.add("endpoint", *endpoint + 1);
    out.add("candidates", candidates).add("avoided", avoided).add("without_weight", withoutWeight);
    std::string &text = out.name("standings");
    text += '[';
    for (size_t i = 0; i < std::min<size_t>(candidates, most); ++i) {
        if (i > 0)
            text += ',';
        JsonObject number(text);
        number.add("endpoint", numbers[i].endpoint + 1)
            .add("weight", numbers[i].weight)
            .add("standing", numbers[i].value);
        number.close();
    }
    text += ']';
}

}  // namespace sluice::balancing
