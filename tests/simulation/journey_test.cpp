// SPDX-License-Identifier: GPL-3.0-or-later
// Journeys in virtual time: what each party gets, and what the record says, whatever the other one does.
#include "tests/simulation/story.h"

#include <QTest>

using namespace story;

class JourneyTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anAnswerComesBackWholeAndLeavesOneRecord();
    void aPathNobodyTakesGets404AndAKnownOneWithAnotherMethod405();
    void aRouteThatAsksForAuthStaysClosed();
    void aRefusedConnectionIsTriedAtTheNextEndpoint();
    void whenEveryEndpointRefusesTheClientGets502WithoutAnAddress();
    void anEndpointThatNeverConnectsEndsAtTheConnectTimeout();
    void anUpstreamThatHangsGivesA504AtTheResponseTimeout();
    void anAnswerThatStandsStillIsCutOffAtTheIdleTimeout();
    void theTotalTimeoutEndsAnAnswerThatTricklesForEver();
    void aClientThatSendsTooSlowlyForTheTotalTimeoutIsBlamed();
    void aClientThatTakesTooSlowlyForTheTotalTimeoutIsBlamed();
    void anAnswerThatIsCutShortIsCutShortForTheClientToo();
    void aClientThatLeavesEndsTheUpstreamCallAndCountsAs499();
    void anExceptionEndsTheAttemptAndItsCount();
    void aStaleKeptConnectionIsReplacedForAGet();
    void aStaleKeptConnectionIsNotReplacedOncePostedContentWentOut();
    void anEarlyAnswerReachesTheClientAndEndsTheUpload();
    void aRequestThatBreaksOffIsTheClientsFault();
    void aSlowReaderGetsEverything();
    void bodiesAreKeptOnlyAsLongAsThereIsRoom();
    void traceAndRequestIdTravel();
    void thousandsOfRudePeersLeaveOneRecordEachAndTheSameOnesAgain();
};

void JourneyTest::anAnswerComesBackWholeAndLeavesOneRecord()
{
    Story story(answer({"hello ", "world"}));
    const journey::Exchange &x = story.run(request("POST", "/users/7?q=1", {"some", "thing"}));
    QVERIFY(story.sound());
    QCOMPARE(story.client->answer.status, 200);
    QCOMPARE(story.client->content, std::string("hello world"));
    QVERIFY(story.client->whole && !story.client->cut);
    QCOMPARE(x.responseBody.bytes, std::string("hello world"));
    QCOMPARE(x.requestBody.bytes, std::string("something"));
    QCOMPARE(x.sent.target, std::string("/users/7?q=1"));
    QCOMPARE(x.attempts.size(), size_t(1));
    QVERIFY(!x.failedBy && x.failure.empty());
    QCOMPARE(x.times.firstByte, Nanos(10ms));
    QCOMPARE(story.world.kept(), size_t(1));
}

void JourneyTest::aPathNobodyTakesGets404AndAKnownOneWithAnotherMethod405()
{
    Story nowhere(answer({}));
    QCOMPARE(nowhere.run(request("GET", "/elsewhere")).returned.status, 404);
    QVERIFY(nowhere.sound());
    QCOMPARE(nowhere.client->answer.headers.get("Content-Type"), std::string_view("application/problem+json"));
    Story wrong(answer({}));
    QCOMPARE(wrong.run(request("DELETE", "/users/7")).returned.status, 405);
    QCOMPARE(wrong.client->answer.headers.get("Allow"), std::string_view("GET, HEAD, POST"));
    QCOMPARE(wrong.world.opened(), size_t(0));
}

void JourneyTest::aRouteThatAsksForAuthStaysClosed()
{
    Story story(answer({"secret"}));
    QCOMPARE(story.run(request("GET", "/closed/1")).returned.status, 503);
    QVERIFY(story.sound());
    QCOMPARE(story.world.opened(), size_t(0));
}

void JourneyTest::aRefusedConnectionIsTriedAtTheNextEndpoint()
{
    Story story([](const std::string &endpoint) {
        Reply reply = answer({"ok"});
        reply.refuses = endpoint.ends_with("9001");
        return reply;
    });
    const journey::Exchange &x = story.run(request("POST", "/users/7", {"content"}));
    QVERIFY(story.sound());
    QCOMPARE(story.client->answer.status, 200);
    QCOMPARE(x.attempts.size(), size_t(2));
    QCOMPARE(x.attempts[0].error, std::string("connection refused"));
    QCOMPARE(x.endpoint, std::string("http://127.0.0.1:9002"));
    QCOMPARE(x.requestBody.bytes, std::string("content"));
}

