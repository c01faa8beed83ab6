// SPDX-License-Identifier: GPL-3.0-or-later
// Taking descriptors out of the Poller at bad moments: within a batch, for a reused number, by an exception.
#include "tests/unit/dispatcher/loops.h"

#include <QRegularExpression>

#include <stdexcept>

using namespace sluice;
using namespace sluice::net;

class UnwatchTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
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
};

void UnwatchTest::unwatchOfAStrangerDoesNothing()
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

void UnwatchTest::aHandlerTakenOutByAnEarlierOneIsNotCalled()
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
        QCOMPARE(int(bool(ears[0])) + int(bool(ears[1])), 1);  // a call of the deleted one would have crashed
        for (int self : {0, 1})
            poller.unwatch(pairs[self].near, ears[self].get());
    });
}

void UnwatchTest::aReusedDescriptorDoesNotInheritReadiness()
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

void UnwatchTest::aDescriptorClosedWithoutUnwatchCanBeWatchedAnew()
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

void UnwatchTest::aHandlerMayUnwatchItselfAndWatchAgain()
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

void UnwatchTest::anExceptionTakesOnlyItsOwnDescriptorOut()
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
        QVERIFY(poller.watch(bad.near, &fine));  // it is free again
        poller.unwatch(bad.near, &fine);
        poller.unwatch(good.near, &fine);
    });
}

QTEST_GUILESS_MAIN(UnwatchTest)
#include "unwatch_test.moc"
