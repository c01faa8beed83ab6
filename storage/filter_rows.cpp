// SPDX-License-Identifier: GPL-3.0-or-later
// Which ids may pass a filter, by what the blocks say.
#include "storage/filter_sql.h"
#include "storage/row_keys.h"

#include <algorithm>
#include <limits>

namespace sluice::storage {

using recording::Term;

namespace {

// Which latencies, in ns, pass this test: from `first` to `last`.
LatencyRange passing(const Term &t)
{
    constexpr int64_t least = std::numeric_limits<int64_t>::min(), most = std::numeric_limits<int64_t>::max();
    switch (t.op) {
    case Term::Op::Is: return {t.number, t.number};
    case Term::Op::Less: return {least, t.number == least ? least : t.number - 1};
    case Term::Op::LessEqual: return {least, t.number};
    case Term::Op::Greater: return {t.number == most ? most : t.number + 1, most};
    case Term::Op::GreaterEqual: return {t.number, most};
    case Term::Op::Range: return {t.number, t.upper};
    default: return {least, most};
    }
}

// A test of latencies that passes what this one does not; nothing: there is none.
std::optional<Term> inverted(const Term &t)
{
    if (t.field != "latency")
        return std::nullopt;
    Term out = t;
    switch (t.op) {
    case Term::Op::Less: out.op = Term::Op::GreaterEqual; return out;
    case Term::Op::LessEqual: out.op = Term::Op::Greater; return out;
    case Term::Op::Greater: out.op = Term::Op::LessEqual; return out;
    case Term::Op::GreaterEqual: out.op = Term::Op::Less; return out;
    default: return std::nullopt;
    }
}

}  // namespace

// The classes that the recording has and that this test may pass.
Outcome FilterSql::latenciesFor(const Term &t, Way &way)
{
    way.kind = Way::Kind::Values;
    way.fact = Fact::LatencyClass;
    const LatencyRange wanted = passing(t);
    Outcome outcome = numbersOf(way.fact, way.values);
    std::erase_if(way.values, [&](int64_t value) {
        const LatencyRange has = latenciesOf(value);
        const bool outside = has.last < wanted.first || has.first > wanted.last;
        way.exact = way.exact && (outside || (has.first >= wanted.first && has.last <= wanted.last));
        return outside;
    });
    return outcome;
}

Outcome FilterSql::rowsWith(const Way &way, RowSet &out)
{
    auto statement = Statement::prepare(*database_,
                                        "SELECT block, low, high FROM block WHERE field = ?1 AND value = ?2 AND block "
                                        "BETWEEN ?3 AND ?4");
    if (!statement)
        return statement.error();
    std::vector<RowSet::Rows> rows;
    bool exact = way.exact;
    for (const int64_t value : way.values) {
        const Resetting later(*statement);
        statement->bind(1, int64_t(way.fact));
        statement->bind(2, value);
        statement->bind(3, bounds_.lowest >> blockBits);
        statement->bind(4, bounds_.highest >> blockBits);
        int code = SQLITE_ROW;
        while ((code = statement->step()) == SQLITE_ROW) {
            const bool known = !statement->isNull(1);
            exact = exact && known;
            rows.push_back({statement->integer(0), known ? uint64_t(statement->integer(1)) : ~uint64_t(0),
                            known ? uint64_t(statement->integer(2)) : ~uint64_t(0)});
        }
        if (code != SQLITE_DONE)
            return database_->error(code);
    }
    out = RowSet::of(std::move(rows), exact);
    return Done{};
}

// Which ids may pass, or (`negated`) not pass, by what the blocks say; the condition is tested on each of them all the same.
Outcome FilterSql::rowsOf(const Term &t, bool negated, RowSet &out)
{
    out = RowSet::anything();
    if (t.kind == Term::Kind::Not)
        return rowsOf(t.parts.front(), !negated, out);
    if (t.kind == Term::Kind::Test)
        return rowsOfTest(t, negated, out);
    const bool all = (t.kind == Term::Kind::And) != negated;
    for (size_t i = 0; i < t.parts.size(); ++i) {
        RowSet one;
        if (Outcome outcome = rowsOf(t.parts[i], negated, one); !outcome)
            return outcome;
        if (i == 0)
            out = std::move(one);
        else
            all ? out.intersect(one) : out.unite(one);
    }
    return Done{};
}

Outcome FilterSql::rowsOfTest(const Term &t, bool negated, RowSet &out)
{
    const std::optional<Term> other = negated ? inverted(t) : std::nullopt;
    Way way;
    Outcome outcome = valuesOfTest(other ? *other : t, way);
    if (outcome && way.kind == Way::Kind::Values && way.values.size() <= mostValues)
        outcome = rowsWith(way, out);
    if (outcome && negated && !other)
        out.complement(spanned_.lowest >> blockBits, spanned_.highest >> blockBits);
    return outcome;
}

}  // namespace sluice::storage
