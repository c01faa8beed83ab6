// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/dispatcher/poller.h"
#include "engine/recording/redaction.h"
#include "engine/replay/replay.h"
#include "tests/support/raw_server.h"
#include "tests/unit/replay/exchanges.h"

#include <QTest>

#include <deque>

using namespace sluice;
using namespace sluice::replay;
using support::RawServer;
using support::RawSocket;

namespace {

std::string headText(const Request &request)
{
    std::string out = request.head.method + ' ' + request.head.target;
    for (const http::Field &field : request.head.headers)
        out += "\n" + std::string(field.name) + ": " + std::string(field.value);
    return out;
}

std::string whyNot(const journey::Exchange &exchange, const ReplayOptions &options = {})
{
    const Result<Request> request = requestOf(exchange, options);
    return request ? std::string("it can be sent") : request.error().what;
}

// Answers with the body that it was asked with, and its target in a header.
void echo(RawSocket &peer)
{
    const std::string head = peer.readHead();
    const std::string target = head.substr(4, head.find(' ', 4) - 4);
    peer.send("HTTP/1.1 200 OK\r\nX-Target: " + target + "\r\nContent-Length: 2\r\n\r\nok");
}

}  // namespace

class ReplayTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theRequestIsRebuiltWithoutWhatBelongsToAConnection();
    void itGoesToTheAddressThatIsGiven();
    void whatWasNotKeptIsNotSentHalf();
    void aMissingSecretMustBeGiven();
    void onlyTheGatewayThatRecordsIsToldWhatIsRepeated();
    void eachAnswerIsLinkedAndCompared();
    void secretsAreReplacedBeforeTheyAreComparedOrTold();
    void oneAtATimeKeepsTheOrder();
    void concurrencyIsUsedAndBounded();
    void originalTimingIsKept();
    void whatOverlappedOverlapsAgain();
    void aRateIsKept();
    void whoIsNotThereIsAFailureOfEach();
    void stopEndsItBetweenRequests();
};

void ReplayTest::theRequestIsRebuiltWithoutWhatBelongsToAConnection()
{
    const auto exchange = asked("POST", "/a/../b?c=%2F",
                                {{"Host", "api.test:81"},
                                 {"Connection", "keep-alive, X-Hop"},
                                 {"X-Hop", "1"},
                                 {"TE", "trailers"},
                                 {"Transfer-Encoding", "chunked"},
                                 {"Expect", "100-continue"},
                                 {"Content-Type", "text/plain"},
                                 {"Upgrade", "h2c"},
                                 {"Accept", "a"},
                                 {"Accept", "b"}},
                                "hello");
    const Result<Request> request = requestOf(exchange, {});
    QVERIFY(request.ok());
    QCOMPARE(request->url, std::string("http://api.test:81"));
    QCOMPARE(request->body, std::string("hello"));
    QCOMPARE(headText(*request),
             std::string("POST /a/../b?c=%2F\nHost: api.test:81\nContent-Type: text/plain\nAccept: a\nAccept: b"));
    const auto empty = requestOf(asked("GET", "/x?", {{"Host", "h"}}), {});
    QCOMPARE(empty->head.target, std::string("/x?"));
    QCOMPARE(requestOf(asked("OPTIONS", "*", {{"Host", "h"}}), {})->head.target, std::string("*"));
}

void ReplayTest::itGoesToTheAddressThatIsGiven()
{
    ReplayOptions options;
    options.to = "http://127.0.0.1:9/base/";
    options.setHeaders = {{"Host", "other"}, {"x-a", "2"}};
    const Result<Request> request =
        requestOf(asked("GET", "http://api.test/x?y", {{"Host", "api.test"}, {"X-A", "1"}, {"X-A", "0"}}), options);
    QCOMPARE(request->url, std::string("http://127.0.0.1:9"));
    QCOMPARE(headText(*request), std::string("GET /base/x?y\nHost: other\nx-a: 2"));
    QVERIFY(whyNot(asked("GET", "/", {})).find("--to") != std::string::npos);
    options.to = "ftp://x";
    QVERIFY(whyNot(asked("GET", "/", {}), options).find("http") != std::string::npos);
}

