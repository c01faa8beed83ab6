// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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
};

}  // namespace sluice::net
