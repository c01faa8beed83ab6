// SPDX-License-Identifier: GPL-3.0-or-later
// A reader says what is wrong with a file, and tells slices, marks and lines of JSON from a good one.
#include "samples.h"

#include "storage/migrations.h"
#include "storage/reader.h"
#include "storage/recorder.h"
#include "storage/row_json.h"
#include "storage/slices.h"

#include <QtTest>

#include <thread>

using namespace sluice;
using namespace std::chrono_literals;

class ReaderTest : public QObject {
    Q_OBJECT

    std::string path() const { return folder_->filePath("recording.db").toStdString(); }
    std::string whyNot()
    {
        const auto reader = storage::Reader::open(path());
        return reader ? "" : reader.error().what;
    }
    void write(const QByteArray &bytes)
    {
        QFile file(QString::fromStdString(path()));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }
    void record(std::vector<journey::Exchange> exchanges)
    {
        config::RecordSettings settings;
        settings.keepAge = Nanos(0);
        auto recorder = storage::Recorder::create(path(), settings);
        QVERIFY2(recorder, recorder ? "" : recorder.error().what.c_str());
        for (journey::Exchange &x : exchanges)
            (*recorder)->push(samples::batchOf(std::move(x)));
        (*recorder)->flush();
        QCOMPARE((*recorder)->stats().trouble, std::string());
    }
    std::unique_ptr<QTemporaryDir> folder_;

private Q_SLOTS:
    void init()
    {
        folder_ = std::make_unique<QTemporaryDir>();
        qputenv("XDG_DATA_HOME", folder_->path().toUtf8());
    }

    // Where the log's shared memory cannot be made (as in a folder that may not be written), the file is read as it is.
    void aLogThatCannotBeReadIsNotPassedOver()
    {
        auto recorder = storage::Recorder::create(path(), {});
        QVERIFY(recorder);
        (*recorder)->push(samples::batchOf(samples::everything()));
        (*recorder)->flush();
        const QTemporaryDir other;
        const std::string copy = other.filePath("copy.db").toStdString();
        QVERIFY(QFile::copy(QString::fromStdString(path() + "-wal"), QString::fromStdString(copy + "-wal")));
        recorder->reset();
        QVERIFY(QFile::copy(QString::fromStdString(path()), QString::fromStdString(copy)));
        QVERIFY(QFile::link("/nowhere/at/all", QString::fromStdString(copy + "-shm")));
        const auto reader = storage::Reader::open(copy);
        QVERIFY(!reader);
        QVERIFY2(reader.error().what.find("copy.db-wal") != std::string::npos, reader.error().what.c_str());
        QVERIFY(QFile::remove(QString::fromStdString(copy + "-wal")));
        QVERIFY(storage::Reader::open(copy));
    }

