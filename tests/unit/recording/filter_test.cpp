// SPDX-License-Identifier: GPL-3.0-or-later
// The filter language: what it understands, and what it says about what it does not.
#include "engine/recording/filter.h"
#include "engine/recording/match.h"

#include <QtTest>

using namespace sluice;
using namespace std::chrono_literals;

namespace {
const WallTime now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 12h;
}

class FilterTest : public QObject {
    Q_OBJECT

    static journey::Exchange exchange()
    {
        journey::Exchange x;
        x.id = 17;
        x.time = now - 5min;
        x.received.method = "POST";
        x.received.authority = "api.localhost:8080";
        x.received.headers.add("X-Tenant", "acme");
        x.path = "/api/users/7/orders";
        x.query = "page=2";
        x.client = "127.0.0.1";
        x.user = "ada";
        x.route = "users";
        x.service = "user-service";
        x.version = "v3";
        x.returned.status = 503;
        x.requestBody = {"{\"Card\":1}", 10, true, false, false, {}};
        x.responseBody.size = 2'000'000;
        x.times.ended = 250ms;
        x.trace.trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        x.requestId = "abc";
        x.attempts.resize(2);
        x.failedBy = Fault::Upstream;
        x.decisions.add(journey::Stage::Breaker, "open", "said \"stage\":\"breaker\",\"outcome\":\"closed\"");
        return x;
    }

private Q_SLOTS:
    void whatMatches_data()
    {
        QTest::addColumn<bool>("matches");
        const auto row = [](const char *text, bool matches) { QTest::newRow(text) << matches; };
        row("", true);
        row("method:post", true);
        row("method!=POST", false);
        row("status>=500 path:/api/users/**", true);
        row("status:5xx", true);
        row("status:200,503", true);
        row("status!=200,503", false);
        row("status:500..502", false);
        row("status>5xx", false);
        row("status>4xx", true);
        row("path:/api/users/*", false);
        row("path:/api/users/*/orders", true);
        row("path:/api/users/7/orders/**", true);
        row("path:/api/users/7/order**", true);
        row("path:\"/api/users/*/orders\"", false);
        row("host:api.localhost", true);
        row("host:api.localhost:8080", true);
        row("host:localhost", false);
        row("latency>200ms latency<=250ms", true);
        row("latency:100ms..200ms", false);
        row("size>2MB", true);
        row("size>2MiB", false);
        row("size>=2000010", true);
        row("trace:4bf92f…", true);
        row("trace:4BF92F3577B34DA6A3CE929D0E0E4736", true);
        row("trace:92f", false);
        row("request:abc…", true);
        row("request:AB…", true);
        row("request:ab", false);
        row("request:bc…", false);
        row("request!=ab…", false);
        row("id:17…", true);
        row("id:1…", false);
        row("id:17", true);
        row("id:18..", false);
        row("id:..17", true);
        row("is:retried,replayed", true);
        row("is:cached", false);
        row("is:failed failed:upstream", true);
        row("breaker:open", true);
        row("breaker:closed", false);
        row("version:v3 user:ada client:127.0.0.1 service:user-* route:users", true);
        row("body~\"card\"", true);
        row("body:card", true);
        row("body~cart", false);
        row("header:X-Tenant=acme", true);
        row("header:x-tenant", true);
        row("header:X-Tenant!=acme", false);
        row("header:X-Tenant~CM", true);
        row("header:Other", false);
        row("since:10m", true);
        row("since:1m", false);
        row("until:1m", true);
        row("since:2026-11-24T11:54:00Z until:2026-11-24T13:56:00+02:00", true);
        row("since:2026-11-25", false);
        row("USERS", true);
        row("503", true);
        row("50", false);
        row("\"page=2\"", true);
        row("not 503", false);
        row("nothing or users", true);
        row("nothing or users and nobody", false);
        row("(nothing or users) and not nobody", true);
        row("not not users", true);
        row("status:200 or (method:POST (user:bob or user:ada))", true);
        row("mark:1", false);
        row("user:\"\"", false);
        row("cache:\"\"", true);
        row("http://nothing", false);
    }
    void whatMatches()
    {
        QFETCH(bool, matches);
        const auto parsed = recording::Filter::parse(QTest::currentDataTag(), now);
        QVERIFY2(parsed.filter, parsed.error.what.c_str());
        QCOMPARE(parsed.filter->matches(exchange()), matches);
        QCOMPARE(parsed.filter->text(), std::string(QTest::currentDataTag()));
    }

