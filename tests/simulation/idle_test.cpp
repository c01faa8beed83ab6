// SPDX-License-Identifier: GPL-3.0-or-later
// When an exchange counts as idle: only where nothing moves in either direction, however slow the peers are.
#include "tests/simulation/story.h"

#include <QTest>

using namespace story;

namespace {

// A reply whose head is there at once, and its pieces this often.
Reply stream(std::vector<std::string> content, Nanos every)
{
    Reply reply = answer(std::move(content));
    reply.early = true;
    reply.pieceEvery = every;
    return reply;
}

}  // namespace

class IdleTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aReaderThatTakesLittleButSteadilyIsNotCutOff();
    void aReaderThatTakesNothingIsLeftAtTheIdleTimeout();
    void anUploadThatGoesOnKeepsItsAnswerAlive();
    void aPauseInAnUploadBesideItsAnswerLosesNothing();
    void anExchangeInWhichNothingMovesIsWhoseContentIsMissing();
};

void IdleTest::aReaderThatTakesLittleButSteadilyIsNotCutOff()
{
    Story story(answer({"hello"}));
    Visit visit = request("GET", "/one/1");
    visit.takesFor = 12s;  // longer than the idle timeout, for each piece
    const journey::Exchange &x = story.run(std::move(visit));
    QVERIFY(story.sound());
    QVERIFY(story.client->whole && !x.failedBy);
}

void IdleTest::aReaderThatTakesNothingIsLeftAtTheIdleTimeout()
{
    Story story(answer({"hello ", "world"}));
    Visit visit = request("GET", "/one/1");
    visit.takesFor = 12s;
    visit.takesNothing = true;
    const journey::Exchange &x = story.run(std::move(visit));
    QVERIFY(story.sound());
    QVERIFY(x.failedBy == Fault::Client && x.failure.find("took nothing") != x.failure.npos);
    QCOMPARE(x.times.ended, Nanos(10ms + 10s));
}

void IdleTest::anUploadThatGoesOnKeepsItsAnswerAlive()
{
    Story story(stream({"a", "b"}, 14s));
    Visit visit = request("POST", "/one/1", {"1", "2", "3", "4", "5", "6", "7", "8"});
    visit.pieceEvery = 3s;
    const journey::Exchange &x = story.run(std::move(visit));
    QVERIFY(story.sound());
    QVERIFY2(!x.failedBy, x.failure.c_str());
    QCOMPARE(story.client->content, std::string("ab"));
}

void IdleTest::aPauseInAnUploadBesideItsAnswerLosesNothing()
{
    Story story(stream({"a", "b", "c", "d", "e", "f", "g", "h"}, 3s));
    Visit visit = request("POST", "/one/1", {"one", "two"});
    visit.pieceEvery = 12s;
    const journey::Exchange &x = story.run(std::move(visit));
    QVERIFY(story.sound());
    QVERIFY2(!x.failedBy, x.failure.c_str());
    QCOMPARE(x.requestBody.bytes, std::string("onetwo"));
}

void IdleTest::anExchangeInWhichNothingMovesIsWhoseContentIsMissing()
{
    Story story(stream({"a", "b"}, 20s));
    Visit visit = request("POST", "/one/1", {"one", "two"});
    visit.pieceEvery = 20s;
    const journey::Exchange &x = story.run(std::move(visit));
    QVERIFY(story.sound());
    QVERIFY(x.failedBy == Fault::Client && story.client->cut);
    QVERIFY2(x.failure.find("not whole") != x.failure.npos, x.failure.c_str());
}

QTEST_APPLESS_MAIN(IdleTest)
#include "idle_test.moc"
