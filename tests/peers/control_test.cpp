// SPDX-License-Identifier: GPL-3.0-or-later
// The control socket of a running gateway: where it is, whose it is, what it refuses; and what the verbs say when they are
// given something else than they take.
#include "tests/peers/peers.h"

#include <QTest>

#include <csignal>

using namespace support;

#define VERIFY_READY(gateway) QVERIFY2((gateway).ready(), (gateway).trouble().c_str())

namespace {

GatewaySetup closedService()
{
    GatewaySetup setup;
    setup.file = "services:\n  open: http://127.0.0.1:9\n  found-by-dns: {discover: {dns: users.test, port: 80}}\n"
                 "routes:\n- {path: /a/**, service: open}\n- {path: /b/**, service: found-by-dns}\n";
    return setup;
}

// `sluice run` in a folder of its own, by an environment that is changed a little.
struct Started {
    Started(std::vector<std::string> options, const std::map<std::string, std::string> &changes)
    {
        environment = cleanEnvironment(home);
        for (const auto &[name, value] : changes)
            environment[name] = value;
        std::vector<std::string> command = {sluiceProgram(),      "run",      "--to", "http://127.0.0.1:9", "--listen",
                                            "http://127.0.0.1:0", "--record", "none"};
        command.insert(command.end(), options.begin(), options.end());
        process = std::make_unique<Process>(command, ProcessOptions{environment, home.path(), {}, 0});
    }
    bool serves() { return process->waitForOutput("sluice ready: "); }
    Ran sluice(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), sluiceProgram());
        return run(arguments, ProcessOptions{environment, home.path(), {}, 0});
    }
    TempFolder home;
    std::map<std::string, std::string> environment;
    std::unique_ptr<Process> process;
};

int modeOf(const std::string &path)
{
    return int(std::filesystem::status(path).permissions());
}

}  // namespace

class ControlTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theSocketIsItsUsersToReadAndWriteOnly();
    void aWebPageChangesNothing();
    void aRelativeSocketIsInTheFolderOfTheCall();
    void aSocketsPathThatIsTooLongIsSaid();
    void withoutARuntimeFolderTheVerbsFindTheGatewayAllTheSame();
    void whyAServiceIsClosedStandsBesideItAndWidensNothing();
    void whatIsNoNumberOfAnExchangeIsSaid();
    void aLockedRecordingGivesItsAdviceOnce();
};

void ControlTest::theSocketIsItsUsersToReadAndWriteOnly()
{
    GatewayProcess gateway(closedService());
    VERIFY_READY(gateway);
    QCOMPARE(modeOf(gateway.socket()), 0600);
}

void ControlTest::aWebPageChangesNothing()
{
    GatewayProcess gateway(closedService());
    VERIFY_READY(gateway);
    const std::vector<std::string> reload = {"--unix-socket", gateway.socket(), "-X", "POST", "http://sluice/reload"};
    for (const char *header : {"Origin: http://evil.test", "Sec-Fetch-Site: cross-site", "Origin: null"}) {
        std::vector<std::string> asked = reload;
        asked.insert(asked.begin(), {"-H", header});
        const CurlAnswer answer = curl(asked);
        QCOMPARE(answer.status, 403);
        QVERIFY2(answer.body.find("web page") != std::string::npos, answer.body.c_str());
    }
    QCOMPARE(jsonObject(gateway.onSocket({"status", "--json"}).out)["revision"].toInt(), 1);
    QCOMPARE(curl(reload).status, 200);
    QCOMPARE(jsonObject(gateway.onSocket({"status", "--json"}).out)["revision"].toInt(), 2);
}

void ControlTest::aRelativeSocketIsInTheFolderOfTheCall()
{
    Started gateway({"--socket", "rel.sock"}, {});
    QVERIFY2(gateway.serves(), gateway.process->err().c_str());
    QCOMPARE(modeOf(gateway.home.path("rel.sock")), 0600);
    const Ran status = gateway.sluice({"status", "--json", "--socket", "rel.sock"});
    QVERIFY2(status.exitCode == 0, status.err.c_str());
    QVERIFY(!std::filesystem::exists("/tmp/rel.sock"));
}

