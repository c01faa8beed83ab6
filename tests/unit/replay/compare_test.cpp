// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/replay/compare.h"
#include "tests/unit/replay/exchanges.h"

#include <QTest>
#include <zlib.h>

using namespace sluice;
using namespace sluice::replay;

namespace {

// "where: before > after" a line, noise with a ~ before it, and the verdict.
QString told(const Comparison &comparison)
{
    std::string out(name(comparison.verdict));
    for (const Difference &d : comparison.differences)
        out += std::string("\n") + (d.noise ? "~" : "") + d.where + ": " + d.before + " > " + d.after;
    return QString::fromStdString(out);
}

QString json(const std::string &before, const std::string &after)
{
    return told(compare(answered(200, {{"Content-Type", "application/json"}}, before),
                        answered(200, {{"Content-Type", "application/json"}}, after)));
}

QString text(const std::string &before, const std::string &after)
{
    return told(compare(answered(200, {}, before), answered(200, {}, after)));
}

std::string gzipped(const std::string &plain, int level)
{
    z_stream z{};
    deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(plain.size() + 100, '\0');
    z.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(plain.data()));
    z.avail_in = uInt(plain.size());
    z.next_out = reinterpret_cast<Bytef *>(out.data());
    z.avail_out = uInt(out.size());
    deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}

}  // namespace

class CompareTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void equalAnswersAreTheSame();
    void aStatusThatDiffersIsTold();
    void noAnswerIsAFailure();
    void headersOfOneConnectionAreNotCompared();
    void headersThatDifferEveryTimeAreNoise();
    void aHeaderThatIsGoneOrNewOrChangedIsDifferent();
    void aCookieMayChangeItsValueButNotItsAttributes();
    void contentLengthMattersOnlyWhereThereIsNoContent();
    void jsonIsComparedByValue();
    void numbersAreComparedExactly_data();
    void numbersAreComparedExactly();
    void jsonDifferencesHaveTheirPath();
    void timesAndUuidsInJsonAreNoise();
    void anotherSecretIsNoiseAndWhatIsNoneIsDifferent();
    void textIsComparedByLine();
    void linesPutInDoNotShiftTheRest();
    void otherBytesTellWhereTheyPart();
    void contentCodingsAreTakenOff();
    void cutBodiesAreComparedAsFarAsTheyGo();
    void aBodyThatBrokeOffIsDifferent();
    void brokenJsonIsComparedAsText();
    void aFloodOfDifferencesIsBounded();
    void noiseNeverHidesADifference();
    void deepJsonDoesNoHarm();
};

void CompareTest::equalAnswersAreTheSame()
{
    const auto a = answered(200, {{"Content-Type", "text/plain"}, {"X-A", "1"}}, "hello");
    QCOMPARE(told(compare(a, a)), "same");
    QCOMPARE(told(compare(answered(204, {}, ""), answered(204, {}, ""))), "same");
    QCOMPARE(told(compare(answered(200, {{"a", "1"}, {"B", "2"}}, ""), answered(200, {{"b", "2"}, {"A", "1"}}, ""))),
             "same");
}

void CompareTest::aStatusThatDiffersIsTold()
{
    QCOMPARE(told(compare(answered(200, {}, "x"), answered(503, {}, "x"))), "different\nstatus: 200 > 503");
}

void CompareTest::noAnswerIsAFailure()
{
    journey::Exchange none;
    none.failure = "connection refused";
    QCOMPARE(told(compare(answered(200, {}, "x"), none)), "failed\nanswer: 200 > connection refused");
}

void CompareTest::headersOfOneConnectionAreNotCompared()
{
    QCOMPARE(told(compare(answered(200, {{"Connection", "close"}, {"Transfer-Encoding", "chunked"}}, "x"),
                          answered(200, {{"Keep-Alive", "timeout=5"}, {"connection", "keep-alive"}}, "x"))),
             "same");
}

void CompareTest::headersThatDifferEveryTimeAreNoise()
{
    QCOMPARE(told(compare(answered(200, {{"Date", "Tue, 24 Nov 2026 23:15:07 GMT"}, {"X-Request-ID", "a"}}, ""),
                          answered(200, {{"Date", "Tue, 24 Nov 2026 23:15:08 GMT"}, {"Age", "3"}}, ""))),
             "noise\n~header Age:  > 3\n~header Date: Tue, 24 Nov 2026 23:15:07 GMT > Tue, 24 Nov 2026 23:15:08 GMT"
             "\n~header X-Request-ID: a > ");
    QCOMPARE(told(compare(answered(200, {{"X-Job", "/jobs/0193627e-5b6c-7d3e-8f90-a1b2c3d4e5f6"}}, ""),
                          answered(200, {{"X-Job", "/jobs/0193627e-9999-7d3e-8f90-a1b2c3d4e5f6"}}, ""))),
             "noise\n~header X-Job: /jobs/0193627e-5b6c-7d3e-8f90-a1b2c3d4e5f6 > "
             "/jobs/0193627e-9999-7d3e-8f90-a1b2c3d4e5f6");
}

