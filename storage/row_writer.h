// SPDX-License-Identifier: GPL-3.0-or-later
// Writes exchanges into an open recording, within a transaction of the caller. One thread.
#pragma once

#include "engine/journey/exchange.h"
#include "storage/blocks.h"
#include "storage/names.h"
#include "storage/segment_columns.h"
#include "storage/segment_details.h"

namespace sluice::storage {

class RowWriter {
public:
    static Result<std::unique_ptr<RowWriter>> create(Database &);
    // SQLITE_OK, or why not; then the caller rolls back and calls forget(). The exchange gets its id from `id`.
    int write(journey::Exchange &, int64_t id);
    // Writes what is gathered of several rows; call before each commit. A segment that is not full is written again with more.
    int endBatch();
    void forget();

private:
    RowWriter(NameWriter names, BlockWriter blocks) : names_(std::move(names)), blocks_(std::move(blocks)) {}
    int writeRow(const journey::Exchange &);
    int writeRare(int64_t id, const FactValues &, int64_t replayOf);
    int writeDetail(journey::Exchange &);
    int likeOf(journey::Exchange &);
    int writeBody(int64_t id, std::string_view bytes, bool coded);
    int writeSegment();
    int startSegment(int64_t id);
    void closeSegment();
    int endSpan();
    int run(Statement &);

    struct Span {
        int64_t id = -1, firstTime = 0, lastTime = 0, rows = 0;
    };
    NameWriter names_;
    BlockWriter blocks_;
    Statement segment_, segmentDetail_, body_, rare_, span_;
    Packer packer_;
    Span open_;
    // The segment under way: of ids from first_ on.
    SegmentColumns columns_;
    SegmentDetails details_;
    int64_t first_ = 0;
    uint64_t apart_ = 0;  // bytes of it in the tables body and stream_message
    bool written_ = true;
    struct Model {
        int row = 0;
        journey::Exchange exchange;
    };
    std::vector<Model> models_;  // of the segment: the first of each route, which later ones are told by
    size_t modelsUsed_ = 0;
    std::string packedBody_, rows_, detailBytes_;
};

}  // namespace sluice::storage
