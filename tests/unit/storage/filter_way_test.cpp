// SPDX-License-Identifier: GPL-3.0-or-later
// How many rows a filter looks at before it knows its first page: few, also where little is rare. The time is storage_bench's.
#include "samples.h"

#include "storage/filter_sql.h"
#include "storage/functions.h"
#include "storage/reader.h"
#include "storage/recorder.h"
#include "storage/row_keys.h"

#include <QtTest>

using namespace sluice;
using namespace std::chrono_literals;

class FilterWayTest : public QObject {
    Q_OBJECT

    static constexpr int count = 4000;
    std::string path() const { return folder_.filePath("way.db").toStdString(); }
    std::unique_ptr<storage::Database> database_;
    QTemporaryDir folder_;

    // Every block has GET and POST, the route admin, and exchanges of 130 to 190 ms; POST never meets admin.
    static journey::Exchange plain(int i)
    {
        journey::Exchange x;
        x.time = samples::at(samples::today);
        x.received.method = i % 5 == 0 ? "POST" : "GET";
        x.route = i % 20 == 7 ? "admin" : "users";
        x.returned.status = i % 50 ? 200 : 404;
        x.times.ended = i % 5 == 1 ? std::chrono::milliseconds(130 + i % 60) : std::chrono::milliseconds(1 + i % 60);
        x.trace.trace = std::string(1, "0123456789abcdef"[i % 16]) + std::string(31, 'a');
        return x;
    }
    // Rows between the ids that the filter is run for.
    int64_t lookedAt(const std::string &text)
    {
        const auto parsed = recording::Filter::parse(text, {});
        auto sql = parsed.filter ? storage::FilterSql::compile(*database_, *parsed.filter)
                                 : Result<storage::FilterSql>(Error{Fault::Client, parsed.error.what});
        int64_t sum = 0;
        for (const storage::IdBounds &range : sql ? sql->ranges() : std::vector<storage::IdBounds>{{}})
            sum += std::min<int64_t>(range.highest, count) - std::max<int64_t>(range.lowest, 1) + 1;
        return sum;
    }

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("XDG_DATA_HOME", folder_.path().toUtf8());
        config::RecordSettings settings;
        settings.keepAge = Nanos(0);
        auto recorder = storage::Recorder::create(path(), settings);
        QVERIFY(recorder);
        for (int i = 0; i < count; ++i) {
            (*recorder)->push(samples::batchOf(plain(i)));
            if (i % 300 == 299) {  // another run goes on within a block
                recorder->reset();
                recorder = storage::Recorder::create(path(), settings);
                QVERIFY(recorder);
            }
        }
        recorder->reset();
        auto database = storage::Database::open(path(), SQLITE_OPEN_READONLY);
        QVERIFY(database);
        database_ = database.take();
        QVERIFY(storage::addFunctions(*database_));
    }

    void whatIsNowhereIsNotLookedFor_data()
    {
        QTest::addColumn<QString>("filter");
        for (const char *filter :
             {"method!=GET,POST", "not method:GET,POST", "user!=\"\"", "status!=200,404,500",
              "method:DELETE or status:304", "latency>200ms or status:304", "method:POST route:admin", "latency>200ms",
              "not latency<=200ms path:/x", "not (method:GET or method:POST or latency<=100ms)",
              "method:POST (route:admin or status:500)"})
            QTest::newRow(filter) << filter;
    }
    void whatIsNowhereIsNotLookedFor()
    {
        QFETCH(QString, filter);
        const int64_t rows = lookedAt(filter.toStdString());
        QVERIFY2(rows <= 128, std::to_string(rows).c_str());  // a block's end that no exchange has yet
    }

    void whatIsKnownToBeSomewhereIsLookedForThere()
    {
        QVERIFY(lookedAt("method:GET") >= 3000);
        QVERIFY(lookedAt("path:/x") >= count);
        QVERIFY(lookedAt("not path:/x") >= count);
        QVERIFY(lookedAt("method:DELETE or path:/x") >= count);
        QVERIFY(lookedAt("latency>150ms") >= 100);
    }

    void latencyClassesMeetWithoutAGap()
    {
        int64_t last = -1;
        int before = -1;
        for (int64_t ms = 0; ms < 5000; ++ms) {
            const int at = storage::latencyClass(ms * 1'000'000);
            const auto range = storage::latenciesOf(at);
            QVERIFY(range.first <= ms * 1'000'000 && ms * 1'000'000 <= range.last);
            if (at != before)
                QCOMPARE(range.first, last + 1);
            before = at;
            last = range.last;
        }
        const int64_t most = std::numeric_limits<int64_t>::max();
        QVERIFY(storage::latenciesOf(storage::latencyClass(most)).first < most);
        QCOMPARE(storage::latenciesOf(8).first, int64_t(128'000'000));  // of version 2
        QCOMPARE(storage::latenciesOf(8).last, int64_t(255'999'999));
    }
};

QTEST_GUILESS_MAIN(FilterWayTest)
#include "filter_way_test.moc"
