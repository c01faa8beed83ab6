// SPDX-License-Identifier: GPL-3.0-or-later
// A gateway that is killed leaves a sound file that lacks at most its last 200 ms.
#include "samples.h"

#include "storage/reader.h"
#include "storage/recorder.h"

#include <QtTest>

#include <sqlite3.h>

#include <cstdio>

using namespace sluice;

namespace {

int64_t nowMicros()
{
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// What the child does: records one exchange a millisecond, each with the time when it was handed over, and says when it has begun.
int recordUntilKilled(const char *path)
{
    config::RecordSettings settings;
    auto recorder = storage::Recorder::create(path, settings);
    if (!recorder)
        return 1;
    std::puts("begun");
    std::fflush(stdout);
    QElapsedTimer pace;
    pace.start();
    for (int64_t sent = 0;;) {
        if (sent > pace.elapsed())
            continue;
        journey::Exchange x = samples::everything();
        x.time = WallTime(std::chrono::microseconds(nowMicros()));
        (*recorder)->push(samples::batchOf(std::move(x)));
        ++sent;
    }
}

}  // namespace

class CrashTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aKilledProcessLeavesASoundFile()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath("crash.db");
        for (int round = 0; round < 3; ++round) {
            QProcess child;
            QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
            environment.insert("XDG_DATA_HOME", folder.path());
            child.setProcessEnvironment(environment);
            child.start(QCoreApplication::applicationFilePath(), {"--record-until-killed", path});
            QVERIFY(child.waitForReadyRead(30'000));
            // Kill it in full flight: some commits are there.
            QTRY_VERIFY_WITH_TIMEOUT(
                [&] {
                    const auto reader = storage::Reader::open(path.toStdString());
                    return reader && *(*reader)->lastId() > 500 * (round + 1);
                }(),
                30'000);
            child.kill();
            QVERIFY(child.waitForFinished());
            const int64_t killed = nowMicros();

            auto reader = storage::Reader::open(path.toStdString());
            QVERIFY2(reader, reader ? "" : reader.error().what.c_str());
            const auto newest = (*reader)->page({{}, storage::Order::NewestFirst, 0, 1, false});
            QVERIFY(newest && newest->size() == 1);
            const int64_t lacking = killed - newest->front().time.time_since_epoch().count();
            // 200 ms, and what a laden machine takes to kill.
            QVERIFY2(lacking < 1'500'000, std::to_string(lacking).c_str());
            QCOMPARE(*(*reader)->count({}), newest->front().id);
            QVERIFY((*reader)->exchange(newest->front().id));
        }
        sqlite3 *file = nullptr;
        QCOMPARE(sqlite3_open(path.toUtf8().constData(), &file), SQLITE_OK);
        QString verdict;
        sqlite3_exec(
            file, "PRAGMA integrity_check",
            [](void *out, int, char **values, char **) {
                *static_cast<QString *>(out) = values[0];
                return 0;
            },
            &verdict, nullptr);
        sqlite3_close(file);
        QCOMPARE(verdict, QString("ok"));
    }
};

int main(int argc, char **argv)
{
    if (argc == 3 && std::string_view(argv[1]) == "--record-until-killed")
        return recordUntilKilled(argv[2]);
    QCoreApplication app(argc, argv);
    CrashTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "crash_test.moc"
