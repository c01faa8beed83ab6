// SPDX-License-Identifier: GPL-3.0-or-later
// What the Poller tells of a socket and when, in both of its implementations.
#include "tests/unit/dispatcher/loops.h"

#include <QTemporaryFile>

#include <sys/resource.h>

#include <algorithm>
#include <deque>
#include <vector>

using namespace sluice;
using namespace sluice::net;

class PollerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void whatIsReadyAlreadyIsTold_data() { addLoops(); }
    void whatIsReadyAlreadyIsTold();
    void eachMessageIsToldAfterRearm_data() { addLoops(); }
    void eachMessageIsToldAfterRearm();
    void aFullSocketIsToldWritableOnceItIsDrained_data() { addLoops(); }
    void aFullSocketIsToldWritableOnceItIsDrained();
    void aHangUpIsToldAndDoesNotSpin_data() { addLoops(); }
    void aHangUpIsToldAndDoesNotSpin();
    void aDescriptorThatCannotBeWatchedIsRefused_data() { addLoops(); }
    void aDescriptorThatCannotBeWatchedIsRefused();
    void aNestedLoopGoesOnWithTheBatch_data() { addLoops(); }
    void aNestedLoopGoesOnWithTheBatch();
    void nowIsFreshInHandlersAndNeverGoesBack_data() { addLoops(); }
    void nowIsFreshInHandlersAndNeverGoesBack();
    void thousandsOfSocketsAreAllServed_data() { addLoops(); }
    void thousandsOfSocketsAreAllServed();
    void theThreadHasOnePoller_data() { addLoops(); }
    void theThreadHasOnePoller();
    void aLoopCannotBeChangedOnceThere();
};

void PollerTest::initTestCase()
{
    rlimit limit{};
    QCOMPARE(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 24'000);
    QCOMPARE(setrlimit(RLIMIT_NOFILE, &limit), 0);
    QVERIFY2(limit.rlim_cur > 10'100, "10,000 sockets need so many descriptors");
}

void PollerTest::whatIsReadyAlreadyIsTold()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair pair;
        QVERIFY(pair.good() && pair.say("before"));
        Ear ear;
        QVERIFY(poller.watch(pair.near, &ear));
        QVERIFY(turnUntil([&] { return ear.seen == (Readable | Writable); }));
        QCOMPARE(readAll(pair.near), std::string("before"));
        poller.unwatch(pair.near, &ear);
    });
}

void PollerTest::eachMessageIsToldAfterRearm()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair pair;
        int answered = 0;
        Ear ear([&](unsigned events) {
            if (!(events & Readable))
                return;
            const std::string text = readAll(pair.near);
            poller.rearm(pair.near, true, false);
            if (!text.empty() && ++answered < 500)
                QVERIFY(pair.say("again"));
        });
        QVERIFY(poller.watch(pair.near, &ear));
        QVERIFY(pair.say("first"));
        QVERIFY(turnUntil([&] { return answered == 500; }));
        poller.unwatch(pair.near, &ear);
    });
}

void PollerTest::aFullSocketIsToldWritableOnceItIsDrained()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair pair;
        bool full = false, writableAgain = false;
        Ear ear([&](unsigned events) {
            if (!(events & Writable))
                return;
            writableAgain = full;
            const std::string block(16'384, 'x');
            while (send(pair.near, block.data(), block.size(), MSG_NOSIGNAL) > 0) {}
            full = true;
            poller.rearm(pair.near, false, true);
        });
        QVERIFY(poller.watch(pair.near, &ear));
        QVERIFY(turnUntil([&] { return full; }));
        letPass(20);
        QVERIFY(!writableAgain);
        QVERIFY(!readAll(pair.far).empty());
        QVERIFY(turnUntil([&] { return writableAgain; }));
        poller.unwatch(pair.near, &ear);
    });
}

void PollerTest::aHangUpIsToldAndDoesNotSpin()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair pair;
        Ear ear;
        QVERIFY(poller.watch(pair.near, &ear));
        QVERIFY(turnUntil([&] { return ear.seen & Writable; }));
        pair.closeFar();
        QVERIFY(turnUntil([&] { return ear.seen & Hangup; }));
        QVERIFY(ear.seen & Readable);
        char byte;
        QCOMPARE(recv(pair.near, &byte, 1, 0), ssize_t(0));
        const int before = ear.calls;
        letPass(50);
        QCOMPARE(ear.calls, before);  // the handler did nothing about it, and yet is left alone
        poller.unwatch(pair.near, &ear);
    });
}

