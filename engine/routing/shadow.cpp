// SPDX-License-Identifier: GPL-3.0-or-later
// Routes that can never match. Only what is certain: one earlier route takes all that the later one would.
#include "engine/routing/table.h"

#include <algorithm>

namespace sluice::routing {

namespace {
constexpr size_t mostCompared = 200;  // earlier routes of the same path that one route is compared with

bool impliedBy(const std::vector<FieldTest> &wide, const std::vector<FieldTest> &narrow, bool caseless)
{
    return std::all_of(wide.begin(), wide.end(), [&](const FieldTest &test) {
        return std::any_of(narrow.begin(), narrow.end(),
                           [&](const FieldTest &n) { return test.impliedBy(n, caseless); });
    });
}

// Both stand in one list of one node, `winner` first: their paths match alike, but for expressions.
bool takesAll(const CompiledRoute &winner, const CompiledRoute &loser)
{
    // The same hosts, or more: where `winner` lacks one of them, or only has a less exact one, `loser` is asked first.
    const bool hosts = winner.hosts.empty() == loser.hosts.empty()
        && std::all_of(loser.hosts.begin(), loser.hosts.end(), [&](const HostPattern &host) {
                           return std::find(winner.hosts.begin(), winner.hosts.end(), host) != winner.hosts.end();
                       });
    const bool paths = !winner.path.regex || winner.path.written == loser.path.written;
    const bool methods = winner.methods.any() || (!loser.methods.any() && winner.methods.covers(loser.methods));
    return hosts && paths && methods && impliedBy(winner.headers, loser.headers, true)
        && impliedBy(winner.query, loser.query, false);
}
}  // namespace

std::vector<std::pair<size_t, size_t>> Router::shadowed() const
{
    std::vector<std::pair<size_t, size_t>> out;
    if (!table_)
        return out;
    const std::vector<CompiledRoute> &routes = table_->routes;
    for (const Node &node : table_->nodes) {
        for (const std::vector<uint32_t> *list : {&node.exact, &node.regexes, &node.rest}) {
            for (size_t late = 1; late < list->size(); ++late) {
                for (size_t early = 0; early < std::min(late, mostCompared); ++early) {
                    const size_t loser = (*list)[late], winner = (*list)[early];
                    if (takesAll(routes[winner], routes[loser])) {
                        out.emplace_back(loser, winner);
                        break;
                    }
                }
            }
        }
    }
    // A route of several hosts stands in several lists.
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end(), [](const auto &a, const auto &b) { return a.first == b.first; }),
              out.end());
    return out;
}

}  // namespace sluice::routing
