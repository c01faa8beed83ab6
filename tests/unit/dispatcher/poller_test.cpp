// SPDX-License-Identifier: GPL-3.0-or-later
// The Poller's promises, kept by both of its implementations.
#include "tests/unit/dispatcher/loops.h"

#include <QEventLoop>
#include <QRegularExpression>
#include <QTemporaryFile>

#include <sys/resource.h>

#include <algorithm>
#include <deque>
#include <random>
#include <stdexcept>

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
    void unwatchOfAStrangerDoesNothing_data() { addLoops(); }
    void unwatchOfAStrangerDoesNothing();
    void aHandlerTakenOutByAnEarlierOneIsNotCalled_data() { addLoops(); }
    void aHandlerTakenOutByAnEarlierOneIsNotCalled();
    void aReusedDescriptorDoesNotInheritReadiness_data() { addLoops(); }
    void aReusedDescriptorDoesNotInheritReadiness();
    void aDescriptorClosedWithoutUnwatchCanBeWatchedAnew();
    void aHandlerMayUnwatchItselfAndWatchAgain_data() { addLoops(); }
    void aHandlerMayUnwatchItselfAndWatchAgain();
    void anExceptionTakesOnlyItsOwnDescriptorOut_data() { addLoops(); }
    void anExceptionTakesOnlyItsOwnDescriptorOut();
    void anExceptionOfTheHookEndsNothing_data() { addLoops(); }
    void anExceptionOfTheHookEndsNothing();
    void theHookFollowsEachBatch_data() { addLoops(); }
    void theHookFollowsEachBatch();
    void theHookNeverRunsWithinAHandler_data() { addLoops(); }
    void theHookNeverRunsWithinAHandler();
    void theHookNeverRunsWithinItself_data() { addLoops(); }
    void theHookNeverRunsWithinItself();
    void aNestedLoopGoesOnWithTheBatch_data() { addLoops(); }
    void aNestedLoopGoesOnWithTheBatch();
    void aRequestedTurnNeedsNothingElse_data() { addLoops(); }
    void aRequestedTurnNeedsNothingElse();
    void aHookThatAlwaysWantsATurnStarvesNobody_data() { addLoops(); }
    void aHookThatAlwaysWantsATurnStarvesNobody();
    void deadlinesComeInOrderAndNeverEarly_data() { addLoops(); }
    void deadlinesComeInOrderAndNeverEarly();
    void aDeadlineTakenBackDoesNotCome_data() { addLoops(); }
    void aDeadlineTakenBackDoesNotCome();
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
            while (send(pair.near, block.data(), block.size(), MSG_NOSIGNAL) > 0) { }
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
        QCOMPARE(ear.calls, before);   // the handler did nothing about it, and yet is left alone
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
        QVERIFY(turnUntil([&] { return ear.calls > 0; }));   // the first watch was not harmed by the refused ones
        QCOMPARE(other.calls, 0);
        poller.unwatch(pair.near, &ear);
    });
}

void PollerTest::unwatchOfAStrangerDoesNothing()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Ear ear, stranger;
        Pair pair;
        poller.unwatch(-1, &ear);
        poller.unwatch(pair.near, &ear);
        poller.unwatch(1'000'000, &ear);
        poller.rearm(pair.near, true, true);
        QVERIFY(poller.watch(pair.near, &ear));
        poller.unwatch(pair.near, &stranger);
        QVERIFY(turnUntil([&] { return ear.calls > 0; }));
        poller.unwatch(pair.near, &ear);
        poller.unwatch(pair.near, &ear);
        QVERIFY(poller.watch(pair.near, &stranger));
        QVERIFY(turnUntil([&] { return stranger.calls > 0; }));
        poller.unwatch(pair.near, &stranger);
    });
}

void PollerTest::aHandlerTakenOutByAnEarlierOneIsNotCalled()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        // Both are ready in one batch; whichever is first deletes the other.
        Pair pairs[2];
        std::unique_ptr<Ear> ears[2];
        int calls = 0;
        for (int self : {0, 1}) {
            ears[self] = std::make_unique<Ear>([&, self](unsigned) {
                ++calls;
                if (std::unique_ptr<Ear> &other = ears[1 - self]) {
                    poller.unwatch(pairs[1 - self].near, other.get());
                    other.reset();
                }
            });
        }
        for (int self : {0, 1}) {
            QVERIFY(pairs[self].say("data"));
            QVERIFY(poller.watch(pairs[self].near, ears[self].get()));
        }
        letPass(20);
        QVERIFY(calls > 0);
        QCOMPARE(int(bool(ears[0])) + int(bool(ears[1])), 1);   // a call of the deleted one would have crashed
        for (int self : {0, 1})
            poller.unwatch(pairs[self].near, ears[self].get());
    });
}

