// SPDX-License-Identifier: GPL-3.0-or-later
// Proxies in front that say for whom they speak (the PROXY protocol), and peers that should not.
#include "tests/peers/peers.h"

#include <QTest>

using namespace support;
using namespace std::string_literals;

namespace {

const std::string request = "GET /headers HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n";
const std::string magic = "\r\n\r\n\0\r\nQUIT\n"s;

// 2001:db8::9 port 5000 → ::1 port 443, with an optional value that says "h2".
std::string blockOfIPv6()
{
    const std::string addresses =
        "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x09"s + std::string(15, '\0') + "\x01\x13\x88\x01\xbb"s;
    const std::string rest = addresses + "\x01\x00\x02h2"s;
    return magic + "\x21\x21"s + char(0) + char(rest.size()) + rest;
}

}  // namespace

#define VERIFY_READY(gateway) QVERIFY2((gateway).ready(), (gateway).trouble().c_str())

class ProxyProtocolTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(node_.ready()); }
    void curlSpeaksForItself();
    void realProxiesAreUnderstood_data();
    void realProxiesAreUnderstood();
    void theClientIsWhomTheHeaderNames_data();
    void theClientIsWhomTheHeaderNames();
    void theHeaderIsReadByteByByte();
    void oneHeaderIsForTheWholeConnection();
    void aProxyWithoutAHeaderIsRefused_data();
    void aProxyWithoutAHeaderIsRefused();
    void aHeaderThatNeverEndsIsTimedOut();
    void whoSaysNothingIsOnTheRecordAndWhoLeavesIsNot();
    void aPeerThatIsNotTrustedSpeaksForItselfOnly();
    void aListenerThatExpectsNoneTakesNone();
    void theHeaderComesBeforeTls();
    void aReloadTurnsItOnAndOff();

private:
    std::string file(const std::string &listen, const std::string &trusted = "127.0.0.0/8") const
    {
        return "listen: [" + listen + "]\ntrusted_proxies: [" + trusted
            + "]\nhttp: {header_timeout: 1s}\nservices:\n  up: " + node_.url()
            + "\nroutes:\n- {path: /**, service: up}\n";
    }
    GatewaySetup setup(const std::string &listen = "{url: \"http://127.0.0.1:0\", proxy_protocol: true}",
                       const std::string &trusted = "127.0.0.0/8") const
    {
        GatewaySetup out;
        out.listen.clear();
        out.file = file(listen, trusted);
        return out;
    }
    NodeServer node_;
};

void ProxyProtocolTest::curlSpeaksForItself()
{
    GatewayProcess gateway(setup());
    VERIFY_READY(gateway);
    const CurlAnswer answer = curl({"--haproxy-protocol", gateway.url("/headers"), gateway.url("/headers")});
    QCOMPARE(answer.exitCode, 0);
    QCOMPARE(answer.status, 200);
    const QJsonObject row = gateway.log(2).value(1);
    QCOMPARE(text(row, "client"), std::string("127.0.0.1"));
    // HTTP/2 begins behind the header, too.
    QCOMPARE(curl({"--haproxy-protocol", "--http2-prior-knowledge", gateway.url("/headers")}).status, 200);
    RawSocket proxy = RawSocket::connectTo(gateway.port());
    proxy.send("PROXY TCP4 203.0.113.9 127.0.0.1 5000 80\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
               + std::string("\0\0\0\4\0\0\0\0\0", 9));
    const std::string settings = proxy.readExactly(9);
    QVERIFY(settings.size() == 9 && settings[3] == 4);
}

void ProxyProtocolTest::realProxiesAreUnderstood_data()
{
    QTest::addColumn<QByteArray>("how");
    QTest::newRow("haproxy, version 1") << QByteArray("send-proxy");
    QTest::newRow("haproxy, version 2") << QByteArray("send-proxy-v2");
    QTest::newRow("haproxy, version 2 with values") << QByteArray("send-proxy-v2 proxy-v2-options crc32c,unique-id");
    QTest::newRow("nginx") << QByteArray();
}

