// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/fork.h"
#include "engine/base/random.h"

#include <QTest>

#include <algorithm>
#include <vector>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

// Time that moves only when told.
struct Clock {
    Scheduler scheduler;
    void pass(Nanos time)
    {
        const Moment until = scheduler.now() + time;
        for (;;) {
            while (scheduler.drain())
                ;
            const std::optional<Moment> next = scheduler.nextDue();
            if (!next || *next > until)
                break;
            scheduler.setNow(std::max(*next, scheduler.now()));
            scheduler.fireDue();
        }
        scheduler.setNow(until);
        while (scheduler.drain())
            ;
    }
};

Task<void> sleepAndNote(Nanos time, Scope &scope, std::vector<Why> &log)
{
    const Why why = co_await sleepFor(time, scope);
    log.push_back(why);
}

Task<void> waitAndNote(Signal &signal, Scope &scope, std::vector<Why> &log)
{
    const Why why = co_await on(signal, scope);
    log.push_back(why);
}

Task<int> twice(int value, Scope &scope)
{
    const Why why = co_await sleepFor(1s, scope);
    co_return why == Why::Ok ? value * 2 : -1;
}

Task<void> addUp(Scope &scope, int &sum)
{
    for (int i = 0; i < 3; ++i) {
        const int part = co_await twice(i, scope);
        sum += part;
    }
}

Task<void> manyTurns(Scope &scope, int &left)
{
    while (left-- > 0) {
        const Why why = co_await turn(scope);
        if (why != Why::Ok)
            co_return;
    }
}

}  // namespace

class ScopeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aTurnLetsSocketsAndTimersGoFirst();
    void aSleepEndsAtItsMomentAndNotBefore();
    void aTaskHandsItsValueToTheOneWhoAwaits();
    void cancellingAScopeStopsTheWaitsOfAllScopesBelowIt();
    void theFirstReasonCounts();
    void aDeadlineStopsAWaitAndAMovedDeadlineMovesIt();
    void aStoppedScopeAnswersAtOnce();
    void aSignalWithoutAWaiterIsLostAndOneWithAWaiterWakesIt();
    void aForkThatIsDestroyedWhileItWaitsLeavesNothingBehind();
    void timersFireInOrderWhateverTheOrderTheyWereSetIn();
    void aMillionTurnsNeedNoStack();
};

void ScopeTest::aTurnLetsSocketsAndTimersGoFirst()
{
    Scheduler scheduler;
    Scope scope(scheduler);
    int turns = 0;
    const auto run = [](Scope &within, int &count) -> Task<void> {
        while (count < 5) {
            const Why why = co_await turn(within);
            if (why != Why::Ok)
                break;
            ++count;
        }
    };
    {
        Fork fork(scope);
        fork.start(run(fork.scope(), turns));
        for (int drains = 1; drains <= 5; ++drains) {
            QCOMPARE(scheduler.drain(), drains < 5);  // its owner polls and fires timers between two of these
            QCOMPARE(turns, drains);
        }
        QVERIFY(fork.over());
    }
}

void ScopeTest::aSleepEndsAtItsMomentAndNotBefore()
{
    Clock clock;
    std::vector<Why> log;
    Scope scope(clock.scheduler);
    Fork fork(scope);
    fork.start(sleepAndNote(2s, fork.scope(), log));
    clock.pass(2s - 1ns);
    QVERIFY(log.empty());
    clock.pass(1ns);
    QCOMPARE(log.size(), size_t(1));
    QVERIFY(log[0] == Why::Ok && fork.over());
}

void ScopeTest::aTaskHandsItsValueToTheOneWhoAwaits()
{
    Clock clock;
    int sum = 0;
    Scope scope(clock.scheduler);
    Fork fork(scope);
    fork.start(addUp(fork.scope(), sum));
    clock.pass(10s);
    QCOMPARE(sum, 6);
}

void ScopeTest::cancellingAScopeStopsTheWaitsOfAllScopesBelowIt()
{
    Clock clock;
    std::vector<Why> log;
    Scope root(clock.scheduler);
    Scope middle(root);
    Fork one(middle), two(middle), other(root);
    one.start(sleepAndNote(1h, one.scope(), log));
    two.start(sleepAndNote(1h, two.scope(), log));
    other.start(sleepAndNote(1s, other.scope(), log));
    middle.cancel(Why::ClientGone);
    QVERIFY2(log.empty(), "cancel() resumes nobody itself");
    clock.pass(0s);
    QCOMPARE(log.size(), size_t(2));
    QVERIFY(log[0] == Why::ClientGone && log[1] == Why::ClientGone);
    clock.pass(1s);
    QVERIFY(log.size() == 3 && log[2] == Why::Ok);
}

