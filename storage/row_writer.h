// SPDX-License-Identifier: GPL-3.0-or-later
// Writes exchanges into an open recording, within a transaction of the caller. One thread.
#pragma once

#include "engine/journey/exchange.h"
#include "storage/blocks.h"
#include "storage/dictionaries.h"
#include "storage/names.h"

namespace sluice::storage {

class RowWriter {
public:
    static Result<std::unique_ptr<RowWriter>> create(Database &);
    // SQLITE_OK, or why not; then the caller rolls back and calls forget(). The exchange gets its id from `id`.
    int write(journey::Exchange &, int64_t id);
    // Writes what concerns several rows; call before each commit.
    int endBatch();
    void forget();

private:
    RowWriter(NameWriter names, BlockWriter blocks, std::unique_ptr<DictionaryWriter> dictionary)
        : names_(std::move(names)), blocks_(std::move(blocks)), dictionary_(std::move(dictionary))
    {}
    int writeRow(const journey::Exchange &);
    int writeMessage(const journey::Exchange &);
    int endSpan();
    int run(Statement &);

    struct Span {
        int64_t id = -1, firstTime = 0, lastTime = 0, rows = 0;
    };
    NameWriter names_;
    BlockWriter blocks_;
    std::unique_ptr<DictionaryWriter> dictionary_;
    Statement row_, message_, span_;
    Packer packer_;
    Span open_;
    std::string detail_, packedDetail_, packedRequest_, packedResponse_, trace_, requestId_;
};

}  // namespace sluice::storage
