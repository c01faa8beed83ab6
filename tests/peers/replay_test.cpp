// SPDX-License-Identifier: GPL-3.0-or-later
// `sluice replay` beside a gateway that runs, past it, and without one: what is recorded, linked and told.
#include "tests/peers/peers.h"
#include "tests/support/raw_server.h"

#include <QTest>

#include <mutex>

using namespace support;

namespace {

const std::string secret = "correct-horse-battery-staple";

std::string fileFor(const std::string &upstream)
{
    return "record:\n  bodies: 500B\n  redact:\n    headers: [X-Ticket]\n    json: [pin]\nservices:\n  node: "
        + upstream + "\nroutes:\n- {path: /**, name: all, service: node}\n";
}

}  // namespace

#define VERIFY_READY(gateway) QVERIFY2((gateway).ready(), (gateway).trouble().c_str())

class ReplayTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void whatPassesTheGatewayIsLinkedByIt();
    void whatGoesPastTheGatewayIsHandedToIt();
    void aGatewayThatBeganElsewhereIsFound();
    void withoutAGatewayItRecordsAsThatDid();
    void theOriginalOrderIsThatOfTheStarts();
    void nothingToSendIsAFailure();
    void aFullDiskBehindThePipeIsAFailure();

private:
    std::string shell(const std::string &command) const
    {
        return "exec " + sluiceProgram() + " " + command + " --record " + gateway_->recording();
    }
    std::unique_ptr<NodeServer> node_;
    std::unique_ptr<GatewayProcess> gateway_;
};

void ReplayTest::initTestCase()
{
    node_ = std::make_unique<NodeServer>();
    QVERIFY(node_->ready());
    GatewaySetup setup;
    setup.file = fileFor(node_->url());
    gateway_ = std::make_unique<GatewayProcess>(setup);
    VERIFY_READY(*gateway_);
    QCOMPARE(get(gateway_->port(), "/headers").status, 200);
    QCOMPARE(get(gateway_->port(), "/bytes?n=2000").status, 200);
    QCOMPARE(gateway_->log(2).size(), 2);
}

void ReplayTest::whatPassesTheGatewayIsLinkedByIt()
{
    const Ran replay = gateway_->onRecording({"replay", "path:/headers", "--to", gateway_->url(), "--json"});
    const QJsonObject line = jsonLines(replay.out).value(0);
    QVERIFY2(line["replayed"].toInt() > 2, (replay.out + replay.err).c_str());
    const QJsonObject row = gateway_->log(1, {"id:" + text(line, "replayed")}).value(0);
    QCOMPARE(row["replay_of"].toInt(), 1);
    QCOMPARE(text(row, "route"), std::string("all"));
    // The mark ends at the gateway.
    const Ran show = gateway_->onRecording({"show", text(line, "replayed"), "--json"});
    QVERIFY2(show.out.find("luice-Replay") == std::string::npos, show.out.c_str());
}

void ReplayTest::whatGoesPastTheGatewayIsHandedToIt()
{
    const Ran replay = gateway_->onRecording({"replay", "id:1,2", "--to", node_->url(), "--json"});
    const QList<QJsonObject> lines = jsonLines(replay.out);
    QCOMPARE(lines.size(), 3);
    for (const QJsonObject &line : {lines[0], lines[1]}) {
        QVERIFY2(line["replayed"].toInt() > 2, (replay.out + replay.err).c_str());
        const QJsonObject row = gateway_->log(1, {"id:" + text(line, "replayed")}).value(0);
        QCOMPARE(row["replay_of"].toInt(), line["original"].toInt());
        QCOMPARE(text(row, "route"), std::string("all"));
        QCOMPARE(text(row, "service"), std::string("node"));
        QCOMPARE(text(row, "endpoint"), node_->url());
        const Ran show = gateway_->onRecording({"show", text(line, "replayed"), "--json"});
        QVERIFY2(show.out.find("luice-Replay") == std::string::npos, show.out.c_str());  // nor did node see it
    }
    const Ran body = gateway_->onRecording({"show", text(lines[1], "replayed"), "--body", "response"});
    QCOMPARE(body.out.size(), size_t(500));  // as much as the gateway keeps
}

