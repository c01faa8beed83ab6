// SPDX-License-Identifier: GPL-3.0-or-later
// What the upstream sees of a request, what the client sees of an answer, and what the gateway answers itself.
#include "tests/peers/peers.h"

#include <QRegularExpression>
#include <QTest>

using namespace support;

namespace {

bool fits(const std::string &text, const char *pattern)
{
    return QRegularExpression(QRegularExpression::anchoredPattern(pattern))
        .match(QString::fromStdString(text))
        .hasMatch();
}

constexpr const char *uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
constexpr const char *traceparent = "00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]";

}  // namespace

class HeadersTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void idsAreMadeAndToldToBothSides();
    void idsOfTheCallerAreContinued();
    void idsThatAreNoIdsAreReplaced();
    void whoAskedIsToldToTheUpstream();
    void whatAClientClaimsOfOthersIsNotBelieved();
    void whatATrustedPeerSaysIsContinued();
    void whatBelongsToAConnectionStaysOnIt();
    void ordinaryHeadersArePassedOnAsTheyAre();
    void whatIsNotRoutedIs404();
    void anotherMethodIs405WithAllow();
    void ownErrorsAreProblemsWithTheRequestId();
    void onlyWhatIsMatchedIsForwarded();

private:
    std::unique_ptr<NodeServer> node_;
    std::unique_ptr<GatewayProcess> gateway_;
    std::unique_ptr<GatewayProcess> trusting_;
};

void HeadersTest::initTestCase()
{
    node_ = std::make_unique<NodeServer>();
    QVERIFY(node_->ready());
    GatewaySetup setup;
    setup.file = "services:\n  node: " + node_->url()
        + "\nroutes:\n- {path: /headers, service: node}\n- {path: /headers/**, service: node, strip_prefix: "
          "/headers/deep}\n"
          "- {path: /only, service: node, methods: [GET, POST]}\n";
    gateway_ = std::make_unique<GatewayProcess>(setup);
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
    setup.file += "trusted_proxies: [127.0.0.0/8]\n";
    trusting_ = std::make_unique<GatewayProcess>(setup);
}

void HeadersTest::idsAreMadeAndToldToBothSides()
{
    const HttpAnswer first = get(gateway_->port(), "/headers"), second = get(gateway_->port(), "/headers");
    const QJsonObject what = jsonObject(first.body);
    QVERIFY2(fits(first.header("x-request-id"), uuid), first.head.c_str());
    QVERIFY2(fits(first.header("x-trace-id"), "[0-9a-f]{32}"), first.head.c_str());
    QCOMPARE(seen(what, "X-Request-ID"), first.header("x-request-id"));
    QVERIFY(fits(seen(what, "traceparent"), traceparent));
    QCOMPARE(seen(what, "traceparent").substr(3, 32), first.header("x-trace-id"));
    QVERIFY(first.header("x-request-id") != second.header("x-request-id"));
    QVERIFY(first.header("x-trace-id") != second.header("x-trace-id"));
    const QList<QJsonObject> rows = gateway_->log(2);
    QCOMPARE(text(rows[0], "request_id"), first.header("x-request-id"));
    QCOMPARE(text(rows[0], "trace_id"), first.header("x-trace-id"));
}

void HeadersTest::idsOfTheCallerAreContinued()
{
    const HttpAnswer answer =
        get(gateway_->port(), "/headers",
            "X-Request-ID: job-7/a\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
            "tracestate: a=1\r\n");
    const QJsonObject what = jsonObject(answer.body);
    QCOMPARE(answer.header("x-request-id"), std::string("job-7/a"));
    QCOMPARE(seen(what, "X-Request-ID"), std::string("job-7/a"));
    QCOMPARE(answer.header("x-trace-id"), std::string("4bf92f3577b34da6a3ce929d0e0e4736"));
    const std::string passed = seen(what, "traceparent");
    QVERIFY2(fits(passed, "00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01"), passed.c_str());
    QVERIFY2(passed.find("00f067aa0ba902b7") == std::string::npos, "the gateway is a span of its own");
    QCOMPARE(seen(what, "tracestate"), std::string("a=1"));
}

void HeadersTest::idsThatAreNoIdsAreReplaced()
{
    const HttpAnswer answer = get(gateway_->port(), "/headers",
                                  "X-Request-ID: " + std::string(300, 'x')
                                      + "\r\ntraceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01\r\n");
    QVERIFY(fits(answer.header("x-request-id"), uuid));
    QVERIFY(fits(answer.header("x-trace-id"), "[0-9a-f]{32}"));
    QVERIFY(answer.header("x-trace-id") != std::string(32, '0'));
    QVERIFY(fits(seen(jsonObject(answer.body), "traceparent"), traceparent));
}

void HeadersTest::whoAskedIsToldToTheUpstream()
{
    const QJsonObject what = jsonObject(get(gateway_->port(), "/headers").body);
    QCOMPARE(seen(what, "X-Forwarded-For"), std::string("127.0.0.1"));
    QCOMPARE(seen(what, "X-Forwarded-Proto"), std::string("http"));
    QCOMPARE(seen(what, "X-Forwarded-Host"), "127.0.0.1:" + std::to_string(gateway_->port()));
    QVERIFY(seen(what, "Forwarded").find("for=127.0.0.1") != std::string::npos);
    QVERIFY(seen(what, "Via").find("sluice") != std::string::npos);
}

