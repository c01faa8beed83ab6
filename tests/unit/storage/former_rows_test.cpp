// SPDX-License-Identifier: GPL-3.0-or-later
// A recording that version 5 of the file's layout wrote (version5.db.zst: 120 POSTs to /items/N, then a slow answer, a 503, one of 40,000
// bytes, a gzipped one, one that no upstream gave, an escaped path, and a replay of the fifth) is the same one afterwards.
#include "samples.h"

#include "engine/http/content_decoder.h"
#include "storage/reader.h"
#include "storage/recorder.h"

#include <QtTest>

using namespace sluice;

class FormerRowsTest : public QObject {
    Q_OBJECT

    std::unique_ptr<storage::Reader> reader_;
    QTemporaryDir folder_;
    size_t found(const std::string &filter) const
    {
        const auto parsed = recording::Filter::parse(filter, {});
        const auto ids = reader_->ids(*parsed.filter, storage::Order::OldestFirst, 0, 1000);
        return ids ? ids->size() : size_t(-1);
    }

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("XDG_DATA_HOME", folder_.path().toUtf8());
        QFile packed(SLUICE_SOURCE_DIR "/tests/unit/storage/version5.db.zst");
        QVERIFY(packed.open(QFile::ReadOnly));
        const http::Decoded plain = http::decodeContent(packed.readAll().toStdString(), "zstd", 1 << 20);
        const std::string path = folder_.filePath("old.db").toStdString();
        QFile file(QString::fromStdString(path));
        QVERIFY(file.open(QFile::WriteOnly));
        file.write(plain.bytes.data(), qint64(plain.bytes.size()));
        file.close();
        QVERIFY2(!storage::Reader::open(path), "until a recorder has brought it up to date");
        {
            auto recorder = storage::Recorder::create(path, samples::forEver());
            QVERIFY2(recorder, recorder ? "" : recorder.error().what.c_str());
            QCOMPARE((*recorder)->stats().rows, uint64_t(127));
            QCOMPARE((*recorder)->stats().lastId, int64_t(127));
        }
        auto reader = storage::Reader::open(path);
        QVERIFY2(reader, reader ? "" : reader.error().what.c_str());
        reader_ = reader.take();
        auto database = storage::Database::open(path, SQLITE_OPEN_READONLY);
        QVERIFY(database);
        QCOMPARE(
            *(*database)->number("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'former%' OR name = 'dictionary'"),
            int64_t(0));
    }

    void everyExchangeIsWhole()
    {
        QCOMPARE(*reader_->count({}), int64_t(127));
        for (int64_t id = 1; id <= 120; ++id) {
            const auto x = reader_->exchange(id);
            QVERIFY2(x, x ? "" : x.error().what.c_str());
            const std::string n = std::to_string(id);
            QCOMPARE(x->path, "/items/" + n);
            QCOMPARE(std::string(x->received.headers.get("X-N")), n);
            QVERIFY(x->requestBody.bytes.starts_with("{\"n\":" + n + ",\"token\":\"abc" + n));
            QVERIFY(x->responseBody.bytes.find("\"method\":\"POST\"") != std::string::npos);
            QCOMPARE(x->returned.status, 200);
            QCOMPARE(x->attempts.size(), size_t(1));
            QVERIFY(!x->decisions.text().empty() && x->requestId.size() == 36 && x->trace.trace.size() == 32);
        }
        const auto large = reader_->exchange(123);
        QCOMPARE(large->responseBody.bytes.size(), size_t(40'000));
        const auto refused = reader_->exchange(125);
        QVERIFY(refused->failedBy == Fault::Upstream && refused->returned.status == 502 && !refused->failure.empty());
        QCOMPARE(reader_->exchange(127)->replayOf, int64_t(5));
    }

    void filtersFindWhatTheyFound()
    {
        for (const auto &[filter, count] : {std::pair("status>=500", 2),
                                            {"latency>150ms", 1},
                                            {"is:replayed", 1},
                                            {"header:x-n=7", 1},
                                            {"body~needle", 1},
                                            {"path:/items/1*", 32},
                                            {"method:POST", 121},
                                            {"failed:upstream", 1},
                                            {"since:2026-11-26", 127},
                                            {"not method:POST", 6}})
            QVERIFY2(found(filter) == size_t(count), filter);
        QCOMPARE(found("request:" + reader_->exchange(77)->requestId), size_t(1));
        QCOMPARE(found("trace:" + reader_->exchange(78)->trace.trace), size_t(1));
        QCOMPARE(*reader_->replaysOf(5), std::vector<int64_t>{127});
    }
};

QTEST_GUILESS_MAIN(FormerRowsTest)
#include "former_rows_test.moc"
