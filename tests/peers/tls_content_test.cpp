// SPDX-License-Identifier: GPL-3.0-or-later
// What goes through TLS: large contents, HTTP/1.1 and HTTP/2 as ALPN has it, on both sides of the gateway.
#include "tests/peers/peers.h"
#include "tests/support/certificates.h"

#include <QTest>

using namespace support;

class TlsContentTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void largeContentGoesThroughBothWays_data();
    void largeContentGoesThroughBothWays();
    void bothSidesAgreeUponHttp2();

private:
    std::unique_ptr<TestCa> ca_;
    std::unique_ptr<NodeServer> node_;
    std::unique_ptr<GatewayProcess> gateway_;
    std::string url_;
};

void TlsContentTest::initTestCase()
{
    ca_ = std::make_unique<TestCa>();
    const TestCa::Pair pair = ca_->issue("api", "IP:127.0.0.1");
    node_ = std::make_unique<NodeServer>();
    QVERIFY(node_->ready());
    GatewaySetup setup;
    setup.listen.clear();
    setup.file =
        "listen:\n- http://127.0.0.1:0\n- url: https://127.0.0.1:0\n  certificates: [{certificate: " + pair.certificate
        + ", key: " + pair.key + "}]\nservices:\n  node: " + node_->url() + "\nroutes:\n- {path: /**, service: node}\n";
    gateway_ = std::make_unique<GatewayProcess>(setup);
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
    url_ = jsonObject(gateway_->onSocket({"status", "--json"}).out)["listen"].toArray()[1].toString().toStdString();
}

void TlsContentTest::largeContentGoesThroughBothWays_data()
{
    QTest::addColumn<QString>("option");
    QTest::newRow("HTTP/2") << "--http2";
    QTest::newRow("HTTP/1.1") << "--http1.1";
}

void TlsContentTest::largeContentGoesThroughBothWays()
{
    QFETCH(QString, option);
    const std::string body = pattern(20 << 20), file = ca_->write("body", body);
    const CurlAnswer answer = curl({"--cacert", ca_->certificate(), option.toStdString(), "--data-binary", "@" + file,
                                    "-H", "Expect:", url_ + "/echo"});
    QCOMPARE(answer.status, 200);
    QVERIFY(answer.body == body);
}

// One gateway before the other: the second one's https endpoint is the first.
void TlsContentTest::bothSidesAgreeUponHttp2()
{
    GatewaySetup setup;
    setup.file = "services:\n  inner: {endpoints: [" + url_ + "], tls: {ca: " + ca_->certificate()
        + "}}\nroutes:\n- {path: /**, service: inner}\n";
    const GatewayProcess outer(setup);
    QCOMPARE(get(outer.port(), "/bytes?n=1000").body, pattern(1000));
    QCOMPARE(outer.log(1).size(), qsizetype(1));
    const QJsonObject whole = jsonObject(outer.onRecording({"show", "1", "--json"}).out);
    QCOMPARE(whole["request"].toObject()["version"].toString(), QString("HTTP/1.1"));
    QCOMPARE(whole["request_sent"].toObject()["version"].toString(), QString("HTTP/2"));
    const Ran many = run({"h2load", "-n", "600", "-c", "3", "-m", "20", url_ + "/bytes?n=3000"});
    QVERIFY2(many.out.find("600 succeeded, 0 failed") != std::string::npos, many.out.c_str());
    QVERIFY2(many.out.find("Application protocol: h2\n") != std::string::npos, many.out.c_str());
    const Ran through = run({"h2load", "--h1", "-n", "600", "-c", "10", outer.url("/bytes?n=3000")});
    QVERIFY2(through.out.find("600 succeeded, 0 failed") != std::string::npos, through.out.c_str());
    const Ran old = run({"h2load", "--h1", "-n", "600", "-c", "10", url_ + "/bytes?n=3000"});
    QVERIFY2(old.out.find("600 succeeded, 0 failed") != std::string::npos, old.out.c_str());
    QVERIFY2(old.out.find("Application protocol: http/1.1\n") != std::string::npos, old.out.c_str());
}

QTEST_GUILESS_MAIN(TlsContentTest)
#include "tls_content_test.moc"
