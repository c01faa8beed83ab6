// SPDX-License-Identifier: GPL-3.0-or-later
// What goes leaves what stays whole, and goes in small steps.
#include "samples.h"

#include "engine/base/random.h"
#include "storage/migrations.h"
#include "storage/reader.h"
#include "storage/recorder.h"
#include "storage/retention.h"

#include <QtTest>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

config::RecordSettings keeping(Nanos age)
{
    config::RecordSettings settings;
    settings.keepAge = age;
    return settings;
}

WallTime now()
{
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

recording::Batch many(size_t count, WallTime time, const std::string &route, size_t bodyBytes = 0)
{
    recording::Batch batch;
    Random random(count);
    for (size_t i = 0; i < count; ++i) {
        auto x = std::make_unique<journey::Exchange>();
        x->time = time;
        x->route = route;
        x->received.method = "GET";
        x->returned.status = 200;
        x->returned.headers.add("X-Route", route);
        x->responseBody.bytes.resize(bodyBytes);
        for (char &c : x->responseBody.bytes)  // no smaller on the disk
            c = char(random.next());
        x->responseBody.size = bodyBytes;
        batch.push_back(std::move(x));
    }
    return batch;
}

}  // namespace

class RetentionTest : public QObject {
    Q_OBJECT

    std::string path() const { return folder_->filePath("kept.db").toStdString(); }
    std::unique_ptr<storage::Recorder> record(Nanos age)
    {
        auto recorder = storage::Recorder::create(path(), keeping(age));
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

    // The clock was ten days ahead, was set right, and what came a little later than that is too old now.
    void whatIsOlderInTheFileButNotInTimeStaysWhole()
    {
        record(Nanos(0)).reset();
        {
            auto database = storage::Database::open(path(), SQLITE_OPEN_READWRITE);
            QVERIFY(database);
            // The names' epochs are 65,536 ids long: the first rows are in one, what goes ends it.
            QVERIFY((*database)->run("UPDATE meta SET value = 62463 WHERE key = 'last_id'"));
        }
        {
            auto recorder = record(Nanos(0));
            recorder->push(many(1024, now() + 240h, "ahead"));
            recorder->flush();
            recorder->push(many(2048, now() - 240h, "old"));
            recorder->flush();
            recorder->push(many(10, now(), "new"));
        }
        auto recorder = record(168h);
        QTRY_COMPARE(recorder->stats().rows, uint64_t(1034));
        auto reader = storage::Reader::open(path());
        QVERIFY(reader);
        for (const auto &[text, expected] :
             {std::pair("route:ahead", 1024), {"route:old", 0}, {"route:new", 10}, {"method:GET", 1034}}) {
            const auto parsed = recording::Filter::parse(text, {});
            const auto found = (*reader)->page({*parsed.filter, storage::Order::OldestFirst, 0, 10'000, false});
            QVERIFY(found);
            QCOMPARE(found->size(), size_t(expected));
        }
        const auto first = (*reader)->exchange(62464);
        QVERIFY2(first, first ? "" : first.error().what.c_str());
        QCOMPARE(first->route, std::string("ahead"));
        QCOMPARE(first->returned.headers.get("X-Route"), std::string_view("ahead"));
        const auto last = (*reader)->exchange(62464 + 1024 + 2048);
        QVERIFY(last);
        QCOMPARE(last->returned.headers.get("X-Route"), std::string_view("new"));
    }

    void ageTakesAwayALittleAtATime()
    {
        {
            auto recorder = record(Nanos(0));
            recorder->push(many(100, now() - 240h, "large", 1 << 20));
            recorder->flush();
            recorder->push(many(2000, now() - 240h, "small"));
            recorder->flush();
            recorder->push(many(1, now(), "new"));
        }
        auto database = storage::Database::open(path(), SQLITE_OPEN_READWRITE);
        QVERIFY(database);
        auto retention = storage::Retention::create(**database);
        QVERIFY(retention);
        int64_t gone = 0;
        for (bool more = true; more;) {
            const auto step = (*retention)->step({uint64_t(1) << 40, 168h}, now(), 2101);
            QCOMPARE(step.code, SQLITE_OK);
            QVERIFY2(step.rows <= (gone < 84 ? 20 : 1000), std::to_string(step.rows).c_str());
            gone += step.rows;
            more = step.more;
        }
        QCOMPARE(gone, int64_t(2047));  // the rest shares a span with what is new
        QCOMPARE(*(*database)->number("SELECT sum(rows) FROM span"), int64_t(54));
        QCOMPARE(*(*database)->number("SELECT min(block) FROM block"), int64_t(2048 >> 7));
    }

    void whatIsRareGoesWithItsExchange()
    {
        record(Nanos(0)).reset();
        for (const WallTime time : {now() - 240h, now()}) {
            auto recorder = record(Nanos(0));
            auto batch = many(1500, time, "some");
            for (size_t i = 0; i < batch.size(); i += 10) {
                batch[i]->returned.status = 503;
                batch[i]->replayOf = int64_t(i) + 1;
                batch[i]->times.ended = 300ms;
            }
            recorder->push(std::move(batch));
        }
        auto recorder = record(168h);
        QTRY_COMPARE(recorder->stats().rows, uint64_t(3000 - 1023));
        auto database = storage::Database::open(path(), SQLITE_OPEN_READONLY);
        QVERIFY(database);
        QCOMPARE(*(*database)->number("SELECT min(id) FROM rare"), int64_t(1031));
        // Four fields: its status, its latency, that it is a replay, and of what.
        QCOMPARE(*(*database)->number("SELECT count(*) FROM rare"), int64_t(4 * (47 + 150)));
    }

    // Their messages are most of what streams hold.
    void ofLargeStreamsNoMoreGoThanMust()
    {
        {
            auto recorder = record(Nanos(0));
            for (uint64_t key = 1; key <= 8; ++key) {
                recording::Batch messages = many(6, now(), "", 1 << 20);
                recording::Batch ended = many(1, now(), "stream");
                ended[0]->stream.kind = journey::Streaming::WebSocket;
                ended[0]->stream.key = key;
                ended[0]->responseBody.size = 6 << 20;
                std::vector<journey::StreamNews> news(1);
                news[0].key = key;
                news[0].opened = std::make_unique<journey::Exchange>(*ended[0]);
                for (uint64_t number = 1; number <= 6; ++number) {
                    journey::Message &message = news[0].messages.emplace_back();
                    message.number = number;
                    message.kind = journey::Message::Kind::Binary;
                    message.bytes = std::move(messages[number - 1]->responseBody.bytes);
                }
                recorder->tell(std::move(news));
                recorder->push(std::move(ended));
                recorder->flush();
            }
            recorder->push(many(1, now(), "new"));
        }
        auto database = storage::Database::open(path(), SQLITE_OPEN_READWRITE);
        QVERIFY(database);
        QCOMPARE(*(*database)->number("SELECT count(*) FROM stream_message"), int64_t(48));
        auto retention = storage::Retention::create(**database);
        QVERIFY(retention);
        const int64_t pages = *(*database)->number("PRAGMA page_count") - *(*database)->number("PRAGMA freelist_count");
        int64_t gone = 0;
        for (bool more = true; more;) {
            const auto step = (*retention)->step({uint64_t(pages * 8192 - (7 << 20)), Nanos(0)}, now(), 9);
            QCOMPARE(step.code, SQLITE_OK);
            gone += step.rows;
            more = step.more;
        }
        QCOMPARE(gone, int64_t(2));
        QCOMPARE(*(*database)->number("SELECT count(*) FROM stream_message"), int64_t(36));
    }

    void aFileThatGivesNothingBackIsLeftAlone()
    {
        auto database = storage::Database::open(path(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
        QVERIFY(database);
        QVERIFY((*database)->run("PRAGMA page_size = 8192; PRAGMA auto_vacuum = NONE"));
        QVERIFY(storage::migrate(**database, 0));
        QVERIFY((*database)->run("CREATE TABLE t (b); INSERT INTO t VALUES (zeroblob(50000000)); DROP TABLE t"));
        QVERIFY(*(*database)->number("PRAGMA freelist_count") > 4096);
        auto retention = storage::Retention::create(**database);
        QVERIFY(retention);
        QVERIFY(!(*retention)->shrink());
    }
};

QTEST_GUILESS_MAIN(RetentionTest)
#include "retention_test.moc"
