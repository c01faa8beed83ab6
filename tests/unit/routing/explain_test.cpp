// SPDX-License-Identifier: GPL-3.0-or-later
// What is told of a decision, and of routes that can never win one.
#include "engine/routing/router.h"

#include <QTest>

using namespace sluice;
using namespace sluice::routing;

namespace {
using Pairs = std::vector<std::pair<size_t, size_t>>;

Router make(std::vector<Router::Entry> entries)
{
    return Router::create(std::move(entries)).take();
}

std::string told(const std::vector<Candidate> &candidates)
{
    std::string out;
    for (const Candidate &c : candidates)
        out += std::to_string(c.route) + (c.matched ? " + " : " - ") + c.why + "\n";
    return out;
}

RequestFacts get(std::string_view path, std::string_view host = "localhost")
{
    return {"GET", host, path, {}, nullptr};
}

Pairs shadows(std::vector<Router::Entry> entries)
{
    return make(std::move(entries)).shadowed();
}
}  // namespace

class ExplainTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void eachLoserIsToldByWhichWordOfTheRuleItLost()
    {
        const Router router = make({{"all", {}},
                                    {"regex", {.path = "~^/api/users/[0-9]+$"}},
                                    {"prefix", {.path = "/api/users/**"}},
                                    {"one", {.path = "/api/users/{id}"}},
                                    {"one-again", {.path = "/api/users/*"}},
                                    {"named", {.path = "/api/users/{id}", .methods = {"GET"}}},
                                    {"hosted", {.path = "/**", .hosts = {"*.test"}}}});
        QCOMPARE(told(router.explain(get("/api/users/7", "a.test"))),
                 std::string("6 + wins: it takes the hosts `*.test`, path `/**` and nothing more specific matches\n"
                             "5 + matches too, but `hosted` takes the hosts `*.test`, this one takes any host\n"
                             "3 + matches too, but `hosted` takes the hosts `*.test`, this one takes any host\n"
                             "4 + matches too, but `hosted` takes the hosts `*.test`, this one takes any host\n"
                             "1 + matches too, but `hosted` takes the hosts `*.test`, this one takes any host\n"
                             "2 + matches too, but `hosted` takes the hosts `*.test`, this one takes any host\n"
                             "0 + matches too, but `hosted` takes the hosts `*.test`, this one takes any host\n"));
        QCOMPARE(told(router.contenders(get("/api/users/7"))),
                 std::string(
                     "5 + wins: it takes any host, path `/api/users/{id}` and nothing more specific matches\n"
                     "3 + matches too, but `named` names the method, this one takes any\n"
                     "4 + matches too, but `named` names the method, this one takes any\n"
                     "1 + matches too, but at segment 3 the path of `named` has `{id}`, that of this one has a regular "
                     "expression\n"
                     "2 + matches too, but at segment 3 the path of `named` has `{id}`, that of this one has `**`\n"
                     "0 + matches too, but at segment 1 the path of `named` has `api`, that of this one has `**`\n"));
    }

    void theOnlyRouteWinsWithoutRivals()
    {
        const Router router = make({{"users", {.path = "/users/**", .hosts = {"a.test"}}}});
        QCOMPARE(told(router.explain(get("/users", "a.test"))),
                 std::string("0 + wins: it names the host `a.test`, path `/users/**` and no other route matches\n"));
    }

    void headersQueryAndTheFileDecideInWords()
    {
        const FieldMatch there{"X-A", FieldMatch::Kind::Present, ""}, q{"q", FieldMatch::Kind::Present, ""};
        const Router router = make({{"bare", {.path = "/a"}},
                                    {"bare-2", {.path = "/a"}},
                                    {"query", {.path = "/a", .query = {q}}},
                                    {"header", {.path = "/a", .headers = {there}}}});
        http::HeaderList headers;
        headers.add("X-A", "");
        QCOMPARE(told(router.explain({"GET", "h", "/a", "q", &headers})),
                 std::string("3 + wins: it takes any host, path `/a` and nothing more specific matches\n"
                             "2 + matches too, but `header` asks for 1 header, this one for 0\n"
                             "0 + matches too, but `header` asks for 1 header, this one for 0\n"
                             "1 + matches too, but `header` asks for 1 header, this one for 0\n"));
        QCOMPARE(told(router.explain({"GET", "h", "/a", "q", nullptr})),
                 std::string("2 + wins: it takes any host, path `/a` and nothing more specific matches\n"
                             "0 + matches too, but `query` asks for 1 query parameter, this one for 0\n"
                             "1 + matches too, but `query` asks for 1 query parameter, this one for 0\n"
                             "3 - header X-A is not there\n"));
        QVERIFY(told(router.explain(get("/a"))).find("1 + matches too, but `bare` stands earlier in the file\n")
                != std::string::npos);
    }

    void whatFailsIsToldAndNoSecretWithIt()
    {
        const Router router =
            make({{"post", {.path = "/a", .methods = {"POST", "GETS"}}},
                  {"key", {.path = "/a", .headers = {{"Authorization", FieldMatch::Kind::Exact, "Bearer planted-1"}}}},
                  {"token", {.path = "/a", .query = {{"token", FieldMatch::Kind::Exact, "planted-2"}}}}});
        http::HeaderList headers;
        headers.add("authorization", "Bearer planted-3");
        const std::string text = told(router.explain({"GET", "h", "/a", "token=planted-4", &headers}));
        QCOMPARE(text,
                 std::string("0 - method is GET, the route takes POST, GETS\n"
                             "1 - header Authorization has another value than the route asks for\n"
                             "2 - query parameter token has another value than the route asks for\n"));
    }

    void aRequestThatFindsNothingIsToldWhatCameNear()
    {
        const Router router = make({{"users", {.path = "/api/users/{id}"}},
                                    {"orders", {.path = "/api/orders/**"}},
                                    {"far", {.path = "/other"}},
                                    {"shop", {.path = "/**", .hosts = {"shop.test", "*.shop.test"}}},
                                    {"expr", {.path = "~^/api/v[0-9]$"}}});
        QCOMPARE(told(router.explain(get("/api/users/7/x"))),
                 std::string("0 - path goes on with `x`, where the route ends\n"
                             "1 - segment 2 of the path is `users`, the route has `orders`\n"
                             "3 - host is `localhost`, the route takes `shop.test`, `*.shop.test`\n"
                             "4 - path does not match `~^/api/v[0-9]$`\n"));
        const auto first = [&](std::string_view path) { return router.explain(get(path), 1).front().why; };
        QCOMPARE(first("/api/users/7/"), std::string("path has a `/` at its end, the route has not"));
        QCOMPARE(first("/api/users"), std::string("path ends before segment 3, where the route has `{id}`"));
        QCOMPARE(first("/api/users/"), std::string("segment 3 of the path is empty, the route has `{id}`"));
        QCOMPARE(first("/api/Orders"), std::string("segment 2 of the path is `Orders`, the route has `users`"));
        QVERIFY(told(router.explain(get("/api/Orders"))).find("the route has `orders` (case counts in a path)")
                != std::string::npos);
    }

    void noMoreIsToldThanAskedFor()
    {
        std::vector<Router::Entry> entries;
        for (int i = 0; i < 500; ++i)
            entries.push_back({"r" + std::to_string(i), {.path = i % 2 ? "/a" : "/a/b"}});
        const Router router = make(entries);
        QCOMPARE(router.explain(get("/a")).size(), size_t(20));
        QCOMPARE(router.explain(get("/a"), 3).size(), size_t(3));
        QVERIFY(router.explain(get("/a"), 0).empty());
        QCOMPARE(router.explain(get("/a/x"), 7).size(), size_t(7));
        QCOMPARE(router.contenders(get("/a"), 5).front().route, size_t(1));
    }

    void aVeryLongSegmentIsCutInTheWords()
    {
        const Router router = make({{"r", {.path = "/a/b"}}});
        QVERIFY(router.explain(get("/a/" + std::string(8000, 'x'))).front().why.size() < 300);
    }

    void aRouteThatAnotherTakesEverythingOfIsShadowed()
    {
        QCOMPARE(shadows({{"a", {.path = "/a/{x}"}}, {"b", {.path = "/a/*"}}}), (Pairs{{1, 0}}));
        QCOMPARE(shadows({{"a", {.path = "/a"}}, {"b", {.path = "/a"}}, {"c", {.path = "/a"}}}),
                 (Pairs{{1, 0}, {2, 0}}));
        QCOMPARE(
            shadows({{"a", {.path = "/a", .methods = {"GET", "POST"}}}, {"b", {.path = "/a", .methods = {"HEAD"}}}}),
            (Pairs{{1, 0}}));
        QCOMPARE(shadows({{"a", {.path = "~/x"}}, {"b", {.path = "~/x"}}}), (Pairs{{1, 0}}));
        QCOMPARE(shadows({{"a", {.hosts = {"x.test", "y.test"}}}, {"b", {.hosts = {"Y.test"}}}}), (Pairs{{1, 0}}));
        const FieldMatch exact{"X-A", FieldMatch::Kind::Exact, "1"}, digit{"x-a", FieldMatch::Kind::Regex, "[0-9]"};
        QCOMPARE(shadows({{"a", {.headers = {digit}}}, {"b", {.headers = {exact}}}}), (Pairs{{1, 0}}));
        QCOMPARE(shadows({{"a", {.query = {exact}}}, {"b", {.query = {exact}}}}), (Pairs{{1, 0}}));
    }

    void aRouteThatCanStillMatchIsNot()
    {
        const FieldMatch one{"X-A", FieldMatch::Kind::Exact, "1"}, two{"X-A", FieldMatch::Kind::Exact, "2"},
            other{"X-B", FieldMatch::Kind::Present, ""};
        const std::vector<std::vector<Router::Entry>> tables = {
            {{"a", {.path = "/a/**"}}, {"b", {.path = "/a/b"}}},  // the later one is more specific
            {{"a", {.path = "/a", .methods = {"GET"}}}, {"b", {.path = "/a"}}},
            {{"a", {.path = "/a"}}, {"b", {.path = "/a", .methods = {"GET"}}}},
            {{"a", {.path = "/a", .methods = {"HEAD"}}}, {"b", {.path = "/a", .methods = {"GET"}}}},
            {{"a", {.headers = {one}}}, {"b", {.headers = {two}}}},
            {{"a", {.headers = {one}}}, {"b", {}}},
            {{"a", {.headers = {one}}}, {"b", {.headers = {other}}}},
            {{"a", {}}, {"b", {.hosts = {"x.test"}}}},
            {{"a", {.hosts = {"x.test"}}}, {"b", {}}},
            {{"a", {.hosts = {"*.test"}}}, {"b", {.hosts = {"x.test"}}}},
            {{"a", {.hosts = {"x.test"}}}, {"b", {.hosts = {"x.test", "y.test"}}}},
            {{"a", {.path = "~/x"}}, {"b", {.path = "~/y"}}},
        };
        for (size_t i = 0; i < tables.size(); ++i)
            QVERIFY2(shadows(tables[i]).empty(), qPrintable(QString("table %1").arg(i)));
    }

    void shadowsOfVeryManyEqualRoutesAreFoundInTime()
    {
        std::vector<Router::Entry> entries;
        for (int i = 0; i < 2'000; ++i)
            entries.push_back({"r" + std::to_string(i),
                               {.path = "/a", .headers = {{"X-A", FieldMatch::Kind::Exact, std::to_string(i)}}}});
        entries.push_back({"last", entries.front().match});
        QCOMPARE(shadows(entries), (Pairs{{2'000, 0}}));
    }
};

QTEST_APPLESS_MAIN(ExplainTest)
#include "explain_test.moc"
