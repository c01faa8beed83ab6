// SPDX-License-Identifier: GPL-3.0-or-later
// What a server of HTTP/1.1 sees of requests over HTTP/2: one clean request, or nothing. What is malformed never gets there
// (RFC 9113 sections 8.1.1 and 10.3).
#include "tests/peers/peers.h"
#include "tests/support/frame_client.h"
#include "tests/support/raw_server.h"

#include <QTest>

using namespace support;
namespace h2 = support::h2;

namespace {

// Keeps each request's bytes, up to the end of its head or of its chunked content, and answers.
RawServer::Script keeping(RawServer *&server)
{
    return [&server](RawSocket &client, int) {
        for (;;) {
            std::string request = client.readHead();
            if (request.empty())
                return;
            if (request.find("Transfer-Encoding: chunked") != std::string::npos) {
                request += client.readUntil("0\r\n");
                request += client.readUntil("\r\n\r\n");
            }
            server->keep(request);
            client.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    };
}

}  // namespace

class Http2TranslationTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void theServerSeesOneCleanRequest();
    void contentWithoutALengthIsChunkedAndKeepsItsTrailers();
    void whatIsMalformedNeverReachesTheServer_data();
    void whatIsMalformedNeverReachesTheServer();
    void contentThatDoesNotFitItsLengthIsNoWholeRequest();

private:
    RawServer *raw_ = nullptr;
    std::unique_ptr<RawServer> keeper_;
    std::unique_ptr<GatewayProcess> gateway_;
};

void Http2TranslationTest::initTestCase()
{
    keeper_ = std::make_unique<RawServer>(keeping(raw_));
    raw_ = keeper_.get();
    GatewaySetup setup;
    setup.to = keeper_->url();
    gateway_ = std::make_unique<GatewayProcess>(setup);
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
}

void Http2TranslationTest::theServerSeesOneCleanRequest()
{
    FrameClient client(gateway_->port());
    client.send(h2::headers(
        1,
        h2::get("/raw/clean?q=1",
                {{"cookie", "a=1"}, {"te", "trailers"}, {"cookie", "b=2"}, {"x-forwarded-for", "6.6.6.6"}})));
    QCOMPARE(client.status(1), 200);
    const std::vector<std::string> all = keeper_->kept();
    const std::string &request = all.back();
    QVERIFY2(request.starts_with("GET /raw/clean?q=1 HTTP/1.1\r\nHost: a\r\n"), request.c_str());
    QVERIFY2(request.find("cookie: a=1; b=2\r\n") != std::string::npos, request.c_str());
    QVERIFY2(request.find("Connection: TE\r\n") != std::string::npos, request.c_str());
    QVERIFY2(request.find("Via: 2 sluice\r\n") != std::string::npos, request.c_str());
    QVERIFY2(request.find("6.6.6.6") == std::string::npos && request.find(":path") == std::string::npos,
             request.c_str());
}

void Http2TranslationTest::contentWithoutALengthIsChunkedAndKeepsItsTrailers()
{
    FrameClient client(gateway_->port());
    client.send(h2::headers(1, h2::post("/raw/chunks"), false) + h2::data(1, "abc", false)
                + h2::headers(1, {{"x-sum", "7"}, {"content-length", "9"}}));
    QCOMPARE(client.status(1), 200);
    const std::string request = keeper_->kept().back();
    QVERIFY2(request.find("\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 7\r\n\r\n") != std::string::npos, request.c_str());
    QVERIFY2(request.find("ontent-") == std::string::npos, request.c_str());
}

void Http2TranslationTest::whatIsMalformedNeverReachesTheServer_data()
{
    QTest::addColumn<QByteArray>("frames");
    const auto row = [](const char *name, const h2::Fields &more, const std::string &behind = {}) {
        QTest::newRow(name) << QByteArray::fromStdString(h2::headers(1, h2::post("/raw/bad", more), behind.empty())
                                                         + behind);
    };
    row("CR LF in a value", {{"x", "a\r\nX-Evil: 1"}});
    row("a whole request in a value", {{"x", "a\r\n\r\nGET /raw/evil HTTP/1.1\r\nHost: a\r\n\r\n"}});
    row("LF in a value", {{"x", "a\nX-Evil: 1"}});
    row("NUL in a value", {{"x", std::string("a\0b", 3)}});
    row("CR LF in a name", {{"x\r\nevil", "1"}});
    row("a colon in a name", {{"content-length: 0\r\nx", "1"}});
    row("an upper case name", {{"X-Case", "1"}});
    row("transfer-encoding", {{"transfer-encoding", "chunked"}},
        h2::data(1, "0\r\n\r\nGET /raw/evil HTTP/1.1\r\n\r\n"));
    row("transfer-encoding with a length", {{"transfer-encoding", "chunked"}, {"content-length", "5"}},
        h2::data(1, "0\r\n\r\n"));
    row("connection", {{"connection", "content-length"}});
    row("upgrade", {{"upgrade", "h2c"}});
    row("two lengths", {{"content-length", "5"}, {"content-length", "6"}}, h2::data(1, "hello"));
    row("a length that is no number", {{"content-length", "5 "}}, h2::data(1, "hello"));
    row("a length and no content", {{"content-length", "5"}});
    row("Host that differs", {{"host", "b"}});
    row("a pseudo-header field behind others", {{"x", "y"}, {":path", "/raw/other"}});
    row(":path twice", {{":path", "/raw/other"}});
}

void Http2TranslationTest::whatIsMalformedNeverReachesTheServer()
{
    QFETCH(QByteArray, frames);
    const size_t before = keeper_->kept().size();
    FrameClient client(gateway_->port());
    client.send(frames.toStdString());
    QCOMPARE(client.status(1), 400);
    client.send(h2::headers(3, h2::get("/raw/good")));  // the connection goes on
    QCOMPARE(client.status(3), 200);
    const std::vector<std::string> kept = keeper_->kept();
    QCOMPARE(kept.size(), before + 1);
    QVERIFY2(kept.back().starts_with("GET /raw/good "), kept.back().c_str());
}

void Http2TranslationTest::contentThatDoesNotFitItsLengthIsNoWholeRequest()
{
    for (const char *content : {"four", "longer"}) {  // than 5, or less
        RawServer::Script script = [&](RawSocket &client, int) {
            client.readHead();
            client.readExactly(6);
            // No answer: whoever reads by the length waits for the fifth byte, and the connection ends before.
        };
        RawServer server(script);
        GatewaySetup setup;
        setup.to = server.url();
        GatewayProcess gateway(setup);
        QVERIFY(gateway.ready());
        FrameClient client(gateway.port());
        client.send(h2::headers(1, h2::post("/", {{"content-length", "5"}}), false) + h2::data(1, content));
        QCOMPARE(client.status(1), 400);
        const QList<QJsonObject> rows = gateway.log(1);
        QCOMPARE(rows.value(0)["status"].toInt(), 400);
        QCOMPARE(rows.value(0)["failed_by"].toString(), QString("client"));
    }
}

QTEST_GUILESS_MAIN(Http2TranslationTest)
#include "http2_translation_test.moc"