void JourneyTest::whenEveryEndpointRefusesTheClientGets502WithoutAnAddress()
{
    Reply reply;
    reply.refuses = true;
    Story story(reply);
    const journey::Exchange &x = story.run(request("GET", "/users/7"));
    QVERIFY(story.sound());
    QCOMPARE(x.returned.status, 502);
    QVERIFY(x.failedBy == Fault::Upstream);
    QCOMPARE(x.attempts.size(), size_t(2));
    QVERIFY(story.client->content.find("127.0.0.1") == std::string::npos);
    QVERIFY(story.client->content.find(x.requestId) != std::string::npos);
}

void JourneyTest::anEndpointThatNeverConnectsEndsAtTheConnectTimeout()
{
    Reply reply;
    reply.connectsAfter = -1ns;
    Story story(reply);
    const journey::Exchange &x = story.run(request("GET", "/one/7"));
    QVERIFY(story.sound());
    QCOMPARE(x.returned.status, 502);
    QCOMPARE(x.times.ended, Nanos(1s));
}

void JourneyTest::anUpstreamThatHangsGivesA504AtTheResponseTimeout()
{
    Story story(answer({}, -1ns));
    const journey::Exchange &x = story.run(request("GET", "/one/7"));
    QVERIFY(story.sound());
    QCOMPARE(x.returned.status, 504);
    QCOMPARE(x.times.ended, Nanos(5s));
    QVERIFY(x.failedBy == Fault::Upstream);
    QCOMPARE(story.world.kept(), size_t(0));
}

void JourneyTest::anAnswerThatStandsStillIsCutOffAtTheIdleTimeout()
{
    Reply reply = answer({"first", "never"});
    reply.pieceEvery = 1h;
    Story story(reply);
    const journey::Exchange &x = story.run(request("GET", "/one/7"));
    QVERIFY(story.sound());
    QCOMPARE(story.client->content, std::string("first"));
    QVERIFY(story.client->cut && !story.client->whole);
    QVERIFY(x.failedBy == Fault::Upstream && !x.responseBody.complete);
    QCOMPARE(x.times.ended, Nanos(10ms + 10s));
}

void JourneyTest::theTotalTimeoutEndsAnAnswerThatTricklesForEver()
{
    Reply reply = answer(std::vector<std::string>(1000, "x"));
    reply.pieceEvery = 1s;
    Story story(reply);
    const journey::Exchange &x = story.run(request("GET", "/one/7"));
    QVERIFY(story.sound());
    QVERIFY(story.client->cut);
    QCOMPARE(x.times.ended, Nanos(30s));
    QVERIFY(x.failure.find("30s") != std::string::npos);
}

void JourneyTest::aClientThatSendsTooSlowlyForTheTotalTimeoutIsBlamed()
{
    Story story(answer({}));
    Visit visit = request("POST", "/one/7", std::vector<std::string>(100, "x"));
    visit.pieceEvery = 1s;
    const journey::Exchange &x = story.run(std::move(visit));
    QVERIFY(story.sound());
    QCOMPARE(x.returned.status, 408);
    QCOMPARE(story.client->answer.status, 408);
    QVERIFY(x.failedBy == Fault::Client && story.client->closing);
    QCOMPARE(x.times.ended, Nanos(30s));
}

void JourneyTest::aClientThatTakesTooSlowlyForTheTotalTimeoutIsBlamed()
{
    Story story(answer(std::vector<std::string>(100, "x")));
    Visit visit = request("GET", "/one/7");
    visit.takesFor = 1s;
    const journey::Exchange &x = story.run(std::move(visit));
    QVERIFY(story.sound());
    QVERIFY(story.client->cut && x.failedBy == Fault::Client);
    QCOMPARE(x.times.ended, Nanos(30s));
}

void JourneyTest::anAnswerThatIsCutShortIsCutShortForTheClientToo()
{
    Reply reply = answer({"half"});
    reply.cutShort = true;
    Story story(reply);
    const journey::Exchange &x = story.run(request("GET", "/one/7"));
    QVERIFY(story.sound());
    QCOMPARE(x.returned.status, 200);
    QVERIFY(x.failedBy == Fault::Upstream);
    QVERIFY(story.client->cut && !story.client->whole);
    QCOMPARE(story.world.kept(), size_t(0));
}

