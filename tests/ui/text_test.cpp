// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers to words, bodies to text, exchanges to lines for a shell.
#include "tests/ui/fake_session.h"
#include "ui/text/body.h"
#include "ui/text/curl.h"
#include "ui/text/fold.h"
#include "ui/text/format.h"
#include "ui/widgets/timing_view.h"

#include <QTest>

using namespace sluice;
using namespace sluice::ui;
using namespace std::chrono_literals;

class TextTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void durationsAndSizesAreShort();
    void jsonIsLaidOutWithoutTouchingItsTokens();
    void brokenJsonIsShownAsItIs();
    void jsonThatWasCutIsLaidOutAsFarAsItGoes();
    void aBigBodyIsShownInPart();
    void longLinesAreFoldedBetweenCharacters();
    void bytesAreShownAsHex();
    void aBodyThatWasCutSaysSo();
    void xmlWithADoctypeIsNotUnfolded();
    void secretsAreHidden();
    void curlQuotesWhatAShellWouldRead();
    void timingLeavesOutWhatDidNotHappen();
};

namespace {

BodyText shown(std::string bytes, const QString &type, BodyLook look = BodyLook::Pretty, size_t most = 256 * 1024)
{
    BodyQuestion question;
    question.content.take(bytes, SIZE_MAX);
    question.type = type;
    question.look = look;
    question.most = most;
    return bodyText(question);
}

}  // namespace

void TextTest::durationsAndSizesAreShort()
{
    QCOMPARE(sluice::ui::durationText(840us), u"840 µs"_qs);
    QCOMPARE(sluice::ui::durationText(12'440us), u"12.4 ms"_qs);
    QCOMPARE(sluice::ui::durationText(1200ms), u"1.20 s"_qs);
    QCOMPARE(sluice::ui::durationText(125s), u"2 min 5 s"_qs);
    QCOMPARE(sluice::ui::durationText(-1ns), u"–"_qs);
    QCOMPARE(sizeText(0), u"0 B"_qs);
    QCOMPARE(sizeText(1400), u"1.40 kB"_qs);
    QCOMPARE(sizeText(12'000'000), u"12.0 MB"_qs);
    QCOMPARE(countText(1'204'331), u"1,204,331"_qs);
    QCOMPARE(percentText(0.003), u"0.3 %"_qs);
    QCOMPARE(statusText(499), u"499 client left"_qs);
    QCOMPARE(wordsForNoPath("the client sent nothing within 2s"), u"the client sent nothing within 2s"_qs);
    QCOMPARE(wordsForNoPath({}), u"–"_qs);
}

void TextTest::jsonIsLaidOutWithoutTouchingItsTokens()
{
    const BodyText body =
        shown(R"({"n":1.10,"big":12345678901234567890,"a":[1,{"x":"a\"}"}],"e":{},"f":[ ]})", u"application/json"_qs);
    QCOMPARE(body.kind, BodyKind::Json);
    QCOMPARE(body.text,
             u"{\n  \"n\": 1.10,\n  \"big\": 12345678901234567890,\n  \"a\": [\n    1,\n    {\n      \"x\": "
             u"\"a\\\"}\"\n    }\n  ],\n"
             "  \"e\": {},\n  \"f\": []\n}"_qs);
}

