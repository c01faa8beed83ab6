// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/base/moment.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

namespace sluice::net {

// A client's connection, whatever it speaks; owned by its worker, which deletes it after the batch in which it said closed().
class ServedConnection {
public:
    virtual ~ServedConnection() = default;
    virtual void start() = 0;
    // Came while the gateway drains: what it asks at once is answered, and no more.
    virtual void startLast() = 0;
    // No further request: closes at once between two, after what is under way otherwise.
    virtual void drain() = 0;
    // Whatever is under way ends now.
    virtual void stop() = 0;
    // The same, while it waits for a request: another client needs its place. False: one is on its way, and it stays.
    virtual bool giveWay()
    {
        stop();
        return true;
    }
    // Since when it has waited for a request that is not whole yet, if it does nothing else; nothing: it is busy, or ends already.
    virtual std::optional<Moment> waitingSince() const = 0;

    uint64_t number = 0;  // of its worker's, in the order in which they came
};

using ServedConnections = std::unordered_map<ServedConnection *, std::unique_ptr<ServedConnection>>;

// Stops those that have waited longest for a request, since `before` at least: 1 in 64 of all, and one where there is one. How many. They
// end later in the turn. A look at all of them, so it is for when there is no room.
size_t stopLongestWaiting(const ServedConnections &all, Moment before);

}  // namespace sluice::net
