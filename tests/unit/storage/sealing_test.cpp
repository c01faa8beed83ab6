// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets are sealed beside the exchanges and come back with the same key only; what was tampered with does not.
#include "samples.h"

#include "storage/reader.h"
#include "storage/recorder.h"
#include "storage/sealing.h"

#include <QtTest>

using namespace sluice;

namespace {

struct Recording {
    Recording() { qputenv("XDG_DATA_HOME", folder.path().toUtf8()); }
    std::string path(const char *name = "sealed.db") const { return folder.filePath(name).toStdString(); }
    // Records exchanges with these Authorization fields, in a run of its own.
    void record(const std::vector<std::string> &secrets, const char *name = "sealed.db")
    {
        config::RecordSettings settings;
        settings.keepAge = Nanos(0);
        auto recorder = storage::Recorder::create(path(name), settings, storage::Recorder::Role::Gateway, source());
        QVERIFY(recorder);
        for (const std::string &secret : secrets)
            (*recorder)->push(samples::batchOf(asked(secret)));
        (*recorder)->flush();
        stats = (*recorder)->stats();
    }
    storage::SealingKeySource source()
    {
        return [this]() -> Result<Secret> {
            ++askedFor;
            return key.empty() ? Result<Secret>(Error{Fault::Gateway, "the keychain is locked", true}) : Result(key);
        };
    }
    static journey::Exchange asked(const std::string &secret)
    {
        journey::Exchange x = samples::everything();
        x.received.headers.add("Authorization", "Bearer " + secret);
        x.requestBody.bytes = "{\"password\":\"p-" + secret + "\"}";
        return x;
    }
    // What stands for the token of exchange `id`, opened; else why not.
    std::string opened(int64_t id, const char *name = "sealed.db")
    {
        auto reader = storage::Reader::open(path(name));
        if (!reader)
            return reader.error().what;
        const auto x = (*reader)->exchange(id);
        if (!x)
            return x.error().what;
        const Result<recording::Unsealed> secret =
            (*reader)->unseal(std::string(x->received.headers.get("Authorization")).substr(7), id, key);
        return secret ? std::string(secret->text.reveal()) : "error: " + secret.error().what;
    }
    void sql(const std::string &text, const char *name = "sealed.db")
    {
        auto database = storage::Database::open(path(name), SQLITE_OPEN_READWRITE);
        QVERIFY(database);
        const Outcome done = (*database)->run(text.c_str());
        QVERIFY2(done.ok(), done ? "" : done.error().what.c_str());
    }
    int64_t number(const std::string &text)
    {
        auto database = storage::Database::open(path(), SQLITE_OPEN_READONLY);
        const auto found = (*database)->number(text.c_str());
        return found ? *found : -1;
    }

