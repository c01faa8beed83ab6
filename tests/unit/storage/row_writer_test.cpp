// SPDX-License-Identifier: GPL-3.0-or-later
// What is written of exchanges is what they were, once, also where a batch is refused and tried again.
#include "samples.h"

#include "engine/base/ids.h"
#include "engine/recording/filter.h"
#include "storage/migrations.h"
#include "storage/reader.h"
#include "storage/recorder.h"
#include "storage/row_writer.h"

#include <QtTest>

#include <malloc.h>

using namespace sluice;

class RowWriterTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSegmentUnderWayHoldsNoLargeContents()
    {
        const QTemporaryDir folder;
        auto database = storage::Database::open(folder.filePath("large.db").toStdString(),
                                                SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
        QVERIFY(database && storage::migrate(**database, 0));
        auto writer = storage::RowWriter::create(**database);
        QVERIFY(writer && (*database)->run("BEGIN"));
        const auto held = [] {
            const struct mallinfo2 all = ::mallinfo2();
            return all.uordblks + all.hblkhd;
        };
        const size_t before = held();
        int64_t id = 0;
        for (size_t routes = 1; routes <= 8; ++routes) {  // the last one's is large
            auto batch = samples::many(routes, 10);
            batch.back() = std::move(samples::many(1, 4 << 20).front());
            for (size_t i = 0; i < routes; ++i) {
                batch[i]->route = std::to_string(i);
                QCOMPARE((*writer)->write(*batch[i], ++id), SQLITE_OK);
            }
            QCOMPARE(batch.back()->responseBody.bytes.size(), size_t(4 << 20));
        }
        const size_t after = held();
        QVERIFY2(after < before + (16 << 20), std::to_string(after - before).c_str());
        QVERIFY((*writer)->endBatch() == SQLITE_OK && (*database)->run("COMMIT"));
        QCOMPARE(*(*database)->number("SELECT sum(length(bytes)) FROM body"), int64_t(8 * (4 << 20)));
    }

    // Of one route, so that most are told by another; what nobody sends by accident.
    void whateverComesIsGivenBack()
    {
        const QTemporaryDir folder;
        qputenv("XDG_DATA_HOME", folder.path().toUtf8());
        const std::string path = folder.filePath("odd.db").toStdString();
        Random random(8);
        std::vector<journey::Exchange> all;
        const std::string nul("a\0b", 3);
        for (int i = 0; i < 150; ++i) {
            journey::Exchange x = samples::any(random);
            x.route = i % 3 ? "one" : "";
            const size_t fields = i % 50 == 7 ? 10'050 : random.below(5);
            for (size_t n = 0; n < fields; ++n) {
                x.received.headers.add(random.below(2) ? "X-Same" : "x-same", random.below(2) ? "" : nul);
                x.sent.headers.add("X-" + std::to_string(n), std::to_string(i % 2 ? n : fields - n));
                x.returned.headers.add("", "");
            }
            x.received.target = i % 40 == 9 ? std::string(1 << 20, char('a' + i % 7)) : i % 5 ? "" : nul;
            x.path = x.received.target;
            x.query = i % 4 ? "" : nul + std::to_string(i);
            x.requestId = i % 6 == 0 ? "" : i % 6 == 1 ? nul : i % 6 == 2 ? std::string(100'000, 'r') : x.requestId;
            if (i % 7 == 0)
                std::transform(x.requestId.begin(), x.requestId.end(), x.requestId.begin(), ::toupper);
            x.trace.trace = i % 11 == 0 ? "" : i % 11 == 1 ? nul : x.trace.trace;
            x.trace.span = i % 13 ? x.trace.span : std::string(40, 's');
            x.time = i % 17 ? x.time : WallTime(std::chrono::microseconds(i % 2 ? INT64_MIN : INT64_MAX));
            x.requestBody.size = i % 19 ? x.requestBody.size : ~uint64_t(0);
            x.times.ended = Nanos(i % 23 ? i % 29 ? 1000 : INT64_MAX : INT64_MIN);
            x.requestBody.bytes = i % 31 ? std::string(random.below(3) * 8192 + random.below(2), 'b') : nul;
            x.responseBody.bytes = std::string(i % 9 ? 0 : 8192, '\0');
            x.sent.headers.add("X-Request-ID", x.requestId);
            x.sent.headers.add("Traceparent", std::string_view(traceparent(x.trace)));
            all.push_back(std::move(x));
        }
        {
            auto recorder = storage::Recorder::create(path, samples::forEver());
            QVERIFY(recorder);
            for (const journey::Exchange &x : all) {
                (*recorder)->push(samples::batchOf(x));
                if (random.below(20) == 0)
                    (*recorder)->flush();
            }
        }
        auto reader = storage::Reader::open(path);
        QVERIFY(reader);
        for (size_t i = 0; i < all.size(); ++i) {
            const journey::Exchange &x = all[i];
            const auto y = (*reader)->exchange(int64_t(i) + 1);
            QVERIFY2(y, std::to_string(i).c_str());
            QVERIFY(y->received.headers == x.received.headers && y->sent.headers == x.sent.headers);
            QVERIFY(y->answer.headers == x.answer.headers && y->returned.headers == x.returned.headers);
            QVERIFY(y->received.target == x.received.target && y->path == x.path && y->query == x.query);
            QVERIFY(y->requestId == x.requestId && y->trace.trace == x.trace.trace && y->trace.span == x.trace.span);
            QVERIFY(y->requestBody.bytes == x.requestBody.bytes && y->responseBody.bytes == x.responseBody.bytes);
            QVERIFY(y->requestBody.size == x.requestBody.size && y->time == x.time && y->times.ended == x.times.ended);
            QVERIFY(y->route == x.route && y->decisions.text() == x.decisions.text());
        }
        const auto page = (*reader)->page({{}, storage::Order::NewestFirst, 0, 1000, true});
        QVERIFY(page && page->size() == all.size());
    }

    // Batches of which every third is refused at its end; and rows within the segment under way.
    void whatIsRolledBackAndTriedAgainStandsOnce()
    {
        const QTemporaryDir folder;
        const std::string path = folder.filePath("again.db").toStdString();
        Random random(9);
        std::vector<journey::Exchange> all;
        {
            auto database = storage::Database::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
            QVERIFY(database && storage::migrate(**database, 0));
            auto writer = storage::RowWriter::create(**database);
            QVERIFY(writer);
            int64_t last = 0;
            while (last < 3000) {
                std::vector<journey::Exchange> batch(1 + random.below(100));
                std::generate(batch.begin(), batch.end(), [&] { return samples::any(random); });
                for (bool done = false; !done;) {
                    done = random.below(3) > 0;
                    QVERIFY((*database)->run("BEGIN IMMEDIATE"));
                    const size_t some = done ? batch.size() : random.below(batch.size() + 1);
                    for (size_t i = 0; i < some; ++i)
                        QCOMPARE((*writer)->write(batch[i], last + 1 + int64_t(i)), SQLITE_OK);
                    QCOMPARE(random.below(2) || done ? (*writer)->endBatch() : SQLITE_OK, SQLITE_OK);
                    QVERIFY((*database)->run(done ? "COMMIT" : "ROLLBACK"));
                    if (done)
                        break;
                    (*writer)->forget();
                    if (batch.size() > 1 && random.below(3) == 0)
                        batch.erase(batch.begin() + std::ptrdiff_t(random.below(batch.size())));
                }
                last += int64_t(batch.size());
                std::move(batch.begin(), batch.end(), std::back_inserter(all));
            }
        }
        auto reader = storage::Reader::open(path);
        QVERIFY(reader);
        QCOMPARE(*(*reader)->count({}), int64_t(all.size()));
        for (const char *text :
             {"status>=500", "status:404", "is:replayed", "latency>300ms", "route:users", "not user:ada",
              "header:x-tenant=acme", "body~card", "breaker:open", "path~users", "failed:client"}) {
            const auto parsed = recording::Filter::parse(text, {});
            std::vector<int64_t> expected;
            for (const journey::Exchange &x : all) {
                if (parsed.filter->matches(x))
                    expected.push_back(x.id);
            }
            const auto found = (*reader)->ids(*parsed.filter, storage::Order::OldestFirst, 0, 10'000);
            QVERIFY2(found && *found == expected, text);
        }
        for (const journey::Exchange &x : all)
            QVERIFY((*reader)->exchange(x.id)->received.headers == x.received.headers);
    }
};

QTEST_GUILESS_MAIN(RowWriterTest)
#include "row_writer_test.moc"
