// SPDX-License-Identifier: GPL-3.0-or-later
// The router against a matcher that is too simple to be wrong, over random tables of routes and random requests.
// On a failure the seed is printed: it makes the same table and the same request again.
#include "engine/base/random.h"
#include "engine/routing/router.h"

#include <QTest>
#include <re2/re2.h>

#include <algorithm>
#include <set>

using namespace sluice;
using namespace sluice::routing;

namespace {
using Strings = std::vector<std::string>;

// How a reference route is made: the generator knows the rank of each segment, so no pattern need be read again.
struct Reference {
    Router::Entry entry;
    std::vector<std::pair<int, std::string>> parts;  // 0 literal, 1 any, 2 expression, 3 rest
    std::shared_ptr<RE2> regex;
};

struct Request {
    std::string method, host, path, query;
    http::HeaderList headers;
    std::vector<std::pair<std::string, std::string>> parameters;
};

template<class T>
const T &oneOf(Random &random, const std::vector<T> &list)
{
    return list[size_t(random.below(list.size()))];
}

const Strings segments = {"a", "b", "c", "aa", "7", ""};
const Strings requestHosts = {"a.test", "b.a.test", "c.b.a.test", "other", "test"};
const Strings routeHosts = {"a.test", "b.a.test", "*.test", "*.a.test", "*.b.a.test"};
const Strings methodNames = {"GET", "HEAD", "POST", "PURGE"};

std::vector<FieldMatch> randomFields(Random &random, const char *prefix)
{
    std::vector<FieldMatch> out;
    for (const char *name : {"1", "2"}) {
        const std::string field = std::string(prefix) + name;
        switch (random.below(8)) {
        case 0: out.push_back({field, FieldMatch::Kind::Present, ""}); break;
        case 1: out.push_back({field, FieldMatch::Kind::Exact, "x"}); break;
        case 2: out.push_back({field, FieldMatch::Kind::Regex, "[xy]+"}); break;
        }
    }
    return out;
}

Reference randomRoute(Random &random, size_t index)
{
    Reference out;
    out.entry.name = "r" + std::to_string(index);
    MatchSettings &match = out.entry.match;
    std::string path;
    const size_t length = random.below(4) + (random.below(8) == 0 ? 0 : 1);
    const bool regex = random.below(5) == 0;
    for (size_t i = 0; i < length; ++i) {
        const bool any = !regex && random.below(4) == 0;
        const std::string literal = oneOf(random, segments);
        out.parts.emplace_back(any ? 1 : 0, any ? "" : literal);
        path += "/" + (!any ? literal : random.below(2) ? std::string("*") : "{p" + std::to_string(i) + "}");
    }
    if (regex) {
        // None of them begins with a whole literal segment, so that the rank of a route is known here.
        const Strings tails = {"/.*", "/[a-c]+", "/(a|b)/?.*", "/\\d", "/[^/]+/[^/]+", "/a?a?", "/b+", "/\\.?a/.*"};
        path += oneOf(random, tails);
        out.regex = std::make_shared<RE2>(path);
        path = random.below(2) ? "~^" + path + "$" : "~" + path;
        out.parts.emplace_back(2, "");
    } else if (path.empty() || random.below(3) == 0) {
        path += "/**";
        out.parts.emplace_back(3, "");
    }
    match.path = path;
    if (random.below(3) == 0) {
        for (size_t i = random.below(2) + 1; i > 0; --i)
            match.hosts.push_back(oneOf(random, routeHosts));
    }
    if (random.below(2) == 0) {
        for (size_t i = random.below(2) + 1; i > 0; --i)
            match.methods.push_back(oneOf(random, methodNames));
    }
    match.headers = randomFields(random, "X-");
    match.query = randomFields(random, "q");
    return out;
}

Request randomRequest(Random &random)
{
    Request out;
    out.method = oneOf(random, methodNames);
    out.host = oneOf(random, requestHosts);
    for (size_t i = random.below(5) + 1; i > 0; --i)
        out.path += "/" + oneOf(random, segments);
    for (const char *name : {"1", "2"}) {
        const Strings values = {"x", "y", "z", ""};
        if (random.below(2))
            out.headers.add("x-" + std::string(name), oneOf(random, values));
        if (random.below(2)) {
            out.parameters.emplace_back("q" + std::string(name), oneOf(random, values));
            out.query +=
                (out.query.empty() ? "" : "&") + out.parameters.back().first + "=" + out.parameters.back().second;
        }
    }
    return out;
}

Strings split(const std::string &path)
{
    Strings out;
    std::string segment;
    for (size_t i = 1; i <= path.size(); ++i) {
        if (i == path.size() || path[i] == '/') {
            out.push_back(segment);
            segment.clear();
        } else {
            segment += path[i];
        }
    }
    return out;
}

int hostRank(const Reference &route, const std::string &host)
{
    int best = route.entry.match.hosts.empty() ? 0 : -1;
    for (const std::string &pattern : route.entry.match.hosts) {
        if (pattern == host)
            best = std::max(best, 1000);
        else if (pattern[0] == '*' && host.size() >= pattern.size()
                 && host.substr(host.size() - pattern.size() + 1) == pattern.substr(1))
            best = std::max(best, int(pattern.size()));
    }
    return best;
}

bool pathMatches(const Reference &route, const std::string &path)
{
    if (route.regex)
        return RE2::FullMatch(path, *route.regex);
    const Strings have = split(path);
    for (size_t i = 0; i < route.parts.size(); ++i) {
        if (route.parts[i].first == 3)
            return true;
        if (i >= have.size() || (route.parts[i].first == 1 ? have[i].empty() : have[i] != route.parts[i].second))
            return false;
    }
    return have.size() == route.parts.size();
}

bool holds(const FieldMatch &field, const std::string &value)
{
    static const RE2 onlyExpression("[xy]+");  // that randomFields gives
    return field.kind == FieldMatch::Kind::Present || (field.kind == FieldMatch::Kind::Exact && value == field.value)
        || (field.kind == FieldMatch::Kind::Regex && RE2::FullMatch(value, onlyExpression));
}

bool fieldsHold(const Reference &route, const Request &request)
{
    for (const FieldMatch &field : route.entry.match.headers) {
        if (!request.headers.has(field.name) || !holds(field, std::string(request.headers.get(field.name))))
            return false;
    }
    for (const FieldMatch &field : route.entry.match.query) {
        const auto found = std::find_if(request.parameters.begin(), request.parameters.end(),
                                        [&](const auto &p) { return p.first == field.name; });
        if (found == request.parameters.end() || !holds(field, found->second))
            return false;
    }
    return true;
}

bool takesMethod(const Reference &route, const std::string &method)
{
    const Strings &list = route.entry.match.methods;
    const auto has = [&](const char *name) { return std::find(list.begin(), list.end(), name) != list.end(); };
    return list.empty() || has(method.c_str()) || (method == "HEAD" && has("GET"));
}

// The rule of precedence, as the README has it.
bool sooner(const Reference &a, size_t indexA, const Reference &b, size_t indexB, const std::string &host)
{
    if (const int x = hostRank(a, host), y = hostRank(b, host); x != y)
        return x > y;
    for (size_t i = 0; i < std::max(a.parts.size(), b.parts.size()); ++i) {
        const int x = i < a.parts.size() ? a.parts[i].first : -1, y = i < b.parts.size() ? b.parts[i].first : -1;
        if (x != y)
            return x < y;
    }
    if (a.entry.match.methods.empty() != b.entry.match.methods.empty())
        return b.entry.match.methods.empty();
    if (a.entry.match.headers.size() != b.entry.match.headers.size())
        return a.entry.match.headers.size() > b.entry.match.headers.size();
    if (a.entry.match.query.size() != b.entry.match.query.size())
        return a.entry.match.query.size() > b.entry.match.query.size();
    return indexA < indexB;
}

struct Expected {
    RouteMatch::Kind kind = RouteMatch::Kind::NoRoute;
    size_t route = 0;
    std::set<std::string> allow;
    std::vector<size_t> order;  // all that match, by precedence
};

Expected expect(const std::vector<Reference> &routes, const Request &request)
{
    Expected out;
    for (size_t i = 0; i < routes.size(); ++i) {
        const Reference &route = routes[i];
        if (hostRank(route, request.host) < 0 || !pathMatches(route, request.path) || !fieldsHold(route, request))
            continue;
        if (takesMethod(route, request.method)) {
            out.order.push_back(i);
            continue;
        }
        for (const std::string &method : route.entry.match.methods) {
            out.allow.insert(method);
            if (method == "GET")
                out.allow.insert("HEAD");
        }
    }
    std::sort(out.order.begin(), out.order.end(),
              [&](size_t a, size_t b) { return sooner(routes[a], a, routes[b], b, request.host); });
    if (!out.order.empty()) {
        out.kind = RouteMatch::Kind::Found;
        out.route = out.order.front();
        out.allow.clear();
    } else if (!out.allow.empty()) {
        out.kind = RouteMatch::Kind::WrongMethod;
    }
    return out;
}

std::set<std::string> listed(const std::string &allow)
{
    std::set<std::string> out;
    for (const QString &method : QString::fromStdString(allow).split(", ", Qt::SkipEmptyParts))
        out.insert(method.toStdString());
    return out;
}

std::vector<Router::Entry> entriesOf(const std::vector<Reference> &routes)
{
    std::vector<Router::Entry> out;
    for (const Reference &route : routes)
        out.push_back(route.entry);
    return out;
}

std::string told(uint64_t seed, const Request &request, const std::vector<Reference> &routes)
{
    std::string out = "seed " + std::to_string(seed) + ": " + request.method + " " + request.host + request.path + "?"
        + request.query;
    for (const Reference &route : routes)
        out += "\n  " + route.entry.name + " " + route.entry.match.path;
    return out;
}
}  // namespace

class RouterPropertyTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theRouterAgreesWithTheNaiveMatcher()
    {
        size_t found = 0, wrongMethod = 0, none = 0;
        for (uint64_t seed = 1; seed <= 600; ++seed) {
            Random random(seed);
            std::vector<Reference> routes;
            for (size_t i = random.below(40) + 1; i > 0; --i)
                routes.push_back(randomRoute(random, routes.size()));
            Result<Router> made = Router::create(entriesOf(routes));
            QVERIFY2(made.ok(), made.ok() ? "" : ("seed " + std::to_string(seed) + ": " + made.error().what).c_str());
            for (int i = 0; i < 20; ++i) {
                const Request request = randomRequest(random);
                const Expected expected = expect(routes, request);
                const RequestFacts facts{request.method, request.host, request.path, request.query, &request.headers};
                const RouteMatch match = made->find(facts);
                const bool same = match.kind == expected.kind && match.route == expected.route
                    && listed(match.allow) == expected.allow;
                QVERIFY2(same, told(seed, request, routes).c_str());
                (expected.kind == RouteMatch::Kind::Found ? found : expected.allow.empty() ? none : wrongMethod)++;

                // explain() tells the same decision, and the rest in order.
                std::vector<size_t> order;
                for (const Candidate &candidate : made->explain(facts, 100)) {
                    QVERIFY2(!candidate.why.empty(), told(seed, request, routes).c_str());
                    if (candidate.matched)
                        order.push_back(candidate.route);
                }
                QVERIFY2(order == expected.order, told(seed, request, routes).c_str());
            }
        }
        // The test would prove little if hardly anything matched.
        QVERIFY2(found > 2000 && wrongMethod > 100 && none > 1000,
                 qPrintable(QString("%1 %2 %3").arg(found).arg(wrongMethod).arg(none)));
    }

    void aShadowedRouteNeverWinsAndItsShadowIsThereWheneverItMatches()
    {
        size_t pairs = 0, met = 0;
        for (uint64_t seed = 1; seed <= 400; ++seed) {
            Random random(seed * 7919);
            std::vector<Reference> routes;
            for (size_t i = 0; i < 40; ++i) {
                routes.push_back(randomRoute(random, i));
                if (random.below(4) > 0)  // few conditions, many shadows
                    routes.back().entry.match.headers = routes.back().entry.match.query = {};
            }
            Result<Router> made = Router::create(entriesOf(routes));
            QVERIFY(made.ok());
            const auto shadowed = made->shadowed();
            pairs += shadowed.size();
            for (int i = 0; i < 25; ++i) {
                const Request request = randomRequest(random);
                const Expected expected = expect(routes, request);
                for (const auto &[loser, winner] : shadowed) {
                    const auto lost = std::find(expected.order.begin(), expected.order.end(), loser);
                    if (lost == expected.order.end())
                        continue;
                    ++met;
                    QVERIFY2(std::find(expected.order.begin(), lost, winner) != lost,
                             told(seed * 7919, request, routes).c_str());
                }
            }
        }
        QVERIFY2(pairs > 80 && met > 300, qPrintable(QString("%1 %2").arg(pairs).arg(met)));
    }
};

QTEST_APPLESS_MAIN(RouterPropertyTest)
#include "router_property_test.moc"