void ReplayTest::whatWasNotKeptIsNotSentHalf()
{
    auto cut = asked("POST", "/", {{"Host", "h"}}, "beginning");
    cut.requestBody.size = 5000;
    QVERIFY(whyNot(cut).find("5000 bytes was cut") != std::string::npos);
    auto broken = asked("POST", "/", {{"Host", "h"}}, "beginning");
    broken.requestBody.complete = false;
    QVERIFY(whyNot(broken).find("broke off") != std::string::npos);
    auto withheld = asked("POST", "/", {{"Host", "h"}});
    withheld.requestBody.withheld = "it may hide secrets";
    QVERIFY(whyNot(withheld).find("it may hide secrets") != std::string::npos);
    auto tunnel = asked("GET", "/", {{"Host", "h"}});
    tunnel.tunnel = true;
    QVERIFY(whyNot(tunnel).find("tunnel") != std::string::npos);
    // Redaction changes the length: that alone is no cut.
    auto redacted = asked("POST", "/", {{"Host", "h"}, {"Content-Encoding", "identity"}}, "shorter");
    redacted.requestBody.size = 500;
    redacted.requestBody.redacted = true;
    QCOMPARE(whyNot(redacted), std::string("it can be sent"));
    QVERIFY(!requestOf(redacted, {})->head.headers.has("Content-Encoding"));
}

void ReplayTest::aMissingSecretMustBeGiven()
{
    const auto exchange =
        asked("GET", "/",
              {{"Host", "h"}, {"Authorization", "Bearer {{secret:0123456789ab}}"}, {"Cookie", "a={{secret:ff}}"}});
    QVERIFY(whyNot(exchange).find("--set-header: Authorization, Cookie") != std::string::npos);
    ReplayOptions options;
    options.setHeaders = {{"authorization", "Bearer real"}};
    QVERIFY(whyNot(exchange, options).find("--set-header: Cookie") != std::string::npos);
    options.setHeaders.emplace_back("Cookie", "a=1");
    QCOMPARE(whyNot(exchange, options), std::string("it can be sent"));
    QVERIFY(whyNot(asked("POST", "/", {{"Host", "h"}}, R"({"password":"{{secret:00}}"})")).find("body held a secret")
            != std::string::npos);
    QVERIFY(whyNot(asked("GET", "/?key={{secret:00}}", {{"Host", "h"}})).find("URL held a secret")
            != std::string::npos);
}

void ReplayTest::onlyTheGatewayThatRecordsIsToldWhatIsRepeated()
{
    RawServer server([](RawSocket &peer, int) { echo(peer); });
    ReplayOptions options;
    options.isGateway = [&](const std::string &url) { return url == server.url(); };
    const auto original = asked("GET", "/", {{"Host", "api.test"}, {"X-Sluice-Replay", "7"}});
    QVERIFY(!requestOf(original, {})->head.headers.has("X-Sluice-Replay"));
    QVERIFY(!requestOf(original, options)->head.headers.has("X-Sluice-Replay"));
    options.to = server.url();
    QCOMPARE(requestOf(original, options)->head.headers.get("X-Sluice-Replay"), std::string_view("41"));

    Sender sender;
    for (const bool gateway : {true, false}) {
        std::deque<journey::Exchange> list = originals(1);
        list[0].route = "users";
        list[0].service = "user-service";
        list[0].version = "v3";
        if (!gateway)
            options.isGateway = nullptr;
        const std::atomic<bool> stop{false};
        run(
            options, sender, from(list),
            [&](const Replayed &replayed) {
                QCOMPARE(replayed.throughGateway, gateway);
                QCOMPARE(replayed.answer->received.headers.has("X-Sluice-Replay"), gateway);
                QCOMPARE(replayed.answer->route, std::string(gateway ? "" : "users"));  // a gateway knows better
                QCOMPARE(replayed.answer->service, std::string(gateway ? "" : "user-service"));
                QCOMPARE(replayed.answer->version, std::string(gateway ? "" : "v3"));
            },
            stop);
    }
}

