// SPDX-License-Identifier: GPL-3.0-or-later
// Timers of Qt in a running loop: all kinds together, nested loops, other threads.
// The stock loop runs the same stories where it can: it is what ours is measured by.
#include "tests/unit/dispatcher/loops.h"

#include <QEventLoop>
#include <QSocketNotifier>

#include <algorithm>
#include <atomic>
#include <vector>

using namespace sluice;
using namespace sluice::net;

class QtTimersTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void timersOfAllKindsFireInOrder_data() { addLoops(); }
    void timersOfAllKindsFireInOrder();
    void zeroTimersAndSocketsShareTheTurns_data() { addLoops(); }
    void zeroTimersAndSocketsShareTheTurns();
    void aTimerKilledByAnEarlierSlotOfTheTurnDoesNotFire_data() { addLoops(); }
    void aTimerKilledByAnEarlierSlotOfTheTurnDoesNotFire();
    void aSlotWithANestedLoopIsNotEnteredAgain_data() { addLoops(); }
    void aSlotWithANestedLoopIsNotEnteredAgain();
    void timersCanBeAskedAbout_data() { addLoops(); }
    void timersCanBeAskedAbout();
    void aTimerMovesWithItsObjectToAnotherThread_data() { addLoops(); }
    void aTimerMovesWithItsObjectToAnotherThread();
    void timersAndSocketsCanBeLeftOut_data() { addLoops(Rows::EpollOnly); }
    void timersAndSocketsCanBeLeftOut();
};

void QtTimersTest::timersOfAllKindsFireInOrder()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [&](Poller &) {
        std::vector<int> order;
        bool early = false;
        QObject context;
        const Moment start = monotonicNow();
        const auto after = [&](int milliseconds, Qt::TimerType type) {
            QTimer::singleShot(milliseconds, type, &context, [&, milliseconds] {
                order.push_back(milliseconds);
                early |= monotonicNow() - start < Millis(milliseconds);
            });
        };
        after(1'100, Qt::VeryCoarseTimer);
        after(60, Qt::CoarseTimer);
        after(25, Qt::PreciseTimer);
        after(40, Qt::PreciseTimer);
        after(1, Qt::PreciseTimer);
        after(0, Qt::CoarseTimer);
        QVERIFY(turnUntil([&] { return order.size() == 6; }));
        QCOMPARE(order, (std::vector<int>{0, 1, 25, 40, 60, 1'100}));
        if (loop == LoopKind::Epoll)
            QVERIFY(!early);  // Qt's rounds coarse ones either way
    });
}

void QtTimersTest::zeroTimersAndSocketsShareTheTurns()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        Pair pair;
        int zeros = 0, reads = 0, periods = 0;
        QTimer zero, period;
        QObject::connect(&zero, &QTimer::timeout, [&] { ++zeros; });
        QObject::connect(&period, &QTimer::timeout, [&] { ++periods; });
        QSocketNotifier notifier(pair.near, QSocketNotifier::Read);
        QObject::connect(&notifier, &QSocketNotifier::activated, [&] {
            readAll(pair.near);
            ++reads;
            QVERIFY(pair.say("again"));
        });
        zero.start(0);
        period.start(1);
        QVERIFY(pair.say("first"));
        QVERIFY(turnUntil([&] { return zeros >= 200 && reads >= 100 && periods >= 3; }));
    });
}

void QtTimersTest::aTimerKilledByAnEarlierSlotOfTheTurnDoesNotFire()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        QTimer first, second;
        int fired = 0;
        for (QTimer *timer : {&first, &second}) {
            timer->setTimerType(Qt::PreciseTimer);
            QObject::connect(timer, &QTimer::timeout, [&] {
                ++fired;
                first.stop();
                second.stop();
            });
        }
        first.start(1);
        second.start(1);
        const Moment start = monotonicNow();
        while (monotonicNow() - start < Millis(5)) {}  // so that both are due in one turn
        letPass(10);
        QCOMPARE(fired, 1);
    });
}