void HeadersTest::whatAClientClaimsOfOthersIsNotBelieved()
{
    const HttpAnswer answer =
        get(gateway_->port(), "/headers",
            "X-Forwarded-For: 203.0.113.9\r\nX-Real-IP: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\n"
            "X_Forwarded_For: 203.0.113.9\r\n");
    QVERIFY2(answer.body.find("203.0.113.9") == std::string::npos, answer.body.c_str());
    QCOMPARE(text(gateway_->log(1, {"request:" + answer.header("x-request-id")}).value(0), "client").find("203"),
             std::string::npos);
}

void HeadersTest::whatATrustedPeerSaysIsContinued()
{
    QVERIFY2(trusting_->ready(), trusting_->trouble().c_str());
    const HttpAnswer answer =
        get(trusting_->port(), "/headers", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n");
    const QJsonObject what = jsonObject(answer.body);
    QCOMPARE(seen(what, "X-Forwarded-For"), std::string("203.0.113.9, 127.0.0.1"));
    const QList<QJsonObject> rows = trusting_->log(1);
    QCOMPARE(text(rows.value(0), "client"), std::string("203.0.113.9"));
}

void HeadersTest::whatBelongsToAConnectionStaysOnIt()
{
    const HttpAnswer answer = get(gateway_->port(), "/headers",
                                  "Connection: X-Secret-Hop\r\nX-Secret-Hop: 1\r\nKeep-Alive: timeout=9\r\nTE: gzip\r\n"
                                  "Proxy-Authorization: Basic eA==\r\nUpgrade: h2c\r\n");
    const QJsonObject what = jsonObject(answer.body);
    for (const char *name : {"X-Secret-Hop", "Keep-Alive", "Proxy-Authorization", "Upgrade", "TE"})
        QCOMPARE(seen(what, name), std::string());
    QVERIFY2(!answer.has("keep-alive"), answer.head.c_str());  // Node's, for its own connection
}

void HeadersTest::ordinaryHeadersArePassedOnAsTheyAre()
{
    const HttpAnswer answer = get(gateway_->port(), "/headers",
                                  "X-odd_Name: a  b\r\nAccept: a\r\naccept: b\r\nX-Empty:\r\nCookie: a=1; b=2\r\n");
    const QJsonObject what = jsonObject(answer.body);
    QCOMPARE(seen(what, "X-odd_Name"), std::string("a  b"));
    QCOMPARE(seen(what, "Accept"), std::string("a | b"));
    QCOMPARE(seen(what, "X-Empty"), std::string());
    QCOMPARE(seen(what, "Cookie"), std::string("a=1; b=2"));
    QCOMPARE(answer.header("x-hop-test"), std::string("1"));
    QVERIFY(answer.body.find("\"X-odd_Name\"") != std::string::npos);
}

void HeadersTest::whatIsNotRoutedIs404()
{
    const HttpAnswer answer = get(gateway_->port(), "/nowhere");
    QCOMPARE(answer.status, 404);
    const QList<QJsonObject> rows = gateway_->log(1, {"path:/nowhere"});
    QCOMPARE(rows.size(), 1);
    QCOMPARE(rows[0]["attempts"].toInt(), 0);
    QVERIFY(rows[0]["decisions"].toArray().size() >= 1);
    QCOMPARE(rows[0]["decisions"][0]["stage"].toString(), QString("route"));
}

void HeadersTest::anotherMethodIs405WithAllow()
{
    const HttpAnswer answer = ask(gateway_->port(), "DELETE /only HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    QCOMPARE(answer.status, 405);
    for (const char *method : {"GET", "HEAD", "POST"})
        QVERIFY2(answer.header("allow").find(method) != std::string::npos, answer.head.c_str());
    QVERIFY(answer.header("allow").find("DELETE") == std::string::npos);
}

void HeadersTest::ownErrorsAreProblemsWithTheRequestId()
{
    const HttpAnswer answer = get(gateway_->port(), "/nowhere", "X-Request-ID: mine\r\n");
    QCOMPARE(answer.header("content-type"), std::string("application/problem+json"));
    const QJsonObject problem = jsonObject(answer.body);
    QCOMPARE(problem["status"].toInt(), 404);
    QCOMPARE(problem["request_id"].toString(), QString("mine"));
    QVERIFY(!problem["title"].toString().isEmpty() && !problem["detail"].toString().isEmpty());
    RawSocket client = RawSocket::connectTo(gateway_->port());
    client.send("HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\nGET /headers HTTP/1.1\r\nHost: a\r\n\r\n");
    QCOMPARE(readAnswer(client, true).status, 404);
    QCOMPARE(readAnswer(client).status, 200);
}

void HeadersTest::onlyWhatIsMatchedIsForwarded()
{
    const HttpAnswer answer = get(gateway_->port(), "/headers/deep/x/../headers?q=a%2Fb&q=%20");
    QCOMPARE(answer.status, 200);
    QCOMPARE(jsonObject(answer.body)["url"].toString(), QString("/headers?q=a%2Fb&q=%20"));
}

QTEST_GUILESS_MAIN(HeadersTest)
#include "headers_test.moc"
