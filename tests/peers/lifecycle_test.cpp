// SPDX-License-Identifier: GPL-3.0-or-later
// From start to end: what stops a start, reloads under traffic, draining, and being killed.
#include "tests/peers/peers.h"
#include "tests/support/raw_server.h"

#include <QTest>

#include <csignal>

using namespace support;

namespace {

std::string rules(const std::string &service, const std::string &path)
{
    return "services:\n  node: " + service + "\nroutes:\n- {path: " + path + ", service: node}\n";
}

}  // namespace

#define VERIFY_READY(gateway) QVERIFY2((gateway).ready(), (gateway).trouble().c_str())

class LifecycleTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void oneUrlIsEnough();
    void aPortInUseIsSaid();
    void aBrokenFileIsTwo_data();
    void aBrokenFileIsTwo();
    void aFileThatIsNotThereIsSaid();
    void aRecordingThatIsNoneIsSaid();
    void theReadyLineNamesEachAddress();
    void aReloadChangesTheRulesAndKeepsConnections_data();
    void aReloadChangesTheRulesAndKeepsConnections();
    void aBadFileLeavesTheRulesOn();
    void reloadingUnderLoadLosesNothing();
    void anAddressThatMovesKeepsItsPortAndItsClients_data();
    void anAddressThatMovesKeepsItsPortAndItsClients();
    void drainingFinishesWhatIsUnderWay();
    void whoWaitsToBeAcceptedAtTheEndIsServed();
    void anIdleConnectionDoesNotHoldUpTheEnd();
    void killedItLeavesASoundRecording();
    void twoGatewaysDoNotShareARecording();
    void withoutRecordingItServesAllTheSame();

private:
    std::unique_ptr<NodeServer> node_;
};

void LifecycleTest::initTestCase()
{
    node_ = std::make_unique<NodeServer>();
    QVERIFY(node_->ready());
}

void LifecycleTest::oneUrlIsEnough()
{
    GatewaySetup setup;
    setup.to = node_->url();
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    QCOMPARE(get(gateway.port(), "/bytes?n=100").body, pattern(100));
    QCOMPARE(gateway.stop(), 0);
}

void LifecycleTest::aPortInUseIsSaid()
{
    RawServer there([](RawSocket &, int) {});
    GatewaySetup setup;
    setup.to = node_->url();
    setup.listen = there.url();
    GatewayProcess gateway(setup);
    QVERIFY(!gateway.ready());
    QVERIFY(gateway.process().wait());
    QCOMPARE(gateway.process().exitCode(), 1);
    const std::string said = gateway.process().err();
    QVERIFY2(said.find("127.0.0.1:" + std::to_string(there.port())) != std::string::npos, said.c_str());
    QVERIFY2(said.find("in use") != std::string::npos, said.c_str());
}

void LifecycleTest::aBrokenFileIsTwo_data()
{
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArray>("place");
    QTest::newRow("no YAML") << QByteArray("services: {a: [\n") << QByteArray("sluice.yaml:");
    QTest::newRow("an unknown key") << QByteArray(
        "services:\n  a: http://127.0.0.1:9\nrouts:\n- {path: /a, service: a}\n")
                                    << QByteArray("sluice.yaml:3:1: error:");
    QTest::newRow("a service that is not there")
        << QByteArray("services:\n  a: http://127.0.0.1:9\nroutes:\n- {path: /a, service: b}\n")
        << QByteArray("sluice.yaml:4:");
    QTest::newRow("a wrong type") << QByteArray(
        "services:\n  a: http://127.0.0.1:9\nroutes:\n- {path: [/a], service: a}\n")
                                  << QByteArray("sluice.yaml:4:");
    QTest::newRow("binary") << QByteArray("\0\1\2\3\xff\xfe", 6) << QByteArray("sluice.yaml");
    QTest::newRow("nothing") << QByteArray("# nothing\n") << QByteArray("sluice.yaml");
}

