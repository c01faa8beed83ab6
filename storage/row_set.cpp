// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/row_set.h"

#include <algorithm>
#include <bit>

namespace sluice::storage {

int RowSet::Rows::first() const
{
    return low ? std::countr_zero(low) : 64 + std::countr_zero(high);
}

int RowSet::Rows::last() const
{
    return high ? 127 - std::countl_zero(high) : 63 - std::countl_zero(low);
}

RowSet RowSet::of(std::vector<Rows> rows, bool exact)
{
    std::sort(rows.begin(), rows.end(), [](const Rows &a, const Rows &b) { return a.block < b.block; });
    RowSet out;
    out.anything_ = false;
    out.exact_ = exact;
    for (const Rows &each : rows) {
        if (!out.rows_.empty() && out.rows_.back().block == each.block) {
            out.rows_.back().low |= each.low;
            out.rows_.back().high |= each.high;
        } else if (each.low || each.high) {
            out.rows_.push_back(each);
        }
    }
    return out;
}

void RowSet::unite(const RowSet &other)
{
    if (anything_ || other.anything_) {
        *this = anything();
        return;
    }
    std::vector<Rows> all = std::move(rows_);
    all.insert(all.end(), other.rows_.begin(), other.rows_.end());
    *this = of(std::move(all), exact_ && other.exact_);
}

void RowSet::intersect(const RowSet &other)
{
    if (anything_ || other.anything_) {
        if (anything_)
            *this = other;
        exact_ = false;
        return;
    }
    std::vector<Rows> both;
    auto b = other.rows_.begin();
    for (const Rows &a : rows_) {
        while (b != other.rows_.end() && b->block < a.block)
            ++b;
        if (b == other.rows_.end())
            break;
        const Rows common{a.block, a.low & b->low, a.high & b->high};
        if (b->block == a.block && (common.low || common.high))
            both.push_back(common);
    }
    rows_ = std::move(both);
    exact_ = exact_ && other.exact_;
}

void RowSet::complement(int64_t firstBlock, int64_t lastBlock)
{
    if (anything_ || !exact_ || lastBlock - firstBlock >= mostBlocks) {
        *this = anything();
        return;
    }
    std::vector<Rows> rest;
    auto mine = rows_.begin();
    for (int64_t block = firstBlock; block <= lastBlock; ++block) {
        while (mine != rows_.end() && mine->block < block)
            ++mine;
        const bool there = mine != rows_.end() && mine->block == block;
        const Rows others{block, there ? ~mine->low : ~uint64_t(0), there ? ~mine->high : ~uint64_t(0)};
        if (others.low || others.high)
            rest.push_back(others);
    }
    rows_ = std::move(rest);
}

}  // namespace sluice::storage
