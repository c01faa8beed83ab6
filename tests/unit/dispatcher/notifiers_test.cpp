// SPDX-License-Identifier: GPL-3.0-or-later
// QSocketNotifiers of all types, and the sockets of Qt that live on them.
// The stock loop runs the same stories where it can: it is what ours is measured by.
#include "tests/unit/dispatcher/loops.h"

#include <QRegularExpression>
#include <QSocketNotifier>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryFile>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <deque>

using namespace sluice;
using namespace sluice::net;

class NotifiersTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readAndWriteNotifiersWorkAndDisableThemselves_data() { addLoops(); }
    void readAndWriteNotifiersWorkAndDisableThemselves();
    void threeNotifiersShareADescriptor_data() { addLoops(); }
    void threeNotifiersShareADescriptor();
    void aReaderIsToldOfAHangUp_data() { addLoops(); }
    void aReaderIsToldOfAHangUp();
    void anExceptionNotifierOnAHungUpSocketDoesNotSpin_data() { addLoops(Rows::EpollOnly); }
    void anExceptionNotifierOnAHungUpSocketDoesNotSpin();
    void aNotifierDeletedByAnEarlierOneIsNotTold_data() { addLoops(); }
    void aNotifierDeletedByAnEarlierOneIsNotTold();
    void aPlainFileIsAlwaysReady_data() { addLoops(); }
    void aPlainFileIsAlwaysReady();
    void aNotifierMayOutliveItsDescriptor_data() { addLoops(Rows::EpollOnly); }
    void aNotifierMayOutliveItsDescriptor();
    void aNotifierBesideAHandlerIsRefused_data() { addLoops(Rows::EpollOnly); }
    void aNotifierBesideAHandlerIsRefused();
    void qtsSocketsEchoMegabytes_data() { addLoops(); }
    void qtsSocketsEchoMegabytes();
};

void NotifiersTest::readAndWriteNotifiersWorkAndDisableThemselves()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        Pair pair;
        int writes = 0, reads = 0;
        QSocketNotifier write(pair.near, QSocketNotifier::Write), read(pair.near, QSocketNotifier::Read);
        QObject::connect(&write, &QSocketNotifier::activated, [&] { write.setEnabled(++writes < 3); });
        QObject::connect(&read, &QSocketNotifier::activated, [&] {
            ++reads;
            if (reads == 4)
                read.setEnabled(false);  // without having read anything: level-triggered until then
        });
        QVERIFY(pair.say("x"));
        QVERIFY(turnUntil([&] { return writes == 3 && reads == 4; }));
        letPass(10);
        QCOMPARE(writes, 3);
        QCOMPARE(reads, 4);
        read.setEnabled(true);
        QVERIFY(turnUntil([&] { return reads > 4; }));
    });
}

void NotifiersTest::threeNotifiersShareADescriptor()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        // Urgent data, the one thing that Exception is for, needs TCP.
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        const int far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server.serverPort());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        QCOMPARE(::connect(far, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
        QVERIFY(turnUntil([&] { return server.hasPendingConnections(); }));
        std::unique_ptr<QTcpSocket> accepted(server.nextPendingConnection());
        const int near = dup(int(accepted->socketDescriptor()));
        int told[3] = {};
        std::deque<QSocketNotifier> notifiers;
        for (auto type : {QSocketNotifier::Read, QSocketNotifier::Write, QSocketNotifier::Exception}) {
            QSocketNotifier &notifier = notifiers.emplace_back(near, type);
            QObject::connect(&notifier, &QSocketNotifier::activated, [&told, &notifier, type] {
                ++told[type];
                notifier.setEnabled(false);
            });
        }
        QVERIFY(turnUntil([&] { return told[QSocketNotifier::Write] == 1; }));
        QCOMPARE(told[QSocketNotifier::Read] + told[QSocketNotifier::Exception], 0);
        QCOMPARE(send(far, "!", 1, MSG_OOB), ssize_t(1));
        QVERIFY(turnUntil([&] { return told[QSocketNotifier::Exception] == 1; }));
        QCOMPARE(send(far, "x", 1, 0), ssize_t(1));
        QVERIFY(turnUntil([&] { return told[QSocketNotifier::Read] == 1; }));
        QCOMPARE(told[QSocketNotifier::Write], 1);
        notifiers.clear();
        close(far);
        close(near);
    });
}

void NotifiersTest::aReaderIsToldOfAHangUp()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        Pair pair;
        bool ended = false;
        QSocketNotifier read(pair.near, QSocketNotifier::Read);
        QObject::connect(&read, &QSocketNotifier::activated, [&] {
            char byte;
            ended = recv(pair.near, &byte, 1, 0) == 0;
            read.setEnabled(!ended);
        });
        pair.closeFar();
        QVERIFY(turnUntil([&] { return ended; }));
        bool writerTold = false;
        QSocketNotifier write(pair.near, QSocketNotifier::Write);
        QObject::connect(&write, &QSocketNotifier::activated, [&] {
            writerTold = true;
            write.setEnabled(false);
        });
        QVERIFY(turnUntil([&] { return writerTold; }));
    });
}

