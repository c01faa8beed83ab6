// SPDX-License-Identifier: GPL-3.0-or-later
// As many clients as there may be at once, and more.
#include "tests/peers/peers.h"
#include "tests/support/raw_server.h"

#include <QScopeGuard>
#include <QTest>

#include <csignal>
#include <future>

using namespace support;

class ManyClientsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void thoseWhoSayNothingKeepNobodyOut();
    void whoHasJustComeIsNotSentAwayForOthers();
    void aHigherLimitLetsInWhoWaits();

private:
    static GatewaySetup before(const std::string &url, const std::string &more)
    {
        GatewaySetup setup;
        setup.file = "services:\n  up: " + url + "\nroutes:\n- {path: /**, service: up}\n" + more;
        return setup;
    }
};

#define VERIFY_READY(gateway) QVERIFY2((gateway).ready(), (gateway).trouble().c_str())

// At the limit the one goes that has waited longest for a request; whoever is being served stays.
void ManyClientsTest::thoseWhoSayNothingKeepNobodyOut()
{
    std::promise<void> ended;
    RawServer server([end = ended.get_future().share()](RawSocket &peer, int) {
        if (peer.readHead().starts_with("GET /slow"))
            end.wait();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        peer.waitForEnd();
    });
    const auto end = qScopeGuard([&] { ended.set_value(); });
    GatewaySetup setup = before(server.url(), "http: {max_connections: 3, keep_alive: 1h, header_timeout: 1h}\n");
    setup.workers = 1;
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    RawSocket busy = RawSocket::connectTo(gateway.port());
    busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    QVERIFY(waitUntil([&] { return server.connections() == 1; }));
    std::vector<RawSocket> silent;
    for (int i = 0; i < 8; ++i) {
        silent.push_back(RawSocket::connectTo(gateway.port()));
        silent.back().send(i % 2 ? "GET /half" : "");
    }
    QCOMPARE(get(gateway.port(), "/quick").body, std::string("ok"));
    std::vector<std::string> told;
    for (size_t i = 0; i < 6; ++i) {
        told.push_back(silent[i].readAll());
        QCOMPARE(silent[i].end(), RawSocket::End::Closed);
    }
    QVERIFY(!busy.hasInput(std::chrono::milliseconds(1)));  // nor its end
    QVERIFY(jsonObject(gateway.onSocket({"status", "--json"}).out)["connections_closed_for_room"].toInt() >= 6);
    // Each is on the record; who had begun a request was told why it got no further.
    const QList<QJsonObject> rows = gateway.log(6, {"status:408"});
    QVERIFY(rows.size() >= 6);
    int begun = 0;
    for (const QJsonObject &row : rows) {
        const std::string why = text(row, "failure");
        QVERIFY2(why.ends_with(" before its place was needed for another client"), why.c_str());
        begun += why.starts_with("the request's head was not whole ");
    }
    QVERIFY2(begun >= 3 && begun < rows.size(), std::to_string(begun).c_str());
    QVERIFY2(told[1].starts_with("HTTP/1.1 408 "), told[1].c_str());
    QCOMPARE(told[0], std::string());
}

// All come at once with their requests, far more than there is room for: each is let in in its turn, and served.
void ManyClientsTest::whoHasJustComeIsNotSentAwayForOthers()
{
    RawServer server([](RawSocket &peer, int) {
        while (!peer.readHead().empty())
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    GatewaySetup setup = before(server.url(), "http: {max_connections: 2}\n");
    setup.workers = 1;
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    gateway.process().signal(SIGSTOP);
    std::vector<RawSocket> clients;
    for (int i = 0; i < 40; ++i) {
        clients.push_back(RawSocket::connectTo(gateway.port()));
        clients.back().send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    }
    gateway.process().signal(SIGCONT);
    for (RawSocket &client : clients) {
        QCOMPARE(readAnswer(client).status, 200);
        client.close();
    }
}

void ManyClientsTest::aHigherLimitLetsInWhoWaits()
{
    RawServer server([](RawSocket &peer, int) {
        while (!peer.readHead().empty())
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    const GatewaySetup two = before(server.url(), "http: {max_connections: 2}\n");
    GatewayProcess gateway(two);
    VERIFY_READY(gateway);
    std::vector<RawSocket> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(RawSocket::connectTo(gateway.port()));
        clients.back().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        if (i < 2)
            QCOMPARE(readAnswer(clients.back()).status, 200);
    }
    gateway.rewriteFile(before(server.url(), "http: {max_connections: 10}\n").file);
    QCOMPARE(gateway.onSocket({"reload"}).exitCode, 0);
    QCOMPARE(readAnswer(clients[2]).status, 200);
    QCOMPARE(readAnswer(clients[3]).status, 200);
}

QTEST_GUILESS_MAIN(ManyClientsTest)
#include "many_clients_test.moc"