void JourneyTest::aClientThatLeavesEndsTheUpstreamCallAndCountsAs499()
{
    Story story(answer({"late"}, 3s));
    Visit visit = request("GET", "/one/7");
    visit.leavesAfter = 1s;
    const journey::Exchange &x = story.run(std::move(visit));
    QVERIFY(story.sound());
    QVERIFY(x.unanswered());
    QCOMPARE(x.returned.status, 499);
    QVERIFY(x.failedBy == Fault::Client);
    QCOMPARE(x.times.ended, Nanos(1s));
    QCOMPARE(story.world.kept(), size_t(0));
}

void JourneyTest::anExceptionEndsTheAttemptAndItsCount()
{
    const journey::RulesPtr shared = rules();
    VirtualWorld world(shared, 1, [](const std::string &) -> Reply { throw std::bad_alloc(); });
    VirtualClient &client = world.visit(0s, request("GET", "/one/1"));
    QVERIFY(world.run());
    QCOMPARE(client.answer.status, 500);
    QCOMPARE(world.records().size(), size_t(1));
    const journey::Exchange &x = *world.records().front();
    QVERIFY(x.failedBy == Fault::Gateway);
    QCOMPARE(x.attempts.size(), size_t(1));
    QVERIFY(x.attempts[0].ended >= x.attempts[0].started && !x.attempts[0].error.empty());
    for (const journey::ServiceState &service : shared->services) {
        for (const auto &endpoint : service.endpoints)
            QVERIFY(endpoint->active.load() == 0);
    }
}

void JourneyTest::aStaleKeptConnectionIsReplacedForAGet()
{
    Reply reply = answer({"ok"});
    reply.closesKept = true;  // only a kept connection minds
    VirtualWorld world(rules(), 1, [&](const std::string &) { return reply; });
    VirtualClient &first = world.visit(0s, request("GET", "/one/1"));
    VirtualClient &second = world.visit(1s, request("GET", "/one/2"));
    QVERIFY(world.run());
    QCOMPARE(first.answer.status, 200);
    QCOMPARE(second.answer.status, 200);
    const journey::Exchange &x = *world.records().at(1);
    QCOMPARE(x.attempts.size(), size_t(2));
    QVERIFY(x.attempts[0].reused && !x.attempts[1].reused);
}

void JourneyTest::aStaleKeptConnectionIsNotReplacedOncePostedContentWentOut()
{
    Reply reply = answer({"ok"});
    reply.closesKept = true;
    VirtualWorld world(rules(), 1, [&](const std::string &) { return reply; });
    world.visit(0s, request("GET", "/one/1"));
    VirtualClient &second = world.visit(1s, request("POST", "/one/2", {"pay 100"}));
    QVERIFY(world.run());
    QCOMPARE(second.answer.status, 502);
    QCOMPARE(world.records().at(1)->attempts.size(), size_t(1));
}

void JourneyTest::anEarlyAnswerReachesTheClientAndEndsTheUpload()
{
    Reply reply = answer({"too large"});
    reply.status = 413;
    reply.early = true;
    Story story(reply);
    Visit visit = request("POST", "/one/7", std::vector<std::string>(100, "x"));
    visit.pieceEvery = 1s;
    const journey::Exchange &x = story.run(std::move(visit));
    QVERIFY(story.sound());
    QCOMPARE(x.returned.status, 413);
    QCOMPARE(story.client->content, std::string("too large"));
    QVERIFY(story.client->closing);
    QCOMPARE(story.world.kept(), size_t(0));
    QCOMPARE(x.times.ended, Nanos(10ms));
}

void JourneyTest::aRequestThatBreaksOffIsTheClientsFault()
{
    Story story(answer({}));
    Visit visit = request("POST", "/one/7", {"half"});
    visit.breaksOff = true;
    const journey::Exchange &x = story.run(std::move(visit));
    QVERIFY(story.sound());
    QVERIFY(x.failedBy == Fault::Client);
    QCOMPARE(x.returned.status, 400);
    QVERIFY(!x.requestBody.complete);
    QCOMPARE(story.world.kept(), size_t(0));
}

void JourneyTest::aSlowReaderGetsEverything()
{
    Story story(answer(std::vector<std::string>(50, "piece")));
    Visit visit = request("GET", "/one/7");
    visit.takesFor = 100ms;
    const journey::Exchange &x = story.run(std::move(visit));
    QVERIFY(story.sound());
    QCOMPARE(story.client->content.size(), size_t(250));
    QVERIFY(story.client->whole);
    QVERIFY(!x.failedBy);
    QVERIFY(x.times.ended >= Nanos(5s));
}

