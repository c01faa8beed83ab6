// SPDX-License-Identifier: GPL-3.0-or-later
// What Qt expects of an event dispatcher: queued calls, the end of threads, deferred deletes, sleep and waking.
// The stock loop runs the same stories where it can: it is what ours is measured by.
#include "tests/unit/dispatcher/loops.h"

#include <QEventLoop>
#include <QPointer>
#include <QSocketNotifier>

#include <vector>

using namespace sluice;
using namespace sluice::net;

class DispatcherTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aFloodOfQueuedCallsArrivesInOrder_data() { addLoops(); }
    void aFloodOfQueuedCallsArrivesInOrder();
    void blockingCallsAreAnswered_data() { addLoops(); }
    void blockingCallsAreAnswered();
    void aThreadThatIsToldToQuitEnds_data() { addLoops(); }
    void aThreadThatIsToldToQuitEnds();
    void laterDeletedObjectsGoInTheLoop_data() { addLoops(); }
    void laterDeletedObjectsGoInTheLoop();
    void aDeletePutOffByANestedTurnNeedsNoWakeUp_data() { addLoops(Rows::EpollOnly); }
    void aDeletePutOffByANestedTurnNeedsNoWakeUp();
    void objectsDeletedAtTheThreadsEndStillHaveTheirLoop_data() { addLoops(); }
    void objectsDeletedAtTheThreadsEndStillHaveTheirLoop();
    void aDoubleInterruptEndsOnlyOneWait_data() { addLoops(); }
    void aDoubleInterruptEndsOnlyOneWait();
    void theLoopSaysWhenItSleepsAndWakes_data() { addLoops(); }
    void theLoopSaysWhenItSleepsAndWakes();
    void anIdleLoopDoesNotTurn_data() { addLoops(Rows::EpollOnly); }
    void anIdleLoopDoesNotTurn();
};

void DispatcherTest::aFloodOfQueuedCallsArrivesInOrder()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        constexpr int calls = 200'000;
        QObject context;
        int next = 0;
        bool inOrder = true;
        std::unique_ptr<QThread> caller(QThread::create([&] {
            for (int n = 0; n < calls; ++n)
                QMetaObject::invokeMethod(
                    &context, [&, n] { inOrder &= n == next++; }, Qt::QueuedConnection);
        }));
        caller->start();
        QVERIFY(turnUntil([&] { return next == calls; }));
        QVERIFY(inOrder);
        caller->wait();
    });
}

void DispatcherTest::blockingCallsAreAnswered()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        // Each needs the sleeping loop to be woken: a lost wake-up would hang here.
        constexpr int calls = 20'000;
        QObject context;
        int answered = 0;
        std::unique_ptr<QThread> caller(QThread::create([&] {
            for (int n = 0; n < calls; ++n)
                QMetaObject::invokeMethod(
                    &context, [&] { ++answered; }, Qt::BlockingQueuedConnection);
        }));
        caller->start();
        QVERIFY(turnUntil([&] { return answered == calls; }));
        caller->wait();
    });
}

void DispatcherTest::aThreadThatIsToldToQuitEnds()
{
    QFETCH(LoopKind, loop);
    // Told at every moment of its beginning: before the first turn, on its way to sleep, asleep.
    for (int n = 0; n < 300; ++n) {
        QThread thread;
        QVERIFY(setLoop(thread, loop).ok());
        thread.start();
        if (n % 3 == 1) {
            QObject context;
            context.moveToThread(&thread);
            QMetaObject::invokeMethod(
                &context, [] {}, Qt::BlockingQueuedConnection);
            thread.quit();
            QVERIFY(thread.wait(60'000));
            continue;
        }
        if (n % 3 == 2) {
            while (!thread.eventDispatcher()) {}
        }
        thread.quit();
        QVERIFY(thread.wait(60'000));
    }
}

void DispatcherTest::laterDeletedObjectsGoInTheLoop()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        QPointer<QObject> one = new QObject, two = new QObject;
        QEventLoop outer;
        bool oneInNested = true;
        QTimer::singleShot(0, &outer, [&] {
            one->deleteLater();
            QEventLoop nested;
            QTimer::singleShot(5, &nested, &QEventLoop::quit);
            nested.exec();
            oneInNested = one;  // put off: it belongs to the outer loop
            two->deleteLater();
            QTimer::singleShot(0, &outer, [&] { QTimer::singleShot(0, &outer, &QEventLoop::quit); });
        });
        outer.exec();
        QVERIFY(oneInNested);
        QVERIFY(!one);
        QVERIFY(!two);
    });
}

void DispatcherTest::aDeletePutOffByANestedTurnNeedsNoWakeUp()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        QPointer<QObject> object = new QObject;
        QEventLoop outer;
        QTimer first, last;
        first.setSingleShot(true);
        bool putOff = false, goneByItself = false;
        QObject::connect(&first, &QTimer::timeout, [&] {
            object->deleteLater();
            for (int turn = 0; turn < 3; ++turn)
                dispatcher()->processEvents(QEventLoop::AllEvents);
            putOff = object;
            last.start(5);
        });
        QObject::connect(&last, &QTimer::timeout, [&] {
            goneByItself = !object;
            outer.quit();
        });
        first.start(0);
        outer.exec();
        QVERIFY(putOff);
        QVERIFY(goneByItself);
    });
}