void CompareTest::aHeaderThatIsGoneOrNewOrChangedIsDifferent()
{
    QCOMPARE(told(compare(answered(200, {{"X-A", "1"}, {"X-C", "1"}, {"X-D", "1"}, {"X-D", "2"}}, ""),
                          answered(200, {{"X-B", "1"}, {"X-C", "2"}, {"X-D", "1, 2"}}, ""))),
             "different\nheader X-A: 1 > \nheader X-B:  > 1\nheader X-C: 1 > 2");
}

void CompareTest::aCookieMayChangeItsValueButNotItsAttributes()
{
    const auto cookie = [](const std::string &value) { return answered(200, {{"Set-Cookie", value}}, ""); };
    QCOMPARE(told(compare(cookie("sid=1; Path=/; HttpOnly"), cookie("sid=2; httponly; path=/"))),
             "noise\n~header Set-Cookie sid: 1 > 2");
    QCOMPARE(told(compare(cookie("sid=1; HttpOnly"), cookie("sid=1"))),
             "different\nheader Set-Cookie sid: ; httponly > ");
    QCOMPARE(told(compare(cookie("sid=1"), cookie("tid=1"))),
             "different\nheader Set-Cookie sid: 1 > \nheader Set-Cookie tid:  > 1");
}

void CompareTest::contentLengthMattersOnlyWhereThereIsNoContent()
{
    auto before = answered(200, {{"Content-Length", "5"}}, "");
    auto after = answered(200, {{"Content-Length", "6"}}, "");
    QCOMPARE(told(compare(before, after)), "noise\n~header Content-Length: 5 > 6");
    before.received.method = after.received.method = "HEAD";
    QCOMPARE(told(compare(before, after)), "different\nheader Content-Length: 5 > 6");
}

void CompareTest::jsonIsComparedByValue()
{
    QCOMPARE(json(R"({"a":1,"b":[true,null,"\u00e9"]})", "{ \"b\": [true, null, \"é\"],\n \"a\": 1 }"), "same");
    QCOMPARE(json("[1,2]", "[2,1]"), "different\nbody $[0]: 1 > 2\nbody $[1]: 2 > 1");
}

void CompareTest::numbersAreComparedExactly_data()
{
    QTest::addColumn<QString>("a");
    QTest::addColumn<QString>("b");
    QTest::addColumn<bool>("same");
    QTest::newRow("written differently") << "1.50"
                                         << "15e-1" << true;
    QTest::newRow("whole") << "100"
                           << "1E+2" << true;
    QTest::newRow("minus zero") << "-0"
                                << "0.00" << true;
    QTest::newRow("past a double") << "1234567890123456789"
                                   << "1234567890123456788" << false;
    QTest::newRow("a long fraction") << "0.1000000000000000000000001"
                                     << "0.1" << false;
    QTest::newRow("sign") << "-1"
                          << "1" << false;
    QTest::newRow("an exponent past all bounds") << "1e99999999999999999999"
                                                 << "1e99999999999999999998" << false;
    QTest::newRow("a large exponent") << "10e300"
                                      << "1e301" << true;
}

void CompareTest::numbersAreComparedExactly()
{
    QFETCH(QString, a);
    QFETCH(QString, b);
    QFETCH(bool, same);
    const QString verdict = json("[" + a.toStdString() + "]", "[" + b.toStdString() + "]");
    QCOMPARE(verdict == "same", same);
}

void CompareTest::jsonDifferencesHaveTheirPath()
{
    QCOMPARE(
        json(R"({"user":{"name":"ada","tags":["x"],"old":1}})", R"({"user":{"name":"bob","tags":["x","y"],"a b":{}}})"),
        "different\nbody $.user.name: \"ada\" > \"bob\"\nbody $.user.tags[1]:  > \"y\"\nbody $.user.old: 1 > "
        "\nbody $.user[\"a b\"]:  > {}");
    QCOMPARE(json(R"({"a":1,"a":2})", R"({"a":1,"a":3})"), "different\nbody $.a: 2 > 3");
    QCOMPARE(json(R"({"a":"1"})", R"({"a":1})"), "different\nbody $.a: \"1\" > 1");
}

