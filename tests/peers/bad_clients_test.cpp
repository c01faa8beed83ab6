// SPDX-License-Identifier: GPL-3.0-or-later
// Clients that are slow, leave early, send half and hold connections open.
#include "tests/peers/peers.h"
#include "tests/support/frame_client.h"
#include "tests/support/raw_server.h"

#include <QScopeGuard>
#include <QTest>

#include <future>
#include <utility>

using namespace support;

class BadClientsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aSlowReaderHoldsNoMemory();
    void aSlowUpstreamHoldsNoMemory();
    void aClientThatLeavesIsRecordedAs499();
    void aClientThatLeavesWithinTheAnswerEndsTheUpstream();
    void aClientThatLeavesWithinItsBodyIsRecorded();
    void aResetBehindUnreadContentIsSeenAtOnce();
    void aHeadThatNeverEndsIsTimedOut();
    void anIdleConnectionIsClosedInTime();
    void aHeadThatIsTooLargeIsRefused();
    void aLargeHeadPassesWhereTheFileAllowsIt();
    void aRefusedBodyIsRecordedWithWhatCame();
    void fewDescriptorsAreSurvived();
    void overHttp2WhoSaysGoodbyeGetsTheLastAnswerAndTheEnd();

private:
    static GatewaySetup before(const std::string &url, const std::string &more = {})
    {
        GatewaySetup setup;
        setup.file = "services:\n  up: " + url + "\nroutes:\n- {path: /**, service: up}\n" + more;
        return setup;
    }
};

#define VERIFY_READY(gateway) QVERIFY2((gateway).ready(), (gateway).trouble().c_str())

void BadClientsTest::aSlowReaderHoldsNoMemory()
{
    constexpr size_t size = 256 << 20;
    std::atomic<size_t> sent{0};
    RawServer server([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
        const std::string piece(1 << 20, 'x');
        while (sent < size && peer.send(piece))
            sent += piece.size();
    });
    GatewayProcess gateway(before(server.url()));
    VERIFY_READY(gateway);
    const uint64_t memory = gateway.process().residentKiB();
    std::vector<RawSocket> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(RawSocket::connectTo(gateway.port(), 16 * 1024));
        clients.back().send("GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        QVERIFY(clients.back().readExactly(100'000).size() == 100'000);
    }
    // Nobody reads on: what has been sent stands still, and so does memory.
    size_t last = 0;
    const auto stands = [&] { return std::exchange(last, sent.load()) == sent; };
    int still = 0;
    QVERIFY(waitUntil([&] { return (still = stands() ? still + 1 : 0) > 100; }));
    QVERIFY2(sent < size / 2, std::to_string(sent).c_str());
    const uint64_t grown = gateway.process().residentKiB() - memory;
    QVERIFY2(grown < 24 * 1024, std::to_string(grown).c_str());
    for (RawSocket &client : clients)
        client.reset();
    QCOMPARE(gateway.stop(), 0);
}

