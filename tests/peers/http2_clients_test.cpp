// SPDX-License-Identifier: GPL-3.0-or-later
// Clients of HTTP/2 before the gateway and servers of HTTP/1.1 behind it: curl, nghttp, h2load, and raw frames where no client
// sends such.
#include "tests/peers/peers.h"
#include "tests/support/frame_client.h"
#include "tests/support/raw_server.h"

#include <QScopeGuard>
#include <QTest>

#include <csignal>
#include <future>

using namespace support;
namespace h2 = support::h2;

namespace {

QJsonObject countersOf(const GatewayProcess &gateway)
{
    return jsonObject(gateway.onSocket({"status", "--json"}).out)["http2"].toObject();
}

}  // namespace

class Http2ClientsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void bodiesOfEverySizeComeThrough();
    void curlWaitsForContinueAndGetsIt();
    void headAnswersAndErrorsHaveNoContentTooMuch();
    void h2loadGetsNothingButGoodAnswers();
    void nghttpGetsManyFilesAtOnce();
    void theRecordSaysHttp2();
    void aResetEndsTheExchange();
    void aLostConnectionEndsAllOfThem();
    void aHeadThatDoesNotEndEndsAllOfThem();
    void aFloodEndsAllOfThemThoughNothingFollowsIt();
    void aFrameThatIsNoneEndsAllOfThem();
    void theLargestHeadsThatAreTakenGoBothWays();
    void aSlowServerHoldsItsClientBack();
    void aSlowClientHoldsItsServerBack();
    void cancelledRequestsInAFloodEndTheConnection();
    void pingsInAFloodEndTheConnection();
    void somethingElseThanThePrefaceIsHttp1();
    void drainingEndsWhatIsUnderWay();

private:
    std::unique_ptr<NodeServer> node_;
    std::unique_ptr<Nginx> nginx_;
    std::unique_ptr<GatewayProcess> gateway_;
};

void Http2ClientsTest::initTestCase()
{
    node_ = std::make_unique<NodeServer>();
    nginx_ = std::make_unique<Nginx>();
    QVERIFY(node_->ready());
    QVERIFY2(nginx_->ready(), nginx_->trouble().c_str());
    nginx_->file("big.txt", pattern(10 << 20));
    nginx_->file("small.txt", pattern(1000));
    GatewaySetup setup;
    setup.file = "services:\n  node: " + node_->url() + "\n  nginx: " + nginx_->url()
        + "\nroutes:\n- {path: /**, service: node}\n- {path: /files/**, service: nginx, strip_prefix: /files}\n";
    gateway_ = std::make_unique<GatewayProcess>(setup);
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
}

void Http2ClientsTest::init()
{
    QVERIFY2(gateway_->process().running(), gateway_->trouble().c_str());
}

void Http2ClientsTest::bodiesOfEverySizeComeThrough()
{
    const TempFolder files;
    for (const size_t size : {size_t(0), size_t(1), size_t(65535), size_t(65536), size_t(65537), size_t(10) << 20}) {
        const std::string body = pattern(size), n = std::to_string(size);
        for (const std::string &target : {"/bytes?n=" + n, "/bytes?chunked=1&n=" + n}) {
            const CurlAnswer down = curl({"--http2-prior-knowledge", gateway_->url(target)});
            QCOMPARE(down.status, 200);
            QVERIFY(down.body == body);
        }
        const CurlAnswer echo = curl({"--http2-prior-knowledge", "-H", "Expect:", "--data-binary",
                                      "@" + files.write("body", body), gateway_->url("/echo")});
        QCOMPARE(echo.status, 200);
        QVERIFY(echo.body == body);
    }
}

void Http2ClientsTest::curlWaitsForContinueAndGetsIt()
{
    const TempFolder files;
    const std::string body = pattern(2 << 20);
    const CurlAnswer answer = curl({"--http2-prior-knowledge", "-H", "Expect: 100-continue", "--expect100-timeout",
                                    "20", "--data-binary", "@" + files.write("body", body), gateway_->url("/echo")});
    QCOMPARE(answer.status, 200);
    QVERIFY2(answer.head.find(" 100") != std::string::npos, answer.head.c_str());
    QVERIFY(answer.body == body);
}