void ReplayTest::eachAnswerIsLinkedAndCompared()
{
    RawServer server([](RawSocket &peer, int) { echo(peer); });
    std::deque<journey::Exchange> list = originals(3);
    list[1].responseBody.bytes = "no";
    list[2].requestBody.size = 10;  // cut
    ReplayOptions options;
    options.to = server.url();
    Sender sender;
    std::map<int64_t, std::string> verdicts;
    const std::atomic<bool> stop{false};
    run(
        options, sender, from(list),
        [&](Replayed replayed) {
            QCOMPARE(replayed.answer->replayOf, replayed.original);
            verdicts[replayed.original] = name(replayed.comparison.verdict);
        },
        stop);
    QCOMPARE(verdicts, (std::map<int64_t, std::string>{{100, "same"}, {101, "different"}, {102, "failed"}}));
}

void ReplayTest::secretsAreReplacedBeforeTheyAreComparedOrTold()
{
    RawServer server([](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n{\"password\":\"hunter22\"}");
    });
    config::RecordSettings settings;
    recording::Redactor redactor(settings, {1, 2, 3});
    std::deque<journey::Exchange> list = originals(2);
    for (journey::Exchange &exchange : list) {
        exchange.returned.headers.remove("X-Target");
        exchange.responseBody.bytes = exchange.id == 100 ? R"({"password":"hunter22"})" : R"({"password":"hunter23"})";
        exchange.responseBody.size = exchange.responseBody.bytes.size();
        redactor.redact(exchange);
    }
    ReplayOptions options;
    options.to = server.url();
    options.redact = [&](journey::Exchange &exchange) { redactor.redact(exchange); };
    Sender sender;
    std::map<int64_t, Replayed> results;
    const std::atomic<bool> stop{false};
    run(
        options, sender, from(list), [&](Replayed replayed) { results[replayed.original] = std::move(replayed); },
        stop);
    QVERIFY(results[100].comparison.verdict != Verdict::Different);
    QCOMPARE(results[101].comparison.verdict, Verdict::Noise);
    for (const auto &[id, result] : results) {
        QCOMPARE(result.answer->responseBody.bytes.find("hunter"), std::string::npos);
        for (const Difference &difference : result.comparison.differences) {
            QVERIFY2(id == 101 || difference.where != "body $.password", "the same secret is the same");
            QCOMPARE((difference.before + difference.after).find("hunter"), std::string::npos);
        }
    }
}

void ReplayTest::oneAtATimeKeepsTheOrder()
{
    RawServer server([](RawSocket &peer, int) { echo(peer); });
    std::deque<journey::Exchange> list = originals(50);
    ReplayOptions options;
    options.to = server.url();
    Sender sender;
    int64_t expected = 100;
    const std::atomic<bool> stop{false};
    run(
        options, sender, from(list),
        [&](const Replayed &replayed) {
            QCOMPARE(replayed.original, expected++);
            QCOMPARE(replayed.comparison.verdict, Verdict::Same);
        },
        stop);
    QCOMPARE(expected, int64_t(150));
}

void ReplayTest::concurrencyIsUsedAndBounded()
{
    // Nobody is answered before four are there: with less at once this never ends, with more `most` tells.
    std::atomic<int> arrived{0}, answered{0}, most{0};
    RawServer server([&](RawSocket &peer, int) {
        const int group = (arrived++) / 4 + 1;
        most = std::max<int>(most, arrived - answered);
        support::waitUntil([&] { return arrived >= group * 4; });
        ++answered;
        echo(peer);
    });
    std::deque<journey::Exchange> list = originals(20);
    ReplayOptions options;
    options.to = server.url();
    options.concurrency = 4;
    Sender sender;
    int results = 0;
    const std::atomic<bool> stop{false};
    run(
        options, sender, from(list), [&](const Replayed &) { ++results; }, stop);
    QCOMPARE(results, 20);
    QVERIFY2(most <= 4 + 1, std::to_string(most).c_str());  // one may be counted between its answer and the next
}

