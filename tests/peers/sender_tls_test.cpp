// SPDX-License-Identifier: GPL-3.0-or-later
// What Sluice itself sends over https: whom it believes, what it says when it does not, and `sluice replay` to Node and to the
// gateway's own https listener.
#include "engine/replay/sender.h"
#include "tests/peers/peers.h"
#include "tests/peers/tls_server.h"
#include "tests/support/raw_server.h"

#include <QTest>

using namespace sluice;
using namespace support;

namespace {

replay::Request request(const std::string &url, const std::string &body = {})
{
    replay::Request out;
    out.url = url;
    out.head.method = body.empty() ? "GET" : "POST";
    out.body = body;
    out.limit = std::chrono::seconds(30);
    return out;
}

}  // namespace

class SenderTlsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void aServerIsBelievedByItsCaAndName_data();
    void aServerIsBelievedByItsCaAndName();
    void whatIsNotTlsIsTold_data();
    void whatIsNotTlsIsTold();
    void aCaThatIsNoneFailsEachRequest();
    void sessionsAreResumed();
    void largeContentGoesBothWays();
    void anAnswerWithoutItsEndIsNotWhole();
    void replayGoesToHttps();
    void replayPassesTheGatewaysOwnListener();

private:
    replay::Answer send(const std::string &url, const std::string &body = {}) const
    {
        replay::Sender sender({readFile(ca_->certificate())});
        return sender.sendAndWait(request(url, body));
    }
    std::unique_ptr<TestCa> ca_;
    std::unique_ptr<TlsServer> node_;
    std::unique_ptr<NodeServer> clear_;
    std::unique_ptr<GatewayProcess> gateway_;
    std::string secure_;  // the gateway's https URL
};

void SenderTlsTest::initTestCase()
{
    ca_ = std::make_unique<TestCa>();
    node_ = std::make_unique<TlsServer>(ca_->issue("node", "DNS:localhost,IP:127.0.0.1"));
    clear_ = std::make_unique<NodeServer>();
    QVERIFY(node_->port() && clear_->ready());
    const TestCa::Pair own = ca_->issue("gateway", "DNS:localhost");
    GatewaySetup setup;
    setup.listen.clear();
    setup.file = "listen:\n- http://127.0.0.1:0\n- {url: https://localhost:0, certificates: [{certificate: "
        + own.certificate + ", key: " + own.key + "}]}\nservices:\n  node: " + clear_->url()
        + "\nroutes:\n- {path: /**, name: all, service: node}\n";
    gateway_ = std::make_unique<GatewayProcess>(setup);
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
    const QJsonArray listen = jsonObject(gateway_->onSocket({"status", "--json"}).out)["listen"].toArray();
    const QString url = listen[1].toString();
    secure_ = "https://localhost:" + url.mid(url.lastIndexOf(':') + 1).toStdString();
    QCOMPARE(support::get(gateway_->port(), "/bytes?n=2000").status, 200);
    QCOMPARE(gateway_->log(1).size(), 1);
}

void SenderTlsTest::aServerIsBelievedByItsCaAndName_data()
{
    QTest::addColumn<QByteArray>("names");
    QTest::addColumn<int>("days");
    QTest::addColumn<QByteArray>("host");
    QTest::addColumn<bool>("trusted");
    QTest::addColumn<bool>("wants");  // a certificate of ours
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("a name") << QByteArray("DNS:localhost") << 30 << QByteArray("localhost") << true << false
                            << QByteArray();
    QTest::newRow("an address") << QByteArray("IP:127.0.0.1") << 30 << QByteArray("127.0.0.1") << true << false
                                << QByteArray();
    QTest::newRow("another name") << QByteArray("DNS:other.test") << 30 << QByteArray("localhost") << true << false
                                  << QByteArray("not accepted: hostname mismatch");
    QTest::newRow("another address") << QByteArray("IP:127.0.0.2") << 30 << QByteArray("127.0.0.1") << true << false
                                     << QByteArray("not accepted: IP address mismatch");
    QTest::newRow("a CA that nobody knows")
        << QByteArray("DNS:localhost") << 30 << QByteArray("localhost") << false << false
        << QByteArray("not accepted: unable to get local issuer certificate");
    QTest::newRow("expired") << QByteArray("DNS:localhost") << -1 << QByteArray("localhost") << true << false
                             << QByteArray("not accepted: certificate has expired");
    QTest::newRow("it wants ours") << QByteArray("DNS:localhost") << 30 << QByteArray("localhost") << true << true
                                   << QByteArray("wants a certificate of ours");
}