void Http2ClientsTest::headAnswersAndErrorsHaveNoContentTooMuch()
{
    const CurlAnswer head = curl({"--http2-prior-knowledge", "-I", gateway_->url("/files/big.txt")});
    QCOMPARE(head.status, 200);
    QVERIFY2(head.head.find("content-length: 10485760") != std::string::npos, head.head.c_str());
    for (const char *hop : {"connection:", "transfer-encoding:", "keep-alive:"})
        QVERIFY2(head.head.find(hop) == std::string::npos, head.head.c_str());
    QCOMPARE(curl({"--http2-prior-knowledge", gateway_->url("/files/none")}).status, 404);
    QCOMPARE(curl({"--http2-prior-knowledge", "-I", gateway_->url("/%00")}).status, 400);
}

void Http2ClientsTest::h2loadGetsNothingButGoodAnswers()
{
    const Ran load =
        run({"h2load", "-n", "10000", "-c", "4", "-m", "100", "-t", "1", gateway_->url("/files/small.txt")});
    QCOMPARE(load.exitCode, 0);
    QVERIFY2(load.out.find("10000 2xx") != std::string::npos, load.out.c_str());
    const TempFolder files;
    const Ran uploads = run({"h2load", "-n", "200", "-c", "2", "-m", "50", "-t", "1", "-d",
                             files.write("upload", pattern(100'000)), gateway_->url("/upload")});
    QVERIFY2(uploads.out.find("200 2xx") != std::string::npos, uploads.out.c_str());
}

void Http2ClientsTest::nghttpGetsManyFilesAtOnce()
{
    std::vector<std::string> command{"nghttp", "-s"};
    for (int i = 0; i < 30; ++i)
        command.push_back(gateway_->url("/files/big.txt?" + std::to_string(i)));
    const Ran ran = run(command);
    QCOMPARE(ran.exitCode, 0);
    size_t found = 0;
    for (size_t at = ran.out.find("200  10M"); at != ran.out.npos; at = ran.out.find("200  10M", at + 1))
        ++found;
    QVERIFY2(found == 30, ran.out.substr(ran.out.size() > 3000 ? ran.out.size() - 3000 : 0).c_str());
}

void Http2ClientsTest::theRecordSaysHttp2()
{
    curl({"--http2-prior-knowledge", "-H", "X-Mark: here", gateway_->url("/headers?recorded")});
    const QList<QJsonObject> rows = gateway_->log(1, {"path:/headers"});
    QVERIFY(!rows.isEmpty());
    const Ran shown = gateway_->onRecording({"show", text(rows[0], "id")});
    QVERIFY2(shown.out.find("HTTP/2") != std::string::npos, shown.out.c_str());
    QVERIFY2(shown.out.find("x-mark: here") != std::string::npos, shown.out.c_str());
}

void Http2ClientsTest::aResetEndsTheExchange()
{
    FrameClient client(gateway_->port());
    client.send(h2::headers(1, h2::get("/slow?ms=20000&reset")));
    QVERIFY(waitUntil([&] { return jsonObject(gateway_->onSocket({"status", "--json"}).out)["active"].toInt() > 0; }));
    client.send(h2::reset(1) + h2::headers(3, h2::get("/bytes?n=10")));
    QCOMPARE(client.status(3), 200);
    QCOMPARE(client.next(h2::Data, 3).payload, pattern(10));
    const QList<QJsonObject> rows = gateway_->log(1, {"path:/slow"});
    QCOMPARE(rows.value(0)["status"].toInt(), 499);
    QCOMPARE(rows.value(0)["failed_by"].toString(), QString("client"));
}

void Http2ClientsTest::aLostConnectionEndsAllOfThem()
{
    {
        FrameClient client(gateway_->port());
        for (uint32_t i = 0; i < 50; ++i)
            client.send(h2::headers(2 * i + 1, h2::get("/slow/lost?ms=20000")));
        client.send(h2::headers(101, h2::get("/bytes?n=1")));
        QCOMPARE(client.status(101), 200);
    }
    const QList<QJsonObject> rows = gateway_->log(50, {"path:/slow/lost"});
    QCOMPARE(rows.size(), 50);
    QVERIFY(waitUntil([&] { return jsonObject(gateway_->onSocket({"status", "--json"}).out)["active"].toInt() == 0; }));
}

// The connection is over, and with it what else it carries, whatever that still waits for.
void Http2ClientsTest::aHeadThatDoesNotEndEndsAllOfThem()
{
    RawServer server([](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun");
        peer.waitForEnd();
    });
    GatewaySetup setup;
    setup.file = "http: {header_timeout: 500ms}\nservices:\n  slow: {endpoints: [\"" + server.url()
        + "\"], timeouts: {idle: 10s}}\nroutes:\n- {path: /**, service: slow}\n";
    GatewayProcess gateway(setup);
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    FrameClient client(gateway.port());
    client.send(h2::headers(1, h2::get("/begun")));
    QCOMPARE(client.next(h2::Data, 1).payload, std::string("begun"));
    client.send(h2::frame(h2::Headers, h2::EndStream, 3, h2::section(h2::get("/half"))));
    QCOMPARE(client.next(h2::GoAway).code(), uint32_t(11));
    QVERIFY(client.socket().waitForEnd());
    const QJsonObject row = gateway.log(1, {"path:/begun"}).value(0);
    QCOMPARE(text(row, "failed_by"), std::string("client"));
}

// Each bad request is answered and then reset: it is our own frames that are too many, and nothing comes after them.
void Http2ClientsTest::aFloodEndsAllOfThemThoughNothingFollowsIt()
{
    RawServer server([](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun");
        peer.waitForEnd();
    });
    GatewaySetup setup;
    setup.file = "services:\n  slow: {endpoints: [\"" + server.url()
        + "\"], timeouts: {idle: 10s}}\nroutes:\n- {path: /**, service: slow}\n";
    GatewayProcess gateway(setup);
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    FrameClient client(gateway.port());
    client.send(h2::headers(1, h2::get("/begun")));
    QCOMPARE(client.next(h2::Data, 1).payload, std::string("begun"));
    for (uint32_t i = 1; i <= 201; ++i) {  // one more than is let pass
        client.send(h2::headers(2 * i + 1, h2::get("/bad", {{"Upper", "case"}}), false));
        QCOMPARE(client.next(h2::RstStream, 2 * i + 1).code(), uint32_t(1));
    }
    QCOMPARE(client.next(h2::GoAway).code(), uint32_t(11));
    QVERIFY(client.socket().waitForEnd());
    const QJsonObject row = gateway.log(1, {"path:/begun"}).value(0);
    QCOMPARE(text(row, "failed_by"), std::string("client"));
    QVERIFY(countersOf(gateway)["reset_floods"].toInt() == 1);
}

// nghttp2 says GOAWAY for it and would go on reading: a client that stays must not keep what it had begun.
void Http2ClientsTest::aFrameThatIsNoneEndsAllOfThem()
{
    RawServer server([](RawSocket &peer, int) { peer.waitForEnd(); });
    GatewaySetup setup;
    setup.file = "services:\n  up: {endpoints: [\"" + server.url()
        + "\"], timeouts: {response: 20s, idle: 20s}}\nroutes:\n- {path: /**, service: up}\n";
    GatewayProcess gateway(setup);
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    FrameClient client(gateway.port());
    client.send(h2::headers(1, h2::post("/up"), false));
    QVERIFY(waitUntil([&] { return server.connections() == 1; }));
    client.send(h2::frame(h2::Data, h2::Padded, 1,
                          "\xff"
                          "12"));
    QCOMPARE(client.next(h2::GoAway).code(), uint32_t(1));
    QVERIFY(client.socket().waitForEnd());
    const QJsonObject row = gateway.log(1, {"path:/up"}).value(0);
    QCOMPARE(text(row, "failed_by"), std::string("client"));
    QCOMPARE(countersOf(gateway)["protocol_errors"].toInt(), 1);
}

void Http2ClientsTest::theLargestHeadsThatAreTakenGoBothWays()
{
    std::string fields;
    while (fields.size() < 1'000'000)
        fields += "X-Long: " + std::string(8000, 'x') + "\r\n";
    RawServer server([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + fields + "\r\nok");
        peer.waitForEnd();
    });
    GatewaySetup setup;
    setup.file = "http: {header_bytes: 1MiB, header_count: 10000}\nservices:\n  up: {endpoints: [\"" + server.url()
        + "\"], timeouts: {idle: 5s}}\nroutes:\n- {path: /**, service: up}\n";
    GatewayProcess gateway(setup);
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    FrameClient client(gateway.port());
    h2::Fields more;
    for (int i = 0; i < 120; ++i)
        more.emplace_back("x-long", std::string(8000, 'x'));
    const std::string section = h2::section(h2::get("/large", more));
    for (size_t at = 0; at < section.size(); at += 16000) {
        const uint8_t last = at + 16000 < section.size() ? 0 : uint8_t(h2::EndHeaders);
        client.send(h2::frame(at == 0 ? h2::Headers : h2::Continuation, uint8_t(last | (at == 0 ? h2::EndStream : 0)),
                              1, section.substr(at, 16000)));
    }
    QCOMPARE(client.status(1), 200);
    QCOMPARE(client.next(h2::Data, 1).payload, std::string("ok"));
}

void Http2ClientsTest::aSlowServerHoldsItsClientBack()
{
    std::promise<void> ended;
    const std::shared_future<void> end = ended.get_future().share();
    RawServer server([end](RawSocket &client, int) {
        client.readHead();
        end.wait();  // nothing more is read
    });
    const auto atEnd = qScopeGuard([&] { ended.set_value(); });
    GatewaySetup setup;
    setup.file = "services:\n  slow: {endpoints: [\"" + server.url()
        + "\"], timeouts: {idle: 2s}}\nroutes:\n- {path: /**, service: slow}\n";
    GatewayProcess gateway(setup);
    QVERIFY(gateway.ready());
    FrameClient client(gateway.port(), {});
    client.send(h2::headers(1, h2::post("/"), false));
    const std::string piece(16384, 'x');
    size_t window = 65536, sent = 0;
    while (window >= piece.size() && sent < (size_t(64) << 20)) {  // as a client that keeps to its window
        QVERIFY(client.send(h2::data(1, piece, false)));
        window -= piece.size();
        sent += piece.size();
        if (window < piece.size() && client.socket().hasInput(std::chrono::milliseconds(500))) {
            const h2::Frame update = client.next(h2::WindowUpdate, 1);
            if (update.payload.size() == 4)
                window += size_t(uint8_t(update.payload[1])) << 16 | size_t(uint8_t(update.payload[2])) << 8
                    | uint8_t(update.payload[3]);
        }
    }
    QVERIFY2(sent < (size_t(32) << 20), std::to_string(sent).c_str());
    QVERIFY2(gateway.process().peakKiB() < 200 * 1024, std::to_string(gateway.process().peakKiB()).c_str());
}

void Http2ClientsTest::aSlowClientHoldsItsServerBack()
{
    FrameClient client(gateway_->port(), {{4, 1000}});  // a window of 1,000 bytes, and never more
    client.send(h2::headers(1, h2::get("/files/big.txt?slow")) + h2::headers(3, h2::get("/bytes?n=999")));
    size_t got = 0;
    while (got < 1000)
        got += client.next(h2::Data, 1).payload.size();
    QCOMPARE(got, size_t(1000));
    client.send(h2::headers(5, h2::get("/bytes?n=10")));  // others go on
    QCOMPARE(client.next(h2::Data, 5).payload, pattern(10));
    client.send(h2::windowUpdate(1, 5000));
    while (got < 6000)
        got += client.next(h2::Data, 1).payload.size();
    QCOMPARE(got, size_t(6000));
}

void Http2ClientsTest::cancelledRequestsInAFloodEndTheConnection()
{
    const int before = countersOf(*gateway_)["reset_floods"].toInt();
    FrameClient client(gateway_->port());
    std::string flood;
    for (uint32_t i = 0; i < 1000; ++i)
        flood += h2::headers(2 * i + 1, h2::get("/slow/flood?ms=20000")) + h2::reset(2 * i + 1);
    client.send(flood);
    QCOMPARE(client.next(h2::GoAway).code(), uint32_t(11));
    QVERIFY(client.socket().waitForEnd());
    QCOMPARE(countersOf(*gateway_)["reset_floods"].toInt(), before + 1);
    const QList<QJsonObject> rows = gateway_->log(100, {"path:/slow/flood"});
    QVERIFY2(rows.size() < 400, std::to_string(rows.size()).c_str());
    for (const QJsonObject &row : rows)
        QCOMPARE(row["status"].toInt(), 499);
    QCOMPARE(get(gateway_->port(), "/bytes?n=1").status, 200);  // others are not harmed
}

void Http2ClientsTest::pingsInAFloodEndTheConnection()
{
    const int before = countersOf(*gateway_)["ping_floods"].toInt();
    FrameClient client(gateway_->port());
    std::string flood;
    for (int i = 0; i < 5000; ++i)
        flood += h2::ping();
    client.send(flood);
    QCOMPARE(client.next(h2::GoAway).code(), uint32_t(11));
    QVERIFY(client.socket().waitForEnd());
    QCOMPARE(countersOf(*gateway_)["ping_floods"].toInt(), before + 1);
}

void Http2ClientsTest::somethingElseThanThePrefaceIsHttp1()
{
    QVERIFY(ask(gateway_->port(), "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n").head.starts_with("HTTP/1.1 505 "));
    QVERIFY(
        ask(gateway_->port(), "PRI /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").head.starts_with("HTTP/1.1 "));
    RawSocket slowly = RawSocket::connectTo(gateway_->port());
    for (const char byte : h2::preface)
        slowly.send({&byte, 1});
    slowly.send(h2::settings());
    QCOMPARE(slowly.readExactly(9).substr(3, 1), std::string("\x04"));  // SETTINGS
}

void Http2ClientsTest::drainingEndsWhatIsUnderWay()
{
    GatewaySetup setup;
    setup.to = node_->url();
    GatewayProcess gateway(setup);
    QVERIFY(gateway.ready());
    FrameClient client(gateway.port()), idle(gateway.port());
    client.send(h2::headers(1, h2::get("/slow?ms=1500")));
    QVERIFY(waitUntil([&] { return jsonObject(gateway.onSocket({"status", "--json"}).out)["active"].toInt() > 0; }));
    gateway.process().signal(SIGTERM);
    const h2::Frame notice = client.next(h2::GoAway);
    QCOMPARE(notice.payload.substr(0, 4), std::string("\x7f\xff\xff\xff"));
    const h2::Frame ping = client.next(h2::Ping);
    client.send(h2::headers(3, h2::get("/bytes?n=10")));  // it was on its way
    QCOMPARE(client.status(3), 200);
    client.send(h2::frame(h2::Ping, h2::Ack, 0, ping.payload));
    const h2::Frame last = client.next(h2::GoAway);
    QCOMPARE(last.payload.substr(0, 4), h2::number(3, 4));
    QCOMPARE(last.code(), uint32_t(0));
    QCOMPARE(client.status(1), 200);
    QCOMPARE(client.next(h2::Data, 1).payload, std::string("slow"));
    QVERIFY(client.socket().waitForEnd());
    QVERIFY(idle.socket().waitForEnd());
    QVERIFY(gateway.process().wait());
    QCOMPARE(gateway.process().exitCode(), 0);
    QCOMPARE(gateway.log(2).size(), 2);
}

QTEST_GUILESS_MAIN(Http2ClientsTest)
#include "http2_clients_test.moc"