void ReplayTest::originalTimingIsKept()
{
    RawServer server([](RawSocket &peer, int) { echo(peer); });
    std::deque<journey::Exchange> list = originals(4, std::chrono::milliseconds(100));
    ReplayOptions options;
    options.to = server.url();
    options.timing = ReplayOptions::Timing::Original;
    Sender sender;
    const Moment begin = net::monotonicNow();
    const std::atomic<bool> stop{false};
    std::vector<Nanos> started;
    run(
        options, sender, from(list),
        [&](const Replayed &replayed) { started.push_back(replayed.answer->started - begin); }, stop);
    QCOMPARE(started.size(), size_t(4));
    for (size_t i = 0; i < started.size(); ++i)
        QVERIFY(started[i] >= std::chrono::milliseconds(100) * i);
}

void ReplayTest::whatOverlappedOverlapsAgain()
{
    // The first is answered after the last has come: one at a time this never ends.
    std::atomic<int> arrived{0};
    RawServer server([&](RawSocket &peer, int) {
        ++arrived;
        support::waitUntil([&] { return arrived == 8; });
        echo(peer);
    });
    std::deque<journey::Exchange> list = originals(8, std::chrono::milliseconds(5));
    ReplayOptions options;
    options.to = server.url();
    options.timing = ReplayOptions::Timing::Original;
    Sender sender;
    int same = 0;
    const std::atomic<bool> stop{false};
    run(
        options, sender, from(list), [&](const Replayed &r) { same += r.comparison.verdict == Verdict::Same; }, stop);
    QCOMPARE(same, 8);
}

void ReplayTest::aRateIsKept()
{
    RawServer server([](RawSocket &peer, int) { echo(peer); });
    std::deque<journey::Exchange> list = originals(5);
    ReplayOptions options;
    options.to = server.url();
    options.timing = ReplayOptions::Timing::Rate;
    options.perSecond = 20;
    Sender sender;
    const Moment begin = net::monotonicNow();
    const std::atomic<bool> stop{false};
    run(
        options, sender, from(list), [](const Replayed &) {}, stop);
    QVERIFY(net::monotonicNow() - begin >= std::chrono::milliseconds(200));
}

void ReplayTest::whoIsNotThereIsAFailureOfEach()
{
    uint16_t port;
    {
        RawServer gone([](RawSocket &, int) {});
        port = gone.port();
    }
    std::deque<journey::Exchange> list = originals(3);
    ReplayOptions options;
    options.to = "http://127.0.0.1:" + std::to_string(port);
    Sender sender;
    int failures = 0;
    const std::atomic<bool> stop{false};
    run(
        options, sender, from(list),
        [&](const Replayed &replayed) {
            failures += replayed.comparison.verdict == Verdict::Failed;
            QCOMPARE(replayed.answer->failure, std::string("connection refused"));
        },
        stop);
    QCOMPARE(failures, 3);
}

void ReplayTest::stopEndsItBetweenRequests()
{
    RawServer server([](RawSocket &peer, int) { echo(peer); });
    std::deque<journey::Exchange> list = originals(1000);
    ReplayOptions options;
    options.to = server.url();
    options.timing = ReplayOptions::Timing::Rate;
    options.perSecond = 0.001;  // the second one is due in a quarter of an hour
    Sender sender;
    std::atomic<bool> stop{false};
    int results = 0;
    run(
        options, sender, from(list),
        [&](const Replayed &) {
            ++results;
            stop = true;
        },
        stop);
    QCOMPARE(results, 1);
}

QTEST_GUILESS_MAIN(ReplayTest)
#include "replay_test.moc"
