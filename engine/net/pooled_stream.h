// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/journey/streams.h"

#include <cstddef>

namespace sluice::net {

// What a worker hands out for one request to one endpoint, whatever protocol carries it. One thread.
class PooledStream : public journey::UpstreamStream {
public:
    // The exchange is over; the stream must not be touched any more. `keep`: it ended cleanly, what carried it may carry
    // another one. At most `mostIdle` connections rest.
    virtual void giveBack(bool keep, size_t mostIdle) = 0;

protected:
    ~PooledStream() = default;
};

}  // namespace sluice::net