    QTemporaryDir folder;
    Secret key = storage::makeSealingKey();
    recording::SinkStats stats;
    int askedFor = 0;
};

class SealingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whatIsSealedComesBackAndIsNowhereInClear()
    {
        Recording r;
        r.record({"planted-token-one", "planted-token-two", "planted-token-one"});
        QCOMPARE(r.opened(1), std::string("planted-token-one"));
        QCOMPARE(r.opened(2), std::string("planted-token-two"));
        QCOMPARE(r.opened(3), std::string("planted-token-one"));
        QCOMPARE(r.number("SELECT count(*) FROM sealed"), 4);  // two tokens, two passwords
        QCOMPARE(r.askedFor, 1);
        QCOMPARE(r.stats.unsealed, std::string());
        QDirIterator each(r.folder.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (each.hasNext()) {
            QFile file(each.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QByteArray bytes = file.readAll();
            QVERIFY2(!bytes.contains("planted-"), qPrintable(file.fileName()));
            QVERIFY(!bytes.contains(QByteArray(r.key.reveal().data(), 32)));
        }
    }

    void anotherRunSealsAgainWithoutHarm()
    {
        Recording r;
        r.record({"planted-token-one"});
        r.record({"planted-token-one", "planted-token-two"});
        for (int64_t id : {1, 2})
            QCOMPARE(r.opened(id), std::string("planted-token-one"));
        QCOMPARE(r.number("SELECT count(*) FROM sealed"), 4);
    }

    void anotherKeyOpensNothingAndIsTold()
    {
        Recording r;
        r.record({"planted-token-one"});
        r.key = storage::makeSealingKey();
        QCOMPARE(r.opened(1),
                 std::string("error: it was sealed with another key, of another user or one that is lost"));
        r.key = Secret();
        QVERIFY(r.opened(1).starts_with("error: "));
    }

    void whatWasTamperedWithIsNotOpened()
    {
        Recording r;
        r.record({"planted-token-one", "planted-token-two"});
        const std::string damaged = "error: what is kept of it is damaged, or belongs elsewhere";
        r.sql("UPDATE sealed SET box = CAST(substr(box, 1, 3) || x'00' || substr(box, 5) AS BLOB)");
        QCOMPARE(r.opened(1), damaged);
        // A box moved to another's place.
        Recording moved;
        moved.record({"planted-token-one", "planted-token-two"});
        moved.sql("UPDATE sealed SET (nonce, box) = (SELECT nonce, box FROM sealed s ORDER BY placeholder LIMIT 1)");
        int opened = 0;
        for (int64_t id : {1, 2})
            opened += moved.opened(id) != damaged;
        QVERIFY(opened <= 1);
        // A box of another recording, under the same key.
        Recording other;
        other.key = moved.key;
        other.record({"planted-token-one"});
        const std::string good = other.opened(1);
        QCOMPARE(good, std::string("planted-token-one"));
        other.sql("UPDATE meta SET value = 'another' WHERE key = 'recording_id'");
        QCOMPARE(other.opened(1), damaged);
        // Cut short, or nothing at all.
        other.sql("UPDATE sealed SET box = x'', nonce = x''");
        QCOMPARE(other.opened(1), damaged);
    }

    void withoutAKeyThereArePlaceholdersAndThatIsSaid()
    {
        Recording r;
        const Secret key = r.key;
        r.key = Secret();
        r.record({"planted-token-one", "planted-token-two"});
        QCOMPARE(r.stats.unsealed, std::string("the keychain is locked"));
        QCOMPARE(r.stats.rows, uint64_t(2));
        QCOMPARE(r.askedFor, 1);  // not for each exchange
        r.key = key;
        QCOMPARE(r.opened(1), std::string("error: it was not sealed when it was recorded"));
        // It is there later: the same secrets are sealed then, and those from before open too.
        r.record({"planted-token-one"});
        QCOMPARE(r.stats.unsealed, std::string());
        QCOMPARE(r.opened(1), std::string("planted-token-one"));
        QVERIFY(r.opened(2).starts_with("error: "));
    }

    void aKeyIsNotAskedForWhereNothingIsSecret()
    {
        Recording r;
        auto recorder = storage::Recorder::create(r.path(), {}, storage::Recorder::Role::Gateway, r.source());
        QVERIFY(recorder);
        (*recorder)->push(samples::batchOf(samples::everything()));
        (*recorder)->flush();
        QCOMPARE(r.askedFor, 0);
        QCOMPARE((*recorder)->stats().unsealed, std::string());
    }

    // It is redacted in its place before the key is had, and the transaction begun anew.
    void aLargeExchangeIsSealedToo()
    {
        Recording r;
        config::RecordSettings settings;
        settings.keepAge = Nanos(0);
        auto recorder = storage::Recorder::create(r.path(), settings, storage::Recorder::Role::Gateway, r.source());
        QVERIFY(recorder);
        journey::Exchange x = Recording::asked("planted-token-large");
        x.responseBody.bytes.assign(200'000, 'a');
        x.responseBody.size = x.responseBody.bytes.size();
        (*recorder)->push(samples::batchOf(std::move(x)));
        (*recorder)->flush();
        recorder->reset();
        QCOMPARE(r.opened(1), std::string("planted-token-large"));
    }

    void numbersAreKnownFromTexts()
    {
        Recording r;
        config::RecordSettings settings;
        settings.keepAge = Nanos(0);
        auto recorder = storage::Recorder::create(r.path(), settings, storage::Recorder::Role::Gateway, r.source());
        QVERIFY(recorder);
        for (const char *body : {"{\"password\":1234567}", "{\"password\":\"abcdefg\"}"}) {
            journey::Exchange x = samples::everything();
            x.requestBody.bytes = body;
            (*recorder)->push(samples::batchOf(std::move(x)));
        }
        (*recorder)->flush();
        auto reader = storage::Reader::open(r.path());
        QVERIFY(reader);
        for (const int64_t id : {1, 2}) {
            const std::string bytes = (*reader)->exchange(id)->requestBody.bytes;
            const auto secret = (*reader)->unseal(bytes.substr(13, bytes.size() - 15), id, r.key);
            QVERIFY2(secret.ok(), bytes.c_str());
            QCOMPARE(secret->asJson, id == 1);
            QCOMPARE(secret->asText, id == 2);
        }
    }

    void whatNoExchangeNeedsAnyMoreGoes()
    {
        Recording r;
        r.record({"planted-token-one"});
        // As if 10,000 exchanges lay between.
        r.sql("UPDATE meta SET value = 10000 WHERE key = 'last_id'");
        r.record({"planted-token-two"});
        QCOMPARE(r.number("SELECT count(DISTINCT epoch) FROM sealed"), 2);
        config::RecordSettings settings;
        settings.keepAge = std::chrono::hours(1);  // the samples are of another day
        auto recorder = storage::Recorder::create(r.path(), settings, storage::Recorder::Role::Gateway, r.source());
        QVERIFY(recorder);
        (*recorder)->flush();
        QTRY_COMPARE_WITH_TIMEOUT((*recorder)->stats().rows, uint64_t(1), 10'000);
        recorder->reset();
        QCOMPARE(r.number("SELECT count(DISTINCT epoch) FROM sealed"), 1);
        QCOMPARE(r.opened(10'001), std::string("planted-token-two"));
    }

    void anEpochSealsSoManyAndNoMore()
    {
        Recording r;
        r.record({"planted-token-one"});
        auto database = storage::Database::open(r.path(), SQLITE_OPEN_READWRITE);
        QVERIFY(database);
        auto sealer = storage::Sealer::create(**database);
        QVERIFY(sealer);
        (*sealer)->setKey(r.key);
        recording::Placeholders placeholders({});
        placeholders.wantMet(true);
        size_t sealed = 0;
        for (int i = 0; i < 20'000; ++i) {
            placeholders.clearFound();
            placeholders.of("secret number " + std::to_string(i));
            sealed += (*sealer)->seal(placeholders.met(), 1).size();
        }
        QCOMPARE(sealed, size_t(16'384));
        QVERIFY(!(*sealer)->trouble().empty());
        QCOMPARE((*sealer)->seal(placeholders.met(), 5000).size(), size_t(1));  // another epoch
        QVERIFY((*sealer)->trouble().empty());
    }
};

}  // namespace

QTEST_GUILESS_MAIN(SealingTest)
#include "sealing_test.moc"