    void whatIsNoRecordingIsSaid()
    {
        QVERIFY(QString::fromStdString(whyNot()).contains("there is no recording"));
        write("");
        QVERIFY(QString::fromStdString(whyNot()).contains("is empty"));
        write("this is a shopping list, long enough to be one page of something else");
        QVERIFY2(QString::fromStdString(whyNot()).contains("is not a recording"), whyNot().c_str());
        QVERIFY(!storage::Recorder::create(path(), {}));
        QVERIFY(!QFile::exists(QString::fromStdString(path()) + ".lock"));

        QFile::remove(QString::fromStdString(path()));
        auto foreign = storage::Database::open(path(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
        QVERIFY(foreign && (*foreign)->run("CREATE TABLE cookies (a)"));
        QVERIFY2(QString::fromStdString(whyNot()).contains("is not a recording"), whyNot().c_str());
        QVERIFY(!storage::Recorder::create(path(), {}));
        QVERIFY((*foreign)->run(
            ("PRAGMA application_id = " + std::to_string(storage::applicationId) + "; PRAGMA user_version = 999")
                .c_str()));
        QVERIFY2(QString::fromStdString(whyNot()).contains("newer Sluice"), whyNot().c_str());
        const auto recorder = storage::Recorder::create(path(), {});
        QVERIFY(!recorder && QString::fromStdString(recorder.error().what).contains("newer Sluice"));
    }

    void anOlderFileIsBroughtUpToDate()
    {
        // From each version that there ever was.
        for (size_t version = 0; version < storage::migrations().size(); ++version) {
            QFile::remove(QString::fromStdString(path()));
            {
                auto old = storage::Database::open(path(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
                QVERIFY(old);
                for (size_t step = 0; step < version; ++step)
                    QVERIFY((*old)->run(std::string(storage::migrations()[step]).c_str()));
                if (version > 0)
                    QVERIFY((*old)->run(("PRAGMA application_id = " + std::to_string(storage::applicationId)
                                         + "; PRAGMA user_version = " + std::to_string(version))
                                            .c_str()));
            }
            record({samples::everything()});
            const auto reader = storage::Reader::open(path());
            QVERIFY(reader && (*reader)->exchange(1));
        }
    }

    void aDamagedPageIsAnErrorAndNoCrash()
    {
        std::vector<journey::Exchange> exchanges;
        Random random(7);
        for (int i = 0; i < 2000; ++i)
            exchanges.push_back(samples::any(random));
        record(std::move(exchanges));
        QFile file(QString::fromStdString(path()));
        QVERIFY(file.open(QIODevice::ReadWrite));
        const qint64 pages = file.size() / 8192;
        for (qint64 page = 2; page < pages; ++page) {
            file.seek(page * 8192);
            file.write(QByteArray(8192, char(0xa5)));
        }
        file.close();
        const auto reader = storage::Reader::open(path());
        std::string why = reader ? "" : reader.error().what;
        if (reader) {
            const auto page = (*reader)->page({});
            QVERIFY(!page);
            why = page.error().what;
            QVERIFY(!(*reader)->exchange(1));
            QVERIFY(!(*reader)->slices({{}, samples::at(samples::today), samples::at(samples::today + 3600), 1s, {}}));
        }
        QVERIFY2(QString::fromStdString(why).contains("damaged"), why.c_str());
    }

    void marksAreSetWhileAnotherWrites()
    {
        record({samples::everything(), samples::everything()});
        config::RecordSettings settings;
        settings.keepAge = Nanos(0);  // the samples grow older
        auto recorder = storage::Recorder::create(path(), settings);
        QVERIFY(recorder);
        std::atomic<bool> stop{false};
        std::thread writer([&] {
            while (!stop)
                (*recorder)->push(samples::batchOf(samples::everything()));
        });
        auto reader = storage::Reader::open(path());
        QVERIFY(reader);
        const bool set = (*reader)->setMark(2, 3) && (*reader)->setMark(1, 6) && (*reader)->setMark(1, 0);
        const auto missing = (*reader)->setMark(1'000'000'000, 1);
        stop = true;
        writer.join();
        QVERIFY(set);
        QVERIFY(!missing);
        QVERIFY(!(*reader)->setMark(1, 7));
        const auto marked = (*reader)->page({*recording::Filter::parse("mark:1..6", {}).filter});
        QVERIFY(marked && marked->size() == 1);
        QCOMPARE(marked->front().id, int64_t(2));
        QCOMPARE(marked->front().mark, 3);
    }

    void aCallUnderWayCanBeInterrupted()
    {
        std::vector<journey::Exchange> exchanges;
        for (int i = 0; i < 3000; ++i) {
            exchanges.push_back(samples::everything());
            exchanges.back().responseBody = {std::string(20'000, char('a' + i % 7)), 20'000, true, false, false, {}};
        }
        record(std::move(exchanges));
        auto reader = storage::Reader::open(path());
        QVERIFY(reader);
        std::string text;  // looks into every body a hundred times
        for (int i = 0; i < 100; ++i)
            text += (i ? " or body~nothing" : "body~nothing") + std::to_string(i);
        const recording::Filter filter = *recording::Filter::parse(text, {}).filter;
        std::atomic<bool> over{false};
        bool counted = true;
        std::thread asker([&] {
            counted = bool((*reader)->count(filter));
            over = true;
        });
        while (!over) {
            (*reader)->interrupt();
            std::this_thread::yield();
        }
        asker.join();
        QVERIFY(!counted);
        QCOMPARE(*(*reader)->count({}), int64_t(3000));  // the reader is as good as before
    }

    // Or the log could never be folded in, and would grow as long as somebody looks.
    void noCallLeavesATransactionBehind()
    {
        Random random(11);
        std::vector<journey::Exchange> exchanges(300);
        std::generate(exchanges.begin(), exchanges.end(), [&] { return samples::any(random); });
        record(std::move(exchanges));
        auto reader = storage::Reader::open(path());
        auto writer = storage::Database::open(path(), SQLITE_OPEN_READWRITE);
        QVERIFY(reader && writer);
        const auto free = [&] {  // a reader that has a transaction is in the way of this
            return (*writer)->run("UPDATE meta SET value = value WHERE key = 'last_id'")
                && *(*writer)->number("PRAGMA wal_checkpoint(TRUNCATE)") == 0;
        };
        for (const char *text :
             {"", "status>=500", "status:404,500 body~card", "trace:4", "header:x-tenant=acme", "mark:1",
              "request:request-1", "path~users or user:ada", "id:7", "is:replayed", "grpc_status>0"}) {
            const auto parsed = recording::Filter::parse(text, {});
            QVERIFY2(parsed.filter, text);
            QVERIFY2((*reader)->page({*parsed.filter, storage::Order::NewestFirst, 0, 3, true}) && free(), text);
            QVERIFY2((*reader)->ids(*parsed.filter, storage::Order::OldestFirst, 5, 1) && free(), text);
            QVERIFY2((*reader)->count(*parsed.filter) && free(), text);
        }
        QVERIFY((*reader)->exchange(7) && free());
        QVERIFY(!(*reader)->exchange(7000) && free());
        QVERIFY((*reader)->replaysOf(3) && free());
        QVERIFY((*reader)->lastId() && free());
        QVERIFY((*reader)->setMark(7, 2) && free());
        QVERIFY((*reader)->rows({1, 2, 7000}) && free());
        QVERIFY((*reader)->open(10) && free());
        QVERIFY((*reader)->messages(7, 0, 10) && free());
        storage::SliceRequest request;
        request.from = samples::at(samples::today);
        request.to = samples::at(samples::today + 3600);
        request.step = 60s;
        QVERIFY((*reader)->slices(request) && free());
    }

    void slicesCountAndRank()
    {
        std::vector<journey::Exchange> exchanges;
        for (int i = 0; i < 1000; ++i) {
            journey::Exchange x;
            x.time = samples::at(samples::today + i / 100);  // ten slices of a second
            x.received.method = "GET";
            x.route = i % 2 ? "odd" : "even";
            x.returned.status = i % 100 == 0 ? 500 : i % 100 == 1 ? 404 : 200;
            x.responseBody.size = 10;
            x.times.ended = Millis(1 + i % 100);
            exchanges.push_back(std::move(x));
        }
        record(std::move(exchanges));
        auto reader = storage::Reader::open(path());
        QVERIFY(reader);
        storage::SliceRequest request{
            {}, samples::at(samples::today), samples::at(samples::today + 10), 1s, storage::GroupBy::Nothing};
        auto slices = (*reader)->slices(request);
        QVERIFY2(slices, slices ? "" : slices.error().what.c_str());
        QCOMPARE(slices->size(), size_t(10));
        for (const storage::Slice &slice : *slices) {
            QCOMPARE(slice.requests, uint64_t(100));
            QCOMPARE(slice.serverErrors, uint64_t(1));
            QCOMPARE(slice.clientErrors, uint64_t(1));
            QCOMPARE(slice.bytes, uint64_t(1000));
            QVERIFY(slice.p50 == 50ms && slice.p95 == 95ms && slice.p99 == 99ms && slice.longest == 100ms);
        }
        request.group = storage::GroupBy::Route;
        request.filter =
            *recording::Filter::parse("status:200 since:" + rfc3339(samples::at(samples::today + 5)), {}).filter;
        slices = (*reader)->slices(request);
        QVERIFY(slices);
        QCOMPARE(slices->size(), size_t(10));  // five seconds of two routes
        QCOMPARE(slices->front().requests, uint64_t(49));
        request.step = 1us;  // asks for ten million slices
        slices = (*reader)->slices(request);
        QVERIFY(slices && slices->size() <= 2000);
    }

    void percentilesStayNearTheTruth()
    {
        storage::Latencies latencies;
        std::vector<int64_t> all;
        Random random(3);
        for (int i = 0; i < 100'000; ++i) {
            all.push_back(int64_t(1000 * std::exp(random.unit() * 12)));
            latencies.add(all.back());
        }
        std::sort(all.begin(), all.end());
        for (const double share : {0.01, 0.5, 0.95, 0.99, 1.0}) {
            const double truth = double(all[size_t(std::ceil(share * 100'000)) - 1]);
            QVERIFY(std::abs(double(latencies.percentile(share)) - truth) <= truth / 60);
        }
        QCOMPARE(latencies.longest(), all.back());
    }

    void aLineOfJsonHasTheNamesThatMachinesRead()
    {
        record({samples::everything()});
        auto reader = storage::Reader::open(path());
        const auto rows = (*reader)->page({{}, storage::Order::OldestFirst, 0, 1, true});
        QVERIFY(rows && rows->size() == 1);
        const QJsonObject line =
            QJsonDocument::fromJson(QByteArray::fromStdString(storage::jsonLine(rows->front()))).object();
        const QJsonObject expected{{"id", 1},
                                   {"time", QString::fromStdString(rfc3339(samples::everything().time))},
                                   {"method", "POST"},
                                   {"host", "api.localhost:8443"},
                                   {"path", "/api/users/7"},
                                   {"query", "page=2"},
                                   {"status", 201},
                                   {"latency_us", 6789},
                                   {"request_bytes", 14},
                                   {"response_bytes", 5000},
                                   {"client", "192.0.2.7"},
                                   {"user", "ada"},
                                   {"route", "users"},
                                   {"service", "user-service"},
                                   {"endpoint", "http://127.0.0.1:9001"},
                                   {"version", "v3"},
                                   {"attempts", 2},
                                   {"cache", "miss"},
                                   {"request_id", "01981234-5678-7abc-8def-0123456789ab"},
                                   {"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"},
                                   {"failed_by", "upstream"}};
        for (auto at = expected.begin(); at != expected.end(); ++at)
            QVERIFY2(line[at.key()] == at.value(), qPrintable(at.key()));
        QCOMPARE(line["decisions"].toArray().size(), 2);
        QCOMPARE(line["decisions"].toArray()[0].toObject()["stage"].toString(), QString("route"));
        QVERIFY(
            QJsonDocument::fromJson(QByteArray::fromStdString(storage::jsonLine({}))).object()["failed_by"].isNull());
    }
};

QTEST_GUILESS_MAIN(ReaderTest)
#include "reader_test.moc"
