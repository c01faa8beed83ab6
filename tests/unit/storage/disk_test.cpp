// SPDX-License-Identifier: GPL-3.0-or-later
// A disk that refuses is told and waited for; what it has is whole when nothing comes.
#include "samples.h"

#include "storage/reader.h"
#include "storage/recorder.h"

#include <QtTest>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

using namespace sluice;

class DiskTest : public QObject {
    Q_OBJECT

    std::string path() const { return folder_->filePath("sub/recording.db").toStdString(); }
    std::unique_ptr<storage::Recorder> record(const config::RecordSettings &settings = samples::forEver())
    {
        auto recorder = storage::Recorder::create(path(), settings);
        if (!recorder)
            qFatal("%s", recorder.error().what.c_str());
        return recorder.take();
    }
    std::unique_ptr<QTemporaryDir> folder_;

private Q_SLOTS:
    void init()
    {
        folder_ = std::make_unique<QTemporaryDir>();
        qputenv("XDG_DATA_HOME", folder_->path().toUtf8());
    }

    void aFullDiskIsTroubleUntilThereIsRoom()
    {
        auto recorder = record();
        recorder->push(samples::many(10, 10));
        recorder->flush();
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
        rlimit small = before;
        small.rlim_cur = 512 * 1024;
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
        recorder->push(samples::many(100, 20'000));
        QTRY_VERIFY(!recorder->stats().trouble.empty());
        recorder->flush();  // does not wait for a disk that refuses
        const auto refused = recorder->stats();
        ::setrlimit(RLIMIT_FSIZE, &before);
        QCOMPARE(refused.queued, uint64_t(100));
        QCOMPARE(refused.rows, uint64_t(10));
        QTRY_COMPARE(recorder->stats().rows, uint64_t(110));
        QVERIFY(recorder->stats().trouble.empty());
        QCOMPARE(recorder->stats().shed, uint64_t(0));
    }

    void whatTheDiskRefusesAtTheEndIsTold()
    {
        auto recorder = record();
        recorder->push(samples::many(10, 10));
        recorder->flush();
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
        rlimit small = before;
        small.rlim_cur = 64 * 1024;  // not even the last batch fits, where the log begins anew after a pause
        const std::string said = folder_->filePath("stderr").toStdString();
        const int kept = ::dup(2), file = ::open(said.c_str(), O_WRONLY | O_CREAT, 0600);
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
        recorder->push(samples::many(5000, 1000));  // more than one batch
        ::dup2(file, 2);
        recorder.reset();
        ::dup2(kept, 2);
        ::setrlimit(RLIMIT_FSIZE, &before);
        ::close(file);
        ::close(kept);
        QFile text(QString::fromStdString(said));
        QVERIFY(text.open(QIODevice::ReadOnly));
        const QByteArray line = text.readAll();
        QVERIFY2(line.startsWith("sluice: 5000 exchanges could not be recorded: "), line.constData());
    }

    void theFileAloneHasEverythingWhenNothingComes()
    {
        auto recorder = record();
        recorder->push(samples::many(10, 10));
        const QString copy = folder_->filePath("copy.db");
        QTRY_VERIFY([&] {
            QFile::remove(copy);
            auto reader =
                QFile::copy(QString::fromStdString(path()), copy) ? storage::Reader::open(copy.toStdString()) : Error{};
            const auto count = reader ? (*reader)->count({}) : Result<int64_t>(Error{});
            return count && *count == 10;
        }());
    }
};

QTEST_GUILESS_MAIN(DiskTest)
#include "disk_test.moc"
