// SPDX-License-Identifier: GPL-3.0-or-later
// Starting the window keeps what the user's file says to keep, and says what is wrong with what it was given.
#include "storage/reader.h"
#include "storage/recorder.h"
#include "tests/support/gateway_process.h"

#include <QTest>

using namespace sluice;
using namespace support;
using namespace std::chrono_literals;

namespace {

Ran desktop(const TempFolder &home, std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(),
                     std::filesystem::path(sluiceProgram()).parent_path().string() + "/sluice-desktop");
    std::map<std::string, std::string> environment = cleanEnvironment(home);
    environment["QT_QPA_PLATFORM"] = "offscreen";
    return run(arguments, {environment, home.path(), {}, 0});
}

std::string rules(const std::string &rest)
{
    return "listen: http://127.0.0.1:0\nservices: {a: http://127.0.0.1:9}\nroutes: [{path: /**, service: a}]\n" + rest;
}

void record(const std::string &path, std::chrono::hours age)
{
    config::RecordSettings forEver;
    forEver.keepAge = Nanos(0);
    auto recorder = storage::Recorder::create(path, forEver);
    QVERIFY(recorder.ok());
    recording::Batch batch;
    for (int i = 0; i < 3; ++i) {  // the newest is never pruned
        auto x = std::make_unique<journey::Exchange>();
        x->time = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()) - age;
        x->received.method = "GET";
        x->path = "/old";
        x->returned.status = 200;
        batch.push_back(std::move(x));
    }
    (*recorder)->push(std::move(batch));
    (*recorder)->flush();
}

}  // namespace

class StartTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whatTheFileKeepsIsThereAfterTheStart();
    void aBadFileIsTwoAndTouchesNoRecording();
    void withoutARecordingThereIsNothingToShow();
};

void StartTest::whatTheFileKeepsIsThereAfterTheStart()
{
    const TempFolder home;
    const std::string recording = home.path("recording.db");
    record(recording, 20 * 24h);
    const std::string file = home.write("sluice.yaml", rules("record: {keep: {age: 60d}}\n"));
    const Ran ran = desktop(home, {"-c", file, "--record", recording, "--screenshot", home.path("window.png")});
    QVERIFY2(ran.exitCode == 0, ran.err.c_str());
    const auto reader = storage::Reader::open(recording);
    QVERIFY(reader.ok());
    const Result<journey::Exchange> old = (*reader)->exchange(1);
    QVERIFY2(old.ok(), old.ok() ? "" : old.error().what.c_str());
    QCOMPARE(old->path, std::string("/old"));
}

void StartTest::aBadFileIsTwoAndTouchesNoRecording()
{
    const TempFolder home;
    const std::string file = home.write("sluice.yaml", rules("routs: []\nrecord: {keep: {age: soon}}\n"));
    const Ran ran = desktop(home, {"-c", file, "--record", home.path("recording.db")});
    QCOMPARE(ran.exitCode, 2);
    QVERIFY2(ran.err.find("sluice.yaml:4:1: error:") != std::string::npos, ran.err.c_str());
    QVERIFY2(ran.err.find("sluice.yaml:5:") != std::string::npos, ran.err.c_str());
    QVERIFY(!std::filesystem::exists(home.path("recording.db")));
}

void StartTest::withoutARecordingThereIsNothingToShow()
{
    const TempFolder home;
    const Ran ran = desktop(home,
                            {"--to", "http://127.0.0.1:9", "--listen", "http://127.0.0.1:0", "--record", "none",
                             "--screenshot", home.path("window.png")});
    QCOMPARE(ran.exitCode, 2);
    QVERIFY2(ran.err.find("--record none") != std::string::npos, ran.err.c_str());
    QVERIFY(!std::filesystem::exists(home.path("none")));
}

QTEST_GUILESS_MAIN(StartTest)
#include "start_test.moc"