void ProxyProtocolTest::realProxiesAreUnderstood()
{
    QFETCH(QByteArray, how);
    GatewayProcess gateway(setup("{url: \"http://127.0.0.1:0\", proxy_protocol: true}", "127.0.0.1"));
    VERIFY_READY(gateway);
    const TempFolder files;
    const uint16_t front = freePort();
    const std::string at = "127.0.0.1:" + std::to_string(front), to = "127.0.0.1:" + std::to_string(gateway.port());
    std::unique_ptr<Process> haproxy;
    std::unique_ptr<Nginx> nginx;
    if (how.isEmpty()) {
        files.write("nginx.conf",
                    "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\npid pid;\nevents {}\n"
                    "stream { server { listen "
                        + at + "; proxy_pass " + to + "; proxy_protocol on; } }\n");
        nginx = std::make_unique<Nginx>(files.path(), front);
        QVERIFY2(nginx->ready(), nginx->trouble().c_str());
    } else {
        const std::string conf =
            files.write("haproxy.cfg",
                        "defaults\n mode tcp\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n"
                        "listen front\n bind "
                            + at + "\n unique-id-format %[uuid]\n server up " + to + ' ' + how.toStdString() + "\n");
        haproxy = std::make_unique<Process>(std::vector<std::string>{"haproxy", "-db", "-f", conf});
        QVERIFY2(waitForPort(front), haproxy->err().c_str());
    }
    const CurlAnswer answer = curl({"--interface", "127.0.0.5", "http://" + at + "/headers"});
    QCOMPARE(answer.status, 200);
    QCOMPARE(seen(jsonObject(answer.body), "X-Forwarded-For"), std::string("127.0.0.5"));
    const QList<QJsonObject> rows = gateway.log(1, {"path:/headers"});
    QCOMPARE(rows.size(), 1);
    QCOMPARE(text(rows[0], "client"), std::string("127.0.0.5"));
    const Ran shown = gateway.onRecording({"show", text(rows[0], "id"), "--json"});
    QVERIFY2(jsonObject(shown.out)["peer"].toString().startsWith("127.0.0.1:"), shown.out.c_str());
}

void ProxyProtocolTest::theClientIsWhomTheHeaderNames_data()
{
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<QString>("client");
    QTest::newRow("version 1") << QByteArray("PROXY TCP4 203.0.113.9 127.0.0.1 5000 80\r\n") << "203.0.113.9";
    QTest::newRow("version 1, IPv6") << QByteArray("PROXY TCP6 2001:db8::9 ::1 5000 80\r\n") << "2001:db8::9";
    QTest::newRow("version 2, IPv6") << QByteArray::fromStdString(blockOfIPv6()) << "2001:db8::9";
    // The proxy itself asks, and it is trusted: what its X-Forwarded-For says is believed.
    QTest::newRow("version 1, unknown") << QByteArray("PROXY UNKNOWN\r\n") << "198.51.100.1";
    QTest::newRow("version 2, local") << QByteArray::fromStdString(magic + "\x20\x00\x00\x00"s) << "198.51.100.1";
}

void ProxyProtocolTest::theClientIsWhomTheHeaderNames()
{
    QFETCH(QByteArray, header);
    QFETCH(QString, client);
    GatewayProcess gateway(setup());
    VERIFY_READY(gateway);
    RawSocket proxy = RawSocket::connectTo(gateway.port());
    sockaddr_in own{};
    socklen_t size = sizeof own;
    QCOMPARE(::getsockname(proxy.fd(), reinterpret_cast<sockaddr *>(&own), &size), 0);
    proxy.send(header.toStdString() + request);
    const HttpAnswer answer = readAnswer(proxy);
    QCOMPARE(answer.status, 200);
    const bool itself = client == "198.51.100.1";
    QCOMPARE(seen(jsonObject(answer.body), "X-Forwarded-For"),
             itself ? "198.51.100.1, 127.0.0.1" : client.toStdString());
    QCOMPARE(text(gateway.log(1).value(0), "client"), client.toStdString());
    const QJsonObject whole = jsonObject(gateway.onRecording({"show", "1", "--json"}).out);
    QCOMPARE(whole["peer"].toString().toStdString(), "127.0.0.1:" + std::to_string(ntohs(own.sin_port)));
}