void PollerTest::aReusedDescriptorDoesNotInheritReadiness()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair pairs[2], fresh;
        Ear successor;
        std::unique_ptr<Ear> ears[2];
        bool replaced = false;
        for (int self : {0, 1}) {
            ears[self] = std::make_unique<Ear>([&, self](unsigned) {
                if (std::exchange(replaced, true))
                    return;
                // The other one has data that the batch knows of. A silent socket takes its number.
                const int number = pairs[1 - self].near;
                poller.unwatch(number, ears[1 - self].get());
                QCOMPARE(dup3(fresh.near, number, O_CLOEXEC), number);
                QVERIFY(poller.watch(number, &successor));
            });
        }
        for (int self : {0, 1}) {
            QVERIFY(pairs[self].say("data"));
            QVERIFY(poller.watch(pairs[self].near, ears[self].get()));
        }
        QVERIFY(turnUntil([&] { return successor.calls > 0; }));
        letPass(20);
        QCOMPARE(successor.seen, unsigned(Writable));
        for (Pair &pair : pairs) {
            poller.unwatch(pair.near, &successor);
            for (auto &ear : ears)
                poller.unwatch(pair.near, ear.get());
        }
    });
}

// A mistake of the caller, which must not haunt whoever gets the number next.
void PollerTest::aDescriptorClosedWithoutUnwatchCanBeWatchedAnew()
{
    inLoop(LoopKind::Epoll, [](Poller &poller) {
        Ear careless, next;
        Pair pair;
        QVERIFY(poller.watch(pair.near, &careless));
        Pair fresh;
        const int number = pair.near;
        QCOMPARE(dup3(fresh.near, number, O_CLOEXEC), number);
        QVERIFY(poller.watch(number, &next));
        poller.unwatch(number, &careless);
        QVERIFY(turnUntil([&] { return next.calls > 0; }));
        QCOMPARE(careless.calls, 0);
        poller.unwatch(number, &next);
    });
}

void PollerTest::aHandlerMayUnwatchItselfAndWatchAgain()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair pair;
        Ear *self = nullptr;
        int rounds = 0;
        Ear ear([&](unsigned) {
            poller.unwatch(pair.near, self);
            if (++rounds < 100)
                QVERIFY(poller.watch(pair.near, self));
        });
        self = &ear;
        QVERIFY(poller.watch(pair.near, &ear));
        QVERIFY(turnUntil([&] { return rounds == 100; }));
        letPass(10);
        QCOMPARE(rounds, 100);
    });
}

void PollerTest::anExceptionTakesOnlyItsOwnDescriptorOut()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair bad, worse, good;
        Ear thrower([](unsigned) { throw std::runtime_error("on purpose"); });
        Ear odd([](unsigned) { throw 42; });
        Ear fine([&](unsigned events) {
            if (events & Readable) {
                readAll(good.near);
                poller.rearm(good.near, true, false);
            }
        });
        QTest::ignoreMessage(QtCriticalMsg, QRegularExpression("a handler threw, descriptor .*: on purpose"));
        QTest::ignoreMessage(QtCriticalMsg, QRegularExpression("a handler threw, descriptor \\d+ is taken out$"));
        QVERIFY(poller.watch(bad.near, &thrower));
        QVERIFY(poller.watch(worse.near, &odd));
        QVERIFY(poller.watch(good.near, &fine));
        QVERIFY(turnUntil([&] { return thrower.calls && odd.calls && fine.calls; }));
        QVERIFY(bad.say("more") && worse.say("more") && good.say("more"));
        QVERIFY(turnUntil([&] { return fine.seen & Readable; }));
        letPass(10);
        QCOMPARE(thrower.calls, 1);
        QCOMPARE(odd.calls, 1);
        QVERIFY(poller.watch(bad.near, &fine));   // it is free again
        poller.unwatch(bad.near, &fine);
        poller.unwatch(good.near, &fine);
    });
}

void PollerTest::anExceptionOfTheHookEndsNothing()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        int runs = 0;
        poller.setAfterBatch([&] {
            if (++runs == 1) {
                poller.requestTurn();
                throw std::runtime_error("on purpose");
            }
        });
        QTest::ignoreMessage(QtCriticalMsg, "the hook after a batch threw: on purpose");
        poller.requestTurn();
        QVERIFY(turnUntil([&] { return runs == 2; }));
    });
}

