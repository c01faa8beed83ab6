// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets in messages are sealed beside them: they come back byte for byte with the same key only, and go with their messages.
#include "samples.h"

#include "storage/files.h"
#include "storage/migrations.h"
#include "storage/reader.h"
#include "storage/recorder.h"

#include <QtTest>

using namespace sluice;
using namespace std::chrono_literals;
using journey::Message;

namespace {

constexpr uint64_t streamKey = 77;
const std::string notSealed = "error: it was not sealed when it was recorded",
                  anotherKey = "error: it was sealed with another key, of another user or one that is lost",
                  damaged = "error: what is kept of it is damaged, or belongs elsewhere";

journey::Exchange socketExchange(uint64_t stream, uint64_t messages)
{
    journey::Exchange x = samples::everything();
    x.replayOf = 0;
    x.received.headers.add("Authorization", "Bearer planted-head-token");
    x.requestBody.size = 100'000;
    x.stream.kind = journey::Streaming::WebSocket;
    x.stream.key = stream;
    x.stream.messages = x.stream.kept = messages;
    return x;
}

Message message(uint64_t number, std::string text, Message::Kind kind = Message::Kind::Text)
{
    Message m;
    m.number = number;
    m.kind = kind;
    m.time = number * 1ms;
    m.size = text.size();
    m.bytes = std::move(text);
    return m;
}

std::string login(const std::string &secret)
{
    return "{\"user\":\"ada\",\"password\":\"" + secret + "\"}";
}

struct Recording {
    explicit Recording(const config::RecordSettings &wanted = samples::forEver()) : settings(wanted)
    {
        qputenv("XDG_DATA_HOME", folder.path().toUtf8());
        start();
    }
    void start()
    {
        auto made = storage::Recorder::create(path(), settings, storage::Recorder::Role::Gateway, [this] {
            ++askedFor;
            return key.empty() ? Result<Secret>(Error{Fault::Gateway, "the keychain is locked", true}) : Result(key);
        });
        if (!made)
            qFatal("%s", made.error().what.c_str());
        recorder = made.take();
    }
    std::string path() const { return folder.filePath("messages.db").toStdString(); }
    void tell(std::vector<Message> messages, bool opened = false, uint64_t stream = streamKey)
    {
        std::vector<journey::StreamNews> news(1);
        news[0].key = stream;
        news[0].messages = std::move(messages);
        if (opened)
            news[0].opened = std::make_unique<journey::Exchange>(socketExchange(stream, 0));
        recorder->tell(std::move(news));
        recorder->flush();
    }
    void end(uint64_t messages, uint64_t stream = streamKey)
    {
        recorder->push(samples::batchOf(socketExchange(stream, messages)));
        recorder->flush();
    }
    std::unique_ptr<storage::Reader> reader() const
    {
        auto opened = storage::Reader::open(path());
        if (!opened)
            qFatal("%s", opened.error().what.c_str());
        return opened.take();
    }
    std::string unsealed(int64_t exchange, uint64_t number) const
    {
        const Result<Secret> secret = reader()->unsealMessage(exchange, number, key);
        return secret ? std::string(secret->reveal()) : "error: " + secret.error().what;
    }
    std::string stored(int64_t exchange, uint64_t number) const
    {
        return reader()->messages(exchange, number - 1, 1)->front().bytes;
    }
    // Of the first placeholder in it.
    std::string opened(int64_t exchange, const std::string &text) const
    {
        const size_t begin = text.find("{{secret:"), end = text.find("}}");
        if (begin == text.npos || end == text.npos)
            return "no placeholder in " + text;
        const auto secret = reader()->unseal(text.substr(begin, end + 2 - begin), exchange, key);
        return secret ? std::string(secret->text.reveal()) : "error: " + secret.error().what;
    }
    int64_t number(const std::string &sql) const
    {
        auto database = storage::Database::open(path(), SQLITE_OPEN_READONLY);
        const auto found = (*database)->number(sql.c_str());
        return found ? *found : -1;
    }
    void sql(const std::string &text) const
    {
        auto database = storage::Database::open(path(), SQLITE_OPEN_READWRITE);
        const Outcome done = (*database)->run(text.c_str());
        if (!done)
            qFatal("%s", done.error().what.c_str());
    }
    // In clear, in any of the files.
    bool holdsPlanted() const
    {
        bool any = false;
        QDirIterator each(folder.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (each.hasNext()) {
            QFile file(each.next());
            any = any || !file.open(QFile::ReadOnly) || file.readAll().contains("planted-");
        }
        return any;
    }

    QTemporaryDir folder;
    config::RecordSettings settings;
    Secret key = storage::makeSealingKey();
    int askedFor = 0;
    std::unique_ptr<storage::Recorder> recorder;
};

std::string noise(size_t size, uint64_t seed)
{
    Random random(seed);
    std::string out(size, 0);
    std::generate(out.begin(), out.end(), [&] { return char('a' + random.next() % 26); });
    return out;
}

}  // namespace

class MessageSealingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whatWasSaidComesBackByteForByte_data();
    void whatWasSaidComesBackByteForByte();
    void eachPlaceholderCanBeAskedFor();
    void aSecretIsSealedOnceAStream();
    void whatHoldsNoSecretCostsNothing();
    void aNumberAndATextOfTheSameLettersAreKeptApart();
    void withoutAKeyThereArePlaceholders();
    void anotherKeyOpensNothing();
    void whatWasTamperedWithIsNotOpened();
    void anExchangeThatWasLeftOpenKeepsItsSecrets();
    void whatNeverHadAHeadLeavesNothing();
    void secretsGoWithTheirMessages();
    void secretsGoWithTheirExchange();
    void aRecordingOfTheFormerLayoutIsRead();
};

