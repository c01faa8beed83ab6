// SPDX-License-Identifier: GPL-3.0-or-later
// How FilterSql finds its way to the rows: bounds of ids, and what to walk. What the blocks say is in filter_rows.cpp.
#include "storage/filter_sql.h"

#include "engine/recording/facts.h"
#include "engine/recording/match.h"
#include "storage/functions.h"
#include "storage/names.h"
#include "storage/rare.h"
#include "storage/row_keys.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace sluice::storage {

using recording::Term;

namespace {

constexpr int64_t mostCounted = 5000;  // of the rows that `rare` has for a value, when ways are compared

struct NamedFact {
    std::string_view field;
    NameKind kind;
};
constexpr NamedFact namedFacts[] = {{"method", NameKind::Method},     {"host", NameKind::Host},
                                    {"client", NameKind::Client},     {"user", NameKind::User},
                                    {"route", NameKind::Route},       {"service", NameKind::Service},
                                    {"endpoint", NameKind::Endpoint}, {"version", NameKind::Version},
                                    {"cache", NameKind::Cache},       {"breaker", NameKind::Breaker}};

bool holds(const Term &t, int64_t value)
{
    switch (t.op) {
    case Term::Op::Is: return value == t.number;
    case Term::Op::Less: return value < t.number;
    case Term::Op::LessEqual: return value <= t.number;
    case Term::Op::Greater: return value > t.number;
    case Term::Op::GreaterEqual: return value >= t.number;
    case Term::Op::Range: return value >= t.number && value <= t.upper;
    default: return false;
    }
}

// The tests that every row must pass.
std::vector<const Term *> demands(const Term &root)
{
    if (root.kind != Term::Kind::And)
        return {&root};
    std::vector<const Term *> out;
    for (const Term &part : root.parts) {
        const auto inner = demands(part);
        out.insert(out.end(), inner.begin(), inner.end());
    }
    return out;
}

}  // namespace

Outcome FilterSql::collect(Statement &statement, std::vector<int64_t> &out)
{
    const Resetting later(statement);
    int code = SQLITE_ROW;
    while ((code = statement.step()) == SQLITE_ROW)
        out.push_back(statement.integer(0));
    if (code != SQLITE_DONE)
        return database_->error(code);
    return Done{};
}

Outcome FilterSql::narrow(const Term &root)
{
    for (const Term *t : demands(root)) {
        if (t->kind != Term::Kind::Test)
            continue;
        if (t->field == "id") {
            const bool below = t->op == Term::Op::Less || t->op == Term::Op::LessEqual,
                       above = t->op == Term::Op::Greater || t->op == Term::Op::GreaterEqual;
            if (!below)
                bounds_.lowest = std::max(bounds_.lowest, t->number);
            if (!above)
                bounds_.highest = std::min(bounds_.highest, t->op == Term::Op::Range ? t->upper : t->number);
        } else if (t->field == "time") {
            const bool since = t->op == Term::Op::GreaterEqual;
            auto statement = Statement::prepare(
                *database_,
                since ? "SELECT coalesce(min(id), 1 << 52) << 10 FROM span WHERE last_time >= ?1"
                      : "SELECT (coalesce(max(id), -1) << 10) + 1023 FROM span WHERE first_time < ?1");
            if (!statement)
                return statement.error();
            statement->bind(1, t->number);
            std::vector<int64_t> bound;
            if (Outcome collected = collect(*statement, bound); !collected)
                return collected;
            if (since)
                bounds_.lowest = std::max(bounds_.lowest, bound.front());
            else
                bounds_.highest = std::min(bounds_.highest, bound.front());
        }
    }
    return Done{};
}

// Which values of one fact the rows that pass this test can have. None: the way stays by rows.
Outcome FilterSql::valuesOf(const Term &t, Way &way)
{
    if (t.kind == Term::Kind::Test)
        return valuesOfTest(t, way);
    if (t.kind != Term::Kind::Or)
        return Done{};
    for (const Term &part : t.parts) {  // status:200,404
        Way one;
        if (Outcome outcome = valuesOf(part, one); !outcome)
            return outcome;
        if (one.kind != Way::Kind::Values || (way.fact != Fact::None && way.fact != one.fact)) {
            way = Way();
            return Done{};
        }
        way.kind = one.kind;
        way.fact = one.fact;
        way.exact = way.exact && one.exact;
        way.values.insert(way.values.end(), one.values.begin(), one.values.end());
    }
    std::sort(way.values.begin(), way.values.end());
    way.values.erase(std::unique(way.values.begin(), way.values.end()), way.values.end());
    return Done{};
}

Outcome FilterSql::namesOf(const Term &t, NameKind kind, std::vector<int64_t> &out)
{
    auto statement = Statement::prepare(*database_, "SELECT id FROM name WHERE kind = ?1 AND term(?2, text) LIMIT 65");
    if (!statement)
        return statement.error();
    statement->bind(1, int64_t(kind));
    bindTerm(*statement, 2, t);
    if (recording::textMatches(t, ""))
        out.push_back(0);
    return collect(*statement, out);
}

// Every value that the recording has; steps from one to the next.
Outcome FilterSql::numbersOf(Fact fact, std::vector<int64_t> &out)
{
    auto statement = Statement::prepare(
        *database_,
        "WITH RECURSIVE v(n) AS (SELECT min(value) FROM block WHERE field = ?1 UNION ALL SELECT (SELECT min(value) "
        "FROM "
        "block WHERE field = ?1 AND value > n) FROM v WHERE n IS NOT NULL) SELECT n FROM v WHERE n IS NOT NULL");
    if (!statement)
        return statement.error();
    statement->bind(1, int64_t(fact));
    return collect(*statement, out);
}

