// SPDX-License-Identifier: GPL-3.0-or-later
// RowSet: which ids may match, as bits of blocks (storage/blocks.h). Values; any thread. Memory: 24 bytes a block that has one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::storage {

class RowSet {
public:
    struct Rows {  // bit n of low: the block's id n; of high: its id 64 + n
        int64_t block;
        uint64_t low, high;
        int first() const;  // the lowest id within the block that is set
        int last() const;
    };

    // Nothing is known: any id may match.
    static RowSet anything() { return {}; }
    // In any order, blocks may come twice. `exact`: what is not in it does not match, and what is in it does.
    static RowSet of(std::vector<Rows> rows, bool exact);

    bool isAnything() const { return anything_; }
    const std::vector<Rows> &rows() const { return rows_; }  // by block, none empty; only unless isAnything()

    void unite(const RowSet &);
    void intersect(const RowSet &);
    // Anything, where it is not exact. Ids that no exchange has may be in the outcome.
    void complement(int64_t firstBlock, int64_t lastBlock);

private:
    static constexpr int64_t mostBlocks = 1 << 20;  // of a complement: 128 million ids
    bool anything_ = true, exact_ = false;
    std::vector<Rows> rows_;
};

}  // namespace sluice::storage
