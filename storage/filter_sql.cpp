// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/filter_sql.h"

#include "engine/recording/match.h"
#include "storage/functions.h"
#include "storage/names.h"

#include <span>

namespace sluice::storage {

using recording::Term;

namespace {

struct NamedColumn {
    std::string_view field;
    NameKind kind;
    const char *column;
};
constexpr NamedColumn named[] = {
    {"method", NameKind::Method, "x.method"},       {"host", NameKind::Host, "x.host"},
    {"client", NameKind::Client, "x.client"},       {"user", NameKind::User, "x.user"},
    {"route", NameKind::Route, "x.route"},          {"service", NameKind::Service, "x.service"},
    {"endpoint", NameKind::Endpoint, "x.endpoint"}, {"version", NameKind::Version, "x.version"},
    {"cache", NameKind::Cache, "x.cache"},          {"breaker", NameKind::Breaker, "x.breaker"}};

struct NumberColumn {
    std::string_view field;
    const char *expression;
};
// The + keeps SQLite from an index of its own choice.
constexpr NumberColumn numbers[] = {{"status", "+x.status"},
                                    {"id", "+x.id"},
                                    {"latency", "x.latency"},
                                    {"size", "(x.request_bytes + x.response_bytes)"},
                                    {"time", "x.time"}};

// As a balanced tree: SQLite bounds how deep an expression may be.
std::string joined(std::span<const std::string> parts, const char *between)
{
    if (parts.size() == 1)
        return parts.front();
    const size_t half = parts.size() / 2;
    return "(" + joined(parts.first(half), between) + between + joined(parts.subspan(half), between) + ")";
}

bool looksIntoMessages(const Term &term)
{
    return term.kind == Term::Kind::Test && (term.field == "body" || term.field == "header");
}

}  // namespace

std::string FilterSql::parameter(Value value)
{
    values_.push_back(value);
    return "?" + std::to_string(values_.size());
}

std::string FilterSql::term(const Term &t)
{
    switch (t.kind) {
    case Term::Kind::All: return "1";
    case Term::Kind::Not: return "(NOT " + term(t.parts.front()) + ")";
    case Term::Kind::And:
    case Term::Kind::Or: {
        // What must look into heads and bodies comes last.
        std::vector<std::string> parts;
        for (const bool late : {false, true}) {
            for (const Term &part : t.parts) {
                if (looksIntoMessages(part) == late)
                    parts.push_back(term(part));
            }
        }
        return joined(parts, t.kind == Term::Kind::And ? " AND " : " OR ");
    }
    case Term::Kind::Test: return test(t);
    }
    return "0";
}

std::string FilterSql::numberTest(const Term &t, const std::string &expression)
{
    const auto compare = [&](const char *op) { return "(" + expression + " " + op + " " + parameter(t.number) + ")"; };
    switch (t.op) {
    case Term::Op::Is: return compare("=");
    case Term::Op::Less: return compare("<");
    case Term::Op::LessEqual: return compare("<=");
    case Term::Op::Greater: return compare(">");
    case Term::Op::GreaterEqual: return compare(">=");
    case Term::Op::Range: {
        const std::string low = parameter(t.number);
        return "(" + expression + " BETWEEN " + low + " AND " + parameter(t.upper) + ")";
    }
    default: return "0";
    }
}

std::string FilterSql::nameTest(const Term &t, int kind, const char *column)
{
    const std::string kindText = std::to_string(kind);
    std::string sql = std::string("(+") + column + " IN (SELECT id FROM name WHERE kind = " + kindText + " AND term("
        + parameter(&t) + ", text))";
    if (recording::textMatches(t, ""))
        sql += std::string(" OR ") + column + " = 0";
    return sql + ")";
}

std::string FilterSql::test(const Term &t)
{
    for (const NamedColumn &each : named) {
        if (each.field == t.field)
            return nameTest(t, int(each.kind), each.column);
    }
    for (const NumberColumn &each : numbers) {
        if (each.field == t.field)
            return numberTest(t, each.expression);
    }
    if (t.field == "path" || t.field == "query")
        return "term(" + parameter(&t) + ", x." + t.field + ")";
    if (t.field == "trace")
        return "term(" + parameter(&t) + ", x.trace)";
    if (t.field == "request")
        return "term(" + parameter(&t) + ", x.request_id)";
    if (t.field == "failed")
        return "term(" + parameter(&t)
            + ", CASE x.failed_by WHEN 1 THEN 'client' WHEN 2 THEN 'upstream' WHEN 3 THEN 'gateway' ELSE '' END)";
    if (t.field == "is")
        return "((+x.bits & " + parameter(t.number) + ") <> 0)";
    if (t.field == "mark")
        return "(x.id IN (SELECT id FROM mark WHERE " + numberTest(t, "mark") + "))";
    if (t.field == "grpc_status")
        return "(x.id IN (SELECT exchange FROM stream WHERE grpc_status >= 0 AND " + numberTest(t, "grpc_status")
            + "))";
    if (t.field == "header")
        return "EXISTS (SELECT 1 FROM message m WHERE m.id = x.id AND header_has(" + parameter(&t)
            + ", m.detail, m.like_detail, x.request_id, x.trace))";
    if (t.field == "body")
        return "EXISTS (SELECT 1 FROM message m WHERE m.id = x.id AND body_has(" + parameter(&t)
            + ", m.coded, m.detail, m.like_detail, m.request_body, m.response_body))";
    if (t.field == "text") {
        const std::string test = parameter(&t);
        std::vector<std::string> parts = {"CAST(x.status AS TEXT) = " + parameter(std::string_view(t.value)),
                                          "term(" + test + ", x.path)", "term(" + test + ", x.query)"};
        for (const NamedColumn &each : named) {
            if (each.kind <= NameKind::Service)
                parts.push_back(nameTest(t, int(each.kind), each.column));
        }
        return joined(parts, " OR ");
    }
    return "0";
}

Result<FilterSql> FilterSql::compile(Database &database, const recording::Filter &filter)
{
    FilterSql sql(database);
    const Term &root = filter.root();
    sql.condition_ = sql.term(root);
    if (const Outcome narrowed = sql.narrow(root); !narrowed)
        return narrowed.error();
    if (const Outcome found = sql.findWay(root); !found)
        return found.error();
    for (const int64_t value : sql.way_.values)
        sql.wayParameters_.push_back(sql.parameter(value));
    if (sql.way_.kind == Way::Kind::Trace)
        sql.wayParameters_ = {sql.parameter(sql.way_.low), sql.parameter(sql.way_.high)};
    if (sql.way_.kind == Way::Kind::Request)
        sql.wayParameters_ = {sql.parameter(sql.way_.request)};
    return sql;
}

std::string FilterSql::ids() const
{
    const std::string low = "?" + std::to_string(firstFree()), high = "?" + std::to_string(firstFree() + 1);
    const std::string rest = "x.id BETWEEN " + low + " AND " + high + " AND " + condition_;
    switch (way_.kind) {
    case Way::Kind::Rows: return "SELECT x.id AS id FROM exchange x WHERE " + rest;
    case Way::Kind::Marks: return "SELECT k.id AS id FROM mark k CROSS JOIN exchange x WHERE x.id = k.id AND " + rest;
    case Way::Kind::Trace:
        return "SELECT x.id AS id FROM exchange x WHERE x.trace_key BETWEEN " + wayParameters_[0] + " AND "
            + wayParameters_[1] + " AND " + rest;
    case Way::Kind::Request:
        return "SELECT x.id AS id FROM exchange x WHERE x.request = " + wayParameters_[0] + " AND " + rest;
    case Way::Kind::Values: break;
    }
    if (wayParameters_.empty())
        return "SELECT x.id AS id FROM exchange x WHERE 0 AND " + rest;
    std::string sql;
    for (const std::string &value : wayParameters_) {
        sql += sql.empty() ? "" : " UNION ALL ";
        sql += "SELECT r.id AS id FROM rare r CROSS JOIN exchange x WHERE r.field = " + std::to_string(int(way_.fact))
            + " AND r.value = " + value + " AND r.id BETWEEN " + low + " AND " + high + " AND x.id = r.id AND "
            + condition_;
    }
    return sql;
}

std::string FilterSql::orderedIds(bool newestFirst) const
{
    return ids() + (newestFirst ? " ORDER BY id DESC" : " ORDER BY id") + " LIMIT ?" + std::to_string(firstFree() + 2);
}

void FilterSql::bind(Statement &statement) const
{
    for (size_t i = 0; i < values_.size(); ++i) {
        const int parameter = int(i) + 1;
        if (const auto *number = std::get_if<int64_t>(&values_[i]))
            statement.bind(parameter, *number);
        else if (const auto *text = std::get_if<std::string_view>(&values_[i]))
            statement.bind(parameter, *text);
        else
            bindTerm(statement, parameter, *std::get<const Term *>(values_[i]));
    }
}

}  // namespace sluice::storage
