// SPDX-License-Identifier: GPL-3.0-or-later
// The filter language has two readings, the predicate and SQL. They must agree, whatever is asked.
#include "random_filter.h"
#include "samples.h"

#include "storage/reader.h"
#include "storage/recorder.h"

#include <QtTest>

using namespace sluice;

class FilterSqlTest : public QObject {
    Q_OBJECT

    void fill(size_t count, uint64_t seed)
    {
        qputenv("XDG_DATA_HOME", folder_.path().toUtf8());
        config::RecordSettings settings;
        settings.keepAge = Nanos(0);
        auto recorder = storage::Recorder::create(path(), settings);
        QVERIFY2(recorder, recorder ? "" : recorder.error().what.c_str());
        Random random(seed);
        for (size_t i = 0; i < count; ++i) {
            journey::Exchange &x = exchanges_.emplace_back(samples::any(random));
            if (i / 300 % 2)
                calm(x);
            (*recorder)->push(samples::batchOf(x));
            x.id = int64_t(i) + 1;
            if (i % 700 == 699) {  // another run of the gateway goes on within a block of ids
                recorder->reset();
                recorder = storage::Recorder::create(path(), settings);
                QVERIFY(recorder);
            }
        }
        (*recorder)->flush();
        QCOMPARE((*recorder)->stats().rows, uint64_t(count));
    }
    // For a while only one service is asked, and all is well: whole blocks of ids lack most values.
    static void calm(journey::Exchange &x)
    {
        x.service = x.route = "orders";
        x.client = "127.0.0.1";
        x.user.clear();
        x.received.method = "GET";
        x.returned.status = 200;
        x.times.ended = std::chrono::milliseconds(3);
        x.failedBy.reset();
    }
    std::string path() const { return folder_.filePath("filter.db").toStdString(); }

    QTemporaryDir folder_;
    std::vector<journey::Exchange> exchanges_;

private Q_SLOTS:
    void initTestCase() { fill(2500, 1); }

    void theSameExchangesMatchInMemoryAndInTheFile()
    {
        auto reader = storage::Reader::open(path());
        QVERIFY(reader);
        Random random(42);
        size_t hits = 0, someHits = 0;
        for (int round = 0; round < 600; ++round) {
            const journey::Exchange &known = exchanges_[random.below(exchanges_.size())];
            const std::string text = samples::anyFilter(random, known);
            const auto parsed = recording::Filter::parse(text, samples::at(samples::today));
            QVERIFY2(parsed.filter, (text + ": " + parsed.error.what).c_str());
            std::vector<int64_t> expected;
            for (const journey::Exchange &x : exchanges_) {
                if (parsed.filter->matches(x))
                    expected.push_back(x.id);
            }
            const auto found = (*reader)->ids(*parsed.filter, storage::Order::OldestFirst, 0, 10'000);
            QVERIFY2(found, (text + ": " + (found ? "" : found.error().what)).c_str());
            if (*found != expected)
                qWarning("%s: %zu in memory, %zu in the file", text.c_str(), expected.size(), found->size());
            QVERIFY(*found == expected);
            const auto count = (*reader)->count(*parsed.filter);
            QVERIFY(count);
            QCOMPARE(*count, int64_t(expected.size()));
            hits += expected.size();
            someHits += !expected.empty();
        }
        QVERIFY2(someHits > 300 && hits > 10'000, "filters that hit nothing prove nothing");
    }

    void pagesGoOnWhereTheLastEnded()
    {
        auto reader = storage::Reader::open(path());
        QVERIFY(reader);
        for (const char *text :
             {"", "status>=500", "route:users client:127.*", "trace:4", "path~users", "is:replayed", "latency>100ms"}) {
            const auto parsed = recording::Filter::parse(text, {});
            QVERIFY(parsed.filter);
            for (const storage::Order order : {storage::Order::OldestFirst, storage::Order::NewestFirst}) {
                const auto all = (*reader)->ids(*parsed.filter, order, 0, 10'000);
                QVERIFY(all && !all->empty());
                std::vector<int64_t> paged;
                for (int64_t after = 0;;) {
                    const auto page = (*reader)->page({*parsed.filter, order, after, 37, false});
                    QVERIFY(page);
                    for (const storage::Row &row : *page)
                        paged.push_back(row.id);
                    if (page->size() < 37)
                        break;
                    after = page->back().id;
                }
                QVERIFY2(paged == *all, text);
            }
        }
    }

    void aValueOfTheUsersIsNeverReadAsSql()
    {
        auto reader = storage::Reader::open(path());
        QVERIFY(reader);
        for (const char *text :
             {"route:\"' OR 1=1 --\"", "path:\"');DROP TABLE exchange;--\"", "\"%' OR ''='\"", "user:\"\\\"x\""}) {
            const auto parsed = recording::Filter::parse(text, {});
            QVERIFY2(parsed.filter, text);
            const auto found = (*reader)->ids(*parsed.filter, storage::Order::OldestFirst, 0, 10);
            QVERIFY(found);
            QVERIFY2(found->empty(), text);
        }
    }
};

QTEST_GUILESS_MAIN(FilterSqlTest)
#include "filter_sql_test.moc"
