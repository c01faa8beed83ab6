// SPDX-License-Identifier: GPL-3.0-or-later
// Which route wins, and what is said when none does.
#include "engine/routing/router.h"

#include <QTest>

using namespace sluice;
using namespace sluice::routing;

namespace {
using Kind = RouteMatch::Kind;

struct Routes {
    std::vector<Router::Entry> entries;

    Routes &add(std::string path, MatchSettings match = {})
    {
        match.path = path;
        entries.push_back({"r" + std::to_string(entries.size()), std::move(match)});
        return *this;
    }
    Router build() const
    {
        Result<Router> router = Router::create(entries);
        if (!router)
            qFatal("%s", router.error().what.c_str());
        return router.take();
    }
};

MatchSettings methods(std::vector<std::string> list)
{
    return {.methods = std::move(list)};
}
MatchSettings hosts(std::vector<std::string> list)
{
    return {.hosts = std::move(list)};
}
MatchSettings header(std::string name, std::string value)
{
    return {.headers = {{name, FieldMatch::Kind::Exact, value}}};
}

RequestFacts get(std::string_view path, std::string_view host = "localhost")
{
    return {"GET", host, path, {}, nullptr};
}

// The name of the route that wins, "404", or "405 ALLOW".
std::string won(const Router &router, const RequestFacts &request)
{
    const RouteMatch match = router.find(request);
    switch (match.kind) {
    case Kind::Found: return "r" + std::to_string(match.route);
    case Kind::NoRoute: return "404";
    case Kind::WrongMethod: return "405 " + match.allow;
    }
    return {};
}

std::string captured(const Router &router, std::string_view path)
{
    std::string out;
    for (const Capture &capture : router.find(get(path)).captures)
        out += capture.name + "=" + capture.value + ";";
    return out;
}
}  // namespace

class RouterTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aRouterWithoutRoutesFindsNone()
    {
        QCOMPARE(won(Router(), get("/")), std::string("404"));
        QCOMPARE(won(Routes().build(), get("/a")), std::string("404"));
        QVERIFY(Router().explain(get("/")).empty());
        QVERIFY(Router().shadowed().empty());
    }

    void aPrefixTakesItselfAndAllBelowButNoNeighbour()
    {
        const Router router = Routes().add("/api/users/**").build();
        for (const char *path :
             {"/api/users", "/api/users/", "/api/users/7", "/api/users/7/orders", "/api/users//", "/api/users/%2e"})
            QCOMPARE(won(router, get(path)), std::string("r0"));
        for (const char *path :
             {"/api/users2", "/api/user", "/api", "/", "/API/users", "/api/users2/7", "//api/users", "/xapi/users"})
            QCOMPARE(won(router, get(path)), std::string("404"));
    }

    void anExactPathTakesOnlyItself()
    {
        const Router router = Routes().add("/a/b").add("/").build();
        QCOMPARE(won(router, get("/a/b")), std::string("r0"));
        QCOMPARE(won(router, get("/")), std::string("r1"));
        for (const char *path : {"/a/b/", "/a", "/a/b/c", "//", "/a//b"})
            QCOMPARE(won(router, get(path)), std::string("404"));
    }

    void aStarTakesExactlyOneSegmentThatIsNotEmpty()
    {
        const Router router = Routes().add("/a/*/c").add("/end/*").build();
        QCOMPARE(won(router, get("/a/x/c")), std::string("r0"));
        QCOMPARE(won(router, get("/end/x")), std::string("r1"));
        for (const char *path : {"/a/c", "/a//c", "/a/x/y/c", "/end", "/end/", "/end/x/"})
            QCOMPARE(won(router, get(path)), std::string("404"));
    }

    void whatIsNotAPathFindsNothing()
    {
        const Router router = Routes().add("/**").add("~.*").build();
        for (const char *path : {"", "*", "a/b", "http://x/"})
            QCOMPARE(won(router, get(path)), std::string("404"));
        QCOMPARE(won(router, get("/")), std::string("r1"));
    }

    void capturesAreTheSegmentsAsTheyStandInThePath()
    {
        const Router router =
            Routes().add("/users/{id}/orders/{order-no}").add("/files/{area}/**").add("/plain").add("/star/*").build();
        QCOMPARE(captured(router, "/users/a%20b/orders/7"), std::string("id=a%20b;order-no=7;"));
        QCOMPARE(captured(router, "/files/x/y/z%2Fw"), std::string("area=x;**=y/z%2Fw;"));
        QCOMPARE(captured(router, "/files/x/"), std::string("area=x;**=;"));
        QCOMPARE(captured(router, "/files/x"), std::string("area=x;**=;"));
        QCOMPARE(captured(router, "/plain"), std::string());
        QCOMPARE(captured(router, "/star/x"), std::string());
    }

    void aRegexMatchesTheWholePathAndCapturesByNumberAndName()
    {
        const Router router = Routes().add("~^/v(\\d+)/(?P<what>[a-z]+)(/x)?$").add("~/half").build();
        QCOMPARE(captured(router, "/v12/users"), std::string("1=12;2=users;3=;what=users;"));
        QCOMPARE(won(router, get("/v12/users/y")), std::string("404"));
        QCOMPARE(won(router, get("/half")), std::string("r1"));
        QCOMPARE(won(router, get("/half/more")), std::string("404"));
        QCOMPARE(won(router, get("/x/half")), std::string("404"));
    }

    void theMoreSpecificPathWinsWhateverTheOrderOfTheFile()
    {
        const Router router = Routes()
                                  .add("/**")
                                  .add("~^/api/.*$")
                                  .add("/api/**")
                                  .add("/api/{kind}/**")
                                  .add("/api/{kind}/{id}")
                                  .add("/api/users/**")
                                  .add("~^/api/users/[0-9]+$")
                                  .add("/api/users/{id}")
                                  .add("/api/users/7")
                                  .build();
        QCOMPARE(won(router, get("/api/users/7")), std::string("r8"));  // exact
        QCOMPARE(won(router, get("/api/users/8")), std::string("r7"));  // one segment before an expression
        QCOMPARE(won(router, get("/api/users/8/x")), std::string("r5"));
        QCOMPARE(won(router, get("/api/users")), std::string("r5"));
        QCOMPARE(won(router, get("/api/orders/8")), std::string("r4"));
        QCOMPARE(won(router, get("/api/orders/8/x")), std::string("r3"));
        QCOMPARE(won(router, get("/api/")), std::string("r1"));  // an expression before **
        QCOMPARE(won(router, get("/api")), std::string("r2"));
        QCOMPARE(won(router, get("/else")), std::string("r0"));
    }

    void anEarlierLiteralSegmentCountsMoreThanALaterOne()
    {
        const Router router = Routes().add("/{a}/b/c").add("/a/**").build();
        QCOMPARE(won(router, get("/a/b/c")), std::string("r1"));
        QCOMPARE(won(router, get("/x/b/c")), std::string("r0"));
    }

    void aDeadEndOnTheSpecificBranchGoesBackToTheOther()
    {
        const Router router = Routes().add("/a/b/c/d").add("/a/{x}/c/e").add("/{y}/b/**").build();
        QCOMPARE(won(router, get("/a/b/c/d")), std::string("r0"));
        QCOMPARE(won(router, get("/a/b/c/e")), std::string("r1"));
        QCOMPARE(won(router, get("/a/b/c/f")), std::string("r2"));
    }

    void theMoreExactHostWinsBeforeAnyPath()
    {
        const Router router = Routes()
                                  .add("/a/b")
                                  .add("/**", hosts({"*.test"}))
                                  .add("/**", hosts({"*.api.test"}))
                                  .add("/**", hosts({"v1.api.test"}))
                                  .build();
        QCOMPARE(won(router, get("/a/b", "v1.api.test")), std::string("r3"));
        QCOMPARE(won(router, get("/a/b", "v2.api.test")), std::string("r2"));
        QCOMPARE(won(router, get("/a/b", "x.y.api.test")), std::string("r2"));
        QCOMPARE(won(router, get("/a/b", "api.test")), std::string("r1"));
        QCOMPARE(won(router, get("/a/b", "test")), std::string("r0"));  // a wildcard takes one label or more
        QCOMPARE(won(router, get("/a/b", "xtest")), std::string("r0"));
        QCOMPARE(won(router, get("/a/b", "")), std::string("r0"));
        QCOMPARE(won(router, get("/else", "localhost")), std::string("404"));
    }

    void hostPatternsAreCaseInsensitiveAndTheFinalDotDoesNotCount()
    {
        const Router router = Routes().add("/**", hosts({"Shop.Test"})).add("/**", hosts({"*.Shop.test."})).build();
        QCOMPARE(won(router, get("/", "shop.test")), std::string("r0"));
        QCOMPARE(won(router, get("/", "shop.test.")), std::string("r0"));
        QCOMPARE(won(router, get("/", "a.shop.test.")), std::string("r1"));
    }

    void anIpv6HostMatchesWithItsBracketsAndWithout()
    {
        const Router router = Routes().add("/**", hosts({"[::1]"})).build();
        QCOMPARE(won(router, get("/", "[::1]")), std::string("r0"));
        QCOMPARE(won(router, get("/", "::1")), std::string("r0"));
        QCOMPARE(won(router, get("/", "::2")), std::string("404"));
    }

    void aLessExactHostIsTriedWhenTheExactOneHasNoRoute()
    {
        const Router router = Routes().add("/a", hosts({"x.test"})).add("/b", hosts({"*.test"})).add("/c").build();
        QCOMPARE(won(router, get("/b", "x.test")), std::string("r1"));
        QCOMPARE(won(router, get("/c", "x.test")), std::string("r2"));
    }

    void aWrongMethodOnTheSpecificRouteFallsBackToTheLessSpecific()
    {
        const Router router =
            Routes().add("/api/users/{id}", methods({"GET"})).add("/api/**", methods({"POST"})).build();
        QCOMPARE(won(router, {"POST", "h", "/api/users/7", {}, nullptr}), std::string("r1"));
        QCOMPARE(won(router, get("/api/users/7")), std::string("r0"));
    }

    void allowIsTheUnionOfAllRoutesThatOnlyTheMethodKeptAway()
    {
        const Router router = Routes()
                                  .add("/api/users/{id}", methods({"GET", "DELETE"}))
                                  .add("/api/**", methods({"POST", "PURGE"}))
                                  .add("/other", methods({"PATCH"}))
                                  .build();
        QCOMPARE(won(router, {"PUT", "h", "/api/users/7", {}, nullptr}),
                 std::string("405 GET, HEAD, POST, DELETE, PURGE"));
        QCOMPARE(won(router, {"PUT", "h", "/api/orders", {}, nullptr}), std::string("405 POST, PURGE"));
        QCOMPARE(won(router, {"OPTIONS", "h", "/other", {}, nullptr}), std::string("405 PATCH"));
    }

    void getAdmitsHeadAndMethodsHaveTheirCase()
    {
        const Router router = Routes().add("/a", methods({"GET"})).add("/b", methods({"HEAD", "OPTIONS"})).build();
        QCOMPARE(won(router, {"HEAD", "h", "/a", {}, nullptr}), std::string("r0"));
        QCOMPARE(won(router, {"get", "h", "/a", {}, nullptr}), std::string("405 GET, HEAD"));
        QCOMPARE(won(router, get("/b")), std::string("405 HEAD, OPTIONS"));
        QCOMPARE(won(router, {"OPTIONS", "h", "/b", {}, nullptr}), std::string("r1"));
    }

    void aRouteWhoseHeadersFailDoesNotMakeItAMatterOfTheMethod()
    {
        MatchSettings match = header("X-Tenant", "acme");
        match.methods = {"POST"};
        const Router router = Routes().add("/a", match).build();
        QCOMPARE(won(router, get("/a")), std::string("404"));
        http::HeaderList headers;
        headers.add("x-tenant", "acme");
        QCOMPARE(won(router, {"GET", "h", "/a", {}, &headers}), std::string("405 POST"));
        QCOMPARE(won(router, {"POST", "h", "/a", {}, &headers}), std::string("r0"));
    }

    void atTheSamePathANamedMethodThenMoreHeadersThenMoreQueryThenTheFileDecide()
    {
        MatchSettings two = header("X-A", "1");
        two.headers.push_back({"X-B", FieldMatch::Kind::Present, ""});
        const Router router = Routes()
                                  .add("/a", two)  // any method
                                  .add("/a", methods({"GET"}))
                                  .add("/a", {.methods = {"GET"}, .query = {{"q", FieldMatch::Kind::Present, ""}}})
                                  .add("/a", {.methods = {"GET"}, .headers = {{"X-A", FieldMatch::Kind::Exact, "1"}}})
                                  .add("/a", methods({"GET"}))
                                  .build();
        http::HeaderList headers;
        headers.add("X-A", "1");
        headers.add("X-B", "");
        QCOMPARE(won(router, {"GET", "h", "/a", "q=1", &headers}), std::string("r3"));
        QCOMPARE(won(router, {"GET", "h", "/a", "q", nullptr}), std::string("r2"));
        QCOMPARE(won(router, get("/a")), std::string("r1"));
        QCOMPARE(won(router, {"POST", "h", "/a", {}, &headers}), std::string("r0"));
    }

    void headersAreMatchedByAnyOfTheirLinesAndARegexByTheWholeValue()
    {
        const Router router = Routes()
                                  .add("/exact", header("X-V", "2"))
                                  .add("/regex", {.headers = {{"x-v", FieldMatch::Kind::Regex, "[0-9]+"}}})
                                  .add("/there", {.headers = {{"X-V", FieldMatch::Kind::Present, ""}}})
                                  .build();
        http::HeaderList lines;
        lines.add("X-V", "1x");
        QCOMPARE(won(router, {"GET", "h", "/regex", {}, &lines}), std::string("404"));
        QCOMPARE(won(router, {"GET", "h", "/there", {}, &lines}), std::string("r2"));
        lines.add("X-v", "2");
        QCOMPARE(won(router, {"GET", "h", "/exact", {}, &lines}), std::string("r0"));
        QCOMPARE(won(router, {"GET", "h", "/regex", {}, &lines}), std::string("r1"));
        QCOMPARE(won(router, get("/there")), std::string("404"));
    }

    void queryParametersAreComparedDecoded()
    {
        const Router router = Routes()
                                  .add("/exact", {.query = {{"a b", FieldMatch::Kind::Exact, "x/y"}}})
                                  .add("/regex", {.query = {{"v", FieldMatch::Kind::Regex, "[a-c] +"}}})
                                  .add("/there", {.query = {{"debug", FieldMatch::Kind::Present, ""}}})
                                  .add("/empty", {.query = {{"e", FieldMatch::Kind::Exact, ""}}})
                                  .build();
        const auto ask = [&](const char *path, const char *query) {
            return won(router, {"GET", "h", path, query, nullptr});
        };
        for (const char *query : {"a+b=x/y", "a%20b=x%2fy", "&&z=1&a+b=no&a+b=x%2Fy&"})
            QCOMPARE(ask("/exact", query), std::string("r0"));
        for (const char *query : {"", "a+b", "a+b=x", "a+b=x/yy", "A+b=x/y", "a+b=x%2", "a+b=x%"})
            QCOMPARE(ask("/exact", query), std::string("404"));
        QCOMPARE(ask("/regex", "v=b+%20"), std::string("r1"));
        QCOMPARE(ask("/regex", "v=d+"), std::string("404"));
        for (const char *query : {"debug", "debug=", "x=1&debug=no"})
            QCOMPARE(ask("/there", query), std::string("r2"));
        QCOMPARE(ask("/there", "debugger=1"), std::string("404"));
        QCOMPARE(ask("/empty", "e"), std::string("r3"));
        QCOMPARE(ask("/empty", "=&e=1"), std::string("404"));
    }

    void manyRegexesAtOneNodeKeepTheirOrderAndMissNone()
    {
        Routes routes;
        for (int i = 0; i < 300; ++i)
            routes.add("~^/r/[a-z]+/" + std::to_string(i) + "$");
        routes.add("~^/r/.*$");
        routes.add("~^/r/special/7$", methods({"GET"}));
        const Router router = routes.build();
        QCOMPARE(won(router, get("/r/abc/123")), std::string("r123"));
        QCOMPARE(won(router, get("/r/abc/300")), std::string("r300"));
        QCOMPARE(won(router, get("/r/special/7")), std::string("r301"));
        QCOMPARE(won(router, {"POST", "h", "/r/special/7", {}, nullptr}), std::string("r7"));
        QCOMPARE(won(router, get("/r")), std::string("404"));
    }

    void aVeryLongAndVeryDeepPathIsJustAnotherPath()
    {
        std::string deepest;
        for (int i = 0; i < 63; ++i)
            deepest += "/*";
        const Router router = Routes().add(deepest + "/**").add("/a/**").add("~^/(x*)*y$").build();
        std::string deep;
        for (int i = 0; i < 4000; ++i)
            deep += "/d";
        QCOMPARE(won(router, get(deep)), std::string("r0"));
        QCOMPARE(won(router, get("/a" + std::string(8000, '/'))), std::string("r1"));
        QCOMPARE(won(router, get("/" + std::string(8000, 'x') + "y")), std::string("r2"));
        QCOMPARE(won(router, get("/" + std::string(8000, 'x'))), std::string("404"));
    }

    void aPatternThatCannotBeCompiledNamesItsRoute()
    {
        const auto error = [](MatchSettings match) {
            const Result<Router> router = Router::create({{"users", std::move(match)}});
            return router ? std::string("it was accepted") : router.error().what;
        };
        QCOMPARE(error({.path = "/a/**/b"}), std::string("route users: `**` may stand only at the end"));
        QVERIFY(error({.hosts = {"a b"}}).starts_with("route users: a host is made of"));
        QVERIFY(error({.headers = {{"X-A", FieldMatch::Kind::Regex, "("}}})
                    .starts_with("route users: header X-A: the regular"));
        QVERIFY(
            error({.query = {{"q", FieldMatch::Kind::Regex, "["}}}).starts_with("route users: query q: the regular"));
    }

    void theArticlesRoutesDoWhatTheArticleSays()
    {
        const Router router = Routes()
                                  .add("/api/users/**", methods({"GET", "POST", "PUT", "DELETE"}))
                                  .add("/api/orders/**", methods({"GET", "POST"}))
                                  .add("/api/payments/**", methods({"POST"}))
                                  .add("/api/inventory/**", methods({"GET"}))
                                  .build();
        QCOMPARE(won(router, {"DELETE", "h", "/api/users/7", {}, nullptr}), std::string("r0"));
        QCOMPARE(won(router, {"DELETE", "h", "/api/orders/7", {}, nullptr}), std::string("405 GET, HEAD, POST"));
        QCOMPARE(won(router, get("/api/payments")), std::string("405 POST"));
        QCOMPARE(won(router, get("/api/inventory/x")), std::string("r3"));
        QCOMPARE(won(router, get("/api/nothing")), std::string("404"));
    }
};

QTEST_APPLESS_MAIN(RouterTest)
#include "router_test.moc"
