// SPDX-License-Identifier: GPL-3.0-or-later
// The routes' part of PlanBuilder.
#include "engine/config/plan_builder.h"

#include "engine/config/text.h"
#include "engine/http/uri.h"

#include <unordered_map>

namespace sluice::config {
namespace {

void readOneOrMore(const Node *node, std::vector<std::string> &out)
{
    if (node && node->isScalar())
        out.push_back(node->text);
    else if (node && node->isSequence()) {
        for (const Node &item : node->items)
            out.push_back(item.text);
    }
}

std::vector<routing::FieldMatch> fieldsOf(const Node *table)
{
    using Kind = routing::FieldMatch::Kind;
    std::vector<routing::FieldMatch> out;
    if (!table || !table->isMapping())
        return out;
    for (size_t i = 0; i < table->items.size(); ++i) {
        const std::string &value = table->items[i].text;
        if (value == "*")
            out.push_back({table->keys[i].text, Kind::Present, {}});
        else if (value.size() > 1 && value[0] == '~')
            out.push_back({table->keys[i].text, Kind::Regex, value.substr(1)});
        else
            out.push_back({table->keys[i].text, Kind::Exact, value});
    }
    return out;
}

std::string joined(const std::vector<std::string> &words)
{
    std::string out;
    for (const std::string &word : words)
        out += (out.empty() ? "" : ",") + word;
    return out;
}

// A pattern's segment that stands for others: * ** {name}
bool isOpen(std::string_view segment)
{
    return segment == "*" || segment == "**" || (!segment.empty() && segment.front() == '{' && segment.back() == '}');
}

}  // namespace

Result<std::string> normalisedPattern(const std::string &pattern)
{
    if (pattern.empty() || pattern[0] != '/')
        return pattern;
    std::string out;
    for (size_t at = 1; at <= pattern.size();) {
        const size_t end = std::min(pattern.find('/', at), pattern.size());
        const std::string_view segment = std::string_view(pattern).substr(at, end - at);
        out += '/';
        at = end + 1;
        if (isOpen(segment)) {
            out += segment;
            continue;
        }
        if (segment == "." || segment == "..")
            return Error{Fault::Gateway,
                         "requests never have the segment " + inQuotes(segment) + " when they are matched"};
        std::string encoded, storage;
        for (const char c : segment)
            encoded += uint8_t(c) >= 0x80 ? http::percentEncode(std::string_view(&c, 1)) : std::string(1, c);
        const std::string whole = "/" + encoded;
        const Result<std::string_view> normal = http::normalisePath(whole, storage);
        if (!normal)
            return normal.error();
        out += normal->substr(1);
    }
    return out;
}

namespace {

// What a route is told to keep from one side or the other.
struct Withholding {
    const char *first, *second, *third, *key, *sentence;
};

constexpr Withholding withholdings[] = {
    {"request", "headers", "remove", "request.headers.remove",
     "this route takes header fields off its requests, which this version cannot do yet"},
    {"request", "query", "remove", "request.query.remove",
     "this route takes query parameters off its requests, which this version cannot do yet"},
    {"request", "body", "drop", "request.body.drop",
     "this route leaves fields out of its requests, which this version cannot do yet"},
    {"response", "headers", "remove", "response.headers.remove",
     "this route takes header fields off its answers, which this version cannot do yet"},
    {"response", "body", "drop", "response.body.drop",
     "this route leaves fields out of its answers, which this version cannot do yet"},
};

}  // namespace

void PlanBuilder::buildRoutes()
{
    const Node *routes = root_.find("routes");
    if (routes && routes->reference == Node::Reference::Broken)
        return;
    if (!routes || routes->items.empty()) {
        report_.warning(routes ? routes->place : Place{1, 1}, "there are no routes: every request gets 404",
                        "add routes: [{path: /**, service: NAME}]");
        return;
    }
    std::unordered_map<std::string, size_t> indexOf;
    for (size_t i = 0; i < plan_.services.size(); ++i)
        indexOf.emplace(plan_.services[i].name, i);
    plan_.routes.reserve(routes->items.size());
    for (const Node &node : routes->items) {
        if (!node.isMapping())
            continue;
        plan_.routes.push_back(route(node));
        RouteSettings &made = plan_.routes.back();
        if (const auto found = indexOf.find(made.service); found != indexOf.end())
            made.serviceIndex = found->second;
    }
    nameRoutes();
    if (!report_.hasErrors())
        buildRouter();
}

RouteSettings PlanBuilder::route(const Node &node)
{
    RouteSettings out;
    out.place = node.place;
    if (const Node *name = node.find("name"); name && name->isScalar())
        out.name = name->text;
    if (const Node *service = node.find("service"); service && service->isScalar())
        out.service = service->text;
    matchOf(node, out.match);
    rewriteOf(node, out);
    closeWhereNeeded(out, node);
    return out;
}

void PlanBuilder::matchOf(const Node &node, routing::MatchSettings &match)
{
    const Node *path = node.find("path");
    if (path && path->isScalar() && routing::checkPathPattern(path->text).empty()) {
        Result<std::string> pattern = normalisedPattern(path->text);
        if (pattern)
            match.path = pattern.take();
        else
            report_.error(path->place, inQuotes(path->text) + " is no path pattern: " + pattern.error().what);
    }
    readOneOrMore(node.find("host"), match.hosts);
    readOneOrMore(node.find("hosts"), match.hosts);
    for (std::string &host : match.hosts)
        host = http::lowerCase(host);
    readOneOrMore(node.find("methods"), match.methods);
    match.headers = fieldsOf(node.find("headers"));
    match.query = fieldsOf(node.find("query"));
}

void PlanBuilder::rewriteOf(const Node &node, RouteSettings &route)
{
    const Node *strip = node.find("strip_prefix"), *rewrite = node.find("rewrite"), *path = node.find("path");
    if (strip && strip->isScalar())
        route.rewrite.stripPrefix = strip->text;
    if (rewrite && rewrite->isScalar())
        route.rewrite.path = rewrite->text;
    const bool patternFine = path && path->isScalar() && routing::checkPathPattern(path->text).empty();
    if ((!strip && !rewrite) || !patternFine)
        return;
    const Node &wrong = rewrite ? *rewrite : *strip;
    const std::string what = routing::checkRewrite(route.rewrite, route.match.path);
    if (!what.empty())
        report_.error(wrong.place, inQuotes(wrong.text) + " does not fit: " + what);
}

// A gateway never opens what its file closes: what a route must not leave out, and cannot do yet, makes it answer 503.
void PlanBuilder::closeWhereNeeded(RouteSettings &route, const Node &node)
{
    const auto close = [&](const char *what, const char *sentence) {
        route.restricted = what;
        route.unavailable = sentence;
    };
    const auto warn = [&](const Place &place, const std::string &key) {
        report_.warning(place, inQuotes(key) + " is not in effect yet", "until it is, this route answers 503");
    };
    for (const Withholding &each : withholdings) {
        const Node *first = node.find(each.first), *second = first ? first->find(each.second) : nullptr;
        const size_t at = second ? second->indexOf(each.third) : npos;
        if (at == npos || second->items[at].items.empty())
            continue;
        close(each.key, each.sentence);
        warn(second->keys[at].place, each.key);
    }
    // Also one that lies ahead: the gateway would go on past it.
    const Node *versions = node.find("versions");
    for (size_t i = 0; versions && i < versions->items.size(); ++i) {
        const size_t at = versions->items[i].indexOf("sunset");
        if (at == npos)
            continue;
        close("sunset", "this route has a version with a sunset, which this version cannot keep yet");
        warn(versions->items[i].keys[at].place, "sunset");
    }
    if (route.service.empty() && versions)
        close("versions", "this route picks a version's service, which this version cannot do yet");
    if (node.find("aggregate"))
        close("aggregate", "this route makes one answer of several, which this version cannot do yet");
    if (node.find("auth"))
        close("auth", "this route asks for authentication, which this version cannot check yet");
}

// A route without a name is called by its methods and its path, which a reload does not change.
void PlanBuilder::nameRoutes()
{
    std::unordered_map<std::string, size_t> taken;
    for (const RouteSettings &route : plan_.routes) {
        if (!route.name.empty())
            taken.emplace(route.name, 1);
    }
    for (RouteSettings &route : plan_.routes) {
        if (!route.name.empty())
            continue;
        std::string name =
            route.match.methods.empty() ? route.match.path : joined(route.match.methods) + ' ' + route.match.path;
        if (!route.match.hosts.empty() && taken.count(name))
            name += " at " + joined(route.match.hosts);
        const std::string first = name;
        for (size_t &count = taken[first]; ++count > 1 && taken.count(name = first + " #" + std::to_string(count));) {}
        taken.emplace(name, 1);
        route.name = name;
    }
}

void PlanBuilder::buildRouter()
{
    std::vector<routing::Router::Entry> entries;
    entries.reserve(plan_.routes.size());
    for (const RouteSettings &route : plan_.routes)
        entries.push_back({route.name, route.match});
    Result<routing::Router> router = routing::Router::create(std::move(entries));
    if (!router) {
        report_.error(root_.find("routes")->place, router.error().what);
        return;
    }
    plan_.router = router.take();
    for (const auto &[loser, winner] : plan_.router.shadowed()) {
        const RouteSettings &lost = plan_.routes[loser], &won = plan_.routes[winner];
        report_.warning(lost.place,
                        "the route " + inQuotes(lost.name) + " can never match: " + inQuotes(won.name) + " in line "
                            + std::to_string(won.place.line) + " takes all of its requests",
                        "move it up, make it more specific, or remove it");
    }
}

}  // namespace sluice::config
