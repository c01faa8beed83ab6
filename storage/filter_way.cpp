// SPDX-License-Identifier: GPL-3.0-or-later
// How FilterSql finds its way to the rows: bounds of ids, and the index to walk.
#include "storage/filter_sql.h"

#include "engine/recording/match.h"
#include "storage/functions.h"
#include "storage/names.h"
#include "storage/row_keys.h"

#include <algorithm>

namespace sluice::storage {

using recording::Term;

namespace {

constexpr size_t mostValues = 64;      // of an index; more: another way is taken
constexpr int64_t mostCounted = 5000;  // of the rows that an index has for a value, when ways are compared

struct NamedIndex {
    std::string_view field;
    NameKind kind;
    const char *index;
};
constexpr NamedIndex namedIndexes[] = {{"route", NameKind::Route, "exchange_by_route"},
                                       {"service", NameKind::Service, "exchange_by_service"},
                                       {"client", NameKind::Client, "exchange_by_client"}};

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

std::vector<int64_t> classes(const Term &t)
{
    int low = 0, high = highestLatencyClass;
    const int at = latencyClass(t.number);
    switch (t.op) {
    case Term::Op::Is: low = high = at; break;
    case Term::Op::Less:
    case Term::Op::LessEqual: high = at; break;
    case Term::Op::Greater:
    case Term::Op::GreaterEqual: low = at; break;
    case Term::Op::Range:
        low = at;
        high = latencyClass(t.upper);
        break;
    default: break;
    }
    std::vector<int64_t> out;
    for (int value = low; value <= high; ++value)
        out.push_back(value);
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

// Which values of an index the rows that pass this test can have. No index: the way stays by rows.
Outcome FilterSql::valuesOf(const Term &t, Way &way)
{
    if (t.kind == Term::Kind::Or) {  // status:200,404
        for (const Term &part : t.parts) {
            Way one;
            if (Outcome outcome = valuesOf(part, one); !outcome)
                return outcome;
            if (one.kind != Way::Kind::Values || (!way.index.empty() && way.index != one.index)) {
                way = Way();
                return Done{};
            }
            way.kind = one.kind;
            way.index = one.index;
            way.column = one.column;
            way.values.insert(way.values.end(), one.values.begin(), one.values.end());
        }
        std::sort(way.values.begin(), way.values.end());
        way.values.erase(std::unique(way.values.begin(), way.values.end()), way.values.end());
        return Done{};
    }
    if (t.kind != Term::Kind::Test)
        return Done{};
    const auto take = [&](const char *index, std::string_view column) {
        way.kind = Way::Kind::Values;
        way.index = index;
        way.column = column;
    };
    for (const NamedIndex &each : namedIndexes) {
        if (each.field != t.field)
            continue;
        auto statement =
            Statement::prepare(*database_, "SELECT id FROM name WHERE kind = ?1 AND term(?2, text) LIMIT 65");
        if (!statement)
            return statement.error();
        statement->bind(1, int64_t(each.kind));
        bindTerm(*statement, 2, t);
        take(each.index, each.field);
        if (recording::textMatches(t, ""))
            way.values.push_back(0);
        return collect(*statement, way.values);
    }
    if (t.field == "status" || t.field == "is") {
        const bool status = t.field == "status";
        // Steps from one value of the index to the next.
        auto statement = Statement::prepare(
            *database_,
            status ? "WITH RECURSIVE v(n) AS (SELECT min(status) FROM exchange UNION ALL SELECT (SELECT min(status) "
                     "FROM exchange WHERE "
                     "status > n) FROM v WHERE n IS NOT NULL) SELECT n FROM v WHERE n IS NOT NULL"
                   : "WITH RECURSIVE v(n) AS (SELECT min(bits) FROM exchange WHERE bits <> 0 UNION ALL SELECT (SELECT "
                     "min(bits) FROM exchange WHERE "
                     "bits <> 0 AND bits > n) FROM v WHERE n IS NOT NULL) SELECT n FROM v WHERE n IS NOT NULL");
        if (!statement)
            return statement.error();
        take(status ? "exchange_by_status" : "exchange_by_bits", status ? "status" : "bits");
        Outcome outcome = collect(*statement, way.values);
        std::erase_if(way.values, [&](int64_t value) { return status ? !holds(t, value) : (value & t.number) == 0; });
        return outcome;
    }
    if (t.field == "latency") {
        take("exchange_by_latency", "latency_class");
        way.values = classes(t);
    } else if (t.field == "mark") {
        way.kind = Way::Kind::Marks;
    } else if (t.field == "trace" && t.op == Term::Op::Is && !t.value.empty()
               && traceKeys(t.value, way.low, way.high)) {
        way.kind = Way::Kind::Keys;
        way.index = "exchange_by_trace";
        way.column = "trace_key";
    } else if (t.field == "request" && t.op == Term::Op::Is) {
        way.kind = Way::Kind::Keys;
        way.index = "exchange_by_request";
        way.column = "request_key";
        way.low = way.high = requestKey(t.value);
    }
    return Done{};
}

Outcome FilterSql::estimate(Way &way)
{
    way.estimate = 0;
    if (way.kind != Way::Kind::Values)
        return Done{};  // keys and marks are always few
    auto statement =
        Statement::prepare(*database_,
                           "SELECT count(*) FROM (SELECT 1 FROM exchange INDEXED BY " + way.index + " WHERE "
                               + way.column + " = ?1" + (way.column == "bits" ? " AND bits <> 0" : "") + " LIMIT ?2)");
    if (!statement)
        return statement.error();
    std::vector<int64_t> met;
    for (const int64_t value : way.values) {
        statement->bind(1, value);
        statement->bind(2, mostCounted);
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

Outcome FilterSql::findWay(const Term &root)
{
    for (const Term *t : demands(root)) {
        Way way;
        if (Outcome outcome = valuesOf(*t, way); !outcome)
            return outcome;
        if (way.kind == Way::Kind::Rows || way.values.size() > mostValues)
            continue;
        if (Outcome outcome = estimate(way); !outcome)
            return outcome;
        if (way.estimate < way_.estimate)
            way_ = std::move(way);
    }
    return Done{};
}

}  // namespace sluice::storage
