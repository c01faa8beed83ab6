// SPDX-License-Identifier: GPL-3.0-or-later
// Sink: where a worker leaves its finished exchanges. storage/ implements it; a worker hands over a batch a turn.
#pragma once

#include "engine/journey/exchange.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace sluice::recording {

using Batch = std::vector<std::unique_ptr<journey::Exchange>>;

struct SinkStats {
    uint64_t rows = 0;          // exchanges in the recording
    uint64_t bytes = 0;         // size of its files
    uint64_t shed = 0;          // exchanges dropped since start, because the queue was full or the disk refused
    uint64_t shedMessages = 0;  // the same of messages of exchanges under way
    uint64_t queued = 0;        // handed over and not yet written
    int64_t lastId = 0;         // highest id that readers can see
    std::string trouble;        // why writing fails at present; empty: it does not
    std::string unsealed;  // why secrets are kept as placeholders only at present; empty: they are sealed, or none came
};

class Sink {
public:
    virtual ~Sink() = default;
    // Never blocks, never throws; any thread. What does not fit the bounded queue is dropped and counted. Answers those exchanges
    // that are the caller's again, for other requests (Exchange::reset).
    virtual Batch push(Batch) = 0;
    // What exchanges under way have to tell, in the order in which it came, before the push() of such an exchange. As push() does:
    // never blocks, drops and counts what does not fit.
    virtual void tell(std::vector<journey::StreamNews>) {}
    virtual SinkStats stats() const = 0;  // any thread
};

}  // namespace sluice::recording
