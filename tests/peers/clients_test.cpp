// SPDX-License-Identifier: GPL-3.0-or-later
// Real clients before the gateway: curl, wrk, h2load, python's http.client, and raw sockets where no client does it.
#include "tests/peers/peers.h"

#include <QTest>

#include <thread>

using namespace support;

class ClientsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void wrkGetsNothingButGoodAnswers();
    void h2loadGetsNothingButGoodAnswers();
    void pythonKeepsItsConnection();
    void curlWaitsForContinueAndGetsIt();
    void aKeptConnectionServesManyRequests();
    void pipelinedRequestsAreAnsweredInOrder();
    void anOldClientIsServedAndClosed();
    void anOldClientMayKeepItsConnection();
    void anUpgradeBecomesATunnel();
    void aHalfClosedClientGetsItsAnswer();
    void oddBytesBetweenRequestsAreRefused_data();
    void oddBytesBetweenRequestsAreRefused();
    void aTargetInAbsoluteFormIsServed();
    void hundredsOfConnectionsAtOnce();

private:
    std::unique_ptr<NodeServer> node_;
    std::unique_ptr<Nginx> nginx_;
    std::unique_ptr<GatewayProcess> gateway_;
};

void ClientsTest::initTestCase()
{
    node_ = std::make_unique<NodeServer>();
    nginx_ = std::make_unique<Nginx>("location = /json { return 200 '{\"a\":1}'; }");
    QVERIFY(node_->ready());
    QVERIFY2(nginx_->ready(), nginx_->trouble().c_str());
    GatewaySetup setup;
    setup.file = "services:\n  node: " + node_->url() + "\n  nginx: " + nginx_->url()
        + "\nroutes:\n- {path: /**, service: node}\n- {path: /json, service: nginx}\n";
    gateway_ = std::make_unique<GatewayProcess>(setup);
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
}

void ClientsTest::init()
{
    QVERIFY2(gateway_->process().running(), gateway_->trouble().c_str());
}

void ClientsTest::wrkGetsNothingButGoodAnswers()
{
    const Ran wrk = run({"wrk", "-t", "1", "-c", "32", "-d", "2s", gateway_->url("/json")});
    QCOMPARE(wrk.exitCode, 0);
    QVERIFY2(wrk.out.find("requests in") != std::string::npos && wrk.out.find(" 0 requests in") == std::string::npos,
             wrk.out.c_str());
    QVERIFY2(wrk.out.find("Socket errors") == std::string::npos, wrk.out.c_str());
    QVERIFY2(wrk.out.find("Non-2xx") == std::string::npos, wrk.out.c_str());
}

void ClientsTest::h2loadGetsNothingButGoodAnswers()
{
    const Ran load = run({"h2load", "--h1", "-n", "5000", "-c", "20", "-t", "1", gateway_->url("/json")});
    QCOMPARE(load.exitCode, 0);
    QVERIFY2(load.out.find("5000 succeeded, 0 failed, 0 errored, 0 timeout") != std::string::npos, load.out.c_str());
    QVERIFY2(load.out.find("5000 2xx") != std::string::npos, load.out.c_str());
}

void ClientsTest::pythonKeepsItsConnection()
{
    const std::string script = "import http.client, json\n"
                               "c = http.client.HTTPConnection('127.0.0.1', "
        + std::to_string(gateway_->port())
        + ", timeout=30)\n"
          "c.connect(); local = c.sock.getsockname()\n"
          "for i in range(50):\n"
          "    c.request('POST', '/echo', body=b'x' * i); r = c.getresponse(); body = r.read()\n"
          "    assert r.status == 200 and body == b'x' * i, (i, r.status, body)\n"
          "    c.request('PUT', '/echo', body=iter([b'ab', b'cd']), encode_chunked=True, headers={'Transfer-Encoding': "
          "'chunked'})\n"
          "    r = c.getresponse(); body = r.read(); assert body == b'abcd', body\n"
          "    c.request('HEAD', '/bytes?n=10'); r = c.getresponse(); assert r.read() == b'' and "
          "r.headers['Content-Length'] == '10'\n"
          "    c.request('GET', '/none'); r = c.getresponse(); assert r.status == 404; r.read()\n"
          "    assert c.sock and c.sock.getsockname() == local, 'another connection'\n"
          "print('well')\n";
    const Ran python = run({"python3", "-c", script});
    QCOMPARE(python.err, std::string());
    QCOMPARE(python.out, std::string("well\n"));
}

void ClientsTest::curlWaitsForContinueAndGetsIt()
{
    const TempFolder files;
    const std::string body = pattern(2 << 20);
    const CurlAnswer answer = curl({"-v", "-H", "Expect: 100-continue", "--expect100-timeout", "20", "--data-binary",
                                    "@" + files.write("body", body), gateway_->url("/echo")});
    QCOMPARE(answer.exitCode, 0);
    QCOMPARE(answer.status, 200);
    QVERIFY2(answer.head.find("100 Continue") != std::string::npos, answer.head.c_str());
    QVERIFY(answer.body == body);
}

