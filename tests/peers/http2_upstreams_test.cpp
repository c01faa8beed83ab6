// SPDX-License-Identifier: GPL-3.0-or-later
// A Node server of HTTP/2 behind the gateway, asked over HTTP/1.1 and over HTTP/2.
#include "tests/peers/peers.h"
#include "tests/support/raw_server.h"

#include <QCryptographicHash>
#include <QTest>

using namespace support;

namespace {

class Http2Server {
public:
    explicit Http2Server(int mostStreams = 100)
        : process_(
            {"node", std::string(SLUICE_SOURCE_DIR) + "/tests/peers/http2_server.js", std::to_string(mostStreams)})
    {
        if (process_.waitForOutput("ready "))
            std::sscanf(process_.out().c_str(), "ready %d %d", &port_, &port1_);
    }
    bool ready() const { return port1_ != 0; }
    std::string url() const { return "h2c://127.0.0.1:" + std::to_string(port_); }
    std::string url1() const { return "http://127.0.0.1:" + std::to_string(port1_); }

private:
    Process process_;
    int port_ = 0, port1_ = 0;
};

std::string gatewayFile(const Http2Server &server)
{
    return "services:\n  new: " + server.url() + "\n  old: " + server.url1()
        + "\nroutes:\n- {path: /**, service: new}\n- {path: /old/**, service: old, strip_prefix: /old}\n";
}

QJsonObject countsOf(const GatewayProcess &gateway)
{
    return jsonObject(gateway.onSocket({"status", "--json"}).out)["http2_upstream"].toObject();
}

void addVersions()
{
    QTest::addColumn<QString>("version");
    QTest::newRow("over HTTP/1.1") << "--http1.1";
    QTest::newRow("over HTTP/2") << "--http2-prior-knowledge";
}

}  // namespace

class Http2UpstreamsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void theRequestIsTranslated_data() { addVersions(); }
    void theRequestIsTranslated();
    void bodiesOfEverySizeComeThrough_data() { addVersions(); }
    void bodiesOfEverySizeComeThrough();
    void aHundredMegabytesGoUpInBoundedMemory();
    void earlyHintsComeThrough_data() { addVersions(); }
    void earlyHintsComeThrough();
    void answersWithoutContent_data() { addVersions(); }
    void answersWithoutContent();
    void trailersGoBothWays();
    void whatIsRefusedIsTriedAgain();
    void aResetCutsTheAnswerOff();
    void anEndpointThatLeavesLosesNothing();
    void manyRequestsShareFewConnections();
    void fewStreamsAtOnceAreObeyed();
    void webSocketsGoOverHttp2_data();
    void webSocketsGoOverHttp2();
    void anEndpointThatSpeaksSomethingElseIsSaid();

private:
    std::unique_ptr<Http2Server> server_;
    std::unique_ptr<GatewayProcess> gateway_;
};

void Http2UpstreamsTest::initTestCase()
{
    server_ = std::make_unique<Http2Server>();
    QVERIFY(server_->ready());
    GatewaySetup setup;
    setup.file = gatewayFile(*server_);
    gateway_ = std::make_unique<GatewayProcess>(setup);
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
}

void Http2UpstreamsTest::init()
{
    QVERIFY2(gateway_->process().running(), gateway_->trouble().c_str());
}

void Http2UpstreamsTest::theRequestIsTranslated()
{
    QFETCH(QString, version);
    const CurlAnswer answer = curl({version.toStdString(), "-H", "X-Mixed: Case", "-H", "Connection: X-Drop", "-H",
                                    "X-Drop: 1", "-H", "Host: shop.example", gateway_->url("/headers?a=b")});
    QCOMPARE(answer.status, 200);
    const QJsonObject what = jsonObject(answer.body);
    QCOMPARE(seen(what, ":method"), std::string("GET"));
    QCOMPARE(seen(what, ":path"), std::string("/headers?a=b"));
    QCOMPARE(seen(what, ":authority"), std::string("shop.example"));
    QCOMPARE(seen(what, ":scheme"), std::string("http"));
    QCOMPARE(seen(what, "x-mixed"), std::string("Case"));
    if (version == "--http1.1")
        QCOMPARE(seen(what, "x-drop"), std::string());
    for (const char *gone : {"host", "connection", "transfer-encoding", "content-length"})
        QCOMPARE(seen(what, gone), std::string());
    QCOMPARE(seen(what, "via"), std::string(version == "--http1.1" ? "1.1 sluice" : "2 sluice"));
}