void PollerTest::aDescriptorThatCannotBeWatchedIsRefused()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Ear ear, other;
        QVERIFY(!poller.watch(-1, &ear));
        Pair pair;
        const int closed = pair.far;
        pair.closeFar();
        QVERIFY(!poller.watch(closed, &ear));
        QVERIFY(!poller.watch(pair.near, nullptr));
        QTemporaryFile file;
        QVERIFY(file.open());
        QVERIFY(!poller.watch(file.handle(), &ear));
        QVERIFY(poller.watch(pair.near, &ear));
        QVERIFY(!poller.watch(pair.near, &ear));
        QVERIFY(!poller.watch(pair.near, &other));
        QVERIFY(turnUntil([&] { return ear.calls > 0; }));  // the first watch was not harmed by the refused ones
        QCOMPARE(other.calls, 0);
        poller.unwatch(pair.near, &ear);
    });
}

void PollerTest::aNestedLoopGoesOnWithTheBatch()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        // Three are ready at once; the first one served waits, in a loop of its own, for the other two.
        Pair pairs[3];
        std::vector<std::unique_ptr<Ear>> ears;
        int served = 0;
        bool waited = false;
        for (int self = 0; self < 3; ++self) {
            ears.push_back(std::make_unique<Ear>([&, self](unsigned events) {
                if (!(events & Readable) || readAll(pairs[self].near).empty())
                    return;
                if (++served == 1)
                    waited = turnUntil([&] { return served == 3; });
            }));
        }
        for (int self = 0; self < 3; ++self) {
            QVERIFY(pairs[self].say("x"));
            QVERIFY(poller.watch(pairs[self].near, ears[size_t(self)].get()));
        }
        QVERIFY(turnUntil([&] { return waited; }));
        for (int self = 0; self < 3; ++self)
            poller.unwatch(pairs[self].near, ears[size_t(self)].get());
    });
}

void PollerTest::nowIsFreshInHandlersAndNeverGoesBack()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair pair;
        Moment last{}, said{};
        bool back = false, stale = false;
        int heard = 0;
        Ear ear([&](unsigned events) {
            back |= poller.now() < last;
            last = poller.now();
            if ((events & Readable) && !readAll(pair.near).empty()) {
                stale |= poller.now() < said;
                ++heard;
                poller.rearm(pair.near, true, false);
            }
        });
        QVERIFY(poller.watch(pair.near, &ear));
        for (int n = 1; n <= 100; ++n) {
            said = monotonicNow();
            QVERIFY(pair.say("x"));
            QVERIFY(turnUntil([&] { return heard == n; }));
        }
        QVERIFY(!back);
        QVERIFY(!stale);
        poller.unwatch(pair.near, &ear);
    });
}

void PollerTest::thousandsOfSocketsAreAllServed()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [&](Poller &poller) {
        // The stock loop looks at every one each turn, so it gets fewer.
        const size_t count = loop == LoopKind::Epoll ? 5'000 : 500;
        std::vector<Pair> pairs(count);
        std::deque<Ear> ears;
        size_t heard = 0;
        const auto listen = [&](int fd) {
            Ear &ear = ears.emplace_back([&, fd](unsigned events) {
                if ((events & Readable) && !readAll(fd).empty())
                    ++heard;
                poller.rearm(fd, true, false);
            });
            return fd >= 0 && poller.watch(fd, &ear);
        };
        for (Pair &pair : pairs)
            QVERIFY(listen(pair.near) && listen(pair.far));
        for (size_t round = 1; round <= 3; ++round) {
            for (Pair &pair : pairs) {
                QVERIFY(pair.say("there"));
                QCOMPARE(send(pair.near, "back", 4, MSG_NOSIGNAL), ssize_t(4));
            }
            QVERIFY(turnUntil([&] { return heard == round * 2 * count; }));
        }
        size_t next = 0;
        for (Pair &pair : pairs) {
            poller.unwatch(pair.near, &ears[next++]);
            poller.unwatch(pair.far, &ears[next++]);
        }
    });
}

void PollerTest::theThreadHasOnePoller()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [&](Poller &poller) {
        QCOMPARE(threadPoller(), &poller);
        const bool own = dynamic_cast<QAbstractEventDispatcher *>(&poller);
        QCOMPARE(own, loop == LoopKind::Epoll);
    });
}

void PollerTest::aLoopCannotBeChangedOnceThere()
{
    QThread thread;
    QVERIFY(setLoop(thread, LoopKind::Epoll).ok());
    QVERIFY(!setLoop(thread, LoopKind::Epoll).ok());
    thread.start();
    QVERIFY(!setLoop(thread, LoopKind::Epoll).ok());
    thread.quit();
    thread.wait();
}

QTEST_GUILESS_MAIN(PollerTest)
#include "poller_test.moc"