void QtTimersTest::aSlotWithANestedLoopIsNotEnteredAgain()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        QTimer outer, inner;
        int depth = 0, deepest = 0, innerFired = 0;
        bool done = false;
        QObject::connect(&outer, &QTimer::timeout, [&] {
            deepest = std::max(deepest, ++depth);
            const int wanted = innerFired + 5;
            QVERIFY(turnUntil([&] { return innerFired >= wanted; }));
            --depth;
            done = innerFired >= 20;
        });
        QObject::connect(&inner, &QTimer::timeout, [&] { ++innerFired; });
        outer.start(0);
        inner.start(1);
        QVERIFY(turnUntil([&] { return done; }));
        QCOMPARE(deepest, 1);
    });
}

void QtTimersTest::timersCanBeAskedAbout()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        QObject object;
        const int slow = object.startTimer(500'000, Qt::PreciseTimer);
        const int quick = object.startTimer(700, Qt::CoarseTimer);
        QVERIFY(slow > 0 && quick > 0 && slow != quick);
        QCOMPARE(dispatcher()->registeredTimers(&object).size(), 2);
        const int left = dispatcher()->remainingTime(slow);
        QVERIFY(left > 0 && left <= 500'000);
        object.killTimer(quick);
        const auto rest = dispatcher()->registeredTimers(&object);
        QCOMPARE(rest.size(), 1);
        QCOMPARE(rest[0].timerId, slow);
        QCOMPARE(rest[0].interval, 500'000);
        QCOMPARE(rest[0].timerType, Qt::PreciseTimer);
        QVERIFY(dispatcher()->unregisterTimers(&object));
        QVERIFY(dispatcher()->registeredTimers(&object).isEmpty());
        QCOMPARE(dispatcher()->remainingTime(slow), -1);
    });
}

void QtTimersTest::aTimerMovesWithItsObjectToAnotherThread()
{
    QFETCH(LoopKind, loop);
    QThread one, two;
    QVERIFY(setLoop(one, loop).ok());
    QVERIFY(setLoop(two, loop).ok());
    one.start();
    two.start();
    QObject inOne;
    inOne.moveToThread(&one);
    auto *timer = new QTimer;
    std::atomic<int> firedInTwo = 0;
    QObject::connect(timer, &QTimer::timeout, timer, [&] { firedInTwo += QThread::currentThread() == &two; });
    timer->moveToThread(&one);
    QMetaObject::invokeMethod(
        timer,
        [&] {
            timer->start(2);
            timer->moveToThread(&two);
        },
        Qt::BlockingQueuedConnection);
    QTRY_VERIFY(firedInTwo >= 3);
    timer->deleteLater();
    for (QThread *thread : {&one, &two}) {
        thread->quit();
        thread->wait();
    }
}

void QtTimersTest::timersAndSocketsCanBeLeftOut()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        Pair plain, direct;
        int notified = 0, fired = 0;
        QSocketNotifier notifier(plain.near, QSocketNotifier::Read);
        QObject::connect(&notifier, &QSocketNotifier::activated, [&] { notified += !readAll(plain.near).empty(); });
        Ear ear;
        QVERIFY(poller.watch(direct.near, &ear));
        QVERIFY(plain.say("x") && direct.say("x"));
        QTimer timer;
        QObject::connect(&timer, &QTimer::timeout, [&] { ++fired; });
        timer.start(20);

        Turns turns;
        while (fired == 0)
            dispatcher()->processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::ExcludeSocketNotifiers);
        QCOMPARE(notified, 0);
        QCOMPARE(ear.calls, 0);
        QVERIFY(turns.count <= 5);  // it waited; it did not look again and again

        timer.start(0);
        for (int turn = 0; turn < 10; ++turn)
            dispatcher()->processEvents(QEventLoop::X11ExcludeTimers);
        QCOMPARE(fired, 1);
        QCOMPARE(notified, 1);  // nothing was lost
        QVERIFY(ear.seen & Readable);
        poller.unwatch(direct.near, &ear);
    });
}

QTEST_GUILESS_MAIN(QtTimersTest)
#include "qt_timers_test.moc"