void LifecycleTest::aBrokenFileIsTwo()
{
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, place);
    GatewaySetup setup;
    setup.file = file.toStdString();
    GatewayProcess gateway(setup);
    QVERIFY2(!gateway.ready(), gateway.trouble().c_str());
    QVERIFY(gateway.process().wait());
    QCOMPARE(gateway.process().exitCode(), 2);
    QVERIFY2(gateway.process().err().find(place.toStdString()) != std::string::npos, gateway.process().err().c_str());
    const Ran check = gateway.sluice({"check", "-c", gateway.filePath()});
    QCOMPARE(check.exitCode, 2);
    QVERIFY2((check.out + check.err).find(place.toStdString()) != std::string::npos, (check.out + check.err).c_str());
}

void LifecycleTest::aFileThatIsNotThereIsSaid()
{
    const TempFolder home;
    const Ran ran =
        run({sluiceProgram(), "run", "-c", home.path("none.yaml")}, {cleanEnvironment(home), home.path(), {}, 0});
    QCOMPARE(ran.exitCode, 2);
    QVERIFY2(ran.err.find("none.yaml") != std::string::npos, ran.err.c_str());
}

void LifecycleTest::aRecordingThatIsNoneIsSaid()
{
    const TempFolder home;
    const std::string file = home.write("holiday.jpg", std::string(10'000, 'j'));
    const Ran ran =
        run({sluiceProgram(), "run", "--to", node_->url(), "--listen", "http://127.0.0.1:0", "--record", file},
            {cleanEnvironment(home), home.path(), {}, 0});
    QCOMPARE(ran.exitCode, 2);
    QVERIFY2(ran.err.find("holiday.jpg") != std::string::npos, ran.err.c_str());
    QCOMPARE(readFile(file), std::string(10'000, 'j'));  // untouched
}

void LifecycleTest::theReadyLineNamesEachAddress()
{
    GatewaySetup setup;
    setup.listen.clear();
    const uint16_t one = freePort(), two = freePort();
    setup.file = "listen:\n- url: http://127.0.0.1:" + std::to_string(one)
        + "\n- url: http://127.0.0.1:" + std::to_string(two) + "\n" + rules(node_->url(), "/**");
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    const std::string said = gateway.process().out();
    QVERIFY2(said.find(std::to_string(one)) != std::string::npos && said.find(std::to_string(two)) != std::string::npos,
             said.c_str());
    QCOMPARE(get(one, "/bytes?n=1").status, 200);
    QCOMPARE(get(two, "/bytes?n=1").status, 200);
}

void LifecycleTest::aReloadChangesTheRulesAndKeepsConnections_data()
{
    QTest::addColumn<QString>("how");
    QTest::newRow("SIGHUP") << "signal";
    QTest::newRow("sluice reload") << "verb";
    QTest::newRow("the file has changed") << "file";
    QTest::newRow("the file was replaced") << "rename";
}

void LifecycleTest::aReloadChangesTheRulesAndKeepsConnections()
{
    QFETCH(QString, how);
    GatewaySetup setup;
    setup.file = rules(node_->url(), "/bytes");
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    RawSocket kept = RawSocket::connectTo(gateway.port()), slow = RawSocket::connectTo(gateway.port());
    const auto ask = [&](const std::string &target) {
        kept.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
        return readAnswer(kept).status;
    };
    QCOMPARE(ask("/bytes?n=1"), 200);
    QCOMPARE(ask("/headers"), 404);
    // Under way across the reload: it has its route once the upstream has said to go on.
    slow.send("POST /bytes?n=1000 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    QVERIFY(slow.readHead().starts_with("HTTP/1.1 100 "));
    slow.send("ab");

    const std::string rulesAfter = rules(node_->url(), "/headers");
    if (how == "rename") {
        gateway.rewriteFile(setup.file + "# the same\n");
        const std::string next = gateway.filePath() + ".new";
        std::filesystem::rename(gateway.filePath(), next);
        gateway.rewriteFile(rulesAfter);
    } else {
        gateway.rewriteFile(rulesAfter);
    }
    if (how == "signal")
        gateway.process().signal(SIGHUP);
    if (how == "verb")
        QCOMPARE(gateway.onSocket({"reload"}).exitCode, 0);
    QVERIFY2(waitUntil([&] { return ask("/headers") == 200; }), gateway.trouble().c_str());
    QCOMPARE(ask("/bytes?n=1"), 404);
    slow.send("cd");
    const HttpAnswer answer = readAnswer(slow);
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body, pattern(1000));
}

void LifecycleTest::aBadFileLeavesTheRulesOn()
{
    GatewaySetup setup;
    setup.file = rules(node_->url(), "/bytes");
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    gateway.rewriteFile("services: {a: [\n");
    const Ran reload = gateway.onSocket({"reload"});
    QVERIFY2(reload.exitCode == 1 || reload.exitCode == 2, std::to_string(reload.exitCode).c_str());
    QVERIFY2((reload.out + reload.err).find("sluice.yaml:") != std::string::npos, (reload.out + reload.err).c_str());
    QCOMPARE(get(gateway.port(), "/bytes?n=1").status, 200);
    gateway.process().signal(SIGHUP);
    QVERIFY(gateway.process().waitForOutput("stay on"));
    QCOMPARE(get(gateway.port(), "/bytes?n=1").status, 200);
    std::filesystem::remove(gateway.filePath());
    QVERIFY(gateway.onSocket({"reload"}).exitCode != 0);
    QCOMPARE(get(gateway.port(), "/bytes?n=1").status, 200);
}

void LifecycleTest::reloadingUnderLoadLosesNothing()
{
    GatewaySetup setup;
    setup.file = rules(node_->url(), "/**");
    setup.workers = 2;
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    Process load({"h2load", "--h1", "-n", "4000", "-c", "16", "-t", "1", gateway.url("/bytes?n=100")});
    int reloads = 0;
    while (load.running() && reloads < 1000) {
        gateway.rewriteFile(setup.file + "# " + std::to_string(reloads) + "\n");
        QCOMPARE(gateway.onSocket({"reload"}).exitCode, 0);
        ++reloads;
    }
    QVERIFY(load.wait());
    QVERIFY(reloads > 0);
    QVERIFY2(load.out().find("4000 succeeded, 0 failed, 0 errored, 0 timeout") != std::string::npos,
             load.out().c_str());
    QVERIFY2(load.out().find("4000 2xx") != std::string::npos, load.out().c_str());
}

void LifecycleTest::anAddressThatMovesKeepsItsPortAndItsClients_data()
{
    QTest::addColumn<QString>("before");
    QTest::addColumn<QString>("after");
    QTest::newRow("one address, then both of this machine") << "127.0.0.1"
                                                            << "localhost";
    QTest::newRow("one address, then every one") << "127.0.0.1"
                                                 << "'*'";
    QTest::newRow("every address, then one") << "'*'"
                                             << "127.0.0.1";
}

void LifecycleTest::anAddressThatMovesKeepsItsPortAndItsClients()
{
    QFETCH(QString, before);
    QFETCH(QString, after);
    const std::string port = std::to_string(freePort());
    const auto listening = [&](const QString &host) {
        return "listen: 'http://" + host.toStdString() + ":" + port + "'\n" + rules(node_->url(), "/**");
    };
    GatewaySetup setup;
    setup.listen.clear();
    before.remove(u'\'');
    after.remove(u'\'');
    setup.file = listening(before);
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    RawSocket kept = RawSocket::connectTo(gateway.port());
    gateway.rewriteFile(listening(after));
    const Ran reload = gateway.onSocket({"reload"});
    QVERIFY2(reload.exitCode == 0, reload.err.c_str());
    kept.send("GET /bytes?n=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    QCOMPARE(readAnswer(kept).status, 200);
    QCOMPARE(get(gateway.port(), "/bytes?n=1").status, 200);
    const Ran second = gateway.sluice(
        {"run", "--to", node_->url(), "--listen", "http://127.0.0.1:" + port, "--record", "none", "--socket", "none"});
    QCOMPARE(second.exitCode, 1);
    QVERIFY2(second.err.find("in use") != std::string::npos, second.err.c_str());
}

void LifecycleTest::drainingFinishesWhatIsUnderWay()
{
    GatewaySetup setup;
    setup.file = rules(node_->url(), "/**");
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    RawSocket client = RawSocket::connectTo(gateway.port());
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234");
    QVERIFY(waitUntil([&] { return jsonObject(gateway.onSocket({"status", "--json"}).out)["listen"].isArray(); }));
    gateway.process().signal(SIGTERM);
    QVERIFY2(waitUntil([&] { return !RawSocket::connectTo(gateway.port()).isOpen(); }), "no new connections");
    QVERIFY(gateway.process().running());
    client.send("56789");
    const HttpAnswer answer = readAnswer(client);
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body, std::string("0123456789"));
    QVERIFY2(client.waitForEnd(), "this connection takes no further request");
    QVERIFY(gateway.process().wait());
    QCOMPARE(gateway.process().exitCode(), 0);
    QCOMPARE(gateway.log(1).size(), 1);
}

void LifecycleTest::whoWaitsToBeAcceptedAtTheEndIsServed()
{
    GatewaySetup setup;
    setup.file = rules(node_->url(), "/**");
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    gateway.process().signal(SIGSTOP);
    RawSocket client = RawSocket::connectTo(gateway.port());  // the kernel takes it, the gateway cannot
    client.send("GET /bytes?n=10 HTTP/1.1\r\nHost: a\r\n\r\n");
    gateway.process().signal(SIGTERM);
    gateway.process().signal(SIGCONT);
    const HttpAnswer answer = readAnswer(client);
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.body, pattern(10));
    QVERIFY2(client.waitForEnd(), "and takes no further request");
    QVERIFY(gateway.process().wait());
    QCOMPARE(gateway.process().exitCode(), 0);
}

void LifecycleTest::anIdleConnectionDoesNotHoldUpTheEnd()
{
    GatewaySetup setup;
    setup.file = rules(node_->url(), "/**") + "http: {drain: 60s}\n";
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    RawSocket silent = RawSocket::connectTo(gateway.port()), used = RawSocket::connectTo(gateway.port());
    used.send("GET /bytes?n=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    QCOMPARE(readAnswer(used).status, 200);
    const auto begin = std::chrono::steady_clock::now();
    QCOMPARE(gateway.stop(), 0);
    QVERIFY(std::chrono::steady_clock::now() - begin < std::chrono::seconds(15));
}

void LifecycleTest::killedItLeavesASoundRecording()
{
    GatewaySetup setup;
    setup.file = rules(node_->url(), "/**");
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    Process load({"wrk", "-t", "1", "-c", "16", "-d", "20s", gateway.url("/bytes?n=100")});
    QVERIFY(gateway.log(500).size() >= 500);
    const int before = int(gateway.log(1).size());
    gateway.process().signal(SIGKILL);
    QVERIFY(gateway.process().wait());
    load.signal(SIGINT);
    const Ran check = run({"sqlite3", gateway.recording(), "PRAGMA integrity_check;"});
    QCOMPARE(check.out, std::string("ok\n"));
    const QList<QJsonObject> rows = gateway.log(1);
    QVERIFY(rows.size() >= before);
    for (const QJsonObject &row : rows)
        QVERIFY(row["status"].toInt() == 200 || row["status"].toInt() == 499);
    QVERIFY(load.wait());
}

void LifecycleTest::twoGatewaysDoNotShareARecording()
{
    GatewaySetup setup;
    setup.to = node_->url();
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    const Ran second = gateway.sluice({"run", "--to", node_->url(), "--listen", "http://127.0.0.1:0", "--record",
                                       gateway.recording(), "--socket", gateway.socket() + "2"});
    QCOMPARE(second.exitCode, 1);
    QVERIFY2(second.err.find("recording.db") != std::string::npos, second.err.c_str());
    QCOMPARE(get(gateway.port(), "/bytes?n=1").status, 200);
}

void LifecycleTest::withoutRecordingItServesAllTheSame()
{
    GatewaySetup setup;
    setup.to = node_->url();
    setup.recording = false;
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    QCOMPARE(get(gateway.port(), "/bytes?n=1").status, 200);
    QVERIFY(!std::filesystem::exists(gateway.recording()));
    QCOMPARE(gateway.onSocket({"status", "--json"}).exitCode, 0);
}

QTEST_GUILESS_MAIN(LifecycleTest)
#include "lifecycle_test.moc"
