// SPDX-License-Identifier: GPL-3.0-or-later
// What goes into a recording comes out of it; what cannot go in is counted; the file keeps within its bounds.
#include "samples.h"

#include "storage/reader.h"
#include "storage/recorder.h"
#include "storage/sqlite.h"

#include <QtTest>

#include <sys/stat.h>

#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

class RecorderTest : public QObject {
    Q_OBJECT

    std::string path() const { return folder_->filePath("sub/recording.db").toStdString(); }
    std::unique_ptr<storage::Recorder> record(const config::RecordSettings &settings = samples::forEver())
    {
        auto recorder = storage::Recorder::create(path(), settings);
        if (!recorder)
            qFatal("%s", recorder.error().what.c_str());
        return recorder.take();
    }
    std::unique_ptr<storage::Reader> read()
    {
        auto reader = storage::Reader::open(path());
        if (!reader)
            qFatal("%s", reader.error().what.c_str());
        return reader.take();
    }
    std::unique_ptr<QTemporaryDir> folder_;

private Q_SLOTS:
    void init()
    {
        folder_ = std::make_unique<QTemporaryDir>();
        qputenv("XDG_DATA_HOME", folder_->filePath("data").toUtf8());
    }

    void aWholeExchangeComesBackAsItWas()
    {
        const journey::Exchange before = samples::everything();
        auto recorder = record();
        recorder->push(samples::batchOf(before));
        recorder->flush();
        auto reader = read();
        const auto after = reader->exchange(1);
        QVERIFY2(after, after ? "" : after.error().what.c_str());
        QCOMPARE(after->id, int64_t(1));
        QVERIFY(after->time == before.time);
        for (const auto member :
             {&journey::Exchange::client, &journey::Exchange::peer, &journey::Exchange::user, &journey::Exchange::path,
              &journey::Exchange::query, &journey::Exchange::route, &journey::Exchange::service,
              &journey::Exchange::endpoint, &journey::Exchange::version, &journey::Exchange::cache,
              &journey::Exchange::requestId, &journey::Exchange::failure})
            QCOMPARE((*after).*member, before.*member);
        QVERIFY(after->received == before.received);
        QVERIFY(after->sent == before.sent);
        QVERIFY(after->answer == before.answer);
        QVERIFY(after->returned == before.returned);
        QVERIFY(after->requestTrailers == before.requestTrailers);
        QVERIFY(after->responseTrailers == before.responseTrailers);
        for (const auto member : {&journey::Exchange::requestBody, &journey::Exchange::responseBody}) {
            const journey::Content &a = (*after).*member, &b = before.*member;
            QCOMPARE(a.bytes, b.bytes);
            QCOMPARE(a.size, b.size);
            QCOMPARE(a.complete, b.complete);
            QCOMPARE(a.cut(), b.cut());
            QCOMPARE(a.redacted, b.redacted);
            QCOMPARE(a.withheld, b.withheld);
        }
        QCOMPARE(after->attempts.size(), size_t(2));
        QCOMPARE(after->attempts[0].error, std::string("refused"));
        QVERIFY(after->attempts[0].ended == 3ms && after->attempts[0].connected == Nanos(-1));
        QVERIFY(after->attempts[1].reused && after->attempts[1].status == 201);
        QCOMPARE(after->trace.trace, before.trace.trace);
        QCOMPARE(after->trace.parent, before.trace.parent);
        QCOMPARE(after->trace.span, before.trace.span);
        QCOMPARE(after->trace.sampled, before.trace.sampled);
        QVERIFY(after->failedBy == before.failedBy);
        QCOMPARE(after->replayOf, before.replayOf);
        QCOMPARE(after->tunnel, true);
        QVERIFY(after->times.routed == 1us && after->times.ended == 6789us);
        QCOMPARE(after->decisions.json(), before.decisions.json());
        const auto rows = reader->page({{}, storage::Order::NewestFirst, 0, 10, true});
        QVERIFY(rows && rows->size() == 1);
        QCOMPARE(rows->front().attempts, 2);
        QCOMPARE(rows->front().host, std::string("api.localhost:8443"));
        QCOMPARE(rows->front().decisions, before.decisions.json());
        const auto replays = reader->replaysOf(3);
        QVERIFY(replays && *replays == std::vector<int64_t>{1});
    }

