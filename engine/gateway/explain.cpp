// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/explain.h"

#include "engine/http/http1_reader.h"
#include "engine/http/uri.h"
#include "engine/journey/route_decision.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <utility>

namespace sluice::gateway {

namespace {

using journey::Stage;

// The question as a reader of the gateway took it.
struct Asked {
    http::RequestHead head;
    std::string host, query, path;  // path: normalised
    int status = 400;               // with `wrong`
    const char *outcome = "refused";
    std::string wrong;  // not empty: why the gateway would answer `status` before it looks for a route
};

// What a client sends that was told of this URL, or of the gateway's first address.
std::string hostFor(const config::Plan &plan, const std::string &target)
{
    const size_t scheme = target.find("://");
    if (!target.starts_with('/') && scheme != target.npos)
        return target.substr(scheme + 3, target.find_first_of("/?#", scheme + 3) - scheme - 3);
    if (plan.listen.empty() || plan.listen.front().host.empty() || plan.listen.front().host == "*")
        return "localhost";
    const config::ListenSettings &listen = plan.listen.front();
    const std::string host = listen.host.find(':') == listen.host.npos ? listen.host : '[' + listen.host + ']';
    return listen.port ? host + ':' + std::to_string(listen.port) : host;
}

// The head as it would come over the wire. Empty: a part of it holds a line end, which would make two of it.
std::string headText(const config::Plan &plan, const Question &question)
{
    std::string out = question.method + ' ' + (question.target.empty() ? "/" : question.target) + " HTTP/1.1";
    std::vector<std::pair<std::string, std::string>> fields = question.headers;
    const bool named = std::any_of(fields.begin(), fields.end(),
                                   [](const auto &field) { return http::equalsIgnoreCase(field.first, "Host"); });
    if (!question.host.empty())
        fields.emplace(fields.begin(), "Host", question.host);
    else if (!named)
        fields.emplace(fields.begin(), "Host", hostFor(plan, question.target));
    bool torn = out.find_first_of("\r\n") != out.npos;
    out += "\r\n";
    for (const auto &[name, value] : fields) {
        torn = torn || (name + value).find_first_of("\r\n") != std::string::npos;
        out += name + ": " + value + "\r\n";
    }
    return torn ? std::string() : out + "\r\n";
}

Asked ask(const config::Plan &plan, const Question &question)
{
    Asked out;
    const std::string text = headText(plan, question);
    http::RequestReader reader(plan.limits.ofHeads());
    size_t consumed = 0;
    const http::Step step = reader.read(text, consumed);
    if (step != http::Step::Head) {
        out.wrong = "a method, path or header holds a line end";
        if (step == http::Step::Refused) {
            out.status = reader.refusal().status;
            out.wrong = reader.refusal().what;
        }
        return out;
    }
    out.head = std::move(reader.head());
    if (const auto parts = http::parseAuthority(out.head.authority))
        out.host = parts->host;
    const http::TargetParts target = http::splitTarget(out.head.target);
    out.query = target.query;
    std::string storage;
    const Result<std::string_view> path = http::normalisePath(target.path, storage);
    if (path) {
        out.path = *path;
    } else {
        out.outcome = "bad_path";
        out.wrong = path.error().what;
    }
    return out;
}

void addCandidates(const config::Plan &plan, const routing::RequestFacts &facts, Explanation &out)
{
    for (const routing::Candidate &c : plan.router.explain(facts)) {
        const config::RouteSettings &route = plan.routes[c.route];
        out.candidates.push_back({route.name, c.matched, c.why, plan.file.empty() ? 0 : route.place.line});
    }
}

void addBalance(const config::ServiceSettings &service, Explanation &out)
{
    size_t usable = 0;
    std::string urls = "[";
    for (const config::EndpointSettings &endpoint : service.endpoints) {
        if (endpoint.weight == 0)
            continue;
        if (usable++ > 0)
            urls += ',';
        JsonObject o(urls);
        o.add("url", endpoint.url).add("weight", endpoint.weight);
        o.close();
    }
    urls += ']';
    if (usable == 0) {
        out.status = 503;
        out.decisions.add(Stage::Balance, "none", "service " + service.name + " has no endpoint that takes requests");
        return;
    }
    const std::string why = usable == 1
        ? "the only endpoint that takes requests"
        : "one of " + std::to_string(usable) + " endpoints, by weighted round robin when it is sent";
    out.decisions.add(Stage::Balance, "would_pick", why, [&](JsonObject &f) { f.addRaw("endpoints", urls); });
}

// ---- words

std::string millis(Nanos duration)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2f ms", double(duration.count()) / 1e6);
    return text;
}

// A fact for people: text without its quotes.
std::string factText(const std::string &json)
{
    if (json.size() >= 2 && json.front() == '"' && json.find('\\') == std::string::npos)
        return json.substr(1, json.size() - 2);
    return json;
}

// The fact "others" of the route decision, a line each.
std::string otherRoutes(const journey::Decision &decision)
{
    std::string out;
    for (const auto &[name, value] : decision.facts) {
        rapidjson::Document list;
        if (name != "others" || list.Parse(value.data(), value.size()).HasParseError() || !list.IsArray())
            continue;
        for (const rapidjson::Value &other : list.GetArray()) {
            if (other.IsObject() && other.HasMember("route") && other.HasMember("why") && other["route"].IsString()
                && other["why"].IsString())
                out += "\n            not " + std::string(other["route"].GetString()) + ": " + other["why"].GetString();
        }
    }
    return out;
}

std::string decisionLine(const journey::Decision &decision)
{
    std::string out = "  " + decision.stage;
    out.append(decision.stage.size() < 10 ? 10 - decision.stage.size() : 1, ' ');
    out += decision.outcome + ": " + decision.why;
    std::string facts;
    for (const auto &[name, value] : decision.facts) {
        if (name != "others")
            facts += (facts.empty() ? "" : ", ") + name + " " + factText(value);
    }
    if (!facts.empty())
        out += "\n            (" + facts + ")";
    return out + otherRoutes(decision) + '\n';
}

std::string decisionLines(const journey::DecisionLog &log)
{
    const auto decisions = journey::DecisionLog::parse(log.json());
    if (!decisions || decisions->empty())
        return "  no decisions were kept\n";
    std::string out;
    for (const journey::Decision &decision : *decisions)
        out += decisionLine(decision);
    return out;
}

std::string faultWords(Fault fault)
{
    switch (fault) {
    case Fault::Client: return "the client's fault";
    case Fault::Upstream: return "the upstream's fault";
    case Fault::Gateway: break;
    }
    return "the gateway's doing";
}

std::string timeLines(const journey::Times &t)
{
    const std::pair<const char *, Nanos> steps[] = {
        {"route found", t.routed},       {"upstream connected", t.connected},
        {"request sent", t.requestSent}, {"first byte of the answer", t.firstByte},
        {"answer begun", t.answered},    {"all over", t.ended}};
    std::string out;
    Nanos before{0};
    for (const auto &[what, at] : steps) {
        if (at < Nanos(0))
            continue;
        std::string line = "  " + millis(at);
        line.insert(2, line.size() < 14 ? 14 - line.size() : 0, ' ');
        out += line + "  " + what + " (+" + millis(at - before) + ")\n";
        before = at;
    }
    return out;
}

std::string attemptLines(const journey::Exchange &x)
{
    std::string out;
    for (size_t i = 0; i < x.attempts.size(); ++i) {
        const journey::Attempt &a = x.attempts[i];
        out += "  attempt " + std::to_string(i + 1) + " at " + a.endpoint
            + (a.reused ? ", kept connection" : ", new connection") + ": "
            + (a.error.empty() ? "answered " + std::to_string(a.status) : a.error);
        if (a.started >= Nanos(0) && a.ended >= a.started)
            out += ", " + millis(a.ended - a.started);
        out += '\n';
    }
    return out;
}

}  // namespace