void ReplayTest::aGatewayThatBeganElsewhereIsFound()
{
    const TempFolder home, other;
    const auto environment = cleanEnvironment(home);
    Process gateway({sluiceProgram(), "run", "--to", node_->url(), "--listen", "http://127.0.0.1:0", "--record", "r.db",
                     "--socket", "c.sock"},
                    {environment, home.path(), {}, 0});
    QVERIFY2(gateway.waitForOutput("ready"), gateway.err().c_str());
    const std::string said = gateway.out();
    const uint16_t port = uint16_t(std::atoi(said.substr(said.rfind(':') + 1).c_str()));
    QCOMPARE(get(port, "/headers").status, 200);
    const auto sluice = [&](std::vector<std::string> words) {
        words.insert(words.begin(), sluiceProgram());
        words.insert(words.end(), {"--record", home.path("r.db"), "--json"});
        return run(words, {environment, other.path(), {}, 0});
    };
    QVERIFY(waitUntil([&] { return !jsonLines(sluice({"log"}).out).empty(); }));
    const Ran past = sluice({"replay", "id:1", "--to", node_->url()});
    QVERIFY2(jsonLines(past.out).value(0)["replayed"].toInt() == 2, (past.out + past.err).c_str());
    const Ran through = sluice({"replay", "id:1"});  // where its gateway listened
    QVERIFY2(jsonLines(through.out).value(0)["replayed"].toInt() == 3, (through.out + through.err).c_str());
}

void ReplayTest::withoutAGatewayItRecordsAsThatDid()
{
    RawServer upstream([](RawSocket &peer, int) {
        peer.readHead();
        const std::string body = "{\"pin\":\"" + secret + "\"}" + std::string(1000, ' ');
        peer.send("HTTP/1.1 200 OK\r\nX-Ticket: " + secret + "\r\nContent-Length: " + std::to_string(body.size())
                  + "\r\n\r\n" + body);
    });
    GatewaySetup setup;
    setup.file = fileFor(upstream.url());
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    QCOMPARE(get(gateway.port(), "/ticket").status, 200);
    QCOMPARE(gateway.log(1).size(), 1);
    gateway.stop();
    const Ran replay = gateway.onRecording({"replay", "id:1", "--to", upstream.url(), "--json"});
    QVERIFY2(replay.exitCode == 0, (replay.out + replay.err).c_str());  // the same secret is no difference
    const QJsonObject line = jsonLines(replay.out).value(0);
    QCOMPARE(line["replayed"].toInt(), 2);
    QVERIFY2(text(line, "verdict") != "different", replay.out.c_str());
    for (const std::string ending : {"", "-wal", "-shm"})
        QVERIFY2(readFile(gateway.recording() + ending).find(secret) == std::string::npos, ending.c_str());
    QCOMPARE(replay.out.find(secret), std::string::npos);
    const Ran body = gateway.onRecording({"show", "2", "--body", "response"});
    QVERIFY2(body.out.size() <= 500 + 64, std::to_string(body.out.size()).c_str());
}

void ReplayTest::theOriginalOrderIsThatOfTheStarts()
{
    std::thread slow([this] { get(gateway_->port(), "/slow?ms=2000"); });
    QVERIFY(waitUntil([this] {
        return gateway_->onSocket({"status", "--json"}).out.find("\"active\":1") != std::string::npos;
    }));
    QCOMPARE(get(gateway_->port(), "/slow?ms=1").status, 200);
    slow.join();
    QCOMPARE(gateway_->log(2, {"path:/slow"}).size(), 2);
    QCOMPARE(text(gateway_->log(2, {"path:/slow"})[0], "query"), std::string("ms=1"));  // it ended first
    std::mutex mutex;
    std::vector<std::string> came;
    RawServer target([&](RawSocket &peer, int) {
        const std::string head = peer.readHead();
        const std::lock_guard lock(mutex);
        came.push_back(head.substr(0, head.find(" HTTP")));
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
    });
    const Ran replay =
        gateway_->onRecording({"replay", "path:/slow not is:replayed", "--to", target.url(), "--timing", "original"});
    const std::lock_guard lock(mutex);
    QCOMPARE(came, (std::vector<std::string>{"GET /slow?ms=2000", "GET /slow?ms=1"}));
}

void ReplayTest::nothingToSendIsAFailure()
{
    const Ran replay = gateway_->onRecording({"replay", "path:/never", "--to", node_->url()});
    QCOMPARE(replay.exitCode, 1);
    QVERIFY2(replay.err.find("matches") != std::string::npos, replay.err.c_str());
}

void ReplayTest::aFullDiskBehindThePipeIsAFailure()
{
    for (const std::string &verb :
         std::vector<std::string>{"log", "show 1", "explain 1", "replay id:1 --to " + node_->url()}) {
        const Ran ran = run({"sh", "-c", shell(verb) + " > /dev/full"});
        QVERIFY2(ran.exitCode == 1, (verb + ": " + std::to_string(ran.exitCode)).c_str());
        QVERIFY2(ran.err.find("could not be written") != std::string::npos, ran.err.c_str());
    }
    QCOMPARE(run({"bash", "-c", "set -o pipefail; " + shell("log").substr(5) + " | true"}).exitCode == 1, false);
}

QTEST_GUILESS_MAIN(ReplayTest)
#include "replay_test.moc"
