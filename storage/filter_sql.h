// SPDX-License-Identifier: GPL-3.0-or-later
// A filter as SQL: a condition on the alias `x` of the table exchange (segment_tables.h), and the quickest way to the rows that may fulfil it.
// Everything that a user wrote is bound, nothing is spliced into the text. One thread: that of the connection.
// Compile and run within one read transaction: the way holds for one state of the file.
//
// The way: bounds of ids from id:, since:, until:; the ids that have what is asked for by what the blocks say (storage/blocks.h),
// through and, or and not; or the table `rare`, where such a test is of what that has (statuses from 400, latencies from 128 ms, is), or
// marks, or the ids of traces and requests, which lie together in each segment: the most selective of them. `rare` is walked once for each
// value that may match, and SQLite merges these, so that the first page needs no sorting.
#pragma once

#include "engine/recording/filter.h"
#include "storage/blocks.h"
#include "storage/row_set.h"
#include "storage/sqlite.h"

#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sluice::storage {

struct IdBounds {
    int64_t lowest = 1, highest = std::numeric_limits<int64_t>::max();
};

class FilterSql {
public:
    // The filter must outlive this.
    static Result<FilterSql> compile(Database &, const recording::Filter &);

    IdBounds bounds() const { return bounds_; }
    // What ids() must be run for, in order and apart from each other; at most one a block.
    std::vector<IdBounds> ranges() const;
    // Two parameters of the caller's follow those of the filter; the first of them has this number.
    int firstFree() const { return int(values_.size()) + 1; }
    const std::string &condition() const { return condition_; }
    // SELECT of the ids between ?firstFree and ?firstFree + 1, that match.
    std::string ids() const;
    // The same in order, at most ?firstFree + 2.
    std::string orderedIds(bool newestFirst) const;
    void bind(Statement &) const;

private:
    static constexpr size_t mostValues = 64;  // of a field; more: it says nothing about the way
    struct Way {
        Fact fact = Fact::None;       // whose values these are
        std::vector<int64_t> values;  // of the fact
        bool exact = true;            // who has one of them passes
        int64_t low = 0, high = 0;    // keys of trace ids
        std::string_view request;
        enum class Kind : uint8_t { Rows, Values, Trace, Request, Marks } kind = Kind::Rows;
        int64_t estimate = std::numeric_limits<int64_t>::max();
    };
    using Value = std::variant<int64_t, std::string_view, const recording::Term *>;

    explicit FilterSql(Database &database) : database_(&database) {}
    std::string parameter(Value);
    std::string term(const recording::Term &);
    std::string test(const recording::Term &);
    std::string nameTest(const recording::Term &, int kind, const char *column);
    std::string numberTest(const recording::Term &, const std::string &expression);
    Outcome narrow(const recording::Term &);
    Outcome findWay(const recording::Term &root);
    Outcome valuesOf(const recording::Term &, Way &);
    Outcome valuesOfTest(const recording::Term &, Way &);
    Outcome namesOf(const recording::Term &, NameKind, std::vector<int64_t> &out);
    Outcome numbersOf(Fact, std::vector<int64_t> &out);
    Outcome latenciesFor(const recording::Term &, Way &);
    Outcome rowsWith(const Way &, RowSet &);
    Outcome rowsOf(const recording::Term &, bool negated, RowSet &);
    Outcome rowsOfTest(const recording::Term &, bool negated, RowSet &);
    Outcome findSpan();
    int64_t rowsToLookAt() const;
    static bool isRare(const Way &);
    Outcome estimate(Way &);
    Outcome collect(Statement &, std::vector<int64_t> &out);

    Database *database_;
    std::vector<Value> values_;
    std::string condition_ = "1";
    IdBounds bounds_;
    Way way_;
    IdBounds spanned_;  // the ids that there are, within the bounds
    RowSet rows_;
    std::vector<std::string> wayParameters_;  // as they stand in the text
};

}  // namespace sluice::storage