void PollerTest::theHookFollowsEachBatch()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair pair;
        std::vector<char> story;
        Ear ear([&](unsigned events) {
            if (events & Readable) {
                readAll(pair.near);
                poller.rearm(pair.near, true, false);
                story.push_back('h');
            }
        });
        poller.setAfterBatch([&] {
            if (!story.empty() && story.back() == 'h')
                story.push_back('b');
        });
        QVERIFY(poller.watch(pair.near, &ear));
        for (int message = 0; message < 50; ++message) {
            QVERIFY(pair.say("x"));
            const size_t length = story.size() + 2;
            QVERIFY(turnUntil([&] { return story.size() == length; }));
        }
        poller.unwatch(pair.near, &ear);
    });
}

void PollerTest::theHookNeverRunsWithinAHandler()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair pair;
        bool within = false, hookWithin = false, nested = false, hookAfter = false;
        Ear ear([&](unsigned) {
            if (std::exchange(nested, true))
                return;
            within = true;
            poller.requestTurn();
            poller.setDeadline(monotonicNow());
            letPass(20);
            within = false;
        });
        poller.setAfterBatch([&] {
            hookWithin |= within;
            hookAfter |= nested && !within;
        });
        QVERIFY(poller.watch(pair.near, &ear));
        QVERIFY(turnUntil([&] { return hookAfter; }));
        QVERIFY(!hookWithin);
        poller.unwatch(pair.near, &ear);
    });
}

void PollerTest::theHookNeverRunsWithinItself()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        int depth = 0, deepest = 0, runs = 0;
        poller.setAfterBatch([&] {
            deepest = std::max(deepest, ++depth);
            poller.requestTurn();
            if (++runs == 1)
                letPass(20);
            --depth;
        });
        poller.requestTurn();
        QVERIFY(turnUntil([&] { return runs >= 3; }));
        QCOMPARE(deepest, 1);
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

void PollerTest::aRequestedTurnNeedsNothingElse()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        int runs = 0;
        poller.setAfterBatch([&] {
            if (++runs < 1'000)
                poller.requestTurn();
        });
        poller.requestTurn();
        poller.requestTurn();
        QVERIFY(turnUntil([&] { return runs == 1'000; }));
        letPass(10);
        QCOMPARE(runs, 1'000);
    });
}

void PollerTest::aHookThatAlwaysWantsATurnStarvesNobody()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair pair;
        Ear ear;
        bool timer = false, queued = false;
        poller.setAfterBatch([&] { poller.requestTurn(); });
        poller.requestTurn();
        letPass(5);
        QVERIFY(poller.watch(pair.near, &ear));
        QVERIFY(pair.say("x"));
        QObject context;
        QTimer::singleShot(1, &context, [&] { timer = true; });
        QMetaObject::invokeMethod(&context, [&] { queued = true; }, Qt::QueuedConnection);
        QVERIFY(turnUntil([&] { return timer && queued && (ear.seen & Readable); }));
        poller.unwatch(pair.near, &ear);
    });
}

void PollerTest::deadlinesComeInOrderAndNeverEarly()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        // As a worker does it: a sorted queue, of which the loop knows the first.
        std::mt19937 random(7);
        std::deque<Moment> due;
        const Moment start = monotonicNow() + Millis(5);
        for (int n = 0; n < 300; ++n)
            due.push_back(start + Nanos(random() % 60'000'000));
        std::sort(due.begin(), due.end());
        const bool exact = dynamic_cast<QAbstractEventDispatcher *>(&poller);   // ours; the other counts milliseconds
        bool early = false;
        int late = 0;
        const auto arm = [&] { poller.setDeadline(due.empty() ? std::nullopt : std::optional(due.front())); };
        poller.setAfterBatch([&] {
            const Moment now = poller.now();
            early |= now > monotonicNow();
            int fired = 0;
            for (; !due.empty() && due.front() <= now; due.pop_front())
                ++fired;
            late += fired == 0 ? 1 : 0;   // a run for nothing
            arm();
        });
        arm();
        QVERIFY(turnUntil([&] { return due.empty(); }));
        QVERIFY(monotonicNow() >= start);
        QVERIFY(!early);
        if (exact)
            QCOMPARE(late, 0);            // it was never called before the moment that was set
    });
}

void PollerTest::aDeadlineTakenBackDoesNotCome()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        int runs = 0;
        poller.setAfterBatch([&] { ++runs; });
        poller.setDeadline(monotonicNow() + Millis(1));
        poller.setDeadline(std::nullopt);
        letPass(20);
        QCOMPARE(runs, 0);
        poller.setDeadline(monotonicNow() + std::chrono::hours(24 * 365));
        letPass(5);
        QCOMPARE(runs, 0);
        poller.setDeadline(monotonicNow() - Millis(1));
        QVERIFY(turnUntil([&] { return runs == 1; }));
        letPass(10);
        QCOMPARE(runs, 1);   // once, not for ever
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
