// SPDX-License-Identifier: GPL-3.0-or-later
// What is said of patterns that cannot work, and what of an expression the trie may rely on.
#include "engine/base/random.h"
#include "engine/routing/pattern.h"

#include <QTest>

using namespace sluice;
using namespace sluice::routing;

class PatternTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void goodPathsAreAccepted()
    {
        for (const char *path : {"/", "/**", "/a", "/a/", "/a//b", "/a/**", "/a/*", "/a/*/b/**", "/{id}",
                                 "/{a}/{b-2}/{_c}/**", "/a.b~c/%2F", "~^/a/[0-9]+$", "~.*", "/a|b", "/a+b", "/(x)"})
            QVERIFY2(checkPathPattern(path).empty(), (path + std::string(": ") + checkPathPattern(path)).c_str());
    }

    void aBadPathIsToldWhatIsWrong_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("says");
        QTest::newRow("empty") << ""
                               << "the path is empty; `/` is the root, `/**` is every path";
        QTest::newRow("relative") << "a/b"
                                  << "a path begins with `/`, or with `~` where it is a regular expression";
        QTest::newRow("url") << "http://x/a"
                             << "a path begins with `/`, or with `~` where it is a regular expression";
        QTest::newRow("** inside") << "/a/**/b"
                                   << "`**` may stand only at the end";
        QTest::newRow("** then slash") << "/a/**/"
                                       << "`**` may stand only at the end";
        QTest::newRow("** glued") << "/files**"
                                  << "`files**`: `**` is a segment of its own, as in `/files/**`";
        QTest::newRow("* glued") << "/a*"
                                 << "`a*`: `*` is a whole segment; for a part of one use a regular expression (`~`)";
        QTest::newRow("***") << "/***"
                             << "`***`: `**` is a segment of its own, as in `/files/**`";
        QTest::newRow("unclosed") << "/users/{id"
                                  << "`{id` is never closed";
        QTest::newRow("closed in the next segment") << "/users/{id/x}"
                                                    << "`{id` is never closed";
        QTest::newRow("unopened") << "/users/id}"
                                  << "`}` was never opened in `id}`";
        QTest::newRow("turned") << "/}a{"
                                << "`}` was never opened in `}a{`";
        QTest::newRow("nameless") << "/{}"
                                  << "`{}` has no name";
        QTest::newRow("{**}")
            << "/a/{**}"
            << "`{**}`: to match all that follows, end the path with `/**`; a rewrite calls it `{**}`";
        QTest::newRow("{path*}")
            << "/a/{path*}"
            << "`{path*}`: to match all that follows, end the path with `/**`; a rewrite calls it `{**}`";
        QTest::newRow("digit first")
            << "/{1a}"
            << "`{1a}`: a capture's name is made of letters, digits, `_` and `-`, begins with a letter or "
               "`_`, and has at most 64 of them";
        QTest::newRow("part")
            << "/{id}.json"
            << "`{id}.json`: a capture is a whole segment; for a part of one use a regular expression (`~`)";
        QTest::newRow("twice") << "/{id}/x/{id}"
                               << "`{id}` stands there twice";
        QTest::newRow("..") << "/a/../b"
                            << "`..` never arrives: paths are normalised before they are matched";
        QTest::newRow("query") << "/a?b=1"
                               << "`?` ends the path; match the query with `query`";
        QTest::newRow("fragment") << "/a#b"
                                  << "`#` never arrives: a fragment stays with the client";
        QTest::newRow("space") << "/a b"
                               << "a space or control character in a path is written with its percent-code, as `%20`";
        QTest::newRow("regex") << "~^/a("
                               << "the regular expression cannot be read: missing ): ^/a(";
        QTest::newRow("empty regex") << "~"
                                     << "the regular expression is empty";
        QTest::newRow("look-around") << "~/(?=a)"
                                     << "the regular expression cannot be read: invalid perl operator: (?= "
                                        "(RE2 has no look-around and no back-references)";
    }
    void aBadPathIsToldWhatIsWrong()
    {
        QFETCH(QString, path);
        QFETCH(QString, says);
        QCOMPARE(QString::fromStdString(checkPathPattern(path.toStdString())), says);
        QVERIFY(!Router::create({{"r", {.path = path.toStdString()}}}).ok());
    }

    void hugePatternsAreRefused()
    {
        QCOMPARE(checkPathPattern("/" + std::string(maxPatternBytes, 'a')),
                 std::string("the path is longer than 4096 bytes"));
        std::string deep;
        for (size_t i = 0; i <= maxPatternSegments; ++i)
            deep += "/a";
        QCOMPARE(checkPathPattern(deep), std::string("the path has more than 64 segments"));
        QCOMPARE(checkRegex(std::string(maxPatternBytes + 1, 'a')),
                 std::string("the regular expression is longer than 4096 bytes"));
        std::string groups;
        for (int i = 0; i <= maxRegexGroups; ++i)
            groups += "(a)";
        QVERIFY(checkRegex(groups).starts_with("the regular expression has more than 32 groups"));
        QVERIFY(checkRegex("((a{1,100}){1,100}){1,100}").starts_with("the regular expression cannot be read"));
        std::string big = "x";
        for (int i = 0; i < 40; ++i)
            big += "[^a-z]{900}";
        QVERIFY(checkRegex(big).starts_with("the regular expression cannot be read: pattern too large"));
    }

    void hostsAreNames_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<QString>("says");
        for (const char *good : {"localhost", "a.test", "A.test", "*.a.test", "*.test", "a.test.", "127.0.0.1", "[::1]",
                                 "my_host", "xn--bcher-kva.test"})
            QTest::newRow(good) << good << "";
        QTest::newRow("empty") << ""
                               << "the host is empty; leave `host` out to take any";
        QTest::newRow("url") << "http://a.test"
                             << "a host is only the name, without scheme and path";
        QTest::newRow("star") << "*"
                              << "leave `host` out to take any; `*.example.test` takes all names below example.test";
        QTest::newRow("star inside") << "a.*.test"
                                     << "`*` may stand only as the first label, as in `*.example.test`";
        QTest::newRow("star glued") << "*a.test"
                                    << "`*` may stand only as the first label, as in `*.example.test`";
        QTest::newRow("port") << "a.test:80"
                              << "a host stands without its port, and an IPv6 address in brackets, as `[::1]`";
        QTest::newRow("bare v6") << "::1"
                                 << "a host stands without its port, and an IPv6 address in brackets, as `[::1]`";
        QTest::newRow("v6 port") << "[::1]:80"
                                 << "a host stands without its port: it is the listener that has one";
        QTest::newRow("below a v6") << "*.[::1]"
                                    << "a host stands without its port, and an IPv6 address in brackets, as `[::1]`";
        QTest::newRow("v6 open") << "[::1"
                                 << "an IPv6 address is written in brackets, as `[::1]`";
        QTest::newRow("empty label") << "a..test"
                                     << "each label between the dots of a host has 1 to 63 characters";
        QTest::newRow("only a wildcard's dot") << "*."
                                               << "each label between the dots of a host has 1 to 63 characters";
        QTest::newRow("umlaut")
            << "b\u00fccher.test"
            << "a host is made of letters, digits, `-`, `_` and dots; write an international name in its xn-- form";
        QTest::newRow("long") << QString("a.").repeated(200) << "a host has at most 253 characters";
    }
    void hostsAreNames()
    {
        QFETCH(QString, host);
        QFETCH(QString, says);
        QCOMPARE(QString::fromStdString(checkHostPattern(host.toStdString())), says);
    }

    void theLiteralPrefixOfAnExpressionIsNeverMoreThanWhatIsSure_data()
    {
        QTest::addColumn<QString>("regex");
        QTest::addColumn<QString>("prefix");
        const char *cases[][2] = {{"^/api/v1/[0-9]+$", "/api/v1/"},
                                  {"/api/x", "/api/x"},
                                  {"/a/bc*", "/a/b"},
                                  {"/a/b?c", "/a/"},
                                  {"/a/b{0,2}", "/a/"},
                                  {"/ab+c", "/ab"},
                                  {"/a\\.b/x", "/a.b/x"},
                                  {"/a\\d", "/a"},
                                  {"/a|/b", ""},
                                  {"/a/(b|c)/d", "/a/"},
                                  {"/a/[|]/d", "/a/"},
                                  {"/a\\|b", "/a|b"},
                                  {"(?i)/a/b", ""},
                                  {"/a/\\Qb|c\\E", ""},
                                  {"/a\\?", "/a?"},
                                  {"/a\\??", "/a"},
                                  {".*", ""},
                                  {"^^/a", ""},
                                  {"/a$", "/a"},
                                  {"/a/[]|]x|/b", ""},
                                  {"/a/[[:alpha:]|]/b", "/a/"},
                                  {"/a/[^]|]/b", "/a/"},
                                  {"/(a|b", ""},
                                  {"", ""}};
        for (const auto &row : cases)
            QTest::newRow(row[0]) << row[0] << (QLatin1String(row[0]) == QLatin1String("/(a|b") ? "/" : row[1]);
    }
    void theLiteralPrefixOfAnExpressionIsNeverMoreThanWhatIsSure()
    {
        QFETCH(QString, regex);
        QFETCH(QString, prefix);
        QCOMPARE(QString::fromStdString(literalPrefix(regex.toStdString())), prefix);
    }

    void whateverARandomExpressionMatchesBeginsWithItsLiteralPrefix()
    {
        const std::vector<std::string> atoms = {
            "a",    "b",     "/",   "a", "/", "\\.", ".",    "*",   "?",       "+",   "|",   "(",    ")",   "[ab]",
            "[^a]", "{0,1}", "{2}", "^", "$", "(?:", "(?i)", "\\d", "\\Qa\\E", "\\|", "[|]", "[]a]", "\\b", "\\x61"};
        const std::string letters = "ab/.A1";
        size_t matches = 0;
        for (uint64_t seed = 1; seed <= 20'000; ++seed) {
            Random random(seed);
            std::string text = random.below(2) ? "^/" : "/";
            for (size_t i = random.below(8); i > 0; --i)
                text += atoms[size_t(random.below(atoms.size()))];
            std::string error;
            const RegexPtr regex = compileRegex(text, error);
            const std::string prefix = literalPrefix(text);
            for (int i = 0; regex && i < 30; ++i) {
                std::string sample = random.below(2) ? prefix.substr(0, size_t(random.below(prefix.size() + 1))) : "";
                for (size_t n = random.below(5); n > 0; --n)
                    sample += letters[size_t(random.below(letters.size()))];
                if (!matchesWhole(*regex, sample))
                    continue;
                ++matches;
                QVERIFY2(
                    sample.starts_with(prefix),
                    (text + " matches " + sample + ", prefix " + prefix + ", seed " + std::to_string(seed)).c_str());
            }
        }
        QVERIFY2(matches > 5'000, qPrintable(QString::number(matches)));
    }
};

QTEST_APPLESS_MAIN(PatternTest)
#include "pattern_test.moc"