void BadClientsTest::aSlowUpstreamHoldsNoMemory()
{
    std::atomic<bool> release{false};
    RawServer deaf([&](RawSocket &peer, int) {
        peer.readHead();
        waitUntil([&] { return release.load(); });
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    GatewayProcess gateway(before(deaf.url()));
    VERIFY_READY(gateway);
    const uint64_t memory = gateway.process().residentKiB();
    std::atomic<size_t> sent{0};
    RawSocket client = RawSocket::connectTo(gateway.port());
    std::thread uploader([&] {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
        const std::string piece(1 << 16, 'x');
        while (sent < 500'000'000 && client.send(piece))
            sent += piece.size();
    });
    size_t last = 0;
    int still = 0;
    const auto stands = [&] { return sent > 0 && std::exchange(last, sent.load()) == sent; };
    const bool stood = waitUntil([&] { return (still = stands() ? still + 1 : 0) > 100; });
    const uint64_t grown = gateway.process().residentKiB() - memory;
    const size_t taken = sent;
    release = true;
    ::shutdown(client.fd(), SHUT_RDWR);
    uploader.join();
    QVERIFY(stood);
    QVERIFY2(taken < 100'000'000, std::to_string(taken).c_str());
    QVERIFY2(grown < 24 * 1024, std::to_string(grown).c_str());
}

void BadClientsTest::aClientThatLeavesIsRecordedAs499()
{
    std::atomic<bool> came{false}, left{false};
    RawServer server([&](RawSocket &peer, int) {
        peer.readHead();
        came = true;
        left = peer.waitForEnd();
    });
    GatewayProcess gateway(before(server.url()));
    VERIFY_READY(gateway);
    RawSocket client = RawSocket::connectTo(gateway.port());
    client.send("GET /left HTTP/1.1\r\nHost: a\r\n\r\n");
    QVERIFY(waitUntil([&] { return came.load(); }));
    client.reset();
    QVERIFY2(waitUntil([&] { return left.load(); }), "the upstream is not asked any longer for who has gone");
    const QJsonObject row = gateway.log(1).value(0);
    QCOMPARE(row["status"].toInt(), 499);
    QCOMPARE(text(row, "failed_by"), std::string("client"));
}

void BadClientsTest::aClientThatLeavesWithinTheAnswerEndsTheUpstream()
{
    std::atomic<bool> refused{false};
    RawServer server([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n");
        const std::string piece(1 << 20, 'x');
        for (int i = 0; i < 4000 && peer.send(piece); ++i) {}
        refused = true;
    });
    GatewayProcess gateway(before(server.url()));
    VERIFY_READY(gateway);
    RawSocket client = RawSocket::connectTo(gateway.port());
    client.send("GET /left HTTP/1.1\r\nHost: a\r\n\r\n");
    client.readExactly(1 << 20);
    client.reset();
    QVERIFY(waitUntil([&] { return refused.load(); }));
    const QJsonObject row = gateway.log(1).value(0);
    QCOMPARE(text(row, "failed_by"), std::string("client"));
    QVERIFY(row["response_bytes"].toDouble() < 4e9);
}

void BadClientsTest::aClientThatLeavesWithinItsBodyIsRecorded()
{
    std::atomic<int> whole{0};
    RawServer server([&](RawSocket &peer, int) {
        peer.readHead();
        whole += peer.readExactly(1000).size() == 1000;
    });
    GatewayProcess gateway(before(server.url()));
    VERIFY_READY(gateway);
    RawSocket client = RawSocket::connectTo(gateway.port());
    client.send("POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + std::string(500, 'x'));
    QVERIFY(waitUntil([&] { return server.connections() == 1; }));
    client.reset();
    const QJsonObject row = gateway.log(1).value(0);
    QCOMPARE(row["status"].toInt(), 499);
    QCOMPARE(text(row, "failed_by"), std::string("client"));
    QCOMPARE(whole.load(), 0);
}

void BadClientsTest::aResetBehindUnreadContentIsSeenAtOnce()
{
    std::atomic<bool> left{false};
    RawServer deaf([&](RawSocket &peer, int) {
        peer.readHead();
        left = waitUntil([&] {  // reads nothing more, but looks
            pollfd state{peer.fd(), 0, 0};
            return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLHUP));
        });
    });
    GatewayProcess gateway(before(deaf.url()));
    VERIFY_READY(gateway);
    RawSocket client = RawSocket::connectTo(gateway.port());
    client.send("POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
    const std::string piece(1 << 16, 'x');
    pollfd room{client.fd(), POLLOUT, 0};
    while (::poll(&room, 1, 200) == 1)  // until nobody takes any more
        QVERIFY(client.send(piece));
    client.reset();
    const QJsonObject row = gateway.log(1).value(0);
    QCOMPARE(row["status"].toInt(), 499);
    QCOMPARE(text(row, "failed_by"), std::string("client"));
}

void BadClientsTest::aHeadThatNeverEndsIsTimedOut()
{
    GatewayProcess gateway(before("http://127.0.0.1:9", "http: {header_timeout: 300ms}\n"));
    VERIFY_READY(gateway);
    RawSocket client = RawSocket::connectTo(gateway.port());
    client.send("GET / HTTP/1.1\r\nHost:");
    QCOMPARE(readAnswer(client).status, 408);
    QVERIFY(client.waitForEnd());
    RawSocket dripping = RawSocket::connectTo(gateway.port());
    dripping.send("GET / HTTP/1.1\r\n");
    const auto begin = std::chrono::steady_clock::now();
    while (!dripping.hasInput(std::chrono::milliseconds(20)) && dripping.send("X: 1\r\n")
           && std::chrono::steady_clock::now() - begin < patience) {}
    QVERIFY(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
}

void BadClientsTest::anIdleConnectionIsClosedInTime()
{
    NodeServer node;
    QVERIFY(node.ready());
    GatewayProcess gateway(before(node.url(), "http: {keep_alive: 300ms}\n"));
    VERIFY_READY(gateway);
    RawSocket silent = RawSocket::connectTo(gateway.port()), used = RawSocket::connectTo(gateway.port());
    used.send("GET /bytes?n=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    QCOMPARE(readAnswer(used).status, 200);
    QVERIFY(used.waitForEnd());
    QVERIFY(used.end() == RawSocket::End::Closed);
    QVERIFY(silent.waitForEnd());
}

void BadClientsTest::aHeadThatIsTooLargeIsRefused()
{
    GatewayProcess gateway(before("http://127.0.0.1:9"));
    VERIFY_READY(gateway);
    QCOMPARE(get(gateway.port(), "/" + std::string(10'000, 'x')).status, 414);
    QCOMPARE(get(gateway.port(), "/", "X: " + std::string(10'000, 'x') + "\r\n").status, 431);
    std::string many;
    for (int i = 0; i < 200; ++i)
        many += "X-" + std::to_string(i) + ": 1\r\n";
    QCOMPARE(get(gateway.port(), "/", many).status, 431);
    QVERIFY(gateway.process().running());
}

void BadClientsTest::aLargeHeadPassesWhereTheFileAllowsIt()
{
    RawServer up([](RawSocket &peer, int) {
        const std::string size = std::to_string(peer.readHead().size());
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size.size()) + "\r\n\r\n" + size);
    });
    GatewayProcess gateway(before(up.url(), "http: {header_bytes: 512KiB}\n"));
    VERIFY_READY(gateway);
    const auto fields = [](int count) {
        std::string out;
        for (int i = 0; i < count; ++i)
            out += "X-" + std::to_string(i) + ": " + std::string(8000, 'x') + "\r\n";
        return out;
    };
    const HttpAnswer large = get(gateway.port(), "/", fields(60));
    QCOMPARE(large.status, 200);
    QVERIFY2(std::stoi(large.body) > 480'000, large.body.c_str());
    QCOMPARE(get(gateway.port(), "/", fields(70)).status, 431);
}

void BadClientsTest::aRefusedBodyIsRecordedWithWhatCame()
{
    GatewaySetup setup;
    setup.file = "services:\n  up: http://127.0.0.1:9\nroutes:\n- {path: /there, service: up}\n";
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    const auto post = [&](const std::string &length) {
        RawSocket client = RawSocket::connectTo(gateway.port());
        client.send("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\nwhole");
        return readAnswer(client).status;
    };
    QCOMPARE(post("5"), 404);
    QCOMPARE(post("6"), 404);
    QCOMPARE(gateway.log(2).size(), 2);
    QVERIFY(gateway.onRecording({"show", "1"}).out.find("whole") != std::string::npos);
    // The second was not whole when it was refused: sending it again as if it were would be another request.
    const Ran replay = gateway.onRecording({"replay", "id:2", "--to", gateway.url(), "--json"});
    QVERIFY2(replay.out.find("not whole") != std::string::npos, (replay.out + replay.err).c_str());
}

void BadClientsTest::fewDescriptorsAreSurvived()
{
    NodeServer node;
    QVERIFY(node.ready());
    GatewaySetup setup = before(node.url());
    setup.mostFiles = 64;
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    {
        std::vector<RawSocket> clients;
        for (int i = 0; i < 200; ++i) {
            clients.push_back(RawSocket::connectTo(gateway.port()));
            if (clients.back().isOpen())
                clients.back().send("GET /bytes?n=10 HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        int served = 0;
        for (RawSocket &client : clients)
            served +=
                client.isOpen() && client.hasInput(std::chrono::milliseconds(20)) && readAnswer(client).status == 200;
        QVERIFY2(served > 0, "those that were let in are served");
        QVERIFY(gateway.process().running());
    }
    // All have gone: the next one is served as ever, and soon.
    QVERIFY(waitUntil([&] { return get(gateway.port(), "/bytes?n=10").status == 200; }));
    const Ran status = gateway.onSocket({"status", "--json"});
    QCOMPARE(status.exitCode, 0);
    QCOMPARE(gateway.stop(), 0);
}

void BadClientsTest::overHttp2WhoSaysGoodbyeGetsTheLastAnswerAndTheEnd()
{
    std::promise<void> may;
    RawServer server([go = may.get_future().share()](RawSocket &peer, int) {
        peer.readHead();
        go.wait();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        peer.waitForEnd();
    });
    GatewayProcess gateway(before(server.url(), "http: {keep_alive: 1h}\n"));
    bool told = false;
    const auto tell = [&] {
        if (!std::exchange(told, true))
            may.set_value();
    };
    const auto atEnd = qScopeGuard(tell);
    VERIFY_READY(gateway);
    FrameClient client(gateway.port());
    client.send(h2::headers(1, h2::get("/last")) + h2::goAway(0));
    QVERIFY(waitUntil([&] { return server.connections() == 1; }));
    tell();
    QCOMPARE(client.next(h2::Data, 1).payload, std::string("ok"));
    QVERIFY(client.socket().waitForEnd());
    QCOMPARE(text(gateway.log(1).value(0), "failed_by"), std::string());
}

QTEST_GUILESS_MAIN(BadClientsTest)
#include "bad_clients_test.moc"
