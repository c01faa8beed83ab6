// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/replay/sender.h"
#include "tests/support/raw_server.h"

#include <QTest>

#include <atomic>
#include <mutex>
#include <thread>

using namespace sluice;
using namespace sluice::replay;
using support::RawServer;
using support::RawSocket;

namespace {

Request get(const std::string &url, const std::string &target = "/", Nanos limit = std::chrono::seconds(20))
{
    Request request;
    request.url = url;
    request.head.method = "GET";
    request.head.target = target;
    request.limit = limit;
    return request;
}

// The answer to a server that says just this.
Answer answerTo(const std::string &said, bool reset = false)
{
    RawServer server([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send(said);
        if (reset)
            peer.reset();
    });
    Sender sender;
    return sender.sendAndWait(get(server.url()));
}

}  // namespace

class SenderTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theRequestGoesOutAsGiven();
    void anAnswerComesBackWhole_data();
    void anAnswerComesBackWhole();
    void headAndEmptyAnswersHaveNoContent();
    void whoRefusesIsNamed();
    void aNameThatDoesNotExistIsAFailure();
    void whoAcceptsAndHangsTimesOut();
    void whoTricklesTimesOut();
    void garbageIsAFailure_data();
    void garbageIsAFailure();
    void anAnswerCutShortSaysSo();
    void anEarlyAnswerToALargeBodyCounts();
    void aLargeBodyGoesUpAndComesBack();
    void aHugeAnswerIsCountedAndKeptUpToTheBound();
    void whatCannotBeSentIsRefusedAtOnce();
    void moreThanTheBoundWaitInOrder();
    void whatIsUnderWayFailsWhenTheSenderEnds();
    void manyEndWhileTheirThreadIsBusy();
    void theEndDoesNotWaitForALookUp();
};