void TextTest::brokenJsonIsShownAsItIs()
{
    for (const std::string text : {"{\"a\":", "}{", "{\"a\":\"b", "[1,2}"})
        QCOMPARE(shown(text, u"application/json"_qs).text.toStdString(), text);
    QVERIFY(!laidOutJson("[[[[") && !laidOutJson(QByteArray(100'000, '[')));
}

void TextTest::jsonThatWasCutIsLaidOutAsFarAsItGoes()
{
    BodyQuestion question;
    question.content.take(R"({"a":[1,{"b":"text that goes on"}]})", 20);
    question.type = u"application/json"_qs;
    QCOMPARE(bodyText(question).text, u"{\n  \"a\": [\n    1,\n    {\n      \"b\": \"text t"_qs);
    QVERIFY(!laidOutJson("[1,2}", true));
}

void TextTest::aBigBodyIsShownInPart()
{
    const BodyText body = shown(std::string(300'000, 'a'), u"text/plain"_qs, BodyLook::Pretty, 1000);
    QVERIFY(body.partial);
    QCOMPARE(body.text.size(), 1000);
    QCOMPARE(body.decodedSize, uint64_t(300'000));
    QVERIFY(!shown(std::string(300'000, 'a'), u"text/plain"_qs, BodyLook::Pretty, SIZE_MAX).partial);
}

void TextTest::longLinesAreFoldedBetweenCharacters()
{
    const QString line(2000, u'x');
    QCOMPARE(folded(line), line);
    QCOMPARE(folded(line + u"y\nz\n"_qs), line + u"\ny\nz\n"_qs);
    const QString pair = QString(1999, u'x') + u"😀"_qs;
    QCOMPARE(folded(pair), QString(1999, u'x') + u"\n😀"_qs);
    QCOMPARE(folded(QString(6001, u'x')).count(u'\n'), 3);
}

void TextTest::bytesAreShownAsHex()
{
    const BodyText body = shown(std::string("\x00\x01Zz", 4), u"application/octet-stream"_qs);
    QCOMPARE(body.kind, BodyKind::Binary);
    QVERIFY(body.text.startsWith(u"00000000  00 01 5a 7a "));
    QVERIFY(body.text.trimmed().endsWith(u"··Zz"));
}

void TextTest::aBodyThatWasCutSaysSo()
{
    BodyQuestion question;
    question.content.take("0123456789", 4);
    question.content.complete = false;
    const BodyText body = bodyText(question);
    QVERIFY(body.note.contains(u"broke off"));
    QVERIFY(body.note.contains(u"first 4 B of 10 B"));
}

void TextTest::xmlWithADoctypeIsNotUnfolded()
{
    QVERIFY(shown("<a><b>1</b></a>", u"application/xml"_qs).text.contains(u"\n  <b>1</b>"));
    const std::string bomb = "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>";
    QCOMPARE(shown(bomb, u"application/xml"_qs).text.toStdString(), bomb);
}

void TextTest::secretsAreHidden()
{
    QCOMPARE(withSecretsHidden(u"Bearer {{secret:0a1b2c3d4e5f}}, x"_qs), u"Bearer ••••••\u00a00a1b, x"_qs);
    QVERIFY(hasSecrets(u"{{secret:0a1b}}"));
    QVERIFY(!hasSecrets(u"{{other}}"));
}

void TextTest::curlQuotesWhatAShellWouldRead()
{
    journey::Exchange x = sampleExchange(1);
    x.received.method = "POST";
    x.received.headers.add("X-Note", "it's $HOME");
    x.received.headers.add("Content-Length", "5");
    x.requestBody.take("a'b&c", 100);
    const QString line = curlLine(x, u"http://127.0.0.1:8080"_qs);
    QVERIFY(line.contains(u"'X-Note: it'\\''s $HOME'"));
    QVERIFY(line.contains(u"--data-raw 'a'\\''b&c'"));
    QVERIFY(!line.contains(u"Content-Length"));
    QVERIFY(!line.contains(u"--globoff") && !line.contains(u"--compressed"));
    QVERIFY(!line.contains(u"-X "));
    x.requestBody = {};
    QVERIFY(curlLine(x, {}).contains(u"-X 'POST'"));
    x.received.target = "/items?ids[]=1";
    x.received.headers.add("Accept-Encoding", "gzip");
    QVERIFY(curlLine(x, {}).startsWith(u"curl --globoff --compressed -X 'POST' 'http://"));
}

void TextTest::timingLeavesOutWhatDidNotHappen()
{
    journey::Exchange x = sampleExchange(1);
    QCOMPARE(timingSteps(x).size(), size_t(7));
    x.times.connected = x.times.requestSent = x.times.firstByte = Nanos(-1);
    x.attempts.clear();
    const auto steps = timingSteps(x);
    QCOMPARE(steps.size(), size_t(3));
    QCOMPARE(steps[1].begin, steps[0].end);
    QCOMPARE(steps.back().end, x.times.ended);
}

QTEST_MAIN(TextTest)
#include "text_test.moc"