void Http2UpstreamsTest::bodiesOfEverySizeComeThrough()
{
    QFETCH(QString, version);
    const TempFolder files;
    for (const size_t size : {size_t(0), size_t(1), size_t(65535), size_t(65536), size_t(65537), size_t(10) << 20}) {
        const std::string body = pattern(size);
        const CurlAnswer down = curl({version.toStdString(), gateway_->url("/bytes?n=" + std::to_string(size))});
        QCOMPARE(down.status, 200);
        QVERIFY(down.body == body);
        const std::string file = "@" + files.write("body", body);
        for (const char *framing : {"X-No: 1", "Transfer-Encoding: chunked"}) {
            if (version != "--http1.1" && framing[0] == 'T')
                continue;
            const CurlAnswer echo = curl(
                {version.toStdString(), "-H", "Expect:", "-H", framing, "--data-binary", file, gateway_->url("/echo")});
            QCOMPARE(echo.status, 200);
            QVERIFY(echo.body == body);
        }
    }
}

void Http2UpstreamsTest::aHundredMegabytesGoUpInBoundedMemory()
{
    const TempFolder files;
    const std::string body = pattern(100 << 20);
    const std::string file = files.write("body", body);
    const QByteArray hash = QCryptographicHash::hash(QByteArray::fromRawData(body.data(), qsizetype(body.size())),
                                                     QCryptographicHash::Sha256)
                                .toHex();
    for (const char *version : {"--http1.1", "--http2-prior-knowledge"}) {
        const CurlAnswer answer = curl({version, "-T", file, "-H", "Expect:", gateway_->url("/upload")});
        QCOMPARE(answer.status, 200);
        QCOMPARE(jsonObject(answer.body)["sha256"].toString(), QString::fromLatin1(hash));
    }
    // Neither of the two bodies can have been held, whatever a sanitizer takes beside.
    QVERIFY2(gateway_->process().peakKiB() < 256 * 1024, std::to_string(gateway_->process().peakKiB()).c_str());
}

void Http2UpstreamsTest::earlyHintsComeThrough()
{
    QFETCH(QString, version);
    const CurlAnswer answer = curl({version.toStdString(), gateway_->url("/early")});
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body, std::string("late"));
    QVERIFY2(answer.head.find(" 103") != std::string::npos, answer.head.c_str());
    QVERIFY2(answer.head.find("link: </style.css>; rel=preload") != std::string::npos, answer.head.c_str());
}

void Http2UpstreamsTest::answersWithoutContent()
{
    QFETCH(QString, version);
    const CurlAnswer none = curl({version.toStdString(), gateway_->url("/204")});
    QCOMPARE(none.status, 204);
    const CurlAnswer head = curl({version.toStdString(), "-I", gateway_->url("/bytes?n=1000")});
    QCOMPARE(head.status, 200);
    QVERIFY2(head.head.find("ontent-") != std::string::npos && head.head.find(": 1000") != std::string::npos,
             head.head.c_str());
}

void Http2UpstreamsTest::trailersGoBothWays()
{
    const Ran node = run({"node", std::string(SLUICE_SOURCE_DIR) + "/tests/peers/http2_client.js",
                          std::to_string(gateway_->port()), "trailers", "/trailers"});
    QCOMPARE(node.out, std::string("trailers {\"x-down\":\"it said up\"}\nbody hi\n"));
    // The same over HTTP/1.1, where the content must be chunked.
    RawSocket client = RawSocket::connectTo(gateway_->port());
    client.send(
        "POST /trailers HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\nTrailer: x-up\r\n\r\n"
        "3\r\nabc\r\n0\r\nx-up: old\r\n\r\n");
    client.readHead();
    QCOMPARE(client.readUntil("\r\n\r\n"), std::string("2\r\nhi\r\n0\r\nx-down: it said old\r\n\r\n"));
}

void Http2UpstreamsTest::whatIsRefusedIsTriedAgain()
{
    curl({gateway_->url("/")});  // a connection is there
    const CurlAnswer answer = curl({gateway_->url("/refuse-once")});
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body, std::string("here"));
    const QList<QJsonObject> rows = gateway_->log(1, {"path:/refuse-once"});
    QCOMPARE(rows.size(), 1);
    QCOMPARE(rows[0]["attempts"].toInt(), 2);
    QCOMPARE(countsOf(*gateway_)["refused_streams"].toInt(), 1);
}