void ProxyProtocolTest::theHeaderIsReadByteByByte()
{
    GatewayProcess gateway(setup());
    VERIFY_READY(gateway);
    for (const std::string &header : {"PROXY TCP4 203.0.113.9 127.0.0.1 5000 80\r\n"s, blockOfIPv6()}) {
        RawSocket proxy = RawSocket::connectTo(gateway.port());
        for (const char c : header + request)
            QVERIFY(proxy.send({&c, 1}));
        QCOMPARE(readAnswer(proxy).status, 200);
    }
    QCOMPARE(gateway.log(2).size(), 2);
}

void ProxyProtocolTest::oneHeaderIsForTheWholeConnection()
{
    GatewayProcess gateway(setup());
    VERIFY_READY(gateway);
    RawSocket proxy = RawSocket::connectTo(gateway.port());
    const std::string header = "PROXY TCP4 203.0.113.9 127.0.0.1 5000 80\r\n";
    proxy.send(header + request + request);
    QCOMPARE(readAnswer(proxy).status, 200);
    QCOMPARE(readAnswer(proxy).status, 200);
    proxy.send(header + request);  // a second one is no request
    QCOMPARE(readAnswer(proxy).status, 400);
    QVERIFY(proxy.waitForEnd());
    for (const QJsonObject &row : gateway.log(3))
        QCOMPARE(text(row, "client"), std::string("203.0.113.9"));
}

void ProxyProtocolTest::aProxyWithoutAHeaderIsRefused_data()
{
    QTest::addColumn<QByteArray>("sent");
    QTest::newRow("a request") << QByteArray::fromStdString(request);
    QTest::newRow("a malformed header") << QByteArray("PROXY TCP4 203.0.113.9 127.0.0.1 5000\r\n");
    QTest::newRow("a header without end") << QByteArray("PROXY UNKNOWN ") + QByteArray(300, 'x');
    QTest::newRow("a header of version 3") << QByteArray::fromStdString(magic + "\x31\x11\x00\x00"s);
    QTest::newRow("half a header") << QByteArray("PROXY TC");
}

void ProxyProtocolTest::aProxyWithoutAHeaderIsRefused()
{
    QFETCH(QByteArray, sent);
    GatewayProcess gateway(setup());
    VERIFY_READY(gateway);
    RawSocket proxy = RawSocket::connectTo(gateway.port());
    proxy.send(sent.toStdString());
    proxy.shutdownSend();
    const HttpAnswer answer = readAnswer(proxy);
    QCOMPARE(answer.status, 400);
    QVERIFY2(answer.body.find("PROXY header") != answer.body.npos, answer.body.c_str());
    QVERIFY(proxy.waitForEnd());
    const QJsonObject row = gateway.log(1).value(0);
    QCOMPARE(row["status"].toInt(), 400);
    QCOMPARE(text(row, "client"), std::string("127.0.0.1"));
    QCOMPARE(jsonObject(gateway.onSocket({"status", "--json"}).out)["proxy_headers_refused"].toInt(), 1);
}

void ProxyProtocolTest::aHeaderThatNeverEndsIsTimedOut()
{
    GatewayProcess gateway(setup());
    VERIFY_READY(gateway);
    RawSocket proxy = RawSocket::connectTo(gateway.port());
    proxy.send("PROXY TCP4 203.0.");
    QCOMPARE(readAnswer(proxy).status, 400);
    QVERIFY(proxy.waitForEnd());
    QCOMPARE(gateway.log(1).size(), 1);
}

void ProxyProtocolTest::whoSaysNothingIsOnTheRecordAndWhoLeavesIsNot()
{
    GatewayProcess gateway(setup());
    VERIFY_READY(gateway);
    RawSocket silent = RawSocket::connectTo(gateway.port()), gone = RawSocket::connectTo(gateway.port());
    gone.shutdownSend();
    QVERIFY(gone.waitForEnd());
    QVERIFY(silent.waitForEnd());
    QCOMPARE(silent.end(), RawSocket::End::Closed);
    QCOMPARE(gateway.stop(), 0);
    const QList<QJsonObject> rows = gateway.log(1);
    QCOMPARE(rows.size(), 1);
    QCOMPARE(rows[0]["status"].toInt(), 408);
    QCOMPARE(text(rows[0], "failure"), std::string("the client sent nothing within 1s"));
}

