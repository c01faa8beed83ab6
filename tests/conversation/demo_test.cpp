// SPDX-License-Identifier: GPL-3.0-or-later
// A newcomer runs `sluice demo`, does what it says, and finds nothing left over afterwards.
#include "tests/support/gateway_process.h"

#include <QSet>
#include <QTest>

#include <csignal>
#include <dirent.h>

using namespace support;

namespace {

// Processes whose parent is this one.
std::vector<pid_t> childrenOf(pid_t parent)
{
    std::vector<pid_t> out;
    for (const auto &entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != name.npos)
            continue;
        const std::string stat = readFile("/proc/" + name + "/stat");
        const size_t close = stat.rfind(')');
        if (close != stat.npos && std::atoi(stat.c_str() + close + 4) == parent)
            out.push_back(std::atoi(name.c_str()));
    }
    return out;
}

bool lives(pid_t pid)
{
    const std::string stat = readFile("/proc/" + std::to_string(pid) + "/stat");
    const size_t close = stat.rfind(')');
    return close != stat.npos && stat[close + 2] != 'Z';
}

struct Demo {
    explicit Demo(std::vector<std::string> options = {})
    {
        std::vector<std::string> command = {sluiceProgram(), "demo", "--headless"};
        command.insert(command.end(), options.begin(), options.end());
        process = std::make_unique<Process>(command, ProcessOptions{cleanEnvironment(home), home.path(), {}, 0});
    }
    bool serves() { return process->waitForOutput("sluice ready: ") && process->waitForOutput(" requests, "); }
    std::string trouble() { return process->out() + process->err(); }
    // What stands behind `label` in the text for the newcomer.
    std::string told(const std::string &label)
    {
        const std::string out = process->out();
        const size_t at = out.find(label);
        if (at == out.npos)
            return {};
        const size_t begin = out.find_first_not_of(' ', at + label.size());
        return out.substr(begin, out.find_first_of(" \n", begin) - begin);
    }
    Ran sluice(std::vector<std::string> arguments)
    {
        arguments.insert(arguments.begin(), sluiceProgram());
        return run(arguments, ProcessOptions{cleanEnvironment(home), home.path(), {}, 0});
    }
    TempFolder home;
    std::unique_ptr<Process> process;
};

}  // namespace

class DemoTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void itEndsAfterItsSecondsAndKeepsTheRecording();
    void whatItSaysToTryWorks();
    void anEditedFileIsTakenIntoUse();
    void aSecondOneLeavesTheFirstAlone();
    void controlCEndsItAndItsServices();
    void itsServicesDoNotOutliveItsKilling();
};

void DemoTest::itEndsAfterItsSecondsAndKeepsTheRecording()
{
    Demo demo({"--seconds", "6"});
    QVERIFY2(demo.process->wait(60s), demo.trouble().c_str());
    QVERIFY2(demo.process->exitCode() == 0, demo.trouble().c_str());
    const Ran log = demo.sluice({"log", "--json", "--record", demo.told("the recording ")});
    QVERIFY2(log.exitCode == 0, log.err.c_str());
    QSet<QString> routes;
    for (const QJsonObject &row : jsonLines(log.out))
        routes.insert(row["route"].toString());
    QVERIFY2(jsonLines(log.out).size() > 20, log.out.c_str());
    QVERIFY(routes.contains("users") && routes.contains("orders") && routes.contains("payments"));
}

void DemoTest::whatItSaysToTryWorks()
{
    Demo demo;
    QVERIFY2(demo.serves(), demo.trouble().c_str());
    const std::string recording = demo.told("the recording "), file = demo.told("the gateway's rules ");
    const std::string url = demo.told("sluice ready: ");
    const Ran curl = run({"curl", "-s", "-i", url + "/api/users/7"});
    QVERIFY2(curl.out.find("200 OK") != std::string::npos && curl.out.find("Dijkstra") != std::string::npos,
             curl.out.c_str());
    const Ran third = run({"curl", "-s", "-H", "X-API-Version: 3", url + "/api/users/7"});
    QVERIFY2(third.out.find("family_name") != std::string::npos, third.out.c_str());
    QVERIFY(demo.sluice({"explain", demo.told(" explain "), "--record", recording}).out.find("matched")
            != std::string::npos);
    const Ran asked = demo.sluice({"explain", "--request", "GET /api/users/7", "-H", "X-API-Version: 3", "-c", file});
    QVERIFY2(asked.out.find("users-v3") != std::string::npos && asked.out.find("- users") != std::string::npos,
             asked.out.c_str());
    QCOMPARE(demo.sluice({"status"}).exitCode, 0);
    QCOMPARE(demo.sluice({"check", "-c", file}).exitCode, 0);
    QCOMPARE(demo.sluice({"export", "--to", "nginx", "-c", file, "-o", demo.home.path("nginx")}).exitCode, 0);
    const Ran replay = demo.sluice(
        {"replay", "id:1..5 method:GET", "--json", "--record", recording, "--set-header", "Authorization: Bearer x"});
    const QList<QJsonObject> lines = jsonLines(replay.out);
    QVERIFY2(!lines.isEmpty() && lines.last()["summary"].toBool(), (replay.out + replay.err).c_str());
    QCOMPARE(demo.sluice({"drain"}).exitCode, 0);
    QVERIFY2(demo.process->wait(), demo.trouble().c_str());
    QCOMPARE(demo.process->exitCode(), 0);
}