void JourneyTest::bodiesAreKeptOnlyAsLongAsThereIsRoom()
{
    Story story(answer({"hello ", "world"}));
    story.world.bodyRoom() = 8;
    const journey::Exchange &x = story.run(request("POST", "/one/1", {"some", "thing"}));
    QVERIFY(story.sound());
    QCOMPARE(story.client->content, std::string("hello world"));
    QCOMPARE(x.requestBody.bytes.size() + x.responseBody.bytes.size(), size_t(8));
    QVERIFY(x.requestBody.cut() && x.responseBody.cut() && x.responseBody.size == 11);
    QCOMPARE(story.world.bodyRoom(), uint64_t(8));
}

void JourneyTest::traceAndRequestIdTravel()
{
    Story story(answer({"ok"}));
    Visit visit = request("GET", "/one/7");
    visit.head.headers.add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    visit.head.headers.add("X-Request-ID", "my-request-1");
    const journey::Exchange &x = story.run(std::move(visit));
    QCOMPARE(x.trace.trace, std::string("4bf92f3577b34da6a3ce929d0e0e4736"));
    QCOMPARE(x.sent.headers.get("traceparent"), std::string_view(sluice::traceparent(x.trace)));
    QCOMPARE(x.sent.headers.get("X-Request-ID"), std::string_view("my-request-1"));
    QCOMPARE(story.client->answer.headers.get("X-Request-ID"), std::string_view("my-request-1"));
    QCOMPARE(story.client->answer.headers.get("X-Trace-ID"), std::string_view(x.trace.trace));
}

namespace {

// Everything at once: refusals, stalls, cut answers, clients that leave, uploads, slow readers.
std::string rudeWorld(uint64_t seed, size_t visits, bool &sound)
{
    Random random(seed);
    VirtualWorld world(rules(), seed, [&random](const std::string &) {
        Reply reply = answer(std::vector<std::string>(random.below(6), "piece"), Nanos(Millis(random.below(200))));
        reply.refuses = random.below(20) == 0;
        reply.connectsAfter = random.below(100) == 0 ? Nanos(-1) : Nanos(Millis(random.below(30)));
        if (random.below(100) == 0)
            reply.answersAfter = -1ns;
        reply.pieceEvery = random.below(4) == 0 ? Nanos(Millis(random.below(3000))) : Nanos(0);
        reply.cutShort = random.below(50) == 0;
        reply.closesKept = random.below(10) == 0;
        reply.early = random.below(30) == 0;
        return reply;
    });
    for (size_t i = 0; i < visits; ++i) {
        Visit visit = random.below(5) == 0
            ? request("POST", "/users/1", std::vector<std::string>(1 + random.below(5), "upload"))
            : request("GET", random.below(20) == 0 ? "/nowhere" : "/one/1");
        visit.pieceEvery = random.below(3) == 0 ? Nanos(Millis(random.below(500))) : Nanos(0);
        visit.breaksOff = random.below(50) == 0;
        visit.leavesAfter = random.below(20) == 0 ? Nanos(Millis(1 + random.below(400))) : Nanos(0);
        visit.takesFor = random.below(10) == 0 ? Nanos(Millis(random.below(100))) : Nanos(0);
        world.visit(Nanos(Millis(random.below(60'000))), std::move(visit));
    }
    sound = world.run() && world.records().size() == visits && world.open() == 0;
    std::string all;
    for (const auto &x : world.records())
        all += x->requestId + ' ' + std::to_string(x->returned.status) + ' ' + std::to_string(x->times.ended.count())
            + ' ' + x->decisions.json() + '\n';
    return all;
}

}  // namespace

void JourneyTest::thousandsOfRudePeersLeaveOneRecordEachAndTheSameOnesAgain()
{
    for (const uint64_t seed : {1u, 2u, 3u}) {
        bool sound = false, again = false;
        const std::string first = rudeWorld(seed, 2000, sound), second = rudeWorld(seed, 2000, again);
        QVERIFY2(sound && again, std::to_string(seed).c_str());
        QVERIFY2(first == second, std::to_string(seed).c_str());
    }
}

QTEST_APPLESS_MAIN(JourneyTest)
#include "journey_test.moc"
