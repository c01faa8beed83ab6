// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/served_connection.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace sluice::net {

size_t stopLongestWaiting(const ServedConnections &all, Moment before)
{
    struct Waiting {
        Moment since;
        ServedConnection *connection;
        bool operator<(const Waiting &other) const
        {
            return std::pair(since, connection->number) < std::pair(other.since, other.connection->number);
        }
    };
    std::vector<Waiting> waiting;
    for (const auto &[raw, connection] : all) {
        if (const auto since = raw->waitingSince(); since && *since <= before)
            waiting.push_back({*since, raw});
    }
    const size_t many = std::min(waiting.size(), std::max<size_t>(1, all.size() / 64));
    if (many < waiting.size())
        std::nth_element(waiting.begin(), waiting.begin() + ptrdiff_t(many), waiting.end());
    return size_t(std::count_if(waiting.begin(), waiting.begin() + ptrdiff_t(many),
                                [](const Waiting &each) { return each.connection->giveWay(); }));
}

}  // namespace sluice::net
