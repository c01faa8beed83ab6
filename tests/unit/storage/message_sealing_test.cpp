// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets in messages are sealed beside them: they come back byte for byte with the same key only, and go with their messages.
#include "sealed_messages.h"

#include "storage/migrations.h"

#include <QtTest>

using namespace sluice;
using namespace sluice::sealed;

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
    // How the record has it goes before how a message had it: a replay sends what the record has.
    r.tell({message(1, login("1234567"))}, true, 5);
    journey::Exchange x = socketExchange(5, 1);
    x.requestBody.bytes = "{\"password\":1234567}";
    r.recorder->push(samples::batchOf(std::move(x)));
    r.recorder->flush();
    const std::string bytes = r.reader()->exchange(3)->requestBody.bytes;
    const auto secret = r.reader()->unseal(bytes.substr(13, bytes.size() - 15), 3, r.key);
    QVERIFY(secret && secret->asJson && !secret->asText);
    QCOMPARE(r.unsealed(3, 1), login("1234567"));
    // A replay past the gateway says what another record had; so may an exchange that goes on.
    r.tell({message(1, "no secret")}, true, 6);
    QCOMPARE(r.opened(r.reader()->open()->front().id, "{{secret:" + bytes.substr(22, 12) + "}}"),
             std::string("1234567"));
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
    // What is recorded from now on opens, and what was before does not.
    r.recorder.reset();
    r.start();
    r.tell({message(1, login("planted-one"))}, false, 5);
    r.end(1, 5);
    QCOMPARE(r.unsealed(2, 1), login("planted-one"));
    QVERIFY(r.unsealed(1, 1).ends_with(anotherKey.substr(7)));
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
