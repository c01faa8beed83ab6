// SPDX-License-Identifier: GPL-3.0-or-later
// The balancer's promises, in exact counts.
#include "engine/balancing/balancer.h"

#include <QTest>

#include <atomic>
#include <numeric>
#include <thread>

using namespace sluice;
using namespace sluice::balancing;

namespace {
std::string cycle(Balancer &balancer, size_t picks, std::span<const size_t> avoid = {})
{
    std::string out;
    for (size_t i = 0; i < picks; ++i) {
        const Pick pick = balancer.pick(avoid);
        out += pick.endpoint ? char('a' + *pick.endpoint) : '-';
    }
    return out;
}

std::vector<Endpoint> endpoints(std::initializer_list<uint32_t> weights)
{
    std::vector<Endpoint> out;
    for (const uint32_t weight : weights)
        out.push_back({"http://127.0.0.1:" + std::to_string(9001 + out.size()), weight});
    return out;
}
}  // namespace

class BalancerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fiveOneOneGivesNginxsCycle()
    {
        Balancer balancer(endpoints({5, 1, 1}));
        QCOMPARE(cycle(balancer, 7), std::string("aabacaa"));
        QCOMPARE(cycle(balancer, 14), std::string("aabacaaaabacaa"));
    }

    void equalWeightsTakeTurns()
    {
        Balancer balancer(endpoints({1, 1, 1}));
        QCOMPARE(cycle(balancer, 9), std::string("abcabcabc"));
        Balancer heavy(endpoints({7, 7}));
        QCOMPARE(cycle(heavy, 6), std::string("ababab"));
    }

    void countsOverAWholeCycleAreExactlyTheWeights_data()
    {
        QTest::addColumn<std::vector<uint32_t>>("weights");
        QTest::newRow("one") << std::vector<uint32_t>{3};
        QTest::newRow("90 and 10") << std::vector<uint32_t>{90, 10};
        QTest::newRow("primes") << std::vector<uint32_t>{2, 3, 5, 7, 11};
        QTest::newRow("the largest beside the smallest") << std::vector<uint32_t>{maxWeight, 1};
        QTest::newRow("with a zero") << std::vector<uint32_t>{4, 0, 2};
        QTest::newRow("more than the pick's numbers hold")
            << std::vector<uint32_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    }
    void countsOverAWholeCycleAreExactlyTheWeights()
    {
        QFETCH(std::vector<uint32_t>, weights);
        std::vector<Endpoint> list;
        for (const uint32_t weight : weights)
            list.push_back({"http://e" + std::to_string(list.size()), weight});
        Balancer balancer(list);
        const uint32_t total = std::accumulate(weights.begin(), weights.end(), 0u);
        for (int round = 0; round < 3; ++round) {
            std::vector<uint32_t> counts(weights.size());
            for (uint32_t i = 0; i < total; ++i)
                ++counts[*balancer.pick().endpoint];
            QCOMPARE(counts, weights);
        }
    }

    void weightZeroTakesNothingAndAllZeroAnswersNone()
    {
        Balancer balancer(endpoints({0, 2, 0}));
        QCOMPARE(cycle(balancer, 5), std::string("bbbbb"));
        Balancer silent(endpoints({0, 0}));
        const Pick pick = silent.pick();
        QVERIFY(!pick.endpoint);
        QCOMPARE(pick.why(), std::string("no endpoint is left: 2 have weight 0"));
    }

    void aWeightBeyondTheBoundCountsAsTheBound()
    {
        Balancer balancer(endpoints({4'000'000'000, maxWeight}));
        QCOMPARE(cycle(balancer, 6), std::string("ababab"));
    }

    void noEndpointsAtAllAnswersNone()
    {
        Balancer balancer{std::span<const Endpoint>()};
        QVERIFY(!balancer.pick().endpoint);
        QCOMPARE(balancer.pick().why(), std::string("the service has no endpoint"));
        QCOMPARE(balancer.pick().outcome(), std::string_view("none"));
    }

    void whatWasTriedIsAvoidedAndWhenAllWereNoneIsLeft()
    {
        Balancer balancer(endpoints({1, 1, 1}));
        std::vector<size_t> tried;
        for (int attempt = 0; attempt < 3; ++attempt) {
            const Pick pick = balancer.pick(tried);
            QVERIFY(pick.endpoint);
            QVERIFY(std::find(tried.begin(), tried.end(), *pick.endpoint) == tried.end());
            QCOMPARE(pick.avoided, uint32_t(attempt));
            tried.push_back(*pick.endpoint);
        }
        QCOMPARE(balancer.pick(tried).why(), std::string("no endpoint is left: 3 are avoided"));
    }

    void avoidingAnEndpointSharesItsTurnsByWeightAndDoesNotChangeItsStanding()
    {
        Balancer balancer(endpoints({2, 1, 1}));
        const size_t away[] = {0};
        const std::string without = cycle(balancer, 1000, away);
        QCOMPARE(std::count(without.begin(), without.end(), 'b'), std::ptrdiff_t(500));
        QCOMPARE(std::count(without.begin(), without.end(), 'c'), std::ptrdiff_t(500));
        // a has not saved up a thousand turns: it takes its half again, no more.
        const std::string with = cycle(balancer, 400);
        QCOMPARE(std::count(with.begin(), with.end(), 'a'), std::ptrdiff_t(200));
    }

    void anIndexToAvoidThatDoesNotExistIsNoHarm()
    {
        Balancer balancer(endpoints({1, 1}));
        const size_t beyond[] = {7, size_t(-1)};
        QCOMPARE(cycle(balancer, 4, beyond), std::string("abab"));
    }

    void standingSurvivesAReloadThatReordersTheList()
    {
        const auto list = endpoints({5, 1, 1});
        Balancer before(list);
        QCOMPARE(cycle(before, 3), std::string("aab"));
        const std::vector<Endpoint> turned = {list[2], list[1], list[0]};
        Balancer after = before.adopt(turned);
        // The cycle goes on with a c a a, in the letters of the new list.
        QCOMPARE(cycle(after, 4), std::string("cacc"));
    }

    void anEndpointThatComesBeginsWithoutDebtOrCredit()
    {
        const auto three = endpoints({1, 1, 1});
        Balancer two = Balancer(three).adopt(std::span(three).first(2));
        QCOMPARE(cycle(two, 1000).substr(996), std::string("abab"));
        Balancer more = two.adopt(three);
        const std::string picks = cycle(more, 300);
        for (const char letter : {'a', 'b', 'c'})
            QCOMPARE(std::count(picks.begin(), picks.end(), letter), std::ptrdiff_t(100));
        QCOMPARE(picks.substr(0, 3), std::string("abc"));
    }

    void anEndpointThatLeavesTakesNothingMoreAndTheOthersShareExactly()
    {
        const auto list = endpoints({3, 2, 1});
        Balancer whole(list);
        (void)cycle(whole, 4);
        Balancer rest = whole.adopt(std::span(list).subspan(1));
        const std::string picks = cycle(rest, 300);
        QVERIFY(std::abs(std::count(picks.begin(), picks.end(), 'a') - 200)
                <= 1);  // the standing it left with may shift one turn
        QCOMPARE(picks.size(), size_t(300));
    }

    void aWeightChangedByAReloadHoldsAtTheNextCycle()
    {
        Balancer old(endpoints({1, 1}));
        (void)cycle(old, 2);
        Balancer next = old.adopt(endpoints({9, 1}));
        const std::string picks = cycle(next, 100);
        QCOMPARE(std::count(picks.begin(), picks.end(), 'a'), std::ptrdiff_t(90));
    }

    void exchangesOfTheOldPlanGoOnWithTheirOwnIndices()
    {
        const auto list = endpoints({1, 1, 1});
        Balancer old(list);
        Balancer next = old.adopt(std::span(list).first(1));
        QCOMPARE(next.size(), size_t(1));
        for (int i = 0; i < 10; ++i) {
            QVERIFY(*old.pick().endpoint < 3);
            QCOMPARE(*next.pick().endpoint, size_t(0));
        }
    }

    void theSameUrlTwiceTakesBothShares()
    {
        std::vector<Endpoint> list = endpoints({1, 1});
        list.push_back(list[0]);
        Balancer balancer(list);
        const std::string picks = cycle(balancer, 300);
        QCOMPARE(std::count(picks.begin(), picks.end(), 'b'), std::ptrdiff_t(100));
    }

    void severalThreadsPickingAtOnceGiveExactTotals()
    {
        Balancer balancer(endpoints({5, 2, 1}));
        Balancer twin = balancer.adopt(endpoints({5, 2, 1}));  // another worker's, same state
        std::array<std::atomic<int>, 3> counts = {};
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < 20'000; ++i)
                    ++counts[*(t % 2 ? balancer : twin).pick().endpoint];
            });
        }
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(counts[0].load(), 50'000);
        QCOMPARE(counts[1].load(), 20'000);
        QCOMPARE(counts[2].load(), 10'000);
    }

    void reloadsWhileOthersPickLoseNoPick()
    {
        const auto list = endpoints({1, 1, 1, 1});
        Balancer balancer(list);
        std::atomic<bool> stop = false;
        std::atomic<int> wrong = 0;
        std::thread picker([&] {
            while (!stop) {
                const Pick pick = balancer.pick();
                if (!pick.endpoint || *pick.endpoint >= 4)
                    ++wrong;
            }
        });
        for (int i = 0; i < 2'000; ++i) {
            Balancer next = balancer.adopt(std::span(list).first(size_t(1 + i % 4)));
            if (!next.pick().endpoint)
                ++wrong;
        }
        stop = true;
        picker.join();
        QCOMPARE(wrong.load(), 0);
    }

    void itTellsTheNumbersThatItPickedBy()
    {
        Balancer balancer(endpoints({5, 1, 0, 1}));
        (void)balancer.pick();
        const size_t avoid[] = {3};
        const Pick pick = balancer.pick(avoid);
        QCOMPARE(pick.why(),
                 std::string("endpoint 1 of 2 candidates: weighted round robin, standing 3 is the highest of 3, 2; "
                             "1 is avoided, 1 has weight 0"));
        std::string json;
        JsonObject object(json);
        pick.facts(object);
        object.close();
        QCOMPARE(json,
                 std::string(R"({"endpoint":1,"candidates":2,"avoided":1,"without_weight":1,"standings":)"
                             R"([{"endpoint":1,"weight":5,"standing":3},{"endpoint":2,"weight":1,"standing":2}]})"));
    }

    void itSaysHowManyCandidatesItDoesNotList()
    {
        Balancer balancer(endpoints({1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
        QVERIFY(balancer.pick().why().ends_with("1, 1, 1, 1, 1, 1, 1, 1 and 2 more"));
        Balancer one(endpoints({1}));
        QCOMPARE(one.pick().why(), std::string("endpoint 1 is the only candidate"));
    }
};

QTEST_APPLESS_MAIN(BalancerTest)
#include "balancer_test.moc"
