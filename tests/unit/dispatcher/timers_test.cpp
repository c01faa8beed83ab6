// SPDX-License-Identifier: GPL-3.0-or-later
// Qt's timers as a queue: order, periods, rounding, and what slots may do to them. The clock is the test's.
#include "engine/net/dispatcher/timers.h"

#include <QTest>
#include <QTimerEvent>

#include <functional>
#include <vector>

using namespace sluice;
using namespace sluice::net;

namespace {

class Target : public QObject {
public:
    std::vector<int> fired;
    std::function<void(int)> then;

protected:
    void timerEvent(QTimerEvent *event) override
    {
        fired.push_back(event->timerId());
        if (then)
            then(event->timerId());
    }
};

Moment at(qint64 milliseconds)
{
    return Moment(Millis(milliseconds));
}

using Ids = std::vector<int>;

}  // namespace

class TimersTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theEarlierIsFirstAndEqualsKeepTheirOrder();
    void aPeriodDoesNotDriftAndIsNotMadeUpFor();
    void aZeroTimerFiresOnceATurn();
    void whatASlotStartsWaitsForTheNextTurn();
    void aTimerKilledByAnEarlierSlotDoesNotFire();
    void aSlotMayKillItselfAndReuseItsId();
    void aTimerIsNotFiredWithinItsOwnSlotButOthersAre();
    void aSlotMayDestroyItsObject();
    void coarseTimersAreNeverEarlyAndLateWithinTheirBound();
    void coarseTimersMeet();
    void remainingTimeIsRoundedUp();
    void timersAreListedAndRemovedByObject();
    void hugeIntervalsAreCut();
};

void TimersTest::theEarlierIsFirstAndEqualsKeepTheirOrder()
{
    TimerQueue queue;
    Target target;
    queue.add(1, 30, Qt::PreciseTimer, &target, at(0));
    queue.add(2, 10, Qt::PreciseTimer, &target, at(0));
    queue.add(3, 20, Qt::PreciseTimer, &target, at(10));
    queue.add(4, 30, Qt::PreciseTimer, &target, at(0));
    queue.add(5, 25, Qt::PreciseTimer, &target, at(5));
    QCOMPARE(queue.nextDue(), at(10));
    QCOMPARE(queue.fire(at(9)), 0);
    QCOMPARE(queue.fire(at(30)), 5);
    QCOMPARE(target.fired, (Ids{2, 1, 3, 4, 5}));
}

void TimersTest::aPeriodDoesNotDriftAndIsNotMadeUpFor()
{
    TimerQueue queue;
    Target target;
    queue.add(1, 10, Qt::PreciseTimer, &target, at(0));
    QCOMPARE(queue.fire(at(13)), 1);
    QCOMPARE(queue.nextDue(), at(20));
    QCOMPARE(queue.fire(at(57)), 1);
    QCOMPARE(queue.nextDue(), at(67));
}

void TimersTest::aZeroTimerFiresOnceATurn()
{
    TimerQueue queue;
    Target target;
    queue.add(1, 0, Qt::CoarseTimer, &target, at(5));
    queue.add(2, 0, Qt::PreciseTimer, &target, at(5));
    QCOMPARE(queue.fire(at(5)), 2);
    QCOMPARE(queue.fire(at(5)), 2);
    QCOMPARE(queue.fire(at(6)), 2);
    QCOMPARE(target.fired, (Ids{1, 2, 1, 2, 1, 2}));
}

void TimersTest::whatASlotStartsWaitsForTheNextTurn()
{
    TimerQueue queue;
    Target target;
    int next = 2;
    target.then = [&](int) { queue.add(next++, 0, Qt::PreciseTimer, &target, at(10)); };
    queue.add(1, 10, Qt::PreciseTimer, &target, at(0));
    QCOMPARE(queue.fire(at(10)), 1);
    target.then = {};
    QCOMPARE(queue.fire(at(10)), 1);
    QCOMPARE(target.fired, (Ids{1, 2}));
}

void TimersTest::aTimerKilledByAnEarlierSlotDoesNotFire()
{
    TimerQueue queue;
    Target target;
    target.then = [&](int id) {
        if (id == 1) {
            QVERIFY(queue.remove(2));
            QVERIFY(!queue.remove(2));
        }
    };
    for (int id : {1, 2, 3})
        queue.add(id, 10, Qt::PreciseTimer, &target, at(0));
    QCOMPARE(queue.fire(at(10)), 2);
    QCOMPARE(target.fired, (Ids{1, 3}));
}

void TimersTest::aSlotMayKillItselfAndReuseItsId()
{
    TimerQueue queue;
    Target target;
    target.then = [&](int id) {
        QVERIFY(queue.remove(id));
        if (target.fired.size() == 1)
            queue.add(id, 100, Qt::PreciseTimer, &target, at(10));
    };
    queue.add(7, 10, Qt::PreciseTimer, &target, at(0));
    QCOMPARE(queue.fire(at(10)), 1);
    QCOMPARE(queue.nextDue(), at(110));  // the new one, not the old one's next period
    QCOMPARE(queue.fire(at(110)), 1);
    QVERIFY(!queue.nextDue());
    QCOMPARE(queue.remaining(7, at(110)), -1);
}