void SenderTlsTest::aServerIsBelievedByItsCaAndName()
{
    QFETCH(QByteArray, names);
    QFETCH(int, days);
    QFETCH(QByteArray, host);
    QFETCH(bool, trusted);
    QFETCH(bool, wants);
    QFETCH(QByteArray, says);
    const TlsServer server(ca_->issue("one", names.toStdString(), days), wants ? ca_->certificate() : "");
    QVERIFY(server.port());
    replay::Sender sender({trusted ? readFile(ca_->certificate()) : ""});
    const replay::Answer answer = sender.sendAndWait(request(server.url(host.toStdString())));
    if (says.isEmpty()) {
        QCOMPARE(answer->failure, std::string());
        QCOMPARE(answer->returned.status, 200);
        QCOMPARE(answer->endpoint, server.url(host.toStdString()));
        return;
    }
    QVERIFY2(answer->failure.find(says.toStdString()) != std::string::npos, answer->failure.c_str());
    QVERIFY(answer->failedBy == Fault::Upstream && answer->returned.status == 0);
}

void SenderTlsTest::whatIsNotTlsIsTold_data()
{
    QTest::addColumn<QByteArray>("said");
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("HTTP in clear") << QByteArray("HTTP/1.1 400 Bad Request\r\n\r\n")
                                   << QByteArray("does not speak TLS");
    QTest::newRow("it closes") << QByteArray() << QByteArray("closed within the TLS handshake");
    QTest::newRow("an alert") << QByteArray("\x15\x03\x03\x00\x02\x02\x28", 7) << QByteArray("handshake failure");
}

void SenderTlsTest::whatIsNotTlsIsTold()
{
    QFETCH(QByteArray, said);
    QFETCH(QByteArray, says);
    RawServer server([&](RawSocket &peer, int) {
        peer.readExactly(5);
        peer.send(said.toStdString());
        peer.shutdownSend();
        peer.waitForEnd();
    });
    const replay::Answer answer = send("https://127.0.0.1:" + std::to_string(server.port()));
    QVERIFY2(answer->failure.find(says.toStdString()) != std::string::npos, answer->failure.c_str());
    RawServer silent([](RawSocket &peer, int) { peer.waitForEnd(); });
    replay::Sender sender;
    replay::Request hanging = request("https://127.0.0.1:" + std::to_string(silent.port()));
    hanging.limit = std::chrono::milliseconds(300);
    const std::string failure = sender.sendAndWait(std::move(hanging))->failure;
    QVERIFY2(failure.find("no end of the TLS handshake within 300ms") != std::string::npos, failure.c_str());
}

void SenderTlsTest::aCaThatIsNoneFailsEachRequest()
{
    replay::Sender sender({"no certificate"});
    for (int i = 0; i < 2; ++i)
        QVERIFY(sender.sendAndWait(request(node_->url()))->failure.find("the file of CAs") != std::string::npos);
    QCOMPARE(sender.sendAndWait(request(clear_->url() + "/headers"))->returned.status, 200);
}

void SenderTlsTest::sessionsAreResumed()
{
    replay::Sender sender({readFile(ca_->certificate())});
    for (const bool resumed : {false, true}) {
        const replay::Answer answer = sender.sendAndWait(request(node_->url()));
        QCOMPARE(jsonObject(answer->responseBody.bytes)["resumed"].toBool(), resumed);
    }
}

void SenderTlsTest::largeContentGoesBothWays()
{
    const std::string body = pattern(9'000'000);
    const replay::Answer echo = send(secure_ + "/echo", body);
    QCOMPARE(echo->failure, std::string());
    QVERIFY(echo->responseBody.bytes == body);
    const replay::Answer chunked = send(secure_ + "/bytes?n=9000000&chunked=1");
    QVERIFY(chunked->responseBody.bytes == body && chunked->responseBody.complete);
    const replay::Answer up = send(node_->url(), body);
    QCOMPARE(jsonObject(up->responseBody.bytes)["bytes"].toInt(), 9'000'000);
}

