// SPDX-License-Identifier: GPL-3.0-or-later
// Upstreams that refuse, hang, lie, trickle and break off: the right status, and a record that says what happened.
#include "tests/peers/peers.h"
#include "tests/support/raw_server.h"

#include <QTest>

using namespace support;

namespace {

constexpr const char *timeouts = ", timeouts: {connect: 300ms, response: 400ms, idle: 400ms, total: 3s}}\n";

// One gateway before one scripted upstream.
struct Story {
    explicit Story(RawServer::Script script) : server(std::move(script)), gateway(setup(server.url())) {}
    static GatewaySetup setup(const std::string &url)
    {
        GatewaySetup out;
        out.file =
            "services:\n  up: {endpoints: [\"" + url + "\"]" + timeouts + "routes:\n- {path: /**, service: up}\n";
        return out;
    }
    QJsonObject record() { return gateway.log(1).value(0); }

    RawServer server;
    GatewayProcess gateway;
};

}  // namespace

#define VERIFY_READY(gateway) QVERIFY2((gateway).ready(), (gateway).trouble().c_str())

class BadUpstreamsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void refusingIs502();
    void hangingBeforeTheAnswerIs504();
    void hangingWithinTheAnswerCutsItOff();
    void garbageIs502_data();
    void garbageIs502();
    void closingWithoutAnAnswerIs502();
    void anAnswerCutShortIsCutShortForTheClientToo_data();
    void anAnswerCutShortIsCutShortForTheClientToo();
    void tricklingIsPassedOnAsItComes();
    void tricklingForEverEndsAtTheTotalTimeout();
    void anEarlyAnswerToAnUploadIsPassedOn();
    void informationalAnswersAreNoAnswers();
    void garbageBehindAnInformationalAnswerIs502Too();
    void bytesBehindTheAnswerAreNotTheNextOne();
    void aConnectionThatClosesBetweenRequestsIsReplaced();
    void oneBadEndpointOfTwoIsToldByItsRecord();
};

void BadUpstreamsTest::refusingIs502()
{
    GatewayProcess gateway(Story::setup("http://127.0.0.1:" + std::to_string(freePort())));
    VERIFY_READY(gateway);
    const HttpAnswer answer = get(gateway.port(), "/a");
    QCOMPARE(answer.status, 502);
    QVERIFY(answer.whole);
    const QJsonObject row = gateway.log(1).value(0);
    QCOMPARE(row["status"].toInt(), 502);
    QCOMPARE(text(row, "failed_by"), std::string("upstream"));
    QVERIFY(answer.body.find(":" + text(row, "endpoint")) == std::string::npos);
}

void BadUpstreamsTest::hangingBeforeTheAnswerIs504()
{
    Story story([](RawSocket &peer, int) { peer.waitForEnd(); });
    VERIFY_READY(story.gateway);
    const auto begin = std::chrono::steady_clock::now();
    const HttpAnswer answer = get(story.gateway.port(), "/a");
    QCOMPARE(answer.status, 504);
    QVERIFY(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(380));
    const QJsonObject row = story.record();
    QCOMPARE(row["status"].toInt(), 504);
    QCOMPARE(text(row, "failed_by"), std::string("upstream"));
    QVERIFY(row["latency_us"].toDouble() >= 380'000);
}

void BadUpstreamsTest::hangingWithinTheAnswerCutsItOff()
{
    Story story([](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun");
        peer.waitForEnd();
    });
    VERIFY_READY(story.gateway);
    const HttpAnswer answer = get(story.gateway.port(), "/a");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body, std::string("begun"));
    QVERIFY(!answer.whole);
    QCOMPARE(text(story.record(), "failed_by"), std::string("upstream"));
}