void Http2UpstreamsTest::aResetCutsTheAnswerOff()
{
    for (const char *version : {"--http1.1", "--http2-prior-knowledge"}) {
        const CurlAnswer answer = curl({version, gateway_->url("/reset")});
        // The client sees that it is not whole (over HTTP/2 a reset may overtake what was to come before it); or nothing had gone on yet, and it gets the gateway's own page.
        const std::string got =
            std::to_string(answer.status) + ", curl " + std::to_string(answer.exitCode) + ": " + answer.body;
        QVERIFY2(answer.status == 502 || (answer.exitCode != 0 && (answer.body.empty() || answer.body == "some")),
                 got.c_str());
    }
    const QList<QJsonObject> rows = gateway_->log(2, {"path:/reset"});
    QCOMPARE(rows.size(), 2);
    for (const QJsonObject &row : rows)
        QCOMPARE(row["failed_by"].toString(), QString("upstream"));
}

void Http2UpstreamsTest::anEndpointThatLeavesLosesNothing()
{
    for (int i = 0; i < 20; ++i) {
        QCOMPARE(curl({gateway_->url("/leave")}).body, std::string("bye"));
        QCOMPARE(curl({"-X", "POST", "-d", "x", gateway_->url("/echo")}).body, std::string("x"));
    }
}

void Http2UpstreamsTest::manyRequestsShareFewConnections()
{
    Http2Server server;
    QVERIFY(server.ready());
    GatewaySetup setup;
    setup.file = gatewayFile(server);
    GatewayProcess gateway(setup);
    QVERIFY(gateway.ready());
    const Ran load = run({"h2load", "-n", "5000", "-c", "2", "-m", "50", "-t", "1", gateway.url("/")});
    QVERIFY2(load.out.find("5000 2xx") != std::string::npos, load.out.c_str());
    const int sessions = std::atoi(curl({gateway.url("/sessions")}).body.c_str());
    QVERIFY2(sessions >= 1 && sessions <= 2, std::to_string(sessions).c_str());
    const QJsonObject counts = countsOf(gateway);
    QCOMPARE(counts["connections"].toInt(), sessions);
    QCOMPARE(counts["streams"].toInt(), 5001);
}

void Http2UpstreamsTest::fewStreamsAtOnceAreObeyed()
{
    Http2Server server(2);
    QVERIFY(server.ready());
    GatewaySetup setup;
    // Who waits for a stream waits for a connection: longer than a second on a slow machine.
    setup.file = "services: {few: {endpoints: ['" + server.url()
        + "'], timeouts: {connect: 20s}}}\nroutes:\n- {path: /**, service: few}\n";
    GatewayProcess gateway(setup);
    QVERIFY(gateway.ready());
    const Ran load = run({"h2load", "-n", "2000", "-c", "2", "-m", "50", "-t", "1", gateway.url("/")});
    QVERIFY2(load.out.find("2000 2xx") != std::string::npos, load.out.c_str());
    const int sessions = std::atoi(curl({gateway.url("/sessions")}).body.c_str());
    QVERIFY2(sessions >= 1 && sessions <= 8, std::to_string(sessions).c_str());
}

void Http2UpstreamsTest::webSocketsGoOverHttp2_data()
{
    QTest::addColumn<QString>("path");
    QTest::newRow("to an endpoint of HTTP/2") << "/chat";
    QTest::newRow("to an endpoint of HTTP/1.1") << "/old/chat";
}

void Http2UpstreamsTest::webSocketsGoOverHttp2()
{
    QFETCH(QString, path);
    const Ran node = run({"node", std::string(SLUICE_SOURCE_DIR) + "/tests/peers/http2_client.js",
                          std::to_string(gateway_->port()), "websocket", path.toStdString()});
    QCOMPARE(node.out, std::string("status 200 false false\none\nechoed\n"));
    // From a client of HTTP/1.1 it is an upgrade.
    RawSocket client = RawSocket::connectTo(gateway_->port());
    client.send("GET " + path.toStdString()
                + " HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    const std::string head = client.readHead();
    QVERIFY2(head.starts_with("HTTP/1.1 101 "), head.c_str());
    QVERIFY2(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos, head.c_str());  // RFC 6455 section 1.3
    client.send("hello");
    QCOMPARE(client.readExactly(5), std::string("hello"));
    client.shutdownSend();
    QVERIFY(client.waitForEnd());
}

void Http2UpstreamsTest::anEndpointThatSpeaksSomethingElseIsSaid()
{
    GatewaySetup setup;
    setup.to = "h2c://" + server_->url1().substr(7);
    GatewayProcess gateway(setup);
    QVERIFY(gateway.ready());
    QCOMPARE(curl({gateway.url("/")}).status, 502);
    const QList<QJsonObject> rows = gateway.log(1);
    QVERIFY2(rows.value(0)["failure"].toString().contains("does not speak HTTP/2"),
             text(rows.value(0), "failure").c_str());
}

QTEST_GUILESS_MAIN(Http2UpstreamsTest)
#include "http2_upstreams_test.moc"
