// SPDX-License-Identifier: GPL-3.0-or-later
// Bodies of every size, both ways, through nginx, python's http.server and Node, fetched by curl.
#include "tests/peers/peers.h"

#include <QCryptographicHash>
#include <QTest>

using namespace support;

namespace {

const std::vector<size_t> sizes = {0, 1, 64 << 10, 10 << 20};

std::string fileName(size_t size)
{
    return std::to_string(size) + ".txt";
}

}  // namespace

class BodiesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void aFileComesThroughUnchanged_data();
    void aFileComesThroughUnchanged();
    void headGivesTheHeadAlone();
    void chunkedAnswersComeThroughUnchanged();
    void anUploadArrivesUnchanged_data();
    void anUploadArrivesUnchanged();
    void anEchoedBodyComesBackUnchanged();
    void aRangeOfAFileIsTheServersBusiness();
    void aMissingFileIsTheServers404();

private:
    std::unique_ptr<Nginx> nginx_;
    std::unique_ptr<PythonServer> python_;
    std::unique_ptr<NodeServer> node_;
    std::unique_ptr<GatewayProcess> gateway_;
};

void BodiesTest::initTestCase()
{
    nginx_ = std::make_unique<Nginx>();
    python_ = std::make_unique<PythonServer>();
    node_ = std::make_unique<NodeServer>();
    QVERIFY2(nginx_->ready(), nginx_->trouble().c_str());
    QVERIFY(python_->ready() && node_->ready());
    for (const size_t size : sizes) {
        nginx_->file(fileName(size), pattern(size));
        python_->file(fileName(size), pattern(size));
    }
    GatewaySetup setup;
    setup.file = "services:\n  nginx: " + nginx_->url() + "\n  python: " + python_->url() + "\n  node: " + node_->url()
        + "\nroutes:\n";
    for (const char *name : {"nginx", "python", "node"})
        setup.file += std::string("- {path: /") + name + "/**, service: " + name + ", strip_prefix: /" + name + "}\n";
    gateway_ = std::make_unique<GatewayProcess>(setup);
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
}

void BodiesTest::aFileComesThroughUnchanged_data()
{
    QTest::addColumn<QString>("target");
    QTest::addColumn<qulonglong>("size");
    for (const size_t size : sizes) {
        for (const char *server : {"nginx", "python"})
            QTest::addRow("%s %zu", server, size)
                << QString("/%1/%2").arg(server, fileName(size).c_str()) << qulonglong(size);
        QTest::addRow("node %zu", size) << QString("/node/bytes?n=%1").arg(size) << qulonglong(size);
    }
}

void BodiesTest::aFileComesThroughUnchanged()
{
    QFETCH(QString, target);
    QFETCH(qulonglong, size);
    for (int again = 0; again < 2; ++again) {  // the second time over a kept connection
        const CurlAnswer answer = curl({gateway_->url(target.toStdString())});
        QCOMPARE(answer.exitCode, 0);
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.body.size(), size_t(size));
        QVERIFY(answer.body == pattern(size));
    }
}

void BodiesTest::headGivesTheHeadAlone()
{
    for (const char *target : {"/nginx/65536.txt", "/python/65536.txt", "/node/bytes?n=65536"}) {
        RawSocket client = RawSocket::connectTo(gateway_->port());
        for (int again = 0; again < 2; ++again) {
            client.send(std::string("HEAD ") + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
            const HttpAnswer answer = readAnswer(client, true);
            QCOMPARE(answer.status, 200);
            QCOMPARE(answer.header("content-length"), std::string("65536"));
        }
        client.send("GET /nginx/1.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        QCOMPARE(readAnswer(client).body, pattern(1));  // no byte of a body stood in between
    }
}

void BodiesTest::chunkedAnswersComeThroughUnchanged()
{
    for (const size_t size : sizes) {
        const HttpAnswer answer = get(gateway_->port(), "/node/bytes?chunked=1&n=" + std::to_string(size));
        QCOMPARE(answer.status, 200);
        QVERIFY(answer.whole);
        QVERIFY(answer.body == pattern(size));
    }
}

void BodiesTest::anUploadArrivesUnchanged_data()
{
    QTest::addColumn<qulonglong>("size");
    QTest::addColumn<bool>("chunked");
    for (const size_t size : sizes) {
        QTest::addRow("length %zu", size) << qulonglong(size) << false;
        QTest::addRow("chunked %zu", size) << qulonglong(size) << true;
    }
}

void BodiesTest::anUploadArrivesUnchanged()
{
    QFETCH(qulonglong, size);
    QFETCH(bool, chunked);
    const TempFolder files;
    const std::string bytes = pattern(size), path = files.write("body", bytes);
    std::vector<std::string> arguments = {"--data-binary", "@" + path, gateway_->url("/node/upload")};
    if (chunked)
        arguments.insert(arguments.end(), {"-H", "Transfer-Encoding: chunked"});
    const CurlAnswer answer = curl(arguments);
    QCOMPARE(answer.status, 200);
    const QJsonObject told = jsonObject(answer.body);
    QCOMPARE(qulonglong(told["size"].toDouble()), size);
    QCOMPARE(
        told["sha256"].toString().toLatin1(),
        QCryptographicHash::hash(QByteArrayView(bytes.data(), qsizetype(size)), QCryptographicHash::Sha256).toHex());
}

void BodiesTest::anEchoedBodyComesBackUnchanged()
{
    const TempFolder files;
    for (const size_t size : sizes) {
        for (const char *framing : {"X-Framing: length", "Transfer-Encoding: chunked"}) {
            const CurlAnswer answer = curl({"--data-binary", "@" + files.write("body", pattern(size)), "-H", framing,
                                            gateway_->url("/node/echo")});
            QCOMPARE(answer.exitCode, 0);
            QCOMPARE(answer.status, 200);
            QVERIFY(answer.body == pattern(size));
        }
    }
}

void BodiesTest::aRangeOfAFileIsTheServersBusiness()
{
    const CurlAnswer answer = curl({"-H", "Range: bytes=10-19", gateway_->url("/nginx/65536.txt")});
    QCOMPARE(answer.status, 206);
    QCOMPARE(answer.body, pattern(65536).substr(10, 10));
    const CurlAnswer whole = curl({gateway_->url("/nginx/65536.txt")});
    const size_t at = whole.head.find("ETag: ");
    QVERIFY(at != std::string::npos);
    const std::string tag = whole.head.substr(at + 6, whole.head.find('\r', at) - at - 6);
    const CurlAnswer same = curl({"-H", "If-None-Match: " + tag, gateway_->url("/nginx/65536.txt")});
    QCOMPARE(same.status, 304);
    QCOMPARE(same.body, std::string());
}

void BodiesTest::aMissingFileIsTheServers404()
{
    const CurlAnswer answer = curl({gateway_->url("/nginx/none.txt")});
    QCOMPARE(answer.status, 404);
    QVERIFY(answer.body.find("nginx") != std::string::npos);
    QCOMPARE(curl({gateway_->url("/python/none.txt")}).status, 404);
    QCOMPARE(curl({gateway_->url("/node/none.txt")}).body, std::string("no such page here\n"));
}

QTEST_GUILESS_MAIN(BodiesTest)
#include "bodies_test.moc"
