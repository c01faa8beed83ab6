// SPDX-License-Identifier: GPL-3.0-or-later
// What the gateway would do with a request that has not been sent: the same pure code that the journey runs, nothing sent.
#pragma once

#include "engine/config/plan.h"
#include "engine/journey/exchange.h"

#include <string>
#include <utility>
#include <vector>

namespace sluice::gateway {

struct Question {
    std::string method = "GET";
    std::string target = "/";  // origin-form or a URL
    // A Host beside those of `headers`. With none at all: that of the URL, or of the gateway's first address.
    std::string host;
    std::vector<std::pair<std::string, std::string>> headers;
};

struct Explanation {
    int status = 0;                    // what the gateway itself would answer; 0: it would go upstream
    std::string route, service, path;  // path: as it would be sent on
    journey::DecisionLog decisions;
    struct Candidate {
        std::string route;
        bool matched = false;
        std::string why;
        int line = 0;
    };
    std::vector<Candidate> candidates;  // the winner first, then who lost and why
};

// The request is read as the gateway reads one, within the plan's limits: what a reader refuses (400, 414, 431, 501) is
// told as that.
Explanation explain(const config::Plan &, const Question &);
std::string toJson(const Explanation &);
Result<Explanation> explanationFromJson(std::string_view);  // what toJson() wrote, maybe of another version
// Lines for a terminal or a panel.
std::string toText(const Explanation &);

// A recorded exchange told as a story, a line a decision, with the time each step took.
std::string story(const journey::Exchange &);

}  // namespace sluice::gateway