void DemoTest::anEditedFileIsTakenIntoUse()
{
    Demo demo;
    QVERIFY2(demo.serves(), demo.trouble().c_str());
    const std::string file = demo.told("the gateway's rules "), url = demo.told("sluice ready: "),
                      text = readFile(file);
    const auto write = [&](const std::string &added) {
        FILE *f = std::fopen(file.c_str(), "w");
        std::fputs((text + added).c_str(), f);
        std::fclose(f);
    };
    write("- {name: new, path: /new, service: inventory-service, rewrite: /inventory}\n");
    QVERIFY2(demo.process->waitForOutput("reloaded, revision 2"), demo.trouble().c_str());
    QVERIFY(run({"curl", "-s", url + "/new"}).out.find("gate-1") != std::string::npos);
    write("- {name: newer, path: /newer, service: nobody}\n");
    QVERIFY2(demo.process->waitForOutput("reload refused"), demo.trouble().c_str());
    QVERIFY2(demo.trouble().find("nobody") != std::string::npos, demo.trouble().c_str());
    QVERIFY(run({"curl", "-s", url + "/new"}).out.find("gate-1") != std::string::npos);
}

void DemoTest::aSecondOneLeavesTheFirstAlone()
{
    Demo first;
    QVERIFY2(first.serves(), first.trouble().c_str());
    const std::string file = first.told("the gateway's rules "), text = readFile(file);
    const Ran second = first.sluice({"demo", "--headless", "--seconds", "1"});
    QVERIFY2(second.exitCode == 0, (second.out + second.err).c_str());
    QVERIFY2(second.out.find("sluice ready: ") != std::string::npos, second.out.c_str());
    QVERIFY(second.out.find(file) == std::string::npos);
    QCOMPARE(readFile(file), text);
    QVERIFY2(first.trouble().find("reloaded") == std::string::npos, first.trouble().c_str());
    QCOMPARE(first.sluice({"status"}).exitCode, 0);
    first.process->signal(SIGKILL);
    QVERIFY(first.process->wait());
    const std::string recording = first.told("the recording ");
    const int64_t before =
        jsonObject(first.sluice({"log", "-n", "1", "--json", "--record", recording}).out)["id"].toInteger();
    const Ran third = first.sluice({"demo", "--headless", "--seconds", "1"});  // whose lock is nobody's
    QVERIFY2(third.exitCode == 0 && third.out.find(file) != std::string::npos, (third.out + third.err).c_str());
    // What it says to explain is one of its own, not the first of a recording that may have let it go.
    const std::string seen = first.sluice({"log", "-n", "1", "--json", "--record", recording}).out;
    const int64_t named = std::atoll(third.out.c_str() + third.out.find(" explain ") + 9);
    QVERIFY2(named > before && named <= jsonObject(seen)["id"].toInteger(), third.out.c_str());
}

void DemoTest::controlCEndsItAndItsServices()
{
    Demo demo;
    QVERIFY2(demo.serves(), demo.trouble().c_str());
    const std::vector<pid_t> children = childrenOf(demo.process->pid());
    QVERIFY(!children.empty());
    demo.process->signal(SIGINT);
    QVERIFY2(demo.process->wait(), demo.trouble().c_str());
    QVERIFY2(demo.process->exitCode() == 0, demo.trouble().c_str());
    for (const pid_t child : children)
        QVERIFY(waitUntil([&] { return !lives(child); }));
}

void DemoTest::itsServicesDoNotOutliveItsKilling()
{
    Demo demo;
    QVERIFY2(demo.serves(), demo.trouble().c_str());
    const std::vector<pid_t> children = childrenOf(demo.process->pid());
    QVERIFY(!children.empty());
    demo.process->signal(SIGKILL);
    QVERIFY(demo.process->wait());
    for (const pid_t child : children)
        QVERIFY(waitUntil([&] { return !lives(child); }));
}

QTEST_GUILESS_MAIN(DemoTest)
#include "demo_test.moc"
