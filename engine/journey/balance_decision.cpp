// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/journey/balance_decision.h"

namespace sluice::journey {

void explainPick(DecisionLog &log, const config::ServiceSettings &service, const balancing::Pick &pick)
{
    log.add(Stage::Balance, pick.outcome(), pick.why(), [&](JsonObject &f) {
        if (pick.endpoint)
            f.add("url", service.endpoints[*pick.endpoint].url);
        pick.facts(f);
    });
}

std::string onlyPick(const config::ServiceSettings &service)
{
    const std::vector<balancing::Endpoint> only = {{service.endpoints[0].url, service.endpoints[0].weight}};
    const balancing::Pick pick = balancing::Balancer(only).pick();
    if (!pick.endpoint)
        return {};
    DecisionLog log;
    explainPick(log, service, pick);
    return log.asOne();
}

}  // namespace sluice::journey
