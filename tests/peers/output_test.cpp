// SPDX-License-Identifier: GPL-3.0-or-later
// What the verbs say and where: help, output that is lost, and the export's log in the words of `sluice log`.
#include "tests/peers/peers.h"
#include "tests/support/raw_server.h"

#include <QTest>

using namespace support;

#define VERIFY_READY(gateway) QVERIFY2((gateway).ready(), (gateway).trouble().c_str())

class OutputTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void theExportLogsByTheSameNames();
    void outputThatIsLostIsNoSuccess_data();
    void outputThatIsLostIsNoSuccess();
    void aReaderThatGoesAwayIsNoFailure();
    void versionAndHelpAnswer();

private:
    std::unique_ptr<NodeServer> node_;
    std::unique_ptr<Nginx> nginx_;
    std::unique_ptr<GatewayProcess> gateway_;
};

void OutputTest::initTestCase()
{
    node_ = std::make_unique<NodeServer>();
    nginx_ = nginxWithJson();
    QVERIFY(node_->ready());
    QVERIFY2(nginx_->ready(), nginx_->trouble().c_str());
    gateway_ = std::make_unique<GatewayProcess>(beforeBoth(*node_, *nginx_));
    VERIFY_READY(*gateway_);
    QCOMPARE(get(gateway_->port(), "/web/json?q=1").status, 200);
    QCOMPARE(gateway_->log(1).size(), 1);
}

void OutputTest::theExportLogsByTheSameNames()
{
    const TempFolder out;
    const uint16_t port = freePort();
    const std::string path = out.write(
        "for-nginx.yaml", "listen: http://127.0.0.1:" + std::to_string(port) + "\n" + readFile(gateway_->filePath()));
    QCOMPARE(gateway_->sluice({"export", "--to", "nginx", "-c", path, "-o", out.path("conf")}).exitCode, 0);
    const Nginx nginx(out.path("conf"), port);
    QVERIFY2(nginx.ready(), nginx.trouble().c_str());
    QCOMPARE(get(port, "/web/json?q=1").status, 200);
    QCOMPARE(
        ask(port, "POST /api/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc").status,
        200);
    const std::string file = out.path("conf/access.log");
    QVERIFY(waitUntil([&] { return jsonLines(readFile(file)).size() >= 2; }));
    const QJsonObject ours = gateway_->log(1)[0], theirs = jsonLines(readFile(file))[0];
    for (const QString &name : theirs.keys()) {
        QVERIFY2(ours.contains(name), qPrintable(name));
        QVERIFY2(ours[name].type() == theirs[name].type(), qPrintable(name));
    }
    for (const char *name : {"method", "path", "query", "status", "request_bytes", "response_bytes", "client", "route",
                             "service", "endpoint", "attempts"})
        QCOMPARE(theirs[QLatin1String(name)], ours[QLatin1String(name)]);
    QVERIFY(theirs.contains("latency_us"));
    QCOMPARE(jsonLines(readFile(file))[1]["request_bytes"].toInt(), 3);
}

void OutputTest::outputThatIsLostIsNoSuccess_data()
{
    QTest::addColumn<QString>("verb");
    const QString record = " --record " + QString::fromStdString(gateway_->recording());
    const QString socket = " --socket " + QString::fromStdString(gateway_->socket());
    const QString file = " -c " + QString::fromStdString(gateway_->filePath());
    QTest::newRow("log") << "log" + record;
    QTest::newRow("log --json") << "log --json" + record;
    QTest::newRow("explain") << "explain 1" + record;
    QTest::newRow("check") << "check" + file;
    QTest::newRow("check --keys") << "check --keys";
    QTest::newRow("status") << "status" + socket;
    QTest::newRow("status --json") << "status --json" + socket;
    QTest::newRow("export --json") << "export --to nginx --json -o full-export" + file;
    QTest::newRow("help") << "--help";
}

void OutputTest::outputThatIsLostIsNoSuccess()
{
    QFETCH(QString, verb);
    const TempFolder home;
    const Ran ran = run({"sh", "-c", sluiceProgram() + ' ' + verb.toStdString() + " > /dev/full"},
                        {cleanEnvironment(home), home.path(), {}, 0});
    QCOMPARE(ran.exitCode, 1);
    QVERIFY2(ran.err.find("No space left") != std::string::npos, ran.err.c_str());
}

void OutputTest::aReaderThatGoesAwayIsNoFailure()
{
    const TempFolder home;
    const std::string verb = sluiceProgram() + " log --json --record " + gateway_->recording();
    const Ran ran = run({"bash", "-c", "trap '' PIPE; { " + verb + "; echo $? >&2; } | true"},
                        {cleanEnvironment(home), home.path(), {}, 0});
    QCOMPARE(ran.err, std::string("0\n"));
}

void OutputTest::versionAndHelpAnswer()
{
    QCOMPARE(gateway_->sluice({"--version"}).exitCode, 0);
    for (const char *verb :
         {"run", "check", "demo", "log", "show", "explain", "replay", "export", "status", "reload"}) {
        const Ran help = gateway_->sluice({verb, "--help"});
        QCOMPARE(help.exitCode, 0);
        QVERIFY2(help.out.find("sluice " + std::string(verb)) != std::string::npos, help.out.c_str());  // an example
    }
    for (const char *verb : {"frobnicate", "trace"}) {
        const Ran none = gateway_->sluice({verb, "abc"});
        QCOMPARE(none.exitCode, 2);
        QVERIFY2(none.err.find('\'' + std::string(verb) + '\'') != std::string::npos, none.err.c_str());
        QVERIFY2(none.err.find("sluice --help") != std::string::npos, none.err.c_str());
    }
    QCOMPARE(gateway_->sluice({"help"}).out, gateway_->sluice({"--help"}).out);
    QCOMPARE(gateway_->sluice({"help", "log"}).out, gateway_->sluice({"log", "--help"}).out);
    QCOMPARE(gateway_->sluice({"help", "frobnicate"}).exitCode, 2);
    QCOMPARE(gateway_->sluice({"log", "--nonsense"}).exitCode, 2);
}

QTEST_GUILESS_MAIN(OutputTest)
#include "output_test.moc"