void TimersTest::aTimerIsNotFiredWithinItsOwnSlotButOthersAre()
{
    TimerQueue queue;
    Target target;
    target.then = [&](int id) {
        if (id != 1)
            return;
        QCOMPARE(queue.nextDue(), at(20));  // the other one's: our own would let the nested loop spin
        QCOMPARE(queue.fire(at(25)), 1);
    };
    queue.add(1, 0, Qt::PreciseTimer, &target, at(0));
    queue.add(2, 20, Qt::PreciseTimer, &target, at(0));
    QCOMPARE(queue.fire(at(0)), 1);
    QCOMPARE(target.fired, (Ids{1, 2}));
    target.then = {};
    QCOMPARE(queue.fire(at(25)), 1);
    QCOMPARE(target.fired, (Ids{1, 2, 1}));
}

void TimersTest::aSlotMayDestroyItsObject()
{
    TimerQueue queue;
    Target other;
    auto *target = new Target;
    target->then = [&](int) {
        QVERIFY(queue.removeAll(target));
        target->then = {};
    };
    queue.add(1, 10, Qt::PreciseTimer, target, at(0));
    queue.add(2, 10, Qt::PreciseTimer, target, at(0));
    queue.add(3, 10, Qt::PreciseTimer, &other, at(0));
    QCOMPARE(queue.fire(at(10)), 2);
    QCOMPARE(target->fired, (Ids{1}));
    QCOMPARE(other.fired, (Ids{3}));
    delete target;
}

void TimersTest::coarseTimersAreNeverEarlyAndLateWithinTheirBound()
{
    Target target;
    for (qint64 interval : {1, 7, 19, 20, 21, 39, 40, 100, 999, 1'000, 5'000, 19'999, 20'000, 25'500, 3'600'000}) {
        for (qint64 start : {0, 1, 3, 499, 500, 501, 998, 999, 123'457}) {
            for (Qt::TimerType type : {Qt::PreciseTimer, Qt::CoarseTimer, Qt::VeryCoarseTimer}) {
                TimerQueue queue;
                const Moment begun = at(start) + Nanos(123);
                queue.add(1, interval, type, &target, begun);
                const Nanos late = *queue.nextDue() - begun - Millis(interval);
                const bool seconds = type == Qt::VeryCoarseTimer || interval >= 20'000;
                const Nanos bound = type == Qt::PreciseTimer ? Nanos(0)
                    : seconds                                ? Millis(1'000)
                                                             : Nanos(interval * 50'000);
                QVERIFY(late >= Nanos(0));
                QVERIFY(late <= bound);
            }
        }
    }
}

void TimersTest::coarseTimersMeet()
{
    TimerQueue queue;
    Target target;
    for (int id = 1; id <= 20; ++id)
        queue.add(id, 1'000, Qt::CoarseTimer, &target, at(1'000) + Nanos(id * 1'000'000 - 1));
    int turns = 0;
    for (; target.fired.size() < 20 && turns < 2; ++turns)
        QVERIFY(queue.fire(*queue.nextDue()) > 0);
    QVERIFY(target.fired.size() >= 20);
}

void TimersTest::remainingTimeIsRoundedUp()
{
    TimerQueue queue;
    Target target;
    queue.add(1, 10, Qt::PreciseTimer, &target, at(0));
    QCOMPARE(queue.remaining(1, at(0)), 10);
    QCOMPARE(queue.remaining(1, at(9) + Nanos(1)), 1);
    QCOMPARE(queue.remaining(1, at(10)), 0);
    QCOMPARE(queue.remaining(1, at(50)), 0);
    QCOMPARE(queue.remaining(2, at(0)), -1);
}

void TimersTest::timersAreListedAndRemovedByObject()
{
    TimerQueue queue;
    Target one, two;
    queue.add(1, 10, Qt::PreciseTimer, &one, at(0));
    queue.add(2, 25'500, Qt::VeryCoarseTimer, &one, at(0));
    queue.add(3, 10, Qt::CoarseTimer, &two, at(0));
    auto list = queue.of(&one);
    std::sort(list.begin(), list.end(), [](auto &a, auto &b) { return a.timerId < b.timerId; });
    QCOMPARE(list.size(), 2);
    QCOMPARE(list[0].interval, 10);
    QCOMPARE(list[1].timerId, 2);
    QCOMPARE(list[1].interval, 25'500);
    QCOMPARE(list[1].timerType, Qt::VeryCoarseTimer);
    QVERIFY(queue.removeAll(&one));
    QVERIFY(!queue.removeAll(&one));
    QCOMPARE(queue.fire(at(100'000)), 1);
    QCOMPARE(two.fired, (Ids{3}));
}

void TimersTest::hugeIntervalsAreCut()
{
    TimerQueue queue;
    Target target;
    queue.add(1, std::numeric_limits<qint64>::max(), Qt::PreciseTimer, &target, at(1'000'000'000));
    queue.add(2, std::numeric_limits<qint64>::max(), Qt::VeryCoarseTimer, &target, at(1'000'000'000));
    QCOMPARE(queue.remaining(1, at(0)), std::numeric_limits<int>::max());
    QCOMPARE(queue.fire(at(2'000'000'000)), 0);
}

QTEST_GUILESS_MAIN(TimersTest)
#include "timers_test.moc"