void DispatcherTest::objectsDeletedAtTheThreadsEndStillHaveTheirLoop()
{
    QFETCH(LoopKind, loop);
    QThread thread;
    QVERIFY(setLoop(thread, loop).ok());
    auto *object = new QObject;
    object->moveToThread(&thread);
    std::atomic<bool> pollerAtEnd = false, pollerInFinished = false;
    QObject::connect(
        object, &QObject::destroyed, object, [&] { pollerAtEnd = threadPoller(); }, Qt::DirectConnection);
    QObject::connect(
        &thread, &QThread::finished, &thread, [&] { pollerInFinished = threadPoller(); }, Qt::DirectConnection);
    QObject::connect(&thread, &QThread::finished, object, &QObject::deleteLater);
    thread.start();
    thread.quit();
    thread.wait();
    QVERIFY(pollerInFinished);
    QVERIFY(pollerAtEnd);
}

void DispatcherTest::aDoubleInterruptEndsOnlyOneWait()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        QEventLoop outer;
        bool nestedOver = false, outerOver = false;
        QTimer::singleShot(0, &outer, [&] {
            QEventLoop nested;
            QTimer::singleShot(0, &nested, [&] {
                dispatcher()->interrupt();
                dispatcher()->interrupt();
                nested.quit();
            });
            nested.exec();
            nestedOver = true;
            QTimer::singleShot(5, &outer, [&] {
                outerOver = true;
                outer.quit();
            });
        });
        outer.exec();
        QVERIFY(nestedOver);
        QVERIFY(outerOver);
    });
}

void DispatcherTest::theLoopSaysWhenItSleepsAndWakes()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        QObject context;
        int slept = 0, woke = 0;
        QObject::connect(dispatcher(), &QAbstractEventDispatcher::aboutToBlock, &context, [&] { ++slept; });
        QObject::connect(dispatcher(), &QAbstractEventDispatcher::awake, &context, [&] { ++woke; });
        letPass(10);
        QVERIFY(slept > 0);
        QVERIFY(woke > 0);
        // Without leave to wait it does not say that it would.
        letPass(0);
        slept = 0;
        for (int turn = 0; turn < 5; ++turn)
            dispatcher()->processEvents(QEventLoop::AllEvents);
        QCOMPARE(slept, 0);
    });
}

void DispatcherTest::anIdleLoopDoesNotTurn()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &poller) {
        std::vector<Pair> pairs(2'000);
        Ear ear;
        for (Pair &pair : pairs)
            QVERIFY(poller.watch(pair.near, &ear));
        QVERIFY(turnUntil([&] { return ear.calls == 2'000; }));
        Pair quiet;
        QSocketNotifier notifier(quiet.near, QSocketNotifier::Read);
        poller.setAfterBatch([] {});
        letPass(1);
        Turns turns;
        letPass(100);
        QVERIFY2(turns.count <= 5, qPrintable(QString::number(turns.count)));
        for (Pair &pair : pairs)
            poller.unwatch(pair.near, &ear);
    });
}

QTEST_GUILESS_MAIN(DispatcherTest)
#include "dispatcher_test.moc"