    void whatIsWrong_data()
    {
        QTest::addColumn<int>("position");
        QTest::addColumn<QString>("hint");
        const auto row = [](const char *text, int position, const char *hint) {
            QTest::newRow(text) << position << QString(hint);
        };
        row("user:ada stauts:5", 9, "did you mean status?");
        row("localhost:9001", 0, "quotes");
        row("status:ok", 7, "status:404");
        row("status:200,", 11, "status");
        row("latency>200", 8, "200ms");
        row("size>many", 5, "size>1MB");
        row("is:replayd", 3, "is:replayed");
        row("since:yesterday", 6, "since:10m");
        row("since:2026-13-01", 6, "since:10m");
        row("failed:me", 7, "upstream");
        row("trace:xyz", 6, "32 hex");
        row("method>GET", 7, "method:GET");
        row("status~5", 7, "status");
        row("id>1..2", 3, "id:1..2");
        row("mark:7", 5, "1 to 6");
        row("(a b", 0, "add a )");
        row("a b)", 3, "remove it");
        row("a ()", 2, "term");
        row("a or", 4, "end with a term");
        row("and a", 0, "quotes");
        row("not", 3, "end with a term");
        row("a \"b", 2, "add a \"");
        row("header:=x", 7, "header:X-Tenant");
        row("header~x", 0, "header:X-Tenant");
        row("user:\"ada\"x", 10, "space");
        row("path:", 5, "empty");
    }
    void whatIsWrong()
    {
        QFETCH(int, position);
        QFETCH(QString, hint);
        const auto parsed = recording::Filter::parse(QTest::currentDataTag(), now);
        QVERIFY(!parsed.filter);
        QVERIFY(!parsed.error.what.empty());
        QCOMPARE(int(parsed.error.position), position);
        QVERIFY2(QString::fromStdString(parsed.error.hint).contains(hint), parsed.error.hint.c_str());
    }

    void whatIsTooMuchIsRefused()
    {
        QVERIFY(!recording::Filter::parse(std::string(4097, 'a'), now).filter);
        QVERIFY(recording::Filter::parse(std::string(4096, 'a'), now).filter);
        QVERIFY(recording::Filter::parse(std::string(60, '(') + "a" + std::string(60, ')'), now).filter);
        QVERIFY(!recording::Filter::parse(std::string(100, '(') + "a" + std::string(100, ')'), now).filter);
        std::string nots;
        for (int i = 0; i < 100; ++i)
            nots += "not ";
        QVERIFY(!recording::Filter::parse(nots + "a", now).filter);
    }

    void everyFieldOfTheHelpIsUnderstood()
    {
        for (const recording::FilterField &field : recording::filterFields()) {
            if (field.example.find("…") != field.example.npos)
                continue;
            const auto parsed = recording::Filter::parse(field.example, now);
            QVERIFY2(parsed.filter, std::string(field.example).c_str());
            QVERIFY(field.example.starts_with(field.name));
        }
    }

    void globsDoNotExplode()
    {
        std::string pattern, text(5000, 'a');
        for (int i = 0; i < 300; ++i)
            pattern += "a*";
        QVERIFY(!recording::globMatches(pattern + "b", text, false));
        QVERIFY(recording::globMatches(pattern, text, false));
        QVERIFY(recording::globMatches("/**/c/*", "/a/b/c/d", false));
        QVERIFY(!recording::globMatches("/**/c/*", "/a/b/c/d/e", false));
        QVERIFY(recording::globMatches("/a/**", "/a", false));
        QVERIFY(!recording::globMatches("/a/**", "/ab", false));
        QVERIFY(recording::globMatches("**", "", false));
    }

    void foldedSearchFindsWhatASimpleOneFinds()
    {
        const std::string text = "The quick BROWN fox; the lazy dog. aaaab";
        for (size_t from = 0; from < text.size(); ++from) {
            for (size_t size = 1; from + size <= text.size(); ++size) {
                const std::string needle = QString::fromStdString(text.substr(from, size)).toUpper().toStdString();
                const int expected =
                    int(QString::fromStdString(text).indexOf(QString::fromStdString(needle), 0, Qt::CaseInsensitive));
                QCOMPARE(int(recording::FoldedSearch(needle).find(text)), expected);
                QVERIFY(recording::containsFolded(text, needle));
            }
        }
        QVERIFY(!recording::FoldedSearch("cat").in(text));
        QVERIFY(!recording::FoldedSearch("longer than").in("long"));
    }
};

QTEST_APPLESS_MAIN(FilterTest)
#include "filter_test.moc"
