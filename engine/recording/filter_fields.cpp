// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recording/filter_fields.h"

#include "engine/http/headers.h"
#include "engine/recording/facts.h"
#include "engine/recording/filter_values.h"

#include <limits>

namespace sluice::recording {

namespace {

using Kind = FieldRule::Kind;

constexpr FieldRule rules[] = {
    {"method", Kind::Text, true},    {"status", Kind::Status, true},   {"path", Kind::Text, true},
    {"host", Kind::Text, true},      {"query", Kind::Text, false},     {"service", Kind::Text, true},
    {"route", Kind::Text, true},     {"endpoint", Kind::Text, true},   {"user", Kind::Text, true},
    {"client", Kind::Text, true},    {"latency", Kind::Latency, true}, {"size", Kind::Size, true},
    {"trace", Kind::Trace, true},    {"request", Kind::Request, true}, {"id", Kind::Id, true},
    {"is", Kind::Is, true},          {"failed", Kind::Failed, true},   {"breaker", Kind::Text, true},
    {"version", Kind::Text, true},   {"cache", Kind::Text, true},      {"body", Kind::Body, false},
    {"header", Kind::Header, false}, {"mark", Kind::Mark, true},       {"since", Kind::Since, false},
    {"until", Kind::Until, false},   {"grpc_status", Kind::Id, true},
};

bool fail(FilterError &error, std::string what, std::string hint)
{
    error.what = std::move(what);
    error.hint = std::move(hint);
    return false;
}

std::string quotedText(std::string_view text)
{
    return "\"" + std::string(text) + "\"";
}

// True: there was one, as behind what a list shows shortened.
bool withoutEllipsis(std::string_view &text)
{
    constexpr std::string_view ellipsis = "\xe2\x80\xa6";
    if (!text.ends_with(ellipsis))
        return false;
    text.remove_suffix(ellipsis.size());
    return true;
}

Term::Op operatorOf(std::string_view text)
{
    constexpr struct {
        std::string_view text;
        Term::Op op;
    } operators[] = {{"<", Term::Op::Less},
                     {"<=", Term::Op::LessEqual},
                     {">", Term::Op::Greater},
                     {">=", Term::Op::GreaterEqual},
                     {"~", Term::Op::Contains}};
    for (const auto &each : operators) {
        if (each.text == text)
            return each.op;
    }
    return Term::Op::Is;
}

// One number of this kind as the values that it stands for: 404 is 404 to 404, 5xx is 500 to 599.
bool readNumber(Kind kind, std::string_view text, int64_t &low, int64_t &high)
{
    bool good = false;
    if (kind == Kind::Latency) {
        Nanos duration{0};
        good = parseDuration(text, duration);
        low = duration.count();
    } else if (kind == Kind::Size) {
        good = readSize(text, low);
    } else if (kind == Kind::Status && text.size() == 3 && http::equalsIgnoreCase(text.substr(1), "xx")
               && text[0] >= '1' && text[0] <= '9') {
        low = (text[0] - '0') * 100;
        high = low + 99;
        return true;
    } else {
        good = readInteger(text, low);
    }
    high = low;
    return good;
}

std::string_view numberHint(Kind kind)
{
    switch (kind) {
    case Kind::Latency: return "a duration has a unit: latency>200ms, latency:1s..2s";
    case Kind::Size: return "a size is a number with a unit: size>1MB, size:10kB..1MiB";
    case Kind::Status: return "a status is three digits: status:404, status>=500, status:5xx";
    case Kind::Mark: return "a mark is 1 to 6: mark:2";
    default: return "an id is a number: id:17, id:10..20";
    }
}

bool readNumeric(const FieldRule &rule, std::string_view text, Term &test, FilterError &error)
{
    const auto bad = [&] {
        return fail(error, quotedText(text) + " is no " + std::string(rule.name), std::string(numberHint(rule.kind)));
    };
    if (test.op == Term::Op::Contains)
        return fail(error, "~ looks into text, " + std::string(rule.name) + " is a number",
                    std::string(numberHint(rule.kind)));
    int64_t low = 0, high = 0;
    const size_t dots = text.find("..");
    if (dots == text.npos) {
        if (!readNumber(rule.kind, text, low, high) || (rule.kind == Kind::Mark && (low < 1 || low > 6)))
            return bad();
    } else {
        if (test.op != Term::Op::Is)
            return fail(error, "a range goes with : only", std::string(rule.name) + ":" + std::string(text));
        int64_t ignored = 0;
        low = 0;
        high = std::numeric_limits<int64_t>::max();
        const std::string_view from = text.substr(0, dots), to = text.substr(dots + 2);
        if ((from.empty() && to.empty()) || (!from.empty() && !readNumber(rule.kind, from, low, ignored))
            || (!to.empty() && !readNumber(rule.kind, to, ignored, high)))
            return bad();
    }
    test.number = low;
    test.upper = high;
    switch (test.op) {
    case Term::Op::Greater:
    case Term::Op::LessEqual: test.number = high; break;
    case Term::Op::Is:
        if (low != high)
            test.op = Term::Op::Range;
        break;
    default: break;
    }
    if (test.op != Term::Op::Range)
        test.upper = 0;
    return true;
}

bool readIs(std::string_view value, Term &test, FilterError &error)
{
    std::string_view names[std::size(isNames)];
    for (size_t i = 0; i < std::size(isNames); ++i) {
        names[i] = isNames[i].name;
        if (http::equalsIgnoreCase(isNames[i].name, value)) {
            test.number = isNames[i].bit;
            return true;
        }
    }
    const std::string_view near = nearest(value, names, std::size(names));
    return fail(error, "nothing is " + quotedText(value),
                near.empty() ? "is: takes replayed, cached, limited, retried, failed, tunnel, websocket, events, grpc"
                             : "did you mean is:" + std::string(near) + "?");
}

bool readMoment(const FieldRule &rule, std::string_view value, WallTime now, Term &test, FilterError &error)
{
    WallTime time{};
    Nanos ago{0};
    if (parseDuration(value, ago))
        time = now - duration_cast<std::chrono::microseconds>(ago);
    else if (!readTime(value, time))
        return fail(error, quotedText(value) + " is no time",
                    std::string(rule.name) + ":10m counts back from now, or " + std::string(rule.name)
                        + ":2026-11-24T10:00:00Z");
    test.field = "time";
    test.op = rule.kind == Kind::Since ? Term::Op::GreaterEqual : Term::Op::Less;
    test.number = time.time_since_epoch().count();
    return true;
}

bool readText(const FieldRule &rule, std::string_view value, bool quoted, Term &test, FilterError &error)
{
    test.value = value;
    if (test.op == Term::Op::Contains)
        return true;
    if (test.op != Term::Op::Is)
        return fail(error, std::string(rule.name) + " is text and cannot be more or less than something",
                    std::string(rule.name) + ":" + std::string(value) + ", or " + std::string(rule.name) + "~"
                        + std::string(value) + " for a part of it");
    if (!quoted && value.find('*') != value.npos)
        test.op = Term::Op::Glob;
    return true;
}

}  // namespace

const FieldRule *findField(std::string_view name)
{
    for (const FieldRule &rule : rules) {
        if (http::equalsIgnoreCase(rule.name, name))
            return &rule;
    }
    return nullptr;
}

std::string_view nearestField(std::string_view name)
{
    std::string_view names[std::size(rules)];
    for (size_t i = 0; i < std::size(rules); ++i)
        names[i] = rules[i].name;
    return nearest(name, names, std::size(names));
}

bool readValue(const FieldRule &rule, std::string_view op, std::string_view value, bool quoted, WallTime now,
               Term &test, FilterError &error)
{
    test.op = operatorOf(op);
    switch (rule.kind) {
    case Kind::Id: withoutEllipsis(value); [[fallthrough]];
    case Kind::Status:
    case Kind::Mark:
    case Kind::Size:
    case Kind::Latency: return readNumeric(rule, value, test, error);
    case Kind::Is:
        if (test.op != Term::Op::Is)
            return fail(error, "is takes : only", "is:" + std::string(value));
        return readIs(value, test, error);
    case Kind::Since:
    case Kind::Until:
        if (test.op != Term::Op::Is)
            return fail(error, std::string(rule.name) + " takes : only",
                        std::string(rule.name) + ":" + std::string(value));
        return readMoment(rule, value, now, test, error);
    case Kind::Failed: {
        constexpr std::string_view names[] = {"client", "upstream", "gateway"};
        if (test.op == Term::Op::Is && nearest(value, names, std::size(names)) != value)
            return fail(error, quotedText(value) + " cannot be at fault", "failed: takes client, upstream, gateway");
        return readText(rule, value, true, test, error);
    }
    case Kind::Body:
        if (test.op == Term::Op::Is)  // a body is never told whole: both look into it
            test.op = Term::Op::Contains;
        return readText(rule, value, quoted, test, error);
    case Kind::Trace: {
        withoutEllipsis(value);
        if (value.find_first_not_of("0123456789abcdefABCDEF*") != value.npos)
            return fail(error, quotedText(value) + " is no trace id",
                        "a trace id is 32 hex digits; its beginning is enough");
        return readText(rule, value, quoted, test, error);
    }
    case Kind::Request: {
        // As lists show it, shortened: a beginning.
        const bool beginning = !quoted && test.op == Term::Op::Is && withoutEllipsis(value);
        return readText(rule, beginning ? std::string(value) + "**" : std::string(value), quoted, test, error);
    }
    case Kind::Header:
    case Kind::Text: return readText(rule, value, quoted, test, error);
    }
    return false;
}

const std::vector<FilterField> &filterFields()
{
    static const std::vector<FilterField> fields = {
        {"method", "method:POST", "the request's method; method:GET,HEAD for either"},
        {"status", "status>=500", "what the client got; status:5xx, status:200,404, status:400..499"},
        {"path", "path:/api/users/**", "the normalised path; * stays within a segment, ** does not"},
        {"host", "host:api.localhost", "the host that was asked for, with or without its port"},
        {"query", "query~page=2", "the query"},
        {"service", "service:user-service", "the service that the route names"},
        {"route", "route:users", "the route that won"},
        {"endpoint", "endpoint:http://127.0.0.1:9001", "where the last attempt went"},
        {"user", "user:ada", "who the caller is; user:\"\" for nobody"},
        {"client", "client:127.0.0.1", "the caller's address"},
        {"latency", "latency>200ms", "from the first byte in to the last byte out; latency:1s..2s"},
        {"size", "size>1MB", "request and response content together"},
        {"trace", "trace:4bf92f", "the trace id, or its beginning"},
        {"request", "request:0197…", "the request id, or its beginning and an ellipsis"},
        {"id", "id:10..20", "the number in the recording"},
        {"is", "is:retried", "replayed, cached, limited, retried, failed, tunnel, websocket, events or grpc"},
        {"failed", "failed:upstream", "who was to blame: client, upstream or gateway"},
        {"breaker", "breaker:open", "what the breaker decided"},
        {"version", "version:v3", "the version that was chosen"},
        {"cache", "cache:hit", "what the cache did"},
        {"body", "body~\"card\"", "request or response content has this in it, whatever the case"},
        {"header", "header:X-Tenant=acme", "a header of any of the four heads; header:X-Tenant for any value"},
        {"mark", "mark:2", "marked in the window, 1 to 6"},
        {"grpc_status", "grpc_status:14", "how a gRPC call ended; 0 is fine, grpc_status:1..16 is not"},
        {"since", "since:10m", "not older than this, or since:2026-11-24T10:00:00Z"},
        {"until", "until:5m", "older than this"},
    };
    return fields;
}

}  // namespace sluice::recording