void MessageSealingTest::whatWasSaidComesBackByteForByte_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("whole");  // it was sealed as a whole
    QTest::newRow("JSON") << QString::fromStdString(login("planted-hunter2")) << false;
    QTest::newRow("socket.io") << "42[\"login\",{\"password\":\"planted-\\\"quoted\\\"\",\"user\":\"ada\"}]" << false;
    QTest::newRow("within JSON") << R"({"payload":"{\"password\":\"planted-within\"}"})" << false;
    QTest::newRow("XML") << "<login><password>planted-&amp;-xml</password></login>" << false;
    QTest::newRow("other escapes") << R"({"password":"pl\u0061nted-\/escapes"})" << true;
    QTest::newRow("a number") << "{\"password\":1234567}" << true;
    QTest::newRow("an object") << "{\"password\":{\"planted-a\": [1, 2]}}" << true;
    QTest::newRow("cut within it") << "{\"user\":\"ada\",\"password\":\"planted-half" << true;
    QTest::newRow("beside a placeholder")
        << "{\"password\":\"planted-x\",\"note\":\"{{secret:0123456789ab}}\"}" << true;
    QTest::newRow("a long one") << QString::fromStdString(login("planted-" + std::string(20'000, 'l'))) << true;
    std::string many = "[";
    for (int i = 0; i < 300; ++i)
        many += login("planted-" + std::to_string(i)) + ",\n ";
    QTest::newRow("many") << QString::fromStdString(many + "0]") << true;
    QTest::newRow("spaces") << "{ \"password\" :\t\"planted-spaces\" ,\r\n \"x\": 1e3 }" << false;
}

void MessageSealingTest::whatWasSaidComesBackByteForByte()
{
    QFETCH(const QString, text);
    QFETCH(const bool, whole);
    const std::string said = text.toStdString();
    for (const Message::Kind kind : {Message::Kind::Text, Message::Kind::Binary, Message::Kind::Event}) {
        Recording r;
        r.tell({message(1, "hello"), message(2, said, kind)}, true);
        const auto look = r.reader();
        const auto messages = look->messages(-1, 0, 10);
        QVERIFY(messages && messages->size() == 2);
        QVERIFY((*messages)[1].redacted);
        QVERIFY((*messages)[1].bytes.find("{{secret:") != std::string::npos);
        QCOMPARE(r.number("SELECT count(*) FROM stream_sealed WHERE length(name) = 8"), int64_t(whole));
        QCOMPARE(r.unsealed(-1, 1), std::string("hello"));
        QCOMPARE(r.unsealed(-1, 2), said);  // while it goes on
        r.end(2);
        for (const int64_t id : {-1, 1})
            QCOMPARE(r.unsealed(id, 2), said);
        QVERIFY(r.unsealed(1, 3).find("not in the recording") != std::string::npos);
        QVERIFY(r.unsealed(1, 0).find("not in the recording") != std::string::npos);
        QVERIFY(!r.holdsPlanted());
        r.recorder.reset();
        QVERIFY(!r.holdsPlanted());
        QCOMPARE(r.unsealed(1, 2), said);
    }
}

void MessageSealingTest::eachPlaceholderCanBeAskedFor()
{
    Recording r;
    r.tell({message(1, login("planted-one"))}, true);
    r.tell({message(2, "{\"password\":1234567}")});
    QCOMPARE(r.askedFor, 1);
    QCOMPARE(r.opened(-1, r.stored(-1, 1)), std::string("planted-one"));
    QCOMPARE(r.opened(-1, r.stored(-1, 2)), std::string("1234567"));
    // Of the head, too: from the stream while it goes on, from the record when it is there.
    const std::string head(r.reader()->exchange(-1)->received.headers.get("Authorization"));
    QCOMPARE(r.opened(-1, head), std::string("planted-head-token"));
    r.end(2);
    for (const int64_t id : {-1, 1}) {
        QCOMPARE(r.opened(id, r.stored(1, 1)), std::string("planted-one"));
        QCOMPARE(r.opened(id, head), std::string("planted-head-token"));
    }
    // Not of an exchange that has nothing to do with it.
    r.recorder->push(samples::batchOf(samples::everything()));
    r.recorder->flush();
    QCOMPARE(r.opened(2, r.stored(1, 1)), notSealed);
}

void MessageSealingTest::aSecretIsSealedOnceAStream()
{
    Recording r;
    for (uint64_t n = 1; n <= 150; ++n) {
        r.tell({message(n, login("planted-same"))});
        r.tell({message(n, login("planted-same"))}, false, streamKey + 1);
    }
    QCOMPARE(r.number("SELECT count(*) FROM stream_sealed"), int64_t(2));
    QCOMPARE(r.number("SELECT count(*) FROM stream_sealed WHERE last = 150"), int64_t(2));
    r.end(150);
    for (const uint64_t n : {1, 75, 150})
        QCOMPARE(r.unsealed(1, n), login("planted-same"));
}

void MessageSealingTest::whatHoldsNoSecretCostsNothing()
{
    Recording r;
    r.tell({message(1, "{\"user\":\"ada\",\"note\":\"my password is my own\"}"),
            message(2, std::string("\x00\xff\x01password", 11), Message::Kind::Binary)});
    QCOMPARE(r.askedFor, 0);
    QCOMPARE(r.number("SELECT count(*) FROM stream_sealed"), int64_t(0));
}

void MessageSealingTest::aNumberAndATextOfTheSameLettersAreKeptApart()
{
    Recording r;
    r.tell({message(1, "{\"password\":\"1234567\"}"), message(2, "{\"password\":1234567}"),
            message(3, "{\"password\":\"1234567\"}")});
    r.end(3);
    QCOMPARE(r.unsealed(1, 1), std::string("{\"password\":\"1234567\"}"));
    QCOMPARE(r.unsealed(1, 2), std::string("{\"password\":1234567}"));
    QCOMPARE(r.unsealed(1, 3), std::string("{\"password\":\"1234567\"}"));
}

void MessageSealingTest::withoutAKeyThereArePlaceholders()
{
    Recording r;
    const Secret key = std::exchange(r.key, Secret());
    r.tell({message(1, login("planted-one")), message(2, "{\"password\":1234567}")}, true);
    QCOMPARE(r.recorder->stats().unsealed, std::string("the keychain is locked"));
    QCOMPARE(r.askedFor, 1);
    QCOMPARE(r.number("SELECT count(*) FROM stream_sealed"), int64_t(0));
    QVERIFY(r.reader()->messages(-1, 0, 10)->front().redacted);
    r.end(2);
    r.key = key;
    for (const uint64_t n : {1, 2})
        QVERIFY2(r.unsealed(1, n).ends_with(notSealed.substr(7)), r.unsealed(1, n).c_str());
    QVERIFY(!r.holdsPlanted());
}

void MessageSealingTest::anotherKeyOpensNothing()
{
    Recording r;
    r.tell({message(1, login("planted-one")), message(2, "{\"password\":1234567}")});
    r.end(2);
    r.key = storage::makeSealingKey();
    for (const uint64_t n : {1, 2})
        QVERIFY2(r.unsealed(1, n).ends_with(anotherKey.substr(7)), r.unsealed(1, n).c_str());
    QCOMPARE(r.opened(1, r.stored(1, 1)), anotherKey);
}

void MessageSealingTest::whatWasTamperedWithIsNotOpened()
{
    Recording r;
    r.tell(
        {message(1, "{\"password\":1234567}"), message(2, "{\"password\":7654321}"), message(3, login("planted-1"))});
    r.end(3);
    QCOMPARE(r.unsealed(1, 2), std::string("{\"password\":7654321}"));
    // The box of one message in the place of another's.
    r.sql("UPDATE stream_sealed SET (nonce, box) = (SELECT nonce, box FROM stream_sealed WHERE name = "
          "x'0000000000000001') WHERE name = x'0000000000000002'");
    QCOMPARE(r.unsealed(1, 1), std::string("{\"password\":1234567}"));
    QCOMPARE(r.unsealed(1, 2), damaged);
    r.sql("UPDATE stream_sealed SET box = CAST(x'00' || substr(box, 2) AS BLOB), nonce = randomblob(12)");
    QCOMPARE(r.unsealed(1, 1), damaged);
    QCOMPARE(r.opened(1, r.stored(1, 3)), damaged);
    r.sql("UPDATE stream_sealed SET box = x'', nonce = x''");
    for (const uint64_t n : {1, 3})
        QVERIFY2(r.unsealed(1, n).ends_with(damaged.substr(7)), r.unsealed(1, n).c_str());
}

void MessageSealingTest::anExchangeThatWasLeftOpenKeepsItsSecrets()
{
    Recording r;
    r.tell({message(1, login("planted-one"))}, true);
    r.recorder.reset();  // without the exchange ever having been pushed, as with a gateway that was killed
    r.start();
    QCOMPARE(r.unsealed(1, 1), login("planted-one"));
    const std::string head(r.reader()->exchange(1)->received.headers.get("Authorization"));
    QCOMPARE(r.opened(1, head), std::string("planted-head-token"));
    r.recorder->push(samples::batchOf(samples::everything()));  // a replay of it, say
    r.recorder->flush();
    QCOMPARE(r.opened(2, head), std::string("planted-head-token"));
}

void MessageSealingTest::whatNeverHadAHeadLeavesNothing()
{
    Recording r;
    r.tell({message(1, login("planted-one"))});
    QCOMPARE(r.number("SELECT count(*) FROM stream_sealed"), int64_t(1));
    r.recorder.reset();
    r.start();
    QCOMPARE(r.number("SELECT count(*) FROM stream_sealed"), int64_t(0));
}

void MessageSealingTest::secretsGoWithTheirMessages()
{
    config::RecordSettings settings = samples::forEver();
    settings.keepBytes = 8 << 20;  // a stream may have 1 MiB of it
    Recording r(settings);
    r.tell({message(1, login("planted-early")), message(2, login("planted-always"))}, true);
    for (uint64_t n = 3; n < 800; n += 2)
        r.tell({message(n, "{\"password\":" + std::to_string(n) + ",\"note\":\"" + noise(4'000, n) + "\"}"),
                message(n + 1, login("planted-always"))});
    const uint64_t first = r.reader()->messageSpan(-1)->first, last = r.reader()->messageSpan(-1)->last;
    QVERIFY(first > 2 && last == 800);
    QCOMPARE(r.number("SELECT count(*) FROM stream_sealed WHERE last < " + std::to_string(first)), int64_t(0));
    QVERIFY(r.number("SELECT sum(length(box)) FROM stream_sealed") < 1 << 20);
    QVERIFY(r.unsealed(-1, 1).find("not in the recording") != std::string::npos);
    QCOMPARE(r.unsealed(-1, 800), login("planted-always"));
    r.end(800);
    QCOMPARE(r.unsealed(1, 800), login("planted-always"));
}

void MessageSealingTest::secretsGoWithTheirExchange()
{
    config::RecordSettings settings = samples::forEver();
    settings.keepBytes = 2 << 20;
    Recording r(settings);
    for (uint64_t round = 1; round <= 40; ++round) {
        r.tell({message(1, login("planted-" + noise(100'000, round)))}, false, 1000 + round);
        r.end(1, 1000 + round);
    }
    const auto look = r.reader();
    QTRY_VERIFY(*look->count({}) < 25);
    QTRY_COMPARE(r.number("SELECT count(*) FROM stream_sealed"), *look->count({}));
    QCOMPARE(r.number("SELECT count(*) FROM stream_sealed WHERE stream NOT IN (SELECT id FROM stream)"), int64_t(0));
    QCOMPARE(r.unsealed(40, 1), login("planted-" + noise(100'000, 40)));
}

void MessageSealingTest::aRecordingOfTheFormerLayoutIsRead()
{
    Recording r;
    r.tell({message(1, login("planted-one"))});
    r.end(1);
    r.recorder.reset();
    r.sql("DROP TABLE stream_sealed; PRAGMA user_version = 6");
    QCOMPARE(r.reader()->messages(1, 0, 10)->size(), size_t(1));
    QVERIFY2(r.unsealed(1, 1).ends_with(notSealed.substr(7)), r.unsealed(1, 1).c_str());
    const std::string head(r.reader()->exchange(1)->received.headers.get("Authorization"));
    QCOMPARE(r.opened(1, head), std::string("planted-head-token"));
    r.start();
    QCOMPARE(r.number("PRAGMA user_version"), int64_t(storage::migrations().size()));
    r.tell({message(1, login("planted-two"))}, false, 5);
    r.end(1, 5);
    QCOMPARE(r.unsealed(2, 1), login("planted-two"));
}

QTEST_GUILESS_MAIN(MessageSealingTest)
#include "message_sealing_test.moc"