void CompareTest::timesAndUuidsInJsonAreNoise()
{
    QCOMPARE(json(R"({"at":"2026-11-24T23:15:07Z"})", R"({"at":"2026-11-24T23:15:08.123+01:00"})"),
             "noise\n~body $.at: \"2026-11-24T23:15:07Z\" > \"2026-11-24T23:15:08.123+01:00\"");
    QCOMPARE(
        json(R"({"id":"6f1c2a34-0000-4000-8000-000000000001"})", R"({"id":"6f1c2a34-0000-4000-8000-000000000002"})")
            .left(5),
        "noise");
    QCOMPARE(json(R"({"id":"6f1c2a34-0000-4000-8000-000000000001"})", R"({"id":"none"})").left(9), "different");
    QCOMPARE(json(R"({"born":"1815-12-10"})", R"({"born":"1816-12-10"})").left(9), "different");

    auto before = answered(200, {}, R"({"now":1795000000123,"n":1795000000})");
    auto after = answered(200, {}, R"({"now":1795003600456,"n":1795000007})");
    QCOMPARE(told(compare(before, after)).left(9), "different");  // numbers, as long as nobody knows when it was
    before.time = WallTime(std::chrono::seconds(1'795'000'000));
    after.time = WallTime(std::chrono::seconds(1'795'003'600));
    QCOMPARE(told(compare(before, after)).left(5), "noise");
}

void CompareTest::anotherSecretIsNoiseAndWhatIsNoneIsDifferent()
{
    const char *one = R"({"password":"{{secret:0123456789ab}}"})", *two = R"({"password":"{{secret:ba9876543210}}"})";
    QCOMPARE(json(one, one), "same");
    QCOMPARE(json(one, two), "noise\n~body $.password: \"{{secret:0123456789ab}}\" > \"{{secret:ba9876543210}}\"");
    for (const char *other : {R"({"password":"hunter2"})", R"({"password":null})", R"({"password":7})", R"({})"}) {
        QCOMPARE(json(one, other).left(9), "different");
        QCOMPARE(json(other, one).left(9), "different");
    }
    const auto header = [](const char *value) { return answered(200, {{"X-Key", value}}, ""); };
    const char *key = "v1 {{secret:0123456789ab}};q";
    QCOMPARE(told(compare(header(key), header("v1 {{secret:ba9876543210}};q"))).left(5), "noise");
    QCOMPARE(told(compare(header(key), header("v2 {{secret:ba9876543210}};q"))).left(9), "different");
    QCOMPARE(told(compare(header(key), header("v1 abc;q"))).left(9), "different");
    const auto cookie = [](const char *value) { return answered(200, {{"Set-Cookie", value}}, ""); };
    QCOMPARE(told(compare(cookie("a={{secret:00}}; Path=/"), cookie("a={{secret:11}}; Path=/"))).left(5), "noise");
    QCOMPARE(told(compare(cookie("a={{secret:00}}; Path=/"), cookie("a=; Path=/"))).left(9), "different");
    QCOMPARE(text("a={{secret:00}}&b={{secret:11}}&c", "a={{secret:22}}&b={{secret:33}}&c").left(5), "noise");
    QCOMPARE(text("a={{secret:00}}&b={{secret:11}}&c", "a={{secret:22}}&b={{secret:33}}&d").left(9), "different");
    QCOMPARE(text("a={{secret:00}}", "a={{secret:zz}}").left(9), "different");
    QCOMPARE(text("a={{secret:00}}", "a=1").left(9), "different");
}

void CompareTest::textIsComparedByLine()
{
    QCOMPARE(text("<a>\n<b/>\n</a>\n", "<a>\n<c/>\n</a>\n"), "different\nbody line 2: <b/> > <c/>");
    QCOMPARE(text("made 2026-11-24 23:15:07\nx", "made 2026-11-25 00:00:00\nx").left(5), "noise");
    QCOMPARE(text("a\r\nb", "a\nb"), "different\nbody: line ends > other line ends");
    QCOMPARE(text("", "a"), "different\nbody line 1:  > a");
}

void CompareTest::linesPutInDoNotShiftTheRest()
{
    QCOMPARE(text("1\n2\n3\n4\n5\n", "1\n2\nnew\n3\nfour\n5\n"),
             "different\nbody line 3:  > new\nbody line 4: 4 > four");
    QCOMPARE(text("1\n2\n3\n4\n", "1\n4\n"), "different\nbody line 2: 2 > \nbody line 3: 3 > ");
}

void CompareTest::otherBytesTellWhereTheyPart()
{
    const std::string before("\x89PNG\0\1\2\3", 8), after("\x89PNG\0\1\5\3\4", 9);
    QCOMPARE(text(before, after), "different\nbody byte 6: 0203 of 8 bytes > 050304 of 9 bytes");
    QCOMPARE(text(before, before.substr(0, 7)), "different\nbody byte 7: 03 of 8 bytes > ends, 7 bytes");
}

void CompareTest::contentCodingsAreTakenOff()
{
    const std::string plain = R"({"a":[1,2,3,1,2,3,1,2,3,1,2,3]})";
    const auto coded = [&](int level) { return answered(200, {{"Content-Encoding", "gzip"}}, gzipped(plain, level)); };
    QVERIFY(coded(0).responseBody.bytes != coded(9).responseBody.bytes);
    QCOMPARE(told(compare(coded(0), coded(9))), "same");
    QCOMPARE(told(compare(answered(200, {}, plain), coded(9))), "different\nheader Content-Encoding:  > gzip");
    auto redacted = answered(200, {{"Content-Encoding", "identity"}}, plain);
    redacted.responseBody.redacted = true;
    QCOMPARE(told(compare(redacted, coded(9))), "noise\n~header Content-Encoding: identity > gzip");
    QCOMPARE(told(compare(answered(200, {{"Content-Encoding", "gzip"}}, "no gzip"), coded(9))).left(9), "different");
}

void CompareTest::cutBodiesAreComparedAsFarAsTheyGo()
{
    auto before = answered(200, {}, "0123456789");
    before.responseBody.size = 1000;
    auto after = answered(200, {}, "0123456789" + std::string(990, 'x'));
    QCOMPARE(told(compare(before, after)), "same");
    after.responseBody.size = after.responseBody.bytes.size() + 5;
    QCOMPARE(told(compare(before, after)), "different\nbody length: 1000 bytes > 1005 bytes");
    after = answered(200, {}, "012345678!" + std::string(990, 'x'));
    QCOMPARE(told(compare(before, after)), "different\nbody byte 9: 39 of 10 bytes > 21 of 10 bytes");
    before.responseBody.withheld = "it may hide secrets";
    QCOMPARE(told(compare(before, after)), "noise\n~body: it may hide secrets > 1000 bytes");
}

void CompareTest::aBodyThatBrokeOffIsDifferent()
{
    auto after = answered(200, {}, "ab");
    after.responseBody.complete = false;
    QCOMPARE(told(compare(answered(200, {}, "abc"), after)),
             "different\nbody length: 3 bytes > 2 bytes, then it broke off\nbody line 1: abc > ab");
}

void CompareTest::brokenJsonIsComparedAsText()
{
    QCOMPARE(json("{\"a\":1,", "{\"a\":1}"), "different\nbody line 1: {\"a\":1, > {\"a\":1}");
    QCOMPARE(json("{\"a\":1}", "<html>"), "different\nbody line 1: {\"a\":1} > <html>");
}

void CompareTest::aFloodOfDifferencesIsBounded()
{
    std::string before = "[0", after = "[1", longLine(100'000, 'x');
    for (int i = 0; i < 100'000; ++i) {
        before += ",0";
        after += ",1";
    }
    const Comparison comparison = compare(answered(200, {{"X-Long", longLine}}, before + "]"),
                                          answered(200, {{"X-Long", longLine + "é"}}, after + "]"));
    QCOMPARE(comparison.verdict, Verdict::Different);
    QCOMPARE(comparison.differences.size(), size_t(200));
    for (const Difference &d : comparison.differences)
        QVERIFY(d.before.size() <= 200 && d.after.size() <= 200);
}

void CompareTest::noiseNeverHidesADifference()
{
    std::string before = "[", after = "[";
    for (int i = 0; i < 1000; ++i) {
        before += "\"2026-11-24T23:15:07Z\",";
        after += "\"2026-11-25T23:15:07Z\",";
    }
    const Comparison comparison = compare(answered(200, {}, before + "1]"), answered(200, {}, after + "2]"));
    QCOMPARE(comparison.verdict, Verdict::Different);
    QCOMPARE(comparison.differences.back().where, std::string("body $[1000]"));
}

void CompareTest::deepJsonDoesNoHarm()
{
    const std::string deep(100'000, '[');
    QCOMPARE(text(deep, deep + "]").left(9), "different");
}

QTEST_APPLESS_MAIN(CompareTest)
#include "compare_test.moc"
