// SPDX-License-Identifier: GPL-3.0-or-later
// A recording that version 5 of the file's layout wrote (version5.db.zst: 120 POSTs to /items/N, then a slow answer, a 503, one of 40,000
// bytes, a gzipped one, one that no upstream gave, an escaped path, and a replay of the fifth) is the same one afterwards.
#include "samples.h"

#include "engine/http/content_decoder.h"
#include "storage/former_rows.h"
#include "storage/migrations.h"
#include "storage/reader.h"
#include "storage/recorder.h"

#include <QtTest>

#include <sys/resource.h>

#include <csignal>
#include <filesystem>

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

    // Of version 5.
    std::string formerFile(const char *name) const
    {
        QFile packed(SLUICE_SOURCE_DIR "/tests/unit/storage/version5.db.zst");
        if (!packed.open(QFile::ReadOnly))
            qFatal("no file of version 5");
        const http::Decoded plain = http::decodeContent(packed.readAll().toStdString(), "zstd", 1 << 20);
        const std::string path = folder_.filePath(name).toStdString();
        QFile file(QString::fromStdString(path));
        if (!file.open(QFile::WriteOnly) || file.write(plain.bytes.data(), qint64(plain.bytes.size())) < 0)
            qFatal("%s", path.c_str());
        return path;
    }
    // As a recorder opens it.
    static std::unique_ptr<storage::Database> opened(const std::string &path)
    {
        auto database = storage::Database::open(path, SQLITE_OPEN_READWRITE);
        if (!database || !(*database)->run("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0"))
            qFatal("%s", path.c_str());
        return database.take();
    }
    // The same 127 once more, `by` ids further on.
    static void repeat(storage::Database &database, int times, int by)
    {
        std::string sql =
            "BEGIN; CREATE TEMP TABLE IF NOT EXISTS x AS SELECT * FROM exchange; CREATE TEMP TABLE IF NOT "
            "EXISTS m AS SELECT * FROM message;";
        for (int i = 0; i < times; ++i) {
            for (const char *table : {"x", "m"})
                sql += "UPDATE temp." + std::string(table) + " SET id = id + " + std::to_string(by) + ";";
            sql += "INSERT INTO main.exchange SELECT * FROM temp.x; INSERT INTO main.message SELECT * FROM temp.m;";
        }
        if (const Outcome done = database.run((sql + "COMMIT").c_str()); !done)
            qFatal("%s", done.error().what.c_str());
    }

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("XDG_DATA_HOME", folder_.path().toUtf8());
        const std::string path = formerFile("old.db");
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

    // With gaps, and more ids than an epoch of names has; the third thousand does not come to its end.
    void whatWasCutOffGoesOnWhereItStopped()
    {
        const std::string path = formerFile("half.db");
        {
            auto database = opened(path);
            repeat(*database, 20, 150);
            repeat(*database, 1, 65'000);
            repeat(*database, 20, 150);
            QVERIFY(database->run("INSERT INTO mark VALUES (123, 2), (3125, 3); UPDATE name SET last_epoch = 1"));
            QVERIFY(storage::migrate(*database, 5));
            int commits = 0;
            sqlite3_commit_hook(
                database->handle(), [](void *n) { return int(++*static_cast<int *>(n) == 4); }, &commits);
            QVERIFY(!storage::moveFormerRows(*database));
            QCOMPARE(*database->number("SELECT sum(rows) FROM span"), int64_t(2048));
            QVERIFY2(!storage::Reader::open(path), "less than there was is not shown as if it were all");
        }
        constexpr int64_t all = 42 * 127;
        {
            auto recorder = storage::Recorder::create(path, samples::forEver());
            QVERIFY2(recorder, recorder ? "" : recorder.error().what.c_str());
            QCOMPARE((*recorder)->stats().rows, uint64_t(all));
            QCOMPARE((*recorder)->stats().lastId, int64_t(127 + 40 * 150 + 65'000));
        }
        auto database = opened(path);
        QCOMPARE(*database->number("SELECT sum(last - id + 1) FROM segment"), all);
        QCOMPARE(
            *database->number("SELECT count(*) FROM span s WHERE rows <> (SELECT sum(last - id + 1) FROM segment g "
                              "WHERE g.id >> 10 = s.id)"),
            int64_t(0));
        QCOMPARE(*database->number("SELECT count(*) FROM name WHERE last_epoch <> 1"), int64_t(0));
        auto reader = storage::Reader::open(path);
        QVERIFY(reader);
        for (const auto &[filter, count] : {std::pair("status>=500", 2 * 42),
                                            {"is:replayed", 42},
                                            {"body~needle", 42},
                                            {"path:/items/1*", 32 * 42},
                                            {"not method:POST", 6 * 42},
                                            {"mark:2", 1},
                                            {"mark:3", 1},
                                            {"latency>150ms", 42}}) {
            const auto parsed = recording::Filter::parse(filter, {});
            const auto counted = (*reader)->count(*parsed.filter);
            QVERIFY2(counted && *counted == count, filter);
        }
        for (int64_t base = 0; base <= 40 * 150 + 65'000; base += base == 3000 ? 65'000 : 150) {
            const auto x = (*reader)->exchange(base + 17);
            QVERIFY2(x, x ? "" : x.error().what.c_str());
            QCOMPARE(x->path, std::string("/items/17"));
            QCOMPARE(std::string(x->received.headers.get("X-N")), std::string("17"));
            QVERIFY(!(*reader)->exchange(base + 128));
        }
    }

    // Nor is its id used again.
    void whatCannotBeReadIsLeftOut()
    {
        const std::string path = formerFile("damaged.db");
        QVERIFY(opened(path)->run("UPDATE message SET packing = 0, detail = x'0203' WHERE id IN (60, 127)"));
        auto recorder = storage::Recorder::create(path, samples::forEver());
        QVERIFY2(recorder, recorder ? "" : recorder.error().what.c_str());
        QCOMPARE((*recorder)->stats().rows, uint64_t(125));
        QCOMPARE((*recorder)->stats().lastId, int64_t(127));
    }

    void aFullDiskLosesNothing()
    {
        const std::string path = formerFile("full.db");
        repeat(*opened(path), 30, 127);
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
        size_t refused = 0;
        for (bool whole = false; !whole; ++refused) {
            rlimit small = before;
            small.rlim_cur = rlim_t(std::filesystem::file_size(path) + refused * 400'000);
            QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
            const auto recorder = storage::Recorder::create(path, samples::forEver());
            ::setrlimit(RLIMIT_FSIZE, &before);
            whole = bool(recorder);
            QVERIFY2(!whole || (*recorder)->stats().rows == 31 * 127,
                     whole ? std::to_string((*recorder)->stats().rows).c_str() : "");
        }
        QVERIFY(refused > 1);
        auto reader = storage::Reader::open(path);
        QVERIFY(reader);
        const auto parsed = recording::Filter::parse("body~needle", {});
        QCOMPARE(*(*reader)->count(*parsed.filter), int64_t(31));
        QCOMPARE((*reader)->exchange(31 * 127)->replayOf, int64_t(5));
    }

    // Not the whole of it once more in the log.
    void movingTakesLittleRoom()
    {
        const std::string path = formerFile("large.db");
        auto database = opened(path);
        repeat(*database, 1, 127);
        QVERIFY(database->run("UPDATE message SET packing = packing & 3, response_body = randomblob(400000)"));
        QVERIFY(database->run("PRAGMA wal_checkpoint(TRUNCATE)"));
        QVERIFY(storage::migrate(*database, 5));
        QVERIFY(storage::moveFormerRows(*database));
        const auto log = std::filesystem::file_size(path + "-wal");
        QVERIFY2(log < (48u << 20), std::to_string(log).c_str());
        QCOMPARE(*database->number("SELECT sum(length(bytes)) FROM body"), int64_t(254 * 400'000));
    }
};

QTEST_GUILESS_MAIN(FormerRowsTest)
#include "former_rows_test.moc"