void NotifiersTest::anExceptionNotifierOnAHungUpSocketDoesNotSpin()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        Pair pair;
        int told = 0;
        QSocketNotifier exception(pair.near, QSocketNotifier::Exception);
        QObject::connect(&exception, &QSocketNotifier::activated, [&] { ++told; });
        pair.closeFar();
        QVERIFY(turnUntil([&] { return told > 0; }));
        Turns turns;
        letPass(50);
        QCOMPARE(told, 1);
        QVERIFY(turns.count <= 5);
        // Whoever wants to read later is told all the same.
        bool read = false;
        QSocketNotifier reader(pair.near, QSocketNotifier::Read);
        QObject::connect(&reader, &QSocketNotifier::activated, [&] {
            read = true;
            reader.setEnabled(false);
        });
        QVERIFY(turnUntil([&] { return read; }));
    });
}

void NotifiersTest::aNotifierDeletedByAnEarlierOneIsNotTold()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        Pair pairs[2];
        std::unique_ptr<QSocketNotifier> notifiers[2];
        int told = 0;
        for (int self : {0, 1}) {
            QVERIFY(pairs[self].say("x"));
            notifiers[self] = std::make_unique<QSocketNotifier>(pairs[self].near, QSocketNotifier::Read);
            QObject::connect(notifiers[self].get(), &QSocketNotifier::activated, [&, self] {
                ++told;
                readAll(pairs[self].near);
                notifiers[1 - self].reset();
            });
        }
        letPass(10);
        QCOMPARE(told, 1);
    });
}

void NotifiersTest::aPlainFileIsAlwaysReady()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        QTemporaryFile file;
        QVERIFY(file.open());
        int reads = 0, writes = 0;
        QSocketNotifier read(file.handle(), QSocketNotifier::Read), write(file.handle(), QSocketNotifier::Write);
        QObject::connect(&read, &QSocketNotifier::activated, [&] { read.setEnabled(++reads < 3); });
        QObject::connect(&write, &QSocketNotifier::activated, [&] { write.setEnabled(++writes < 5); });
        QVERIFY(turnUntil([&] { return reads == 3 && writes == 5; }));
        letPass(10);
        QCOMPARE(reads, 3);
        QCOMPARE(writes, 5);
    });
}

void NotifiersTest::aNotifierMayOutliveItsDescriptor()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair first;
        auto stale = std::make_unique<QSocketNotifier>(first.near, QSocketNotifier::Read);
        int told = 0;
        QObject::connect(stale.get(), &QSocketNotifier::activated, [&] { ++told; });
        // The number goes to a socket with a handler; the late disabling must not take that one out.
        Pair second;
        QCOMPARE(dup3(second.near, first.near, O_CLOEXEC), first.near);
        Ear ear;
        QVERIFY(poller.watch(first.near, &ear));
        stale.reset();
        QVERIFY(second.say("x"));
        QVERIFY(turnUntil([&] { return ear.seen & Readable; }));
        QCOMPARE(told, 0);
        poller.unwatch(first.near, &ear);
    });
}

void NotifiersTest::aNotifierBesideAHandlerIsRefused()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair pair;
        Ear ear;
        QVERIFY(poller.watch(pair.near, &ear));
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression("no notifier for descriptor \\d+: it has a handler"));
        QSocketNotifier refused(pair.near, QSocketNotifier::Read);
        const int copy = dup(pair.near);
        int told = 0;
        QSocketNotifier welcome(copy, QSocketNotifier::Read);
        QObject::connect(&welcome, &QSocketNotifier::activated, [&] {
            ++told;
            welcome.setEnabled(false);
        });
        QVERIFY(!poller.watch(copy, &ear));
        QVERIFY(pair.say("x"));
        QVERIFY(turnUntil([&] { return told == 1 && (ear.seen & Readable); }));
        refused.setEnabled(false);
        poller.unwatch(pair.near, &ear);
        close(copy);
    });
}

void NotifiersTest::qtsSocketsEchoMegabytes()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        QObject::connect(&server, &QTcpServer::newConnection, [&] {
            QTcpSocket *peer = server.nextPendingConnection();
            QObject::connect(peer, &QTcpSocket::readyRead, peer, [peer] { peer->write(peer->readAll()); });
            QObject::connect(peer, &QTcpSocket::disconnected, peer, &QObject::deleteLater);
        });
        QByteArray sent(8 << 20, '\0'), got;
        for (qsizetype n = 0; n < sent.size(); ++n)
            sent[n] = char(n * 31 + n / 4093);
        QTcpSocket client;
        bool gone = false;
        QObject::connect(&client, &QTcpSocket::connected, [&] { client.write(sent); });
        QObject::connect(&client, &QTcpSocket::readyRead, [&] { got += client.readAll(); });
        QObject::connect(&client, &QTcpSocket::disconnected, [&] { gone = true; });
        client.connectToHost(QHostAddress(QHostAddress::LocalHost), server.serverPort());
        QVERIFY(turnUntil([&] { return got.size() == sent.size(); }));
        QVERIFY(got == sent);
        client.disconnectFromHost();
        QVERIFY(turnUntil([&] { return gone; }));
    });
}

QTEST_GUILESS_MAIN(NotifiersTest)
#include "notifiers_test.moc"
