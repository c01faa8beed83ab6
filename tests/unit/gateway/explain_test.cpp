// SPDX-License-Identifier: GPL-3.0-or-later
// An explanation says what the router decides, why the others lost, and what would be sent on.
#include "engine/config/load.h"
#include "engine/gateway/explain.h"

#include <QTest>

using namespace sluice;
using namespace sluice::gateway;

namespace {

config::PlanPtr plan()
{
    return config::load(R"(services:
  a: http://127.0.0.1:9001
  b: {endpoints: [http://127.0.0.1:9002, {url: http://127.0.0.1:9003, weight: 3}]}
  empty: {endpoints: [{url: http://127.0.0.1:9004, weight: 0}]}
authenticators: {staff: {jwt: {algorithms: [RS256], jwks: http://127.0.0.1:1/jwks}}}
routes:
- {name: users, path: /api/users/**, service: a, methods: [GET, POST], strip_prefix: /api}
- {name: one, path: "/api/users/{id}", service: b, methods: GET}
- {name: tenant, path: /api/users/**, service: b, methods: GET, headers: {X-Tenant: acme}}
- {name: shop, path: /**, host: shop.test, service: b}
- {name: closed, path: /admin/**, service: a, auth: staff}
- {name: nobody, path: /nobody, service: empty}
)",
                        "gateway.yaml", {})
        .plan;
}

Explanation ask(std::string method, std::string target, std::vector<std::pair<std::string, std::string>> headers = {})
{
    return explain(*plan(), {std::move(method), std::move(target), {}, std::move(headers)});
}

}  // namespace

class ExplainTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theWinnerComesFirstAndTheOthersSayWhyTheyLost();
    void thePathIsTheOneThatWouldBeSentOn();
    void whatTheGatewayAnswersItselfIsTold_data();
    void whatTheGatewayAnswersItselfIsTold();
    void whatTheReaderRefusesIsToldAsIt_data();
    void whatTheReaderRefusesIsToldAsIt();
    void limitsAreThoseOfTheFile();
    void aUrlNamesItsHost();
    void itSurvivesItsWayThroughTheControlSocket();
    void aStoryTellsAttemptsAndTimes();
};

void ExplainTest::theWinnerComesFirstAndTheOthersSayWhyTheyLost()
{
    const Explanation e = ask("GET", "/api/users/7");
    QCOMPARE(e.status, 0);
    QCOMPARE(e.route, std::string("one"));
    QVERIFY(e.candidates.size() >= 3);
    QCOMPARE(e.candidates[0].route, std::string("one"));
    QVERIFY(e.candidates[0].matched);
    for (const Explanation::Candidate &c : e.candidates) {
        if (c.route == "tenant")
            QVERIFY(!c.matched && c.why.find("X-Tenant") != std::string::npos);
    }
    const std::string text = toText(e);
    QVERIFY(text.find("+ one") != std::string::npos);
    QVERIFY(text.find("- users") != std::string::npos);
}

void ExplainTest::thePathIsTheOneThatWouldBeSentOn()
{
    QCOMPARE(ask("GET", "/api/users/./a/b?x=1").path, std::string("/users/a/b?x=1"));
    const auto decisions = journey::DecisionLog::parse(ask("GET", "/api/users/7").decisions.json());
    QVERIFY(decisions.has_value());
    QCOMPARE(decisions->front().stage, std::string("route"));
    QCOMPARE(decisions->front().outcome, std::string("matched"));
    QCOMPARE(decisions->back().stage, std::string("balance"));
}

void ExplainTest::whatTheGatewayAnswersItselfIsTold_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("outcome");
    QTest::newRow("no route") << QByteArray("GET") << QByteArray("/none") << 404 << QByteArray("no_route");
    QTest::newRow("wrong method") << QByteArray("PUT") << QByteArray("/api/users/7") << 405
                                  << QByteArray("method_not_allowed");
    QTest::newRow("closed") << QByteArray("GET") << QByteArray("/admin/x") << 503 << QByteArray("refused");
    QTest::newRow("nobody there") << QByteArray("GET") << QByteArray("/nobody") << 503 << QByteArray("none");
    QTest::newRow("above the root") << QByteArray("GET") << QByteArray("/../x") << 400 << QByteArray("bad_path");
    QTest::newRow("no escape") << QByteArray("GET") << QByteArray("/%zz") << 400 << QByteArray("bad_path");
}

void ExplainTest::whatTheGatewayAnswersItselfIsTold()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(int, status);
    QFETCH(QByteArray, outcome);
    const Explanation e = ask(method.toStdString(), target.toStdString());
    QCOMPARE(e.status, status);
    const auto decisions = journey::DecisionLog::parse(e.decisions.json());
    QVERIFY(decisions && !decisions->empty());
    QCOMPARE(QByteArray::fromStdString(decisions->back().outcome), outcome);
    QVERIFY(toText(e).find(std::to_string(status)) != std::string::npos);
}

void ExplainTest::whatTheReaderRefusesIsToldAsIt_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QList<QByteArray>>("headers");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("why");
    const QByteArray get = "GET", users = "/api/users/7";
    using Headers = QList<QByteArray>;
    QTest::newRow("a URL and another Host") << get << QByteArray("http://shop.test/x") << Headers{"Host: other.test"}
                                            << 400 << QByteArray("different authorities");
    QTest::newRow("two Hosts") << get << users << Headers{"Host: a", "Host: a"} << 400
                               << QByteArray("more than one Host");
    QTest::newRow("a malformed Host") << get << users << Headers{"Host: a/b"} << 400 << QByteArray("Host is malformed");
    QTest::newRow("userinfo") << get << QByteArray("http://ada@shop.test/x") << Headers{} << 400
                              << QByteArray("authority");
    QTest::newRow("a long path") << get << QByteArray("/" + QByteArray(9000, 'a')) << Headers{} << 414
                                 << QByteArray("long");
    QTest::newRow("two lengths") << QByteArray("POST") << users
                                 << Headers{"Content-Length: 1", "Transfer-Encoding: chunked"} << 400
                                 << QByteArray("came together");
    QTest::newRow("CONNECT") << QByteArray("CONNECT") << QByteArray("a.test:443") << Headers{} << 501
                             << QByteArray("CONNECT");
    QTest::newRow("a line end in a header")
        << get << users << Headers{"X-A: 1\r\nHost: b"} << 400 << QByteArray("line end");
}

void ExplainTest::whatTheReaderRefusesIsToldAsIt()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(QList<QByteArray>, headers);
    QFETCH(int, status);
    QFETCH(QByteArray, why);
    std::vector<std::pair<std::string, std::string>> fields;
    for (const QByteArray &line : headers)
        fields.emplace_back(line.left(line.indexOf(':')).toStdString(), line.mid(line.indexOf(':') + 2).toStdString());
    const Explanation e = ask(method.toStdString(), target.toStdString(), fields);
    QCOMPARE(e.status, status);
    const auto decisions = journey::DecisionLog::parse(e.decisions.json());
    QVERIFY(decisions && decisions->size() == 1);
    QCOMPARE(decisions->back().outcome, std::string("refused"));
    QVERIFY2(decisions->back().why.find(why.toStdString()) != std::string::npos, decisions->back().why.c_str());
    QVERIFY(e.route.empty());
}

void ExplainTest::limitsAreThoseOfTheFile()
{
    const auto status = [](const std::string &limits, std::vector<std::pair<std::string, std::string>> headers) {
        const config::Loaded loaded = config::load("http: {" + limits
                                                       + "}\nservices: {a: http://127.0.0.1:9001}\n"
                                                         "routes: [{path: /**, service: a}]\n",
                                                   "gateway.yaml", {});
        return explain(*loaded.plan, {"GET", "/" + std::string(600, 'a'), {}, std::move(headers)}).status;
    };
    QCOMPARE(status("request_line: 1KiB", {}), 0);
    QCOMPARE(status("request_line: 512B", {}), 414);
    const std::vector<std::pair<std::string, std::string>> many(20, {"X-A", std::string(100, 'a')});
    QCOMPARE(status("header_count: 21", many), 0);  // Host is one of them
    QCOMPARE(status("header_count: 20", many), 431);
    QCOMPARE(status("header_bytes: 2KiB", many), 431);
}

void ExplainTest::aUrlNamesItsHost()
{
    QCOMPARE(ask("GET", "http://SHOP.test:8080/anything").route, std::string("shop"));
    QCOMPARE(ask("GET", "/anything", {{"Host", "shop.test"}}).route, std::string("shop"));
    QCOMPARE(ask("GET", "/anything").status, 404);
}

void ExplainTest::itSurvivesItsWayThroughTheControlSocket()
{
    for (const char *target : {"/api/users/7", "/none", "/admin/x"}) {
        const Explanation before = ask("GET", target);
        const Result<Explanation> after = explanationFromJson(toJson(before));
        QVERIFY(after.ok());
        QCOMPARE(toText(*after), toText(before));
        QCOMPARE(toJson(*after), toJson(before));
    }
    QVERIFY(!explanationFromJson("nothing").ok());
    QVERIFY(!explanationFromJson("[]").ok());
}

void ExplainTest::aStoryTellsAttemptsAndTimes()
{
    journey::Exchange x;
    x.id = 17;
    x.received.method = "GET";
    x.received.target = "/api/users/7";
    x.returned.status = 502;
    x.route = "users";
    x.failedBy = Fault::Upstream;
    x.failure = "no endpoint could be reached";
    x.attempts.push_back({"http://127.0.0.1:9001", Nanos(1000), Nanos(-1), Nanos(-1), std::chrono::milliseconds(2), 0,
                          false, "connection refused"});
    x.times.routed = std::chrono::microseconds(20);
    x.times.ended = std::chrono::milliseconds(3);
    x.decisions.add(journey::Stage::Route, "matched", "the only one", [](JsonObject &f) { f.add("route", "users"); });
    const std::string text = story(x);
    for (const char *part :
         {"#17", "502", "upstream's fault", "connection refused", "3.00 ms", "matched: the only one", "attempt 1"})
        QVERIFY2(text.find(part) != std::string::npos, part);
}

QTEST_APPLESS_MAIN(ExplainTest)
#include "explain_test.moc"