Explanation explain(const config::Plan &plan, const Question &question)
{
    Explanation out;
    const Asked asked = ask(plan, question);
    if (!asked.wrong.empty()) {
        out.status = asked.status;
        out.decisions.add(Stage::Route, asked.outcome, asked.wrong);
        return out;
    }
    const routing::RequestFacts facts{asked.head.method, asked.host, asked.path, asked.query, &asked.head.headers};
    const routing::RouteMatch match = plan.router.find(facts);
    out.path = asked.path;
    addCandidates(plan, facts, out);
    journey::explainRoute(out.decisions, plan, match, facts);
    if (match.kind != routing::RouteMatch::Kind::Found) {
        out.status = match.kind == routing::RouteMatch::Kind::NoRoute ? 404 : 405;
        return out;
    }
    const config::RouteSettings &route = plan.routes[match.route];
    out.route = route.name;
    out.service = route.service;
    if (!route.unavailable.empty()) {
        out.status = 503;
        out.decisions.add(Stage::Auth, "refused", route.unavailable);
        return out;
    }
    const config::ServiceSettings &service = plan.services[route.serviceIndex];
    out.path = routing::rewritten(route.rewrite, asked.path, match.captures);
    if (!asked.query.empty())
        out.path += '?' + asked.query;
    if (!service.unavailable.empty()) {
        out.status = 503;
        out.decisions.add(Stage::Balance, "refused", service.unavailable);
        return out;
    }
    addBalance(service, out);
    return out;
}

