// SPDX-License-Identifier: GPL-3.0-or-later
// The path that is sent on, and that no capture climbs out of it.
#include "engine/base/random.h"
#include "engine/routing/router.h"

#include <QTest>

using namespace sluice;
using namespace sluice::routing;

namespace {
std::string stripped(std::string prefix, std::string_view path)
{
    return rewritten({.stripPrefix = std::move(prefix)}, path, {});
}

// What a route of this pattern makes of the path.
std::string made(std::string pattern, std::string shape, std::string_view path)
{
    const Result<Router> router = Router::create({{"r", {.path = std::move(pattern)}}});
    const RouteMatch match = router->find({"GET", "h", path, {}, nullptr});
    return match.kind == RouteMatch::Kind::Found ? rewritten({.path = std::move(shape)}, path, match.captures)
                                                 : "no match";
}
}  // namespace

class RewriteTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void withoutARewriteThePathGoesOnAsItIs()
    {
        for (const char *path : {"/", "/a//b/", "//a", "/%2F"})
            QCOMPARE(rewritten({}, path, {}), std::string(path));
    }

    void aPrefixIsStrippedByWholeSegments()
    {
        QCOMPARE(stripped("/api", "/api/users/7"), std::string("/users/7"));
        QCOMPARE(stripped("/api/", "/api/users/7"), std::string("/users/7"));
        QCOMPARE(stripped("/api", "/api"), std::string("/"));
        QCOMPARE(stripped("/api", "/api/"), std::string("/"));
        QCOMPARE(stripped("/api", "/apis/7"), std::string("/apis/7"));
        QCOMPARE(stripped("/api/v1", "/api"), std::string("/api"));
        QCOMPARE(stripped("/", "/api"), std::string("/api"));
        QCOMPARE(stripped("/api", "/api/a%2Fb/"), std::string("/a%2Fb/"));
    }

    void strippingNeverLeavesTwoSlashesInFront()
    {
        QCOMPARE(stripped("/api", "/api//evil.test/x"), std::string("/evil.test/x"));
        QCOMPARE(stripped("/api", "/api///"), std::string("/"));
    }

    void aNewPathIsMadeOfCaptures()
    {
        QCOMPARE(made("/users/{id}/**", "/v2/{id}/all/{**}", "/users/7/a/b"), std::string("/v2/7/all/a/b"));
        QCOMPARE(made("~^/v(\\d+)/(?P<what>[a-z]+)$", "/{what}/version-{1}", "/v3/users"),
                 std::string("/users/version-3"));
        QCOMPARE(made("/a/{x}", "/{x}/{x}", "/a/%20"), std::string("/%20/%20"));
        QCOMPARE(made("/a/{x}", "/fixed", "/a/7"), std::string("/fixed"));
    }

    void whatComesAfterAPrefixKeepsItsFinalSlash()
    {
        QCOMPARE(made("/a/**", "/b/{**}", "/a"), std::string("/b"));
        QCOMPARE(made("/a/**", "/b/{**}", "/a/"), std::string("/b/"));
        QCOMPARE(made("/a/**", "/b/{**}", "/a/c/"), std::string("/b/c/"));
        QCOMPARE(made("/a/**", "/b/{**}/c", "/a"), std::string("/b/c"));
        QCOMPARE(made("/a/**", "/{**}", "/a"), std::string("/"));
    }

    void theNewPathIsWrittenInTheCharactersOfAPath()
    {
        QCOMPARE(made("/a", "/sp ace/\"<\\>\u00e4?#%zz%41", "/a"),
                 std::string("/sp%20ace/%22%3C%5C%3E%C3%A4%3F%23%25zz%41"));
    }

    void noCaptureMakesASegmentThatClimbs()
    {
        QCOMPARE(made("~^/x/(.)(.*)$", "/files/{1}{1}/secret", "/x/.a"), std::string("/files/secret"));
        QCOMPARE(made("~^/x/(.*)\\.(.*)$", "/files/{1}.{2}/x", "/x/.."), std::string("/files/x"));
        QCOMPARE(made("~^/x/(.*)a(.*)$", "/files/{1}{2}/x", "/x/%2a%2e"),
                 std::string("/files/%2%2e/x").replace(7, 2, "%252"));
        QCOMPARE(made("~^/x/(%2)(F)$", "/files/{1}e{1}E/x", "/x/%2F"), std::string("/files/x"));
        QCOMPARE(made("~^/x/(.)(.*)$", "/{1}{1}", "/x/.a"), std::string("/"));
        QCOMPARE(made("~^/x/(.)(.*)$", "/a/{1}{1}", "/x/.a"), std::string("/a/"));
        QCOMPARE(made("~^/x/(.)(.*)$", "/a/{1}{1};v=1/b", "/x/.a"), std::string("/a/b"));
        QCOMPARE(made("~^/x/(.)(.*)$", "/a/{1}{1}%2fb/c", "/x/.a"), std::string("/a/c"));
        QCOMPARE(made("~^/x/(.)(.*)$", "/a/b%5C{1}{1}/c", "/x/.a"), std::string("/a/c"));
        // Three dots, and dots beside letters, are names.
        QCOMPARE(made("~^/x/(.)(.*)$", "/a/{1}{1}{1}/{2}{1}", "/x/.a"), std::string("/a/.../a."));
    }

    void noCaptureBecomesAnAuthority()
    {
        QCOMPARE(made("/a/**", "/{**}", "/a//evil.test/x"), std::string("/evil.test/x"));
        QCOMPARE(made("/a/**", "{**}", "/a/evil.test"), std::string("/evil.test"));
        QCOMPARE(made("~^/a(.*)$", "/{1}", "/a//evil.test"), std::string("/evil.test"));
        QCOMPARE(made("~^/x/(.)(.*)$", "/{1}{1}/{2}", "/x/./evil.test"), std::string("/evil.test"));
        QCOMPARE(made("/a/**", "/b/{**}", "/a//c"), std::string("/b//c"));
    }

    void whateverIsCapturedTheAnswerIsAPathThatDoesNotClimb()
    {
        const std::vector<std::string> pieces = {".",  "..",  "%2e", "%2E", "/", "//", "%",  "2",   "e",   "a",
                                                 "%2", "%2F", ";",   "?",   "#", " ",  "\\", "{1}", "\x80"};
        for (uint64_t seed = 1; seed <= 20'000; ++seed) {
            Random random(seed);
            const auto text = [&] {
                std::string out;
                for (size_t i = random.below(6); i > 0; --i)
                    out += pieces[size_t(random.below(pieces.size()))];
                return out;
            };
            const std::string shape = "/" + text() + "{1}" + text() + "{**}" + text();
            const std::string out = rewritten({.path = shape}, "/x", {{"1", text()}, {"**", text()}});
            const QByteArray seen = ("seed " + std::to_string(seed) + ": " + shape + " → " + out).c_str();
            QVERIFY2(out.starts_with('/') && !out.starts_with("//"), seen);
            const QByteArray decoded = QByteArray(out.c_str()).replace("%2e", ".").replace("%2E", ".");
            for (QByteArray segment : decoded.split('/')) {
                segment.replace("%2F", "/").replace("%5C", "/").replace("%3B", ";");
                for (const QByteArray &piece : segment.split('/'))
                    QVERIFY2(piece.split(';')[0] != "." && piece.split(';')[0] != "..", seen);
            }
            for (const char c : {'?', '#', ' ', '\\', '\x80'})
                QVERIFY2(out.find(c) == out.npos, seen);
        }
    }

    void aRewriteThatCannotWorkIsToldWhy_data()
    {
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<QString>("strip");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("says");
        QTest::newRow("none") << "/a/**"
                              << ""
                              << ""
                              << "";
        QTest::newRow("captures") << "/a/{id}/**"
                                  << ""
                                  << "/b/{id}/{**}"
                                  << "";
        QTest::newRow("groups") << "~/(a)/(?P<n>b)"
                                << ""
                                << "/{2}/{n}/{1}"
                                << "";
        QTest::newRow("prefix") << "/api/v1/**"
                                << "/api"
                                << ""
                                << "";
        QTest::newRow("prefix with a slash") << "/api/**"
                                             << "/api/"
                                             << ""
                                             << "";
        QTest::newRow("prefix within **") << "/api/**"
                                          << "/api/v1"
                                          << ""
                                          << "";
        QTest::newRow("prefix of an expression") << "~^/api/\\d+$"
                                                 << "/api"
                                                 << ""
                                                 << "";
        QTest::newRow("both") << "/a/**"
                              << "/a"
                              << "/b"
                              << "either a prefix is stripped or the path is made anew, not both";
        QTest::newRow("unknown capture")
            << "/a/{id}/**"
            << ""
            << "/{ip}"
            << "the new path names `{ip}`, which the route's path does not capture; it captures `{id}`, `{**}`";
        QTest::newRow("nothing captured")
            << "/a/*"
            << ""
            << "/{1}"
            << "the new path names `{1}`, which the route's path does not capture; it captures nothing";
        QTest::newRow("unclosed") << "/a"
                                  << ""
                                  << "/{id"
                                  << "`{id` is never closed in the new path";
        QTest::newRow("unopened") << "/a"
                                  << ""
                                  << "/id}"
                                  << "`}` was never opened in the new path";
        QTest::newRow("relative") << "/a"
                                  << ""
                                  << "b"
                                  << "the new path begins with `/`";
        QTest::newRow("query") << "/a"
                               << ""
                               << "/b?c=1"
                               << "the new path has no `?` and no `#`: the query goes on as it came";
        QTest::newRow("dots") << "/a"
                              << ""
                              << "/b/%2e./c"
                              << "the new path has no `.` and `..` segments";
        QTest::newRow("relative prefix") << "/a"
                                         << "a"
                                         << ""
                                         << "the prefix to strip begins with `/`";
        QTest::newRow("pattern as prefix") << "/{t}/a"
                                           << "/{t}"
                                           << ""
                                           << "the prefix to strip is plain text; for captures use a new path";
        QTest::newRow("other prefix") << "/api/v1/**"
                                      << "/app"
                                      << ""
                                      << "the route's path never begins with the prefix to strip, `/app`";
        QTest::newRow("longer prefix") << "/api"
                                       << "/api/v1"
                                       << ""
                                       << "the route's path is shorter than the prefix to strip, `/api/v1`";
        QTest::newRow("bad pattern") << "/a/**/b"
                                     << "/a"
                                     << ""
                                     << "`**` may stand only at the end";
    }
    void aRewriteThatCannotWorkIsToldWhy()
    {
        QFETCH(QString, pattern);
        QFETCH(QString, strip);
        QFETCH(QString, path);
        QFETCH(QString, says);
        QCOMPARE(QString::fromStdString(checkRewrite({strip.toStdString(), path.toStdString()}, pattern.toStdString())),
                 says);
    }
};

QTEST_APPLESS_MAIN(RewriteTest)
#include "rewrite_test.moc"
