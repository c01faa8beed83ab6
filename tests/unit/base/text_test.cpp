// SPDX-License-Identifier: GPL-3.0-or-later
// Ids, times and JSON: what stands in headers and records.
#include "engine/base/ids.h"
#include "engine/base/json.h"

#include <QTest>

using namespace sluice;
using namespace std::chrono_literals;

class TextTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aUuidIsOfVersionSevenAndSortsByTime();
    void aValidTraceparentIsContinued();
    void anInvalidTraceparentStartsATrace_data();
    void anInvalidTraceparentStartsATrace();
    void aRequestIdIsShortAndPlain();
    void durationsAreReadAsTheyAreWritten_data();
    void durationsAreReadAsTheyAreWritten();
    void whatIsNoDurationIsRefused_data();
    void whatIsNoDurationIsRefused();
    void timesAreWrittenAsTheStandardsSay();
    void jsonEscapesWhatItMustAndNeverLetsBrokenUtf8Through();
    void jsonOfAShortTextIsThatOfTheSameTextWithinALongOne();
};

void TextTest::aUuidIsOfVersionSevenAndSortsByTime()
{
    Random random(1);
    const WallTime now{1'790'000'000s};
    const std::string first = makeUuid(now, random), later = makeUuid(now + 1ms, random);
    QCOMPARE(first.size(), size_t(36));
    QCOMPARE(first[14], '7');
    QVERIFY(std::string_view("89ab").find(first[19]) != std::string_view::npos);
    QVERIFY(first < later);
    QVERIFY(first != makeUuid(now, random));
}

void TextTest::aValidTraceparentIsContinued()
{
    Random random(1);
    const TraceContext trace = continueTrace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", random);
    QCOMPARE(trace.trace, std::string("4bf92f3577b34da6a3ce929d0e0e4736"));
    QCOMPARE(trace.parent, std::string("00f067aa0ba902b7"));
    QVERIFY(!trace.sampled);
    QVERIFY(trace.span != trace.parent);
    QCOMPARE(std::string(std::string_view(traceparent(trace))), "00-" + trace.trace + '-' + trace.span + "-00");
    // A version of the future may say more behind the flags.
    QVERIFY(!continueTrace("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", random).parent.empty());
}

void TextTest::anInvalidTraceparentStartsATrace_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("all zero trace") << QByteArray("00-00000000000000000000000000000000-00f067aa0ba902b7-01");
    QTest::newRow("all zero parent") << QByteArray("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01");
    QTest::newRow("version ff") << QByteArray("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    QTest::newRow("upper case") << QByteArray("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01");
    QTest::newRow("too short") << QByteArray("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0");
    QTest::newRow("version 00 with more") << QByteArray("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x");
}

void TextTest::anInvalidTraceparentStartsATrace()
{
    QFETCH(QByteArray, text);
    Random random(1);
    const TraceContext trace = continueTrace(std::string_view(text.constData(), size_t(text.size())), random);
    QVERIFY(trace.parent.empty());
    QCOMPARE(trace.trace.size(), size_t(32));
    QVERIFY(trace.trace != "4bf92f3577b34da6a3ce929d0e0e4736");
}

void TextTest::aRequestIdIsShortAndPlain()
{
    QVERIFY(isUsableRequestId("01a2-b3_c4.D5"));
    QVERIFY(!isUsableRequestId(""));
    QVERIFY(!isUsableRequestId("a b"));
    QVERIFY(!isUsableRequestId("a\r\nX: y"));
    QVERIFY(!isUsableRequestId(std::string(129, 'a')));
}

void TextTest::durationsAreReadAsTheyAreWritten_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<qint64>("nanos");
    QTest::newRow("seconds") << QByteArray("300s") << qint64(300'000'000'000);
    QTest::newRow("fraction") << QByteArray("1.5s") << qint64(1'500'000'000);
    QTest::newRow("milliseconds") << QByteArray("500ms") << qint64(500'000'000);
    QTest::newRow("days") << QByteArray("7d") << qint64(7) * 86'400'000'000'000;
    QTest::newRow("zero") << QByteArray("0s") << qint64(0);
}

void TextTest::durationsAreReadAsTheyAreWritten()
{
    QFETCH(QByteArray, text);
    QFETCH(qint64, nanos);
    Nanos out{-1}, again{-1};
    QVERIFY(parseDuration(text.toStdString(), out));
    QCOMPARE(qint64(out.count()), nanos);
    QVERIFY(parseDuration(durationText(out), again));
    QVERIFY(out == again);
}

void TextTest::whatIsNoDurationIsRefused_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text : {"", "5", "s", "-1s", "1 s", "1x", "1e3s", "nan s", "99999999d", "0x1s", "1s "})
        QTest::newRow(text) << QByteArray(text);
}

void TextTest::whatIsNoDurationIsRefused()
{
    QFETCH(QByteArray, text);
    Nanos out{};
    QVERIFY(!parseDuration(text.toStdString(), out));
}

void TextTest::timesAreWrittenAsTheStandardsSay()
{
    const WallTime time{1'795'562'107s + 42'999us};
    QCOMPARE(rfc3339(time), std::string("2026-11-24T23:15:07.042Z"));
    QCOMPARE(httpDate(time), std::string("Tue, 24 Nov 2026 23:15:07 GMT"));
}

void TextTest::jsonEscapesWhatItMustAndNeverLetsBrokenUtf8Through()
{
    std::string out;
    appendJson(out, "a\"b\\c\n\x01 \xc3\xa9 \xff \xed\xa0\x80 \xf0\x9f\x98\x80");
    QCOMPARE(
        out,
        std::string(
            "\"a\\\"b\\\\c\\n\\u0001 \xc3\xa9 \xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xf0\x9f\x98\x80\""));
    std::string object;
    JsonObject o(object);
    o.add("n", 5).add("t", true).add("d", 0.25).addOrNull("empty", "").add("s", "x");
    o.close();
    QCOMPARE(object, std::string(R"({"n":5,"t":true,"d":0.25,"empty":null,"s":"x"})"));
}

void TextTest::jsonOfAShortTextIsThatOfTheSameTextWithinALongOne()
{
    const std::string rest(200, 'x');
    for (int byte = 0; byte < 256; ++byte) {
        for (size_t before = 0; before < 18; ++before) {
            const std::string text = std::string(before, 'a') + char(byte) + std::string(17 - before, 'b');
            std::string whole, within;
            appendJson(whole, text);
            appendJson(within, text + rest);
            QCOMPARE(whole, within.substr(0, within.size() - rest.size() - 1) + '"');
            std::string object;
            JsonObject o(object);
            o.add(JsonKey::of(text), 1);
            o.close();
            QCOMPARE(object, '{' + whole + ":1}");
        }
    }
}

QTEST_APPLESS_MAIN(TextTest)
#include "text_test.moc"