Outcome FilterSql::valuesOfTest(const Term &t, Way &way)
{
    const auto take = [&](Fact fact) {
        way.kind = Way::Kind::Values;
        way.fact = fact;
    };
    for (const NamedFact &each : namedFacts) {
        if (each.field != t.field)
            continue;
        take(factOf(each.kind));
        return namesOf(t, each.kind, way.values);
    }
    if (t.field == "status" || t.field == "is") {
        const bool status = t.field == "status";
        take(status ? Fact::Status : Fact::Bits);
        Outcome outcome = numbersOf(way.fact, way.values);
        std::erase_if(way.values, [&](int64_t value) { return status ? !holds(t, value) : (value & t.number) == 0; });
        return outcome;
    }
    if (t.field == "failed") {
        take(Fact::FailedBy);
        for (int64_t value = 0; value <= 3; ++value) {
            const auto fault = value == 0 ? std::optional<Fault>() : Fault(value - 1);
            if (recording::textMatches(t, recording::failedByName(fault)))
                way.values.push_back(value);
        }
    } else if (t.field == "latency") {
        return latenciesFor(t, way);
    } else if (t.field == "mark") {
        way.kind = Way::Kind::Marks;
    } else if (t.field == "trace" && t.op == Term::Op::Is && !t.value.empty()
               && traceKeys(t.value, way.low, way.high)) {
        way.kind = Way::Kind::Trace;
    } else if (t.field == "request" && t.op == Term::Op::Is) {
        way.kind = Way::Kind::Request;
        way.request = t.value;
    }
    return Done{};
}

// The table `rare` has all these values.
bool FilterSql::isRare(const Way &way)
{
    return std::any_of(rareFields.begin(), rareFields.end(), [&](const RareField &each) {
        return each.field == way.fact && (way.values.empty() || way.values.front() >= each.lowest);
    });
}

Outcome FilterSql::estimate(Way &way)
{
    way.estimate = 0;
    if (way.kind == Way::Kind::Trace) {  // of random keys a beginning has its share
        const int64_t all = std::max<int64_t>(spanned_.highest - spanned_.lowest, 0);
        const int digits = std::countr_one(uint64_t(way.high - way.low)) / 4;
        way.estimate = all >> std::min(4 * (traceDigits - digits), 62);
    }
    if (way.kind != Way::Kind::Values)
        return Done{};  // marks are always few
    auto statement = Statement::prepare(
        *database_, "SELECT count(*) FROM (SELECT 1 FROM rare WHERE field = ?1 AND value = ?2 LIMIT ?3)");
    if (!statement)
        return statement.error();
    std::vector<int64_t> met;
    for (const int64_t value : way.values) {
        statement->bind(1, int64_t(way.fact));
        statement->bind(2, value);
        statement->bind(3, mostCounted);
        std::vector<int64_t> count;
        if (Outcome outcome = collect(*statement, count); !outcome)
            return outcome;
        way.estimate += count.front();
        if (count.front() > 0)
            met.push_back(value);
    }
    way.values = std::move(met);
    return Done{};
}

// The ids that there are, within the bounds.
Outcome FilterSql::findSpan()
{
    auto statement = Statement::prepare(*database_,
                                        "SELECT coalesce(min(id), 1) FROM segment UNION ALL SELECT "
                                        "coalesce(max(last), 0) FROM segment WHERE id = (SELECT max(id) FROM segment)");
    if (!statement)
        return statement.error();
    std::vector<int64_t> ends;
    Outcome outcome = collect(*statement, ends);
    if (outcome && ends.size() == 2)
        spanned_ = {std::max(bounds_.lowest, ends[0]), std::min(bounds_.highest, ends[1])};
    return outcome;
}

Outcome FilterSql::findWay(const Term &root)
{
    constexpr int64_t soon =
        20'000;  // so many of a trace's beginning are met sooner by looking at rows than by sorting
    if (Outcome outcome = findSpan(); !outcome)
        return outcome;
    if (Outcome outcome = rowsOf(root, false, rows_); !outcome)
        return outcome;
    for (const Term *t : demands(root)) {
        Way way;
        if (Outcome outcome = valuesOf(*t, way); !outcome)
            return outcome;
        if (way.kind == Way::Kind::Rows || way.values.size() > mostValues
            || (way.kind == Way::Kind::Values && !isRare(way)))
            continue;
        if (Outcome outcome = estimate(way); !outcome)
            return outcome;
        if (way.kind == Way::Kind::Trace && way.estimate > soon && demands(root).size() == 1)
            continue;
        if (way.estimate < way_.estimate)
            way_ = std::move(way);
    }
    if (way_.kind != Way::Kind::Rows && !rows_.isAnything() && rowsToLookAt() <= way_.estimate)
        way_ = Way();
    return Done{};
}

int64_t FilterSql::rowsToLookAt() const
{
    int64_t sum = 0;
    for (const RowSet::Rows &each : rows_.rows())
        sum += each.last() - each.first() + 1;
    return sum;
}

std::vector<IdBounds> FilterSql::ranges() const
{
    constexpr int64_t near = 64;  // ids between two runs that cost less than another start
    if (rows_.isAnything())
        return {bounds_};
    std::vector<IdBounds> out;
    for (const RowSet::Rows &each : rows_.rows()) {
        const int64_t first = std::max((each.block << blockBits) + each.first(), bounds_.lowest);
        const int64_t last = std::min((each.block << blockBits) + each.last(), bounds_.highest);
        if (first > last)
            continue;
        // What is rare has its own way through the ids.
        if (!out.empty() && (first - out.back().highest <= near || way_.kind != Way::Kind::Rows))
            out.back().highest = last;
        else
            out.push_back({first, last});
    }
    return out;
}

}  // namespace sluice::storage