void ScopeTest::theFirstReasonCounts()
{
    Clock clock;
    std::vector<Why> log;
    Scope scope(clock.scheduler);
    Fork fork(scope);
    fork.start(sleepAndNote(1h, fork.scope(), log));
    scope.cancel(Why::TimedOut);
    scope.cancel(Why::Shutdown);
    clock.pass(0s);
    QVERIFY(log.at(0) == Why::TimedOut);
    QVERIFY(scope.stopped() == Why::TimedOut);
}

void ScopeTest::aDeadlineStopsAWaitAndAMovedDeadlineMovesIt()
{
    Clock clock;
    std::vector<Why> log;
    Scope scope(clock.scheduler);
    Fork fork(scope);
    fork.start(sleepAndNote(1h, fork.scope(), log));
    scope.deadline(5s);
    clock.pass(4s);
    scope.deadline(5s);  // later: costs nothing until the old moment comes
    clock.pass(4s);
    QVERIFY(log.empty());
    scope.deadline(500ms);  // earlier
    clock.pass(500ms);
    QVERIFY(log.size() == 1 && log[0] == Why::TimedOut);
}

void ScopeTest::aStoppedScopeAnswersAtOnce()
{
    Clock clock;
    std::vector<Why> log;
    Scope scope(clock.scheduler);
    scope.cancel(Why::Shutdown);
    Fork fork(scope);
    fork.start(sleepAndNote(1h, fork.scope(), log));
    QVERIFY(log.size() == 1 && log[0] == Why::Shutdown);
}

void ScopeTest::aSignalWithoutAWaiterIsLostAndOneWithAWaiterWakesIt()
{
    Clock clock;
    std::vector<Why> log;
    Signal signal;
    Scope scope(clock.scheduler);
    Fork fork(scope);
    signal.wake(clock.scheduler);
    fork.start(waitAndNote(signal, fork.scope(), log));
    clock.pass(1h);
    QVERIFY(log.empty() && signal.awaited());
    signal.wake(clock.scheduler);
    clock.pass(0s);
    QVERIFY(log.size() == 1 && log[0] == Why::Ok && !signal.awaited());
}

void ScopeTest::aForkThatIsDestroyedWhileItWaitsLeavesNothingBehind()
{
    Clock clock;
    std::vector<Why> log;
    Signal signal;
    Scope scope(clock.scheduler);
    {
        Fork sleeping(scope), waiting(scope), posted(scope);
        sleeping.start(sleepAndNote(1h, sleeping.scope(), log));
        posted.start(waitAndNote(signal, posted.scope(), log));
        signal.wake(clock.scheduler);  // on the ready list when it is destroyed
    }
    clock.pass(2h);
    QVERIFY(log.empty());
    QVERIFY(clock.scheduler.idle() && !clock.scheduler.nextDue());
}

void ScopeTest::timersFireInOrderWhateverTheOrderTheyWereSetIn()
{
    Clock clock;
    Random random(7);
    std::vector<int64_t> fired;
    struct One {
        std::vector<int64_t> &fired;
        Timer timer;
        One(Scheduler &s, std::vector<int64_t> &f)
            : fired(f),
              timer(
                  s,
                  [](Timer &t, void *self) {
                      static_cast<One *>(self)->fired.push_back(t.due().time_since_epoch().count());
                  },
                  this)
        {}
    };
    std::vector<std::unique_ptr<One>> timers;
    for (int i = 0; i < 1000; ++i) {
        timers.push_back(std::make_unique<One>(clock.scheduler, fired));
        timers.back()->timer.start(Moment(Nanos(random.below(1'000'000))));
    }
    for (int i = 0; i < 1000; i += 3)
        timers[size_t(i)]->timer.start(Moment(Nanos(random.below(1'000'000))));  // moved, either way
    size_t stopped = 0;
    for (int i = 0; i < 1000; i += 7, ++stopped)
        timers[size_t(i)]->timer.stop();
    clock.pass(1ms);
    QCOMPARE(fired.size(), 1000 - stopped);
    QVERIFY(std::is_sorted(fired.begin(), fired.end()));
}

void ScopeTest::aMillionTurnsNeedNoStack()
{
    Clock clock;
    int left = 1'000'000;
    Scope scope(clock.scheduler);
    Fork fork(scope);
    fork.start(manyTurns(fork.scope(), left));
    clock.pass(0s);
    QVERIFY(fork.over());
    QCOMPARE(left, -1);
}

QTEST_APPLESS_MAIN(ScopeTest)
#include "scope_test.moc"