void ProxyProtocolTest::aPeerThatIsNotTrustedSpeaksForItselfOnly()
{
    GatewayProcess gateway(setup("{url: \"http://127.0.0.1:0\", proxy_protocol: true}", "10.0.0.0/8"));
    VERIFY_READY(gateway);
    QCOMPARE(ask(gateway.port(), "PROXY TCP4 203.0.113.9 127.0.0.1 5000 80\r\n" + request).status, 400);
    QCOMPARE(ask(gateway.port(), blockOfIPv6() + request).status, 400);
    QCOMPARE(ask(gateway.port(), request).status, 200);
    for (const QJsonObject &row : gateway.log(3))
        QCOMPARE(text(row, "client"), std::string("127.0.0.1"));
}

void ProxyProtocolTest::aListenerThatExpectsNoneTakesNone()
{
    GatewayProcess gateway(setup("\"http://127.0.0.1:0\""));
    VERIFY_READY(gateway);
    QCOMPARE(ask(gateway.port(), "PROXY TCP4 203.0.113.9 127.0.0.1 5000 80\r\n" + request).status, 400);
    QCOMPARE(ask(gateway.port(), blockOfIPv6() + request).status, 400);
    QCOMPARE(ask(gateway.port(), request).status, 200);
}

void ProxyProtocolTest::theHeaderComesBeforeTls()
{
    const TempFolder files;
    const std::string certificate = files.path("c.pem"), key = files.path("k.pem");
    QCOMPARE(run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                  "/CN=a", "-keyout", key, "-out", certificate})
                 .exitCode,
             0);
    GatewayProcess gateway(setup("\"http://127.0.0.1:0\", {url: \"https://127.0.0.1:0\", proxy_protocol: true, "
                                 "certificates: [{certificate: "
                                 + certificate + ", key: " + key + "}]}"));
    VERIFY_READY(gateway);
    const QJsonArray listen = jsonObject(gateway.onSocket({"status", "--json"}).out)["listen"].toArray();
    QCOMPARE(listen.size(), 2);
    const std::string url = listen[1].toString().toStdString();
    QVERIFY2(url.starts_with("https://"), url.c_str());
    for (const char *version : {"--http1.1", "--http2"}) {
        const CurlAnswer answer = curl({"-k", version, "--haproxy-protocol", url + "/headers"});
        QCOMPARE(answer.exitCode, 0);
        QCOMPARE(answer.status, 200);
    }
    // Without one nobody gets as far as TLS.
    QVERIFY(curl({"-k", "--http1.1", url + "/headers"}).exitCode != 0);
    const QList<QJsonObject> rows = gateway.log(3);
    QCOMPARE(rows.value(1)["status"].toInt(), 200);
    QCOMPARE(rows.value(2)["status"].toInt(), 400);
}

void ProxyProtocolTest::aReloadTurnsItOnAndOff()
{
    const std::string url = "http://127.0.0.1:" + std::to_string(freePort());
    GatewayProcess gateway(setup('"' + url + '"'));
    VERIFY_READY(gateway);
    QCOMPARE(ask(gateway.port(), request).status, 200);
    gateway.rewriteFile(file("{url: \"" + url + "\", proxy_protocol: true}"));
    QCOMPARE(gateway.onSocket({"reload"}).exitCode, 0);
    QCOMPARE(ask(gateway.port(), request).status, 400);
    QCOMPARE(ask(gateway.port(), "PROXY UNKNOWN\r\n" + request).status, 200);
    gateway.rewriteFile(file('"' + url + '"'));
    QCOMPARE(gateway.onSocket({"reload"}).exitCode, 0);
    QCOMPARE(ask(gateway.port(), request).status, 200);
}

QTEST_GUILESS_MAIN(ProxyProtocolTest)
#include "proxy_protocol_test.moc"
