// SPDX-License-Identifier: GPL-3.0-or-later
// What Qt's own parts expect of an event dispatcher, asked of ours. The stock loop runs the same stories where it can:
// it is what they are measured by.
#include "tests/unit/dispatcher/loops.h"

#include <QEventLoop>
#include <QPointer>
#include <QRegularExpression>
#include <QSocketNotifier>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryFile>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <atomic>
#include <deque>

using namespace sluice;
using namespace sluice::net;

namespace {

QAbstractEventDispatcher *dispatcher()
{
    return QAbstractEventDispatcher::instance();
}

// Counts the turns of this thread's loop as long as it lives.
class Turns {
public:
    Turns() : connection_(QObject::connect(dispatcher(), &QAbstractEventDispatcher::awake, [this] { ++count; })) { }
    ~Turns() { QObject::disconnect(connection_); }
    int count = 0;

private:
    QMetaObject::Connection connection_;
};

}  // namespace

class DispatcherTest : public QObject {
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

void DispatcherTest::timersOfAllKindsFireInOrder()
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
            QVERIFY(!early);   // Qt's rounds coarse ones either way
    });
}

void DispatcherTest::zeroTimersAndSocketsShareTheTurns()
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

void DispatcherTest::aTimerKilledByAnEarlierSlotOfTheTurnDoesNotFire()
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
        while (monotonicNow() - start < Millis(5)) { }   // so that both are due in one turn
        letPass(10);
        QCOMPARE(fired, 1);
    });
}

void DispatcherTest::aSlotWithANestedLoopIsNotEnteredAgain()
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

void DispatcherTest::timersCanBeAskedAbout()
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

void DispatcherTest::aTimerMovesWithItsObjectToAnotherThread()
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
    QMetaObject::invokeMethod(timer, [&] {
        timer->start(2);
        timer->moveToThread(&two);
    }, Qt::BlockingQueuedConnection);
    QTRY_VERIFY(firedInTwo >= 3);
    timer->deleteLater();
    for (QThread *thread : {&one, &two}) {
        thread->quit();
        thread->wait();
    }
}

void DispatcherTest::timersAndSocketsCanBeLeftOut()
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
        QVERIFY(turns.count <= 5);   // it waited; it did not look again and again

        timer.start(0);
        for (int turn = 0; turn < 10; ++turn)
            dispatcher()->processEvents(QEventLoop::X11ExcludeTimers);
        QCOMPARE(fired, 1);
        QCOMPARE(notified, 1);       // nothing was lost
        QVERIFY(ear.seen & Readable);
        poller.unwatch(direct.near, &ear);
    });
}

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
                QMetaObject::invokeMethod(&context, [&, n] { inOrder &= n == next++; }, Qt::QueuedConnection);
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
                QMetaObject::invokeMethod(&context, [&] { ++answered; }, Qt::BlockingQueuedConnection);
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
            QMetaObject::invokeMethod(&context, [] { }, Qt::BlockingQueuedConnection);
            thread.quit();
            QVERIFY(thread.wait(60'000));
            continue;
        }
        if (n % 3 == 2) {
            while (!thread.eventDispatcher()) { }
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
            oneInNested = one;       // put off: it belongs to the outer loop
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
    bool pollerAtEnd = false, pollerInFinished = false;
    QObject::connect(object, &QObject::destroyed, object, [&] { pollerAtEnd = threadPoller(); }, Qt::DirectConnection);
    QObject::connect(&thread, &QThread::finished, &thread, [&] { pollerInFinished = threadPoller(); }, Qt::DirectConnection);
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
        poller.setAfterBatch([] { });
        letPass(1);
        Turns turns;
        letPass(100);
        QVERIFY2(turns.count <= 5, qPrintable(QString::number(turns.count)));
        for (Pair &pair : pairs)
            poller.unwatch(pair.near, &ear);
    });
}

void DispatcherTest::readAndWriteNotifiersWorkAndDisableThemselves()
{
    QFETCH(LoopKind, loop);
    inLoop(loop, [](Poller &) {
        Pair pair;
        int writes = 0, reads = 0;
        QSocketNotifier write(pair.near, QSocketNotifier::Write), read(pair.near, QSocketNotifier::Read);
        QObject::connect(&write, &QSocketNotifier::activated, [&] {
            write.setEnabled(++writes < 3);
        });
        QObject::connect(&read, &QSocketNotifier::activated, [&] {
            ++reads;
            if (reads == 4)
                read.setEnabled(false);   // without having read anything: level-triggered until then
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

void DispatcherTest::threeNotifiersShareADescriptor()
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

void DispatcherTest::aReaderIsToldOfAHangUp()
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

void DispatcherTest::anExceptionNotifierOnAHungUpSocketDoesNotSpin()
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

void DispatcherTest::aNotifierDeletedByAnEarlierOneIsNotTold()
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

void DispatcherTest::aPlainFileIsAlwaysReady()
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

void DispatcherTest::aNotifierMayOutliveItsDescriptor()
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

void DispatcherTest::aNotifierBesideAHandlerIsRefused()
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

void DispatcherTest::qtsSocketsEchoMegabytes()
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

QTEST_GUILESS_MAIN(DispatcherTest)
#include "dispatcher_test.moc"
