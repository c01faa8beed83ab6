// SPDX-License-Identifier: GPL-3.0-or-later
// The Poller's hook after a batch, requested turns and deadlines, in both of its implementations.
#include "tests/unit/dispatcher/loops.h"

#include <algorithm>
#include <deque>
#include <random>
#include <stdexcept>
#include <vector>

using namespace sluice;
using namespace sluice::net;

class HookTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anExceptionOfTheHookEndsNothing_data() { addLoops(); }
    void anExceptionOfTheHookEndsNothing();
    void theHookFollowsEachBatch_data() { addLoops(); }
    void theHookFollowsEachBatch();
    void theHookNeverRunsWithinAHandler_data() { addLoops(); }
    void theHookNeverRunsWithinAHandler();
    void theHookNeverRunsWithinItself_data() { addLoops(); }
    void theHookNeverRunsWithinItself();
    void aRequestedTurnNeedsNothingElse_data() { addLoops(); }
    void aRequestedTurnNeedsNothingElse();
    void aHookThatAlwaysWantsATurnStarvesNobody_data() { addLoops(); }
    void aHookThatAlwaysWantsATurnStarvesNobody();
    void deadlinesComeInOrderAndNeverEarly_data() { addLoops(); }
    void deadlinesComeInOrderAndNeverEarly();
    void aDeadlineTakenBackDoesNotCome_data() { addLoops(); }
    void aDeadlineTakenBackDoesNotCome();
};

void HookTest::anExceptionOfTheHookEndsNothing()
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

void HookTest::theHookFollowsEachBatch()
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

void HookTest::theHookNeverRunsWithinAHandler()
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

void HookTest::theHookNeverRunsWithinItself()
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

void HookTest::aRequestedTurnNeedsNothingElse()
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

void HookTest::aHookThatAlwaysWantsATurnStarvesNobody()
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
        QMetaObject::invokeMethod(
            &context, [&] { queued = true; }, Qt::QueuedConnection);
        QVERIFY(turnUntil([&] { return timer && queued && (ear.seen & Readable); }));
        poller.unwatch(pair.near, &ear);
    });
}

void HookTest::deadlinesComeInOrderAndNeverEarly()
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
        const bool exact = dynamic_cast<QAbstractEventDispatcher *>(&poller);  // ours; the other counts milliseconds
        bool early = false;
        int late = 0;
        const auto arm = [&] { poller.setDeadline(due.empty() ? std::nullopt : std::optional(due.front())); };
        poller.setAfterBatch([&] {
            const Moment now = poller.now();
            early |= now > monotonicNow();
            int fired = 0;
            for (; !due.empty() && due.front() <= now; due.pop_front())
                ++fired;
            late += fired == 0 ? 1 : 0;  // a run for nothing
            arm();
        });
        arm();
        QVERIFY(turnUntil([&] { return due.empty(); }));
        QVERIFY(monotonicNow() >= start);
        QVERIFY(!early);
        if (exact)
            QCOMPARE(late, 0);  // it was never called before the moment that was set
    });
}

void HookTest::aDeadlineTakenBackDoesNotCome()
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
        QCOMPARE(runs, 1);  // once, not for ever
    });
}

QTEST_GUILESS_MAIN(HookTest)
#include "hook_test.moc"