void SenderTest::theRequestGoesOutAsGiven()
{
    RawServer server([&](RawSocket &peer, int) {
        const std::string head = peer.readHead();
        server.keep(head + peer.readExactly(5));
        peer.send("HTTP/1.1 204 No Content\r\n\r\n");
    });
    Request request = get(server.url(), "/a/b?c=%20");
    request.head.method = "POST";
    request.head.headers.add("X-One", "1");
    request.body = "hello";
    Sender sender;
    const Answer answer = sender.sendAndWait(std::move(request));
    QCOMPARE(answer->returned.status, 204);
    QVERIFY(!answer->failedBy);
    const std::string host = "127.0.0.1:" + std::to_string(server.port());
    QCOMPARE(QString::fromStdString(server.kept().at(0)),
             "POST /a/b?c=%20 HTTP/1.1\r\nHost: " + QString::fromStdString(host)
                 + "\r\nX-One: 1\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
    QCOMPARE(answer->path, std::string("/a/b"));
    QCOMPARE(answer->query, std::string("c=%20"));
    QCOMPARE(answer->endpoint, server.url());
    QVERIFY(answer->time > WallTime());
    const journey::Times &t = answer->times;
    QVERIFY(t.connected >= Nanos(0) && t.requestSent >= t.connected && t.firstByte >= t.connected
            && t.ended >= t.firstByte);
}

void SenderTest::anAnswerComesBackWhole_data()
{
    QTest::addColumn<QByteArray>("said");
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("length") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") << QByteArray("hello");
    QTest::newRow("chunked") << QByteArray(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nX-T: 1\r\n\r\n")
                             << QByteArray("hello");
    QTest::newRow("until close") << QByteArray("HTTP/1.0 200 OK\r\n\r\nhello") << QByteArray("hello");
    QTest::newRow("behind 100 and 103") << QByteArray(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
                                        << QByteArray("hello");
    QTest::newRow("empty") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") << QByteArray();
}

void SenderTest::anAnswerComesBackWhole()
{
    QFETCH(QByteArray, said);
    QFETCH(QByteArray, body);
    const Answer answer = answerTo(said.toStdString());
    QCOMPARE(answer->failure, std::string());
    QCOMPARE(answer->returned.status, 200);
    QCOMPARE(answer->answer.status, 200);
    QCOMPARE(QByteArray::fromStdString(answer->responseBody.bytes), body);
    QCOMPARE(answer->responseBody.size, uint64_t(body.size()));
    QVERIFY(answer->responseBody.complete);
    QCOMPARE(answer->responseTrailers.has("X-T"), said.contains("X-T"));
}

void SenderTest::headAndEmptyAnswersHaveNoContent()
{
    RawServer server([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
        peer.waitForEnd();
    });
    Request request = get(server.url());
    request.head.method = "HEAD";
    Sender sender;
    const Answer answer = sender.sendAndWait(std::move(request));
    QCOMPARE(answer->returned.status, 200);
    QCOMPARE(answer->responseBody.size, uint64_t(0));
    QVERIFY(!answer->failedBy);
}

void SenderTest::whoRefusesIsNamed()
{
    uint16_t port;
    {
        RawServer gone([](RawSocket &, int) {});
        port = gone.port();
    }
    Sender sender;
    const Answer answer = sender.sendAndWait(get("http://127.0.0.1:" + std::to_string(port)));
    QCOMPARE(answer->returned.status, 0);
    QVERIFY(answer->failedBy == Fault::Upstream);
    QCOMPARE(answer->failure, std::string("connection refused"));
    const Answer both = sender.sendAndWait(get("http://localhost:" + std::to_string(port)));
    QCOMPARE(both->failure, std::string("connection refused"));
}

void SenderTest::aNameThatDoesNotExistIsAFailure()
{
    Sender sender;
    const Answer answer = sender.sendAndWait(get("http://no-such-host.invalid:80", "/", std::chrono::seconds(20)));
    QCOMPARE(answer->returned.status, 0);
    QVERIFY(answer->failedBy.has_value());
    QVERIFY(!answer->failure.empty());
}

void SenderTest::whoAcceptsAndHangsTimesOut()
{
    RawServer server([&](RawSocket &peer, int) { peer.waitForEnd(); });
    Sender sender;
    const Answer answer = sender.sendAndWait(get(server.url(), "/", std::chrono::milliseconds(150)));
    QCOMPARE(answer->returned.status, 0);
    QCOMPARE(answer->failure, std::string("no answer within 150ms"));
    QVERIFY(answer->times.ended >= std::chrono::milliseconds(150));
}

void SenderTest::whoTricklesTimesOut()
{
    RawServer server([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while (!peer.hasInput(std::chrono::milliseconds(10)) && peer.send("x")) {}
    });
    Sender sender;
    const Answer answer = sender.sendAndWait(get(server.url(), "/", std::chrono::milliseconds(300)));
    QCOMPARE(answer->returned.status, 200);
    QVERIFY(!answer->responseBody.complete);
    QVERIFY(answer->responseBody.size > 0);
    QCOMPARE(answer->failure, std::string("the answer was not whole within 300ms"));
}

void SenderTest::garbageIsAFailure_data()
{
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("no HTTP") << QByteArray("220 smtp.example.test ESMTP\r\n\r\n");
    QTest::newRow("half a head") << QByteArray("HTTP/1.1 200 OK\r\nContent-Le");
    QTest::newRow("two lengths") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
    QTest::newRow("binary") << QByteArray(70'000, '\xff');
    QTest::newRow("a head without end") << "HTTP/1.1 200 OK\r\nX: " + QByteArray(200'000, 'x');
}

void SenderTest::garbageIsAFailure()
{
    QFETCH(QByteArray, said);
    const Answer answer = answerTo(said.toStdString());
    QCOMPARE(answer->returned.status, 0);
    QVERIFY(answer->failedBy == Fault::Upstream);
    QVERIFY(!answer->failure.empty());
    QVERIFY(answer->times.ended >= Nanos(0));
}

void SenderTest::anAnswerCutShortSaysSo()
{
    for (const bool reset : {false, true}) {
        const Answer answer = answerTo("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", reset);
        if (answer->returned.status == 0) {  // a reset may throw away what was sent before it
            QVERIFY(reset && answer->failedBy == Fault::Upstream);
            continue;
        }
        QCOMPARE(answer->responseBody.bytes, std::string("hello"));
        QVERIFY(!answer->responseBody.complete);
        QVERIFY(answer->failedBy == Fault::Upstream);
    }
    const Answer chunk = answerTo("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n");
    QCOMPARE(chunk->responseBody.bytes, std::string("hello"));
    QVERIFY(!chunk->responseBody.complete);
}

void SenderTest::anEarlyAnswerToALargeBodyCounts()
{
    RawServer server([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
        peer.shutdownSend();
        peer.waitForEnd();
    });
    Request request = get(server.url());
    request.head.method = "PUT";
    request.body.assign(16 << 20, 'x');
    Sender sender;
    const Answer answer = sender.sendAndWait(std::move(request));
    QCOMPARE(answer->returned.status, 413);
    QVERIFY(!answer->failedBy);
}

void SenderTest::aLargeBodyGoesUpAndComesBack()
{
    constexpr size_t size = 10 << 20;
    RawServer server([&](RawSocket &peer, int) {
        peer.readHead();
        const std::string body = peer.readExactly(size);
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
        peer.send(body);
    });
    Request request = get(server.url());
    request.head.method = "POST";
    for (size_t i = 0; i < size; ++i)
        request.body += char('a' + i * 7 % 23);
    const std::string sent = request.body;
    Sender sender;
    const Answer answer = sender.sendAndWait(std::move(request));
    QCOMPARE(answer->failure, std::string());
    QVERIFY(answer->responseBody.bytes == sent);
}

void SenderTest::aHugeAnswerIsCountedAndKeptUpToTheBound()
{
    const uint64_t size = uint64_t(80) << 20, kept = uint64_t(64) << 20;
    RawServer server([&](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
        const std::string piece(1 << 20, 'x');
        for (int i = 0; i < 80 && peer.send(piece); ++i) {}
    });
    Sender sender;
    const Answer answer = sender.sendAndWait(get(server.url(), "/", std::chrono::seconds(60)));
    QCOMPARE(answer->responseBody.size, size);
    QCOMPARE(uint64_t(answer->responseBody.bytes.size()), kept);
    QVERIFY(answer->responseBody.complete && answer->responseBody.cut());
}

void SenderTest::whatCannotBeSentIsRefusedAtOnce()
{
    Sender sender;
    QVERIFY(!sender.sendAndWait(get("gopher://x"))->failure.empty());
    Request smuggling = get("http://127.0.0.1:1");
    smuggling.head.headers.add("X", "a\r\nb: c");
    const Answer answer = sender.sendAndWait(std::move(smuggling));
    QVERIFY(answer->failedBy == Fault::Client);
}

void SenderTest::moreThanTheBoundWaitInOrder()
{
    std::atomic<int> atOnce{0}, most{0};
    RawServer server([&](RawSocket &peer, int) {
        peer.readHead();
        most = std::max<int>(most, ++atOnce);
        peer.hasInput(std::chrono::milliseconds(20));
        --atOnce;
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    constexpr int all = 200;
    std::atomic<int> good{0}, answers{0};
    Sender sender;
    for (int i = 0; i < all; ++i) {
        sender.send(get(server.url()), [&](const Answer &answer) {
            good += answer->returned.status == 200;
            ++answers;
        });
    }
    QTRY_COMPARE_WITH_TIMEOUT(answers.load(), all, 30'000);
    QCOMPARE(good.load(), all);
    QVERIFY2(most <= 64, std::to_string(most).c_str());
}

void SenderTest::whatIsUnderWayFailsWhenTheSenderEnds()
{
    RawServer server([&](RawSocket &peer, int) { peer.waitForEnd(); });
    std::mutex mutex;
    std::vector<std::string> failures;
    {
        Sender sender;
        const auto note = [&](const Answer &answer) {
            const std::lock_guard lock(mutex);
            failures.push_back(answer->failure);
        };
        for (int i = 0; i < 100; ++i)
            sender.send(get(server.url()), note);
        sender.send(get(server.url()), [&](const Answer &answer) {
            note(answer);
            sender.send(get(server.url()), note);  // too late
        });
        QTRY_VERIFY(server.connections() > 0);
    }
    QCOMPARE(failures.size(), size_t(102));
    for (const std::string &failure : failures)
        QCOMPARE(failure, std::string("the sender was stopped"));
}

// The loop that is told to end may not be gone before it has been told (the thread sanitizer sees it).
void SenderTest::manyEndWhileTheirThreadIsBusy()
{
    RawServer server([](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 204 No Content\r\n\r\n");
    });
    std::atomic<int> answers{0};
    constexpr int senders = 100;
    for (int i = 0; i < senders; ++i) {
        std::atomic<bool> inside{false}, ending{false};
        const auto hold = [&](const Answer &) {
            ++answers;
            inside = true;
            while (!ending)
                std::this_thread::yield();
        };
        Sender sender;
        sender.send(get(server.url()), hold);
        QVERIFY(support::waitUntil([&] { return inside.load(); }));
        ending = true;
    }
    QCOMPARE(answers.load(), senders);
}

// Which goes on in a thread of Qt's, and answers nobody.
void SenderTest::theEndDoesNotWaitForALookUp()
{
    std::atomic<int> failed{0};
    constexpr int senders = 30;
    for (int i = 0; i < senders; ++i) {
        Sender sender;
        sender.send(get("http://no-such-host-" + std::to_string(i) + ".invalid"),
                    [&](const Answer &answer) { failed += !answer->failure.empty(); });
    }
    QCOMPARE(failed.load(), senders);
}

QTEST_GUILESS_MAIN(SenderTest)
#include "sender_test.moc"