    // Details are packed against a dictionary of earlier ones: whatever happens to those, each must be readable.
    void detailsAreReadableAcrossRestartsAndRetention()
    {
        config::RecordSettings settings = samples::forEver();
        settings.keepBytes = 1 << 20;
        Random random(7);
        std::vector<std::string> values{""};
        for (int run = 0; run < 3; ++run) {
            auto recorder = record(settings);
            for (int i = 0; i < 2000; ++i) {
                auto batch = samples::many(1, 200, samples::at(samples::today + 4 * int64_t(values.size())));
                // Ever new words in long heads: what was learned before helps little.
                std::string value;
                for (int word = 0; word < 30; ++word)
                    value += std::to_string(random.below(1'000'000'000) * 1'000'003) + ' ';
                batch.front()->received.headers.add("X-Words", value);
                values.push_back(std::move(value));
                recorder->push(std::move(batch));
                if (i % 50 == 0)
                    recorder->flush();
            }
            recorder->flush();
        }
        auto reader = read();
        const auto rows = reader->ids({}, storage::Order::OldestFirst, 0, 10'000);
        QVERIFY(rows);
        QVERIFY2(rows->size() > 300 && rows->front() > 1000, "some are there, and some have gone");
        for (const int64_t id : *rows) {
            const auto x = reader->exchange(id);
            QVERIFY2(x, x ? "" : x.error().what.c_str());
            QCOMPARE(std::string(x->received.headers.get("X-Words")) + ' ', values[size_t(id)]);
        }
        auto file = storage::Database::open(path(), SQLITE_OPEN_READONLY);
        QVERIFY(file);
        const auto before = [&](const std::string &what, int64_t id) {
            return *(*file)->number(("SELECT count(*) FROM " + what + " < " + std::to_string(id)).c_str());
        };
        QCOMPARE(before("block WHERE block", rows->front() >> 7), int64_t(0));
        QCOMPARE(before("segment_detail WHERE id", rows->front()), int64_t(0));
        QCOMPARE(before("rare WHERE id", rows->front()), int64_t(0));
    }

    void onlyItsUserMayReadTheFiles()
    {
        auto recorder = record();
        recorder->push(samples::many(10, 10));
        recorder->flush();
        for (const char *suffix : {"", "-wal", ".lock"}) {
            struct stat info {};
            QCOMPARE(::stat((path() + suffix).c_str(), &info), 0);
            QCOMPARE(info.st_mode & 0777, mode_t(0600));
        }
        struct stat info {};
        QCOMPARE(::stat(folder_->filePath("data/sluice/placeholder.key").toUtf8().constData(), &info), 0);
        QCOMPARE(info.st_mode & 0777, mode_t(0600));
        QCOMPARE(info.st_size, off_t(32));
    }

    void readersSeeACommitWhenItIsTold()
    {
        auto recorder = record();
        std::atomic<int64_t> told{0};
        recorder->onCommit([&](int64_t id) { told = id; });
        recorder->push(samples::many(3, 10));
        QTRY_COMPARE(told.load(), int64_t(3));  // by itself, without flush
        QCOMPARE(*read()->lastId(), int64_t(3));
        QCOMPARE(recorder->stats().queued, uint64_t(0));
    }

    void aSecondWriterIsToldWhoIsThere()
    {
        auto recorder = record();
        const auto second = storage::Recorder::create(path(), samples::forEver());
        QVERIFY(!second);
        QVERIFY2(second.error().what.find(std::to_string(QCoreApplication::applicationPid())) != std::string::npos,
                 second.error().what.c_str());
        recorder.reset();
        QVERIFY(storage::Recorder::create(path(), samples::forEver()));
    }

    void idsGoOnAfterARestartAlsoWhenEverythingIsGone()
    {
        auto settings = samples::forEver();
        record()->push(samples::many(2000, 10, samples::at(samples::today - 100 * 86400)));
        settings.keepAge = 24h;
        auto recorder = record(settings);
        QTRY_VERIFY(recorder->stats().rows <= 64);  // the newest stays, with those in its segment
        QVERIFY(recorder->stats().rows >= 1);
        recorder.reset();
        recorder = record();
        recorder->push(samples::many(1, 10));
        recorder->flush();
        QCOMPARE(recorder->stats().lastId, int64_t(2001));
    }

    void whatIsTooOldGoesAndTheRestStays()
    {
        const WallTime now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
        auto recorder = record();
        recorder->push(samples::many(3000, 10, now - 48h));
        recorder->push(samples::many(3000, 10, now));
        recorder->flush();
        QCOMPARE(recorder->stats().rows, uint64_t(6000));
        auto settings = samples::forEver();
        settings.keepAge = 24h;
        recorder->setSettings(settings);
        // Whole spans of 1,024 go: those that still have one of today in them stay.
        QTRY_VERIFY(recorder->stats().rows < 6000 - 2000);
        auto reader = read();
        const auto left = reader->ids({}, storage::Order::OldestFirst, 0, 10'000);
        QVERIFY(left);
        QVERIFY(left->front() > 2000 && left->front() <= 3001);
        QCOMPARE(left->back(), int64_t(6000));
        QCOMPARE(*reader->count({}), int64_t(left->size()));
        QTRY_COMPARE(recorder->stats().rows, uint64_t(left->size()));
    }

    void theFileStaysWithinItsBytes()
    {
        auto settings = samples::forEver();
        settings.keepBytes = 8 << 20;
        auto recorder = record(settings);
        for (int i = 0; i < 20; ++i) {
            recorder->push(samples::many(500, 4000));
            recorder->flush();
        }
        // 40 MB went in. One batch, what it replaces and a log of 16 MiB may come on top.
        QTRY_VERIFY2(recorder->stats().rows < 2200, std::to_string(recorder->stats().rows).c_str());
        QVERIFY(recorder->stats().rows > 1000);
        QCOMPARE(recorder->stats().lastId, int64_t(10'000));
        recorder.reset();
        QVERIFY2(QFileInfo(QString::fromStdString(path())).size() < (16 << 20), "the file outgrew its bound");
        QVERIFY(read()->exchange(10'000));
        QVERIFY(!read()->exchange(1));
    }

    void aFloodIsShedAndCounted()
    {
        auto recorder = record();
        uint64_t pushed = 0;
        QElapsedTimer clock;
        clock.start();
        while (recorder->stats().shed == 0 && clock.elapsed() < 60'000) {
            recorder->push(samples::many(20'000, 10));
            pushed += 20'000;
        }
        QVERIFY(recorder->stats().shed > 0);
        QVERIFY(!recorder->stats().trouble.empty());
        recorder->flush();
        QCOMPARE(recorder->stats().rows + recorder->stats().shed, pushed);
        recorder->push(samples::many(1, 10));
        recorder->flush();
        QVERIFY(recorder->stats().trouble.empty());  // it keeps up again
        QCOMPARE(*read()->count({}), int64_t(recorder->stats().rows));
    }

    void aReaderSeesASoundFileWhileItIsWritten()
    {
        auto recorder = record();
        recorder->push(samples::many(100, 100));
        recorder->flush();
        std::atomic<bool> stop{false};
        std::thread writer([&] {
            while (!stop)
                recorder->push(samples::many(200, 100));
        });
        auto reader = read();
        int64_t last = 0;
        for (int i = 0; i < 50; ++i) {
            const auto page = reader->page({{}, storage::Order::NewestFirst, 0, 100, false});
            if (!page || page->size() != 100 || page->front().id < last || page->front().id - page->back().id != 99) {
                stop = true;
                writer.join();
                QVERIFY2(page, page ? "" : page.error().what.c_str());
                QFAIL("a page with holes, or an older one");
            }
            last = page->front().id;
        }
        stop = true;
        writer.join();
    }

    void destroyingARecorderWritesWhatIsQueued()
    {
        record()->push(samples::many(2500, 10));
        QCOMPARE(*read()->count({}), int64_t(2500));
    }

    void manyNamesAreForgottenWithTheirExchanges()
    {
        // Each exchange has a user of its own; when most exchanges have gone, the users must be readable for the rest.
        auto settings = samples::forEver();
        settings.keepBytes = 1 << 20;
        auto recorder = record(settings);
        for (int round = 0; round < 5; ++round) {
            auto batch = samples::many(1000, 2000);
            for (size_t i = 0; i < batch.size(); ++i)
                batch[i]->user = "user" + std::to_string(i);
            recorder->push(std::move(batch));
            recorder->flush();
        }
        QTRY_VERIFY(recorder->stats().rows < 1000);
        const auto rows = read()->page({{}, storage::Order::NewestFirst, 0, 100, false});
        QVERIFY(rows && rows->size() == 100);
        QCOMPARE(rows->front().user, std::string("user999"));
    }
};

QTEST_GUILESS_MAIN(RecorderTest)
#include "recorder_test.moc"