void BadUpstreamsTest::garbageIs502_data()
{
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("another protocol") << QByteArray("220 mail.test ESMTP ready\r\n\r\n");
    QTest::newRow("binary") << QByteArray(5000, '\xff');
    QTest::newRow("half a head") << QByteArray("HTTP/1.1 200 OK\r\nContent-Le");
    QTest::newRow("two lengths") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
    QTest::newRow("length and chunked") << QByteArray(
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    QTest::newRow("a head without end") << "HTTP/1.1 200 OK\r\nX: " + QByteArray(300'000, 'x');
    QTest::newRow("status 20") << QByteArray("HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n");
    QTest::newRow("HTTP/2 preface") << QByteArray("\x00\x00\x12\x04\x00\x00\x00\x00\x00", 9);
}

void BadUpstreamsTest::garbageIs502()
{
    QFETCH(QByteArray, said);
    Story story([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send(said.toStdString());
    });
    VERIFY_READY(story.gateway);
    QCOMPARE(get(story.gateway.port(), "/a").status, 502);
    const QJsonObject row = story.record();
    QCOMPARE(row["status"].toInt(), 502);
    QCOMPARE(text(row, "failed_by"), std::string("upstream"));
}

void BadUpstreamsTest::closingWithoutAnAnswerIs502()
{
    for (const bool reset : {false, true}) {
        Story story([&](RawSocket &peer, int) {
            peer.readHead();
            if (reset)
                peer.reset();
        });
        VERIFY_READY(story.gateway);
        QCOMPARE(
            ask(story.gateway.port(), "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab")
                .status,
            502);
        QCOMPARE(text(story.record(), "failed_by"), std::string("upstream"));
        QCOMPARE(story.server.connections(), 1);  // a POST is not sent twice
    }
}

void BadUpstreamsTest::anAnswerCutShortIsCutShortForTheClientToo_data()
{
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("length") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
    QTest::newRow("chunked") << QByteArray("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    QTest::newRow("within a chunk") << QByteArray("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nhello");
    QTest::newRow("a chunk size that is none")
        << QByteArray("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n");
}

void BadUpstreamsTest::anAnswerCutShortIsCutShortForTheClientToo()
{
    QFETCH(QByteArray, said);
    Story story([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send(said.toStdString());
    });
    VERIFY_READY(story.gateway);
    const HttpAnswer answer = get(story.gateway.port(), "/a");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body, std::string("hello"));
    QVERIFY2(!answer.whole, "the client must be able to tell that the answer is not whole");
    const CurlAnswer curled = curl({story.gateway.url("/b")});
    QVERIFY(curled.exitCode == 18 || curled.exitCode == 56);  // partial file, or receive error
    const QList<QJsonObject> rows = story.gateway.log(2);
    for (const QJsonObject &row : rows) {
        QCOMPARE(row["status"].toInt(), 200);
        QCOMPARE(text(row, "failed_by"), std::string("upstream"));
    }
    QCOMPARE(rows.size(), 2);
}

void BadUpstreamsTest::tricklingIsPassedOnAsItComes()
{
    // Each event is sent only when the one before has come through.
    std::atomic<int> seenByClient{0};
    Story story([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 5; ++i) {
            peer.send("9\r\ndata: " + std::to_string(i) + "\n\n\r\n");
            if (!waitUntil([&] { return seenByClient > i; }))
                return;
        }
        peer.send("0\r\n\r\n");
    });
    VERIFY_READY(story.gateway);
    RawSocket client = RawSocket::connectTo(story.gateway.port());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    QVERIFY(client.readHead().starts_with("HTTP/1.1 200"));
    for (int i = 0; i < 5; ++i) {
        QVERIFY(client.readUntil("data: " + std::to_string(i)).find("data: ") != std::string::npos);
        seenByClient = i + 1;
    }
    QVERIFY(client.readUntil("0\r\n\r\n").ends_with("0\r\n\r\n"));
}

void BadUpstreamsTest::tricklingForEverEndsAtTheTotalTimeout()
{
    Story story([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
        while (!peer.hasInput(std::chrono::milliseconds(20)) && peer.send("x")) {}
    });
    VERIFY_READY(story.gateway);
    const HttpAnswer answer = get(story.gateway.port(), "/a");
    QCOMPARE(answer.status, 200);
    QVERIFY(!answer.whole && !answer.body.empty());
    const double latency = story.record()["latency_us"].toDouble();
    QVERIFY2(latency >= 2'900'000 && latency < 10'000'000, std::to_string(latency).c_str());
}

void BadUpstreamsTest::anEarlyAnswerToAnUploadIsPassedOn()
{
    Story story([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nmuch");
        peer.shutdownSend();
        peer.waitForEnd();
    });
    VERIFY_READY(story.gateway);
    RawSocket client = RawSocket::connectTo(story.gateway.port());
    client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nbegin");
    const HttpAnswer answer = readAnswer(client);
    QCOMPARE(answer.status, 413);
    QCOMPARE(answer.body, std::string("much"));
}

void BadUpstreamsTest::informationalAnswersAreNoAnswers()
{
    Story story([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    VERIFY_READY(story.gateway);
    const HttpAnswer answer = get(story.gateway.port(), "/a");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body, std::string("ok"));
    QCOMPARE(story.record()["status"].toInt(), 200);
}

void BadUpstreamsTest::garbageBehindAnInformationalAnswerIs502Too()
{
    Story story([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    });
    VERIFY_READY(story.gateway);
    QCOMPARE(get(story.gateway.port(), "/a").status, 502);
    QCOMPARE(story.record()["status"].toInt(), 502);
}

void BadUpstreamsTest::bytesBehindTheAnswerAreNotTheNextOne()
{
    Story story([&](RawSocket &peer, int index) {
        while (!peer.readHead().empty()) {
            const std::string evil = index == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil" : "";
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood" + evil);
        }
    });
    VERIFY_READY(story.gateway);
    RawSocket client = RawSocket::connectTo(story.gateway.port());
    for (int i = 0; i < 5; ++i) {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        QCOMPARE(readAnswer(client).body, std::string("good"));
    }
}

void BadUpstreamsTest::aConnectionThatClosesBetweenRequestsIsReplaced()
{
    Story story([&](RawSocket &peer, int) {  // says keep-alive, and closes after one answer
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    VERIFY_READY(story.gateway);
    RawSocket client = RawSocket::connectTo(story.gateway.port());
    for (int i = 0; i < 50; ++i) {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        QCOMPARE(readAnswer(client).status, 200);
    }
    QCOMPARE(story.server.connections(), 50);
}

void BadUpstreamsTest::oneBadEndpointOfTwoIsToldByItsRecord()
{
    RawServer good([](RawSocket &peer, int) {
        while (!peer.readHead().empty())
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    GatewaySetup setup;
    const std::string bad = "http://127.0.0.1:" + std::to_string(freePort());
    setup.file = "services:\n  up: {endpoints: [\"" + good.url() + "\", \"" + bad + "\"]" + timeouts
        + "routes:\n- {path: /**, service: up}\n";
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    for (int i = 0; i < 4; ++i) {
        const int status = get(gateway.port(), "/a").status;
        QVERIFY(status == 200 || status == 502);
    }
    const QList<QJsonObject> rows = gateway.log(4);
    QCOMPARE(rows.size(), 4);
    for (const QJsonObject &row : rows) {
        QVERIFY(row["attempts"].toInt() >= 1);
        if (row["status"].toInt() == 200)
            QCOMPARE(text(row, "endpoint"), good.url());
        else
            QCOMPARE(text(row, "endpoint"), bad);
    }
}

QTEST_GUILESS_MAIN(BadUpstreamsTest)
#include "bad_upstreams_test.moc"
