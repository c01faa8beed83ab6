// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/blocks.h"

#include <algorithm>

namespace sluice::storage {

Result<BlockWriter> BlockWriter::create(Database &database)
{
    // Of a block that another run of the gateway began, its bits stay.
    auto insert =
        Statement::prepare(database,
                           "INSERT INTO block (field, value, block, low, high) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT "
                           "DO UPDATE SET low = low | excluded.low, high = high | excluded.high",
                           true);
    if (!insert)
        return insert.error();
    BlockWriter writer;
    writer.insert_ = insert.take();
    return writer;
}

int BlockWriter::note(int64_t id, const FactValues &values)
{
    if (id >> blockBits != block_) {
        if (const int code = flush(); code != SQLITE_OK)
            return code;
        for (auto &known : known_)
            known.clear();
        block_ = id >> blockBits;
    }
    const int bit = int(id & ((1 << blockBits) - 1));
    for (size_t fact = 1; fact < factCount; ++fact) {
        std::vector<Value> &known = known_[fact];
        const int64_t value = values[fact];
        if (known.empty() || known.back().value != value) {
            const auto at =
                std::find_if(known.begin(), known.end(), [&](const Value &each) { return each.value == value; });
            if (at != known.end())
                std::swap(*at, known.back());
            else
                known.push_back({value});
        }
        (bit < 64 ? known.back().low : known.back().high) |= uint64_t(1) << (bit & 63);
        known.back().written = false;
    }
    return SQLITE_OK;
}

int BlockWriter::flush()
{
    for (size_t fact = 1; fact < factCount; ++fact) {
        for (Value &each : known_[fact]) {
            if (each.written)
                continue;
            insert_.bind(1, int64_t(fact));
            insert_.bind(2, each.value);
            insert_.bind(3, block_);
            insert_.bind(4, int64_t(each.low));
            insert_.bind(5, int64_t(each.high));
            const int code = insert_.step();
            insert_.reset();
            if (code != SQLITE_DONE)
                return code;
            each.written = true;
        }
    }
    return SQLITE_OK;
}

void BlockWriter::forget()
{
    block_ = -1;
    for (auto &known : known_)
        known.clear();
}

}  // namespace sluice::storage