void ControlTest::aSocketsPathThatIsTooLongIsSaid()
{
    Started gateway({"--socket", "/tmp/" + std::string(120, 'x') + ".sock"}, {});
    QVERIFY(gateway.process->wait());
    QCOMPARE(gateway.process->exitCode(), 1);
    const std::string said = gateway.process->err();
    QVERIFY2(said.find("too long") != std::string::npos && said.find("--socket") != std::string::npos, said.c_str());
}

void ControlTest::withoutARuntimeFolderTheVerbsFindTheGatewayAllTheSame()
{
    const TempFolder folder;
    const std::string deep = folder.path(std::string(100, 'd'));
    std::filesystem::create_directory(deep);
    for (const std::string &runtime : {folder.path("none"), deep}) {
        Started gateway({}, {{"XDG_RUNTIME_DIR", runtime}});
        QVERIFY2(gateway.serves(), gateway.process->err().c_str());
        const std::string socket =
            "/tmp/sluice-" + std::to_string(::geteuid()) + '/' + std::to_string(gateway.process->pid()) + ".sock";
        QVERIFY2(std::filesystem::exists(socket), socket.c_str());
        const Ran status = gateway.sluice({"status", "--json", "--socket", socket});
        QVERIFY2(status.exitCode == 0, status.err.c_str());
        const Ran found = gateway.sluice({"status"});  // others of this user may run there, too
        QVERIFY2(found.exitCode == 0 || found.err.find(socket) != std::string::npos, found.err.c_str());
        QVERIFY(!std::filesystem::exists(folder.path("none")));
        gateway.process->signal(SIGTERM);
        QVERIFY(gateway.process->wait());
        QVERIFY(!std::filesystem::exists(socket));
    }
}

void ControlTest::whyAServiceIsClosedStandsBesideItAndWidensNothing()
{
    GatewayProcess gateway(closedService());
    VERIFY_READY(gateway);
    const std::string status = gateway.onSocket({"status"}).out;
    const size_t heads = status.find("SERVICE "), reason = status.find("503: this service's endpoints");
    QVERIFY2(heads != std::string::npos && reason != std::string::npos, status.c_str());
    QVERIFY2(status.rfind("found-by-dns", reason) > status.rfind('\n', reason), status.c_str());
    const std::string line = status.substr(heads, status.find('\n', heads) - heads);
    QVERIFY2(line.find("WEIGHT") < 50, status.c_str());
}

void ControlTest::whatIsNoNumberOfAnExchangeIsSaid()
{
    const TempFolder home;
    for (const char *verb : {"show", "explain"}) {
        for (const std::string id : {"abc", "0", "12345678901234567890123"}) {
            const Ran ran = run({sluiceProgram(), verb, id}, {cleanEnvironment(home), home.path(), {}, 0});
            QCOMPARE(ran.exitCode, 2);
            QVERIFY2(ran.err.find('\'' + id + "' is no number of an exchange") != std::string::npos, ran.err.c_str());
            QVERIFY2(ran.err.size() < 200, ran.err.c_str());
        }
    }
}

void ControlTest::aLockedRecordingGivesItsAdviceOnce()
{
    GatewayProcess gateway(closedService());
    VERIFY_READY(gateway);
    const Ran second = gateway.onRecording({"run", "--to", "http://127.0.0.1:9", "--listen", "http://127.0.0.1:0"});
    QCOMPARE(second.exitCode, 1);
    size_t advice = 0;
    for (size_t at = second.err.find("another file"); at != std::string::npos;
         at = second.err.find("another file", at + 1))
        ++advice;
    QVERIFY2(advice == 1, second.err.c_str());
    QVERIFY2(second.err.find("--record none") != std::string::npos, second.err.c_str());
}

QTEST_GUILESS_MAIN(ControlTest)
#include "control_test.moc"