void SenderTlsTest::anAnswerWithoutItsEndIsNotWhole()
{
    const TestCa::Pair pair = ca_->issue("cut", "DNS:localhost");
    Process node({"node", "-e",
                  "const tls = require('tls'), fs = require('fs');"
                  "const s = tls.createServer({cert: fs.readFileSync(process.argv[1]), key: "
                  "fs.readFileSync(process.argv[2])}, c => { c.on('error', () => {}); c.once('data', () => "
                  "c.write('HTTP/1.1 200 OK\\r\\n\\r\\nhalf', () => c._handle ? c.destroy() : 0)); });"
                  "s.listen(0, '127.0.0.1', () => console.log('ready ' + s.address().port));",
                  pair.certificate, pair.key});
    QVERIFY(node.waitForOutput("ready "));
    const replay::Answer answer = send("https://localhost:" + std::to_string(std::atoi(node.out().c_str() + 6)));
    QVERIFY2(answer->failure.find("without TLS's closing message") != std::string::npos, answer->failure.c_str());
    QCOMPARE(answer->returned.status, 200);
    QCOMPARE(answer->responseBody.bytes, std::string("half"));
    QVERIFY(!answer->responseBody.complete);
}

void SenderTlsTest::replayGoesToHttps()
{
    const Ran good = gateway_->onRecording(
        {"replay", "id:1", "--to", node_->url("localhost"), "--ca", ca_->certificate(), "--json"});
    const QJsonObject line = jsonLines(good.out).value(0);
    QVERIFY2(line["status"].toInt() == 200 && line["replayed"].toInt() > 1, (good.out + good.err).c_str());
    QCOMPARE(text(gateway_->log(1, {"id:" + text(line, "replayed")}).value(0), "endpoint"), node_->url("localhost"));
    const Ran distrusted = gateway_->onRecording({"replay", "id:1", "--to", node_->url("localhost")});
    QVERIFY2(distrusted.exitCode == 3, (distrusted.out + distrusted.err).c_str());
    QVERIFY2(distrusted.out.find("unable to get local issuer certificate") != std::string::npos,
             distrusted.out.c_str());
    const Ran none = gateway_->onRecording({"replay", "id:1", "--to", node_->url(), "--ca", "/nowhere.pem"});
    QCOMPARE(none.exitCode, 2);
    QVERIFY2(none.err.find("/nowhere.pem cannot be read: No such file") != std::string::npos, none.err.c_str());
    const Ran key = gateway_->onRecording({"replay", "id:1", "--to", node_->url(), "--ca", ca_->write("text", "text")});
    QCOMPARE(key.exitCode, 2);
}

void SenderTlsTest::replayPassesTheGatewaysOwnListener()
{
    const Ran there = gateway_->onRecording({"replay", "id:1", "--to", secure_, "--ca", ca_->certificate(), "--json"});
    const QJsonObject line = jsonLines(there.out).value(0);
    QVERIFY2(text(line, "verdict") == "noise" || text(line, "verdict") == "same", (there.out + there.err).c_str());
    const QJsonObject row = gateway_->log(1, {"id:" + text(line, "replayed")}).value(0);
    QCOMPARE(row["replay_of"].toInt(), 1);  // it was recorded by the gateway itself
    QCOMPARE(text(row, "endpoint"), clear_->url());
    // What came over https goes there again without a word.
    QCOMPARE(curl({"--cacert", ca_->certificate(), secure_ + "/bytes?n=10"}).status, 200);
    const std::vector<std::string> it = {"path:/bytes", "query~n=10"};
    QCOMPARE(gateway_->log(1, it).size(), 1);
    const Ran again = gateway_->onRecording({"replay", it[0], it[1], "--ca", ca_->certificate(), "--json"});
    QVERIFY2(jsonLines(again.out).value(0)["status"].toInt() == 200, (again.out + again.err).c_str());
}

QTEST_GUILESS_MAIN(SenderTlsTest)
#include "sender_tls_test.moc"
