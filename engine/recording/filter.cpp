// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recording/filter.h"

#include "engine/recording/facts.h"
#include "engine/recording/filter_parser.h"
#include "engine/recording/match.h"

#include <algorithm>

namespace sluice::recording {

namespace {

bool numberMatches(const Term &test, int64_t value)
{
    switch (test.op) {
    case Term::Op::Is: return value == test.number;
    case Term::Op::Less: return value < test.number;
    case Term::Op::LessEqual: return value <= test.number;
    case Term::Op::Greater: return value > test.number;
    case Term::Op::GreaterEqual: return value >= test.number;
    case Term::Op::Range: return value >= test.number && value <= test.upper;
    default: return false;
    }
}

bool freeTextMatches(const Term &test, const journey::Exchange &x)
{
    const std::string_view in[] = {x.received.method, x.received.authority, x.path, x.query, x.service, x.route, x.user,
                                   x.client};
    for (const std::string_view text : in) {
        if (containsFolded(text, test.value))
            return true;
    }
    return test.value == std::to_string(x.returned.status);
}

bool bodyMatches(const Term &test, const journey::Exchange &x)
{
    const http::HeaderList &answer = x.answer.status ? x.answer.headers : x.returned.headers;
    return contentContains(x.requestBody.bytes, x.received.headers.get("Content-Encoding"), test.value)
        || contentContains(x.responseBody.bytes, answer.get("Content-Encoding"), test.value);
}

bool headerMatches(const Term &test, const journey::Exchange &x)
{
    return headersMatch(test, x.received.headers) || headersMatch(test, x.sent.headers)
        || headersMatch(test, x.answer.headers) || headersMatch(test, x.returned.headers);
}

using Look = bool (*)(const Term &, const journey::Exchange &);
struct FieldLook {
    std::string_view field;
    Look look;
};
constexpr FieldLook looks[] = {
    {"method", [](const Term &t, const journey::Exchange &x) { return textMatches(t, x.received.method); }},
    {"host", [](const Term &t, const journey::Exchange &x) { return textMatches(t, x.received.authority); }},
    {"path", [](const Term &t, const journey::Exchange &x) { return textMatches(t, x.path); }},
    {"query", [](const Term &t, const journey::Exchange &x) { return textMatches(t, x.query); }},
    {"service", [](const Term &t, const journey::Exchange &x) { return textMatches(t, x.service); }},
    {"route", [](const Term &t, const journey::Exchange &x) { return textMatches(t, x.route); }},
    {"endpoint", [](const Term &t, const journey::Exchange &x) { return textMatches(t, x.endpoint); }},
    {"user", [](const Term &t, const journey::Exchange &x) { return textMatches(t, x.user); }},
    {"client", [](const Term &t, const journey::Exchange &x) { return textMatches(t, x.client); }},
    {"trace", [](const Term &t, const journey::Exchange &x) { return textMatches(t, x.trace.trace); }},
    {"request", [](const Term &t, const journey::Exchange &x) { return textMatches(t, x.requestId); }},
    {"version", [](const Term &t, const journey::Exchange &x) { return textMatches(t, x.version); }},
    {"cache", [](const Term &t, const journey::Exchange &x) { return textMatches(t, x.cache); }},
    {"failed", [](const Term &t, const journey::Exchange &x) { return textMatches(t, failedByName(x.failedBy)); }},
    {"breaker",
     [](const Term &t, const journey::Exchange &x) {
         return textMatches(t, lastOutcome(x.decisions, journey::Stage::Breaker));
     }},
    {"status", [](const Term &t, const journey::Exchange &x) { return numberMatches(t, x.returned.status); }},
    {"id", [](const Term &t, const journey::Exchange &x) { return numberMatches(t, x.id); }},
    {"latency", [](const Term &t, const journey::Exchange &x) { return numberMatches(t, latency(x).count()); }},
    {"size", [](const Term &t, const journey::Exchange &x) { return numberMatches(t, int64_t(totalBytes(x))); }},
    {"time",
     [](const Term &t, const journey::Exchange &x) { return numberMatches(t, x.time.time_since_epoch().count()); }},
    {"is", [](const Term &t, const journey::Exchange &x) { return (isBits(x) & t.number) != 0; }},
    {"grpc_status",
     [](const Term &t, const journey::Exchange &x) {
         return x.stream.grpcStatus >= 0 && numberMatches(t, x.stream.grpcStatus);
     }},
    {"body", bodyMatches},
    {"header", headerMatches},
    {"text", freeTextMatches},
    // Marks are put on a recording; an exchange does not know of them.
    {"mark", [](const Term &, const journey::Exchange &) { return false; }},
};

bool matchesTerm(const Term &term, const journey::Exchange &x)
{
    switch (term.kind) {
    case Term::Kind::All: return true;
    case Term::Kind::And:
        return std::all_of(term.parts.begin(), term.parts.end(),
                           [&](const Term &part) { return matchesTerm(part, x); });
    case Term::Kind::Or:
        return std::any_of(term.parts.begin(), term.parts.end(),
                           [&](const Term &part) { return matchesTerm(part, x); });
    case Term::Kind::Not: return !matchesTerm(term.parts.front(), x);
    case Term::Kind::Test:
        for (const FieldLook &each : looks) {
            if (each.field == term.field)
                return each.look(term, x);
        }
    }
    return false;
}

}  // namespace

Filter::Filter() = default;

Filter::Parsed Filter::parse(std::string_view text, WallTime now)
{
    Parsed parsed;
    Filter filter;
    FilterParser parser(text, now);
    if (!parser.parse(filter.root_)) {
        parsed.error = parser.error();
        return parsed;
    }
    filter.text_ = text;
    parsed.filter = std::move(filter);
    return parsed;
}

bool Filter::matches(const journey::Exchange &x) const
{
    return matchesTerm(root_, x);
}

}  // namespace sluice::recording