void ClientsTest::aKeptConnectionServesManyRequests()
{
    RawSocket client = RawSocket::connectTo(gateway_->port());
    for (int i = 0; i < 200; ++i) {
        QVERIFY(client.send("GET /bytes?n=" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n"));
        const HttpAnswer answer = readAnswer(client);
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.body, pattern(size_t(i)));
    }
    QVERIFY(client.send("GET /bytes?n=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    QCOMPARE(readAnswer(client).header("connection"), std::string("close"));
    QVERIFY(client.waitForEnd());
}

void ClientsTest::pipelinedRequestsAreAnsweredInOrder()
{
    RawSocket client = RawSocket::connectTo(gateway_->port());
    std::string all;
    for (int i = 0; i < 100; ++i) {
        if (i % 3 == 0)
            all += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n" + std::to_string(1000 + i);
        else if (i % 3 == 1)
            all += "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n"
                + std::to_string(1000 + i) + "\r\n0\r\n\r\n";
        else
            all += "GET /slow?ms=" + std::to_string(i % 7) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    }
    QVERIFY(client.send(all));
    for (int i = 0; i < 100; ++i) {
        const HttpAnswer answer = readAnswer(client);
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.body, i % 3 == 2 ? std::string("slow") : std::to_string(1000 + i));
    }
}

void ClientsTest::anOldClientIsServedAndClosed()
{
    RawSocket client = RawSocket::connectTo(gateway_->port());
    QVERIFY(client.send("GET /bytes?n=70000&chunked=1 HTTP/1.0\r\n\r\n"));
    const HttpAnswer answer = readAnswer(client);
    QCOMPARE(answer.status, 200);
    QVERIFY2(!answer.has("transfer-encoding"), answer.head.c_str());
    QVERIFY(answer.body == pattern(70'000));
    QVERIFY(client.waitForEnd());
}

void ClientsTest::anOldClientMayKeepItsConnection()
{
    RawSocket client = RawSocket::connectTo(gateway_->port());
    for (int i = 0; i < 3; ++i) {
        QVERIFY(client.send("GET /bytes?n=5 HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"));
        const HttpAnswer answer = readAnswer(client);
        QCOMPARE(answer.body, pattern(5));
        QVERIFY2(answer.header("connection") == "keep-alive", answer.head.c_str());
    }
}

void ClientsTest::anUpgradeBecomesATunnel()
{
    RawSocket client = RawSocket::connectTo(gateway_->port());
    QVERIFY(client.send("GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\nearly"));
    const HttpAnswer answer = readAnswer(client);
    QCOMPARE(answer.status, 101);
    QCOMPARE(answer.header("upgrade"), std::string("raw"));
    QCOMPARE(client.readExactly(5), std::string("early"));
    const std::string bytes("\0\1\2\r\n\r\nHTTP/1.1 200\r\n", 21);
    QVERIFY(client.send(bytes));
    QCOMPARE(client.readExactly(21), bytes);
    const std::string much = pattern(1 << 20);
    std::thread sender([&] { client.send(much); });
    const std::string back = client.readExactly(much.size());
    sender.join();
    QVERIFY(back == much);
    client.shutdownSend();
    QVERIFY(client.waitForEnd());
    const QList<QJsonObject> rows = gateway_->log(1, {"path:/chat"});
    QCOMPARE(rows.size(), 1);
    QCOMPARE(rows[0]["status"].toInt(), 101);
}

void ClientsTest::aHalfClosedClientGetsItsAnswer()
{
    RawSocket client = RawSocket::connectTo(gateway_->port());
    QVERIFY(client.send("GET /slow?ms=100 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    client.shutdownSend();
    const HttpAnswer answer = readAnswer(client);
    // A client that closes its half may want its answer or be gone: either is lawful, a half answer is not.
    QVERIFY(answer.status == 0 || (answer.status == 200 && answer.body == "slow"));
}

void ClientsTest::oddBytesBetweenRequestsAreRefused_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::newRow("both framings") << QByteArray(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    QTest::newRow("two lengths") << QByteArray(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd");
    QTest::newRow("no host") << QByteArray("GET / HTTP/1.1\r\n\r\n");
    QTest::newRow("two hosts") << QByteArray("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    QTest::newRow("folded") << QByteArray("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n");
    QTest::newRow("bare line feed") << QByteArray("GET / HTTP/1.1\nHost: a\n\n");
    QTest::newRow("space before colon") << QByteArray("GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n");
    QTest::newRow("climbing out") << QByteArray("GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n");
    QTest::newRow("encoded NUL") << QByteArray("GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n");
    QTest::newRow("TLS") << QByteArray("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not HTTP\r\n\r\n", 24);
    QTest::newRow("chunk size with 0x") << QByteArray(
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n");
}

void ClientsTest::oddBytesBetweenRequestsAreRefused()
{
    QFETCH(QByteArray, request);
    RawSocket client = RawSocket::connectTo(gateway_->port());
    QVERIFY(client.send(request.toStdString()));
    const HttpAnswer answer = readAnswer(client);
    QCOMPARE(answer.status, 400);
    QVERIFY(client.waitForEnd());  // and nothing more is read of it
    QCOMPARE(get(gateway_->port(), "/bytes?n=1").status, 200);
}

void ClientsTest::aTargetInAbsoluteFormIsServed()
{
    const HttpAnswer answer =
        ask(gateway_->port(),
            "GET http://other.test/headers?x=1 HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n");
    QCOMPARE(answer.status, 200);
    // A Host that disagrees could be routed in two ways.
    const HttpAnswer two =
        ask(gateway_->port(), "GET http://other.test/headers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    QCOMPARE(two.status, 400);
    const QJsonObject what = jsonObject(answer.body);
    QCOMPARE(what["url"].toString(), QString("/headers?x=1"));
}

void ClientsTest::hundredsOfConnectionsAtOnce()
{
    std::vector<RawSocket> clients;
    for (int i = 0; i < 400; ++i)
        clients.push_back(RawSocket::connectTo(gateway_->port()));
    for (RawSocket &client : clients)
        QVERIFY(client.send("GET /slow?ms=50 HTTP/1.1\r\nHost: a\r\n\r\n"));
    for (RawSocket &client : clients)
        QCOMPARE(readAnswer(client).body, std::string("slow"));
}

QTEST_GUILESS_MAIN(ClientsTest)
#include "clients_test.moc"