std::string toJson(const Explanation &e)
{
    std::string candidates = "[";
    for (const Explanation::Candidate &c : e.candidates) {
        if (candidates.size() > 1)
            candidates += ',';
        JsonObject o(candidates);
        o.add("route", c.route).add("matched", c.matched).add("why", c.why).add("line", c.line);
        o.close();
    }
    candidates += ']';
    std::string out;
    JsonObject o(out);
    if (e.status)
        o.add("status", e.status);
    else
        o.addRaw("status", "null");
    o.addOrNull("route", e.route)
        .addOrNull("service", e.service)
        .addOrNull("path", e.path)
        .addRaw("decisions", e.decisions.json())
        .addRaw("candidates", candidates);
    o.close();
    return out;
}

Result<Explanation> explanationFromJson(std::string_view json)
{
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
    if (document.HasParseError() || !document.IsObject())
        return Error{Fault::Gateway,
                     "the gateway's explanation is no JSON object; is it another program, or of another version?",
                     false};
    const auto text = [](const rapidjson::Value &object, const char *key) {
        const auto at = object.FindMember(key);
        return at != object.MemberEnd() && at->value.IsString()
            ? std::string(at->value.GetString(), at->value.GetStringLength())
            : std::string();
    };
    Explanation out;
    if (const auto at = document.FindMember("status"); at != document.MemberEnd() && at->value.IsInt())
        out.status = at->value.GetInt();
    out.route = text(document, "route");
    out.service = text(document, "service");
    out.path = text(document, "path");
    if (const auto at = document.FindMember("decisions");
        at != document.MemberEnd() && at->value.IsArray() && !at->value.Empty()) {
        rapidjson::StringBuffer buffer;
        rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
        at->value.Accept(writer);
        out.decisions = journey::DecisionLog::restored(std::string(buffer.GetString(), buffer.GetSize() - 1));
    }
    if (const auto at = document.FindMember("candidates"); at != document.MemberEnd() && at->value.IsArray()) {
        for (const rapidjson::Value &c : at->value.GetArray()) {
            if (!c.IsObject())
                continue;
            const auto matched = c.FindMember("matched"), line = c.FindMember("line");
            out.candidates.push_back({text(c, "route"), matched != c.MemberEnd() && matched->value.IsTrue(),
                                      text(c, "why"),
                                      line != c.MemberEnd() && line->value.IsInt() ? line->value.GetInt() : 0});
        }
    }
    return out;
}

std::string toText(const Explanation &e)
{
    std::string out;
    if (e.status)
        out += "The gateway would answer " + std::to_string(e.status) + ' ' + std::string(http::reasonPhrase(e.status))
            + " by itself.\n";
    else
        out += "It would go to service " + e.service + " as " + e.path + ", by route " + e.route + ".\n";
    out += "\nDecisions\n" + decisionLines(e.decisions);
    if (e.candidates.empty())
        return out;
    out += "\nRoutes\n";
    bool winner = true;
    for (const Explanation::Candidate &c : e.candidates) {
        out += c.matched && winner ? "  + " : "  - ";
        winner = winner && !c.matched;
        out += c.route + (c.line > 0 ? " (line " + std::to_string(c.line) + ")" : "") + ": " + c.why + '\n';
    }
    return out;
}

std::string story(const journey::Exchange &x)
{
    const std::string asked = x.received.method.empty() ? "no request" : x.received.method + ' ' + x.received.target;
    std::string out = asked + " from " + x.client + " at " + rfc3339(x.time);
    if (x.id)
        out = "#" + std::to_string(x.id) + "  " + out;
    out += x.unanswered() ? "\nnot answered: " : "\nanswered ";
    if (x.returned.status)
        out += std::to_string(x.returned.status) + ' ' + std::string(http::reasonPhrase(x.returned.status));
    else
        out += "nothing";
    if (x.times.ended >= Nanos(0) && !x.received.method.empty())
        out += " after " + millis(x.times.ended);
    if (!x.failure.empty())
        out += "\nbecause " + x.failure;
    if (x.failedBy)
        out += " (" + faultWords(*x.failedBy) + ")";
    out += '\n';
    if (!x.route.empty())
        out += "route " + x.route + (x.service.empty() ? "" : ", service " + x.service)
            + (x.endpoint.empty() ? "" : ", endpoint " + x.endpoint) + '\n';
    if (!x.sent.target.empty() && x.sent.target != x.received.target)
        out += "sent on as " + x.sent.method + ' ' + x.sent.target + '\n';
    if (x.replayOf)
        out += "repeats #" + std::to_string(x.replayOf) + '\n';
    out += "request " + x.requestId + ", trace " + x.trace.trace + '\n';
    out += "\nDecisions\n" + decisionLines(x.decisions);
    if (!x.attempts.empty())
        out += "\nAttempts\n" + attemptLines(x);
    return out + "\nTime since the request began\n" + timeLines(x.times);
}

}  // namespace sluice::gateway
