// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/blocks.h"

#include <algorithm>

namespace sluice::storage {

Result<BlockWriter> BlockWriter::create(Database &database)
{
    auto insert =
        Statement::prepare(database, "INSERT OR IGNORE INTO block (field, value, block) VALUES (?1, ?2, ?3)", true);
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
    for (size_t fact = 1; fact < factCount; ++fact) {
        std::vector<int64_t> &known = known_[fact];
        const int64_t value = values[fact];
        if (!known.empty() && known.back() == value)
            continue;
        if (const auto at = std::find(known.begin(), known.end(), value); at != known.end()) {
            std::swap(*at, known.back());
            continue;
        }
        known.push_back(value);
        fresh_.push_back({fact, value});
    }
    return SQLITE_OK;
}

int BlockWriter::flush()
{
    for (const Fresh &each : fresh_) {
        insert_.bind(1, int64_t(each.fact));
        insert_.bind(2, each.value);
        insert_.bind(3, block_);
        const int code = insert_.step();
        insert_.reset();
        if (code != SQLITE_DONE)
            return code;
    }
    fresh_.clear();
    return SQLITE_OK;
}

void BlockWriter::forget()
{
    block_ = -1;
    fresh_.clear();
}

}  // namespace sluice::storage
