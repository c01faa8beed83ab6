// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/characters.h"
#include "engine/http/message.h"

#include <QTest>

using namespace sluice::http;

class HeadersTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void fieldsKeepTheirOrderAndSpelling();
    void settingReplacesTheFirstAndRemovesTheOthers();
    void tokensOfAListAreFound();
    void aBlockIsTakenBehindWhatIsThere();
    void anotherListIsCopiedInPart();
    void aFieldKnowsTheLineThatItStandsIn();
    void fieldsOfOurOwnAreLinesLikeOthers();
    void caseIsThatOfAsciiLettersOnly();
    void textsOfTheSourceAreComparedAlike();
    void runsEndWhereTheTableSays();
    void methodsAndStatusesAreKnown();
};

void HeadersTest::fieldsKeepTheirOrderAndSpelling()
{
    HeaderList list;
    list.add("X-One", " 1\t");
    list.add("x-ONE", "");
    list.add("Two", "2");
    QCOMPARE(list.size(), size_t(3));
    QVERIFY(list[0].name == "X-One" && list[0].value == "1");
    QVERIFY(list[1].name == "x-ONE" && list[1].value.empty());
    QCOMPARE(list.count("X-ONE"), size_t(2));
    QCOMPARE(list.joined("two"), "2");
    QVERIFY(list.has("TWO") && !list.has("Tw") && list.get("none").empty());
    HeaderList other = list;
    QVERIFY(other == list);
    QCOMPARE(other.remove("x-one"), size_t(2));
    QVERIFY(!(other == list));
}

void HeadersTest::settingReplacesTheFirstAndRemovesTheOthers()
{
    HeaderList list;
    list.add("A", "1");
    list.add("B", "2");
    list.add("a", "3");
    list.add("A", "4");
    list.set("a", "5");
    QCOMPARE(list.size(), size_t(2));
    QVERIFY(list[0].name == "A" && list[0].value == "5" && list[1].name == "B");
    list.set("C", "6");
    QVERIFY(list.get("c") == "6");
}

void HeadersTest::tokensOfAListAreFound()
{
    HeaderList list;
    list.add("Connection", "keep-alive , X");
    list.add("connection", "Upgrade");
    QVERIFY(list.hasToken("CONNECTION", "upgrade"));
    QVERIFY(list.hasToken("connection", "x"));
    QVERIFY(!list.hasToken("connection", "keep"));
    QVERIFY(!list.hasToken("other", "x"));
}

void HeadersTest::aBlockIsTakenBehindWhatIsThere()
{
    HeaderList list;
    list.add("A", "1");
    const std::string block = "B: two\r\nC: \r\n";
    const HeaderList::Place places[] = {{0, 3, 3, 1}, {8, 11, 0, 1}};
    list.addBlock(block, places);
    QCOMPARE(list.size(), size_t(3));
    QVERIFY(list[0].value == "1" && list[1].name == "B" && list[1].value == "two" && list[2].name == "C"
            && list[2].value.empty());
}

void HeadersTest::anotherListIsCopiedInPart()
{
    HeaderList from, to;
    from.add("A", "1");
    from.add("B", "2");
    from.add("C", "3");
    to.add("Host", "h");
    to.addFrom(from, [](const Field &f) { return f.name != "B"; });
    QCOMPARE(to.size(), size_t(3));
    QVERIFY(to[0].value == "h" && to[1].value == "1" && to[2].name == "C" && to[2].value == "3");
}

void HeadersTest::aFieldKnowsTheLineThatItStandsIn()
{
    HeaderList list;
    const std::string block = "GET / HTTP/1.1\r\nA: 1\r\nB:2\r\nC:  3 \r\n";
    const HeaderList::Place places[] = {{16, 19, 1, 1, true}, {22, 24, 1, 1, true}, {27, 31, 1, 1, true}};
    list.addBlock(block, places);
    list.add("D", " 4\t");
    QVERIFY(list[0].value == "1" && list[1].value == "2" && list[2].value == "3" && list[3].value == "4");
    QVERIFY(list.line(0) == "A: 1\r\n" && list.checked(0));
    QVERIFY(list.line(1).empty() && list.line(2).empty());  // spaced otherwise than we write
    QVERIFY(list.line(3) == "D: 4\r\n" && !list.checked(3));
    list.set("a", "5");
    QVERIFY(list[0].value == "5" && list.line(0).empty() && !list.checked(0));
    list.removeAt(1);
    QVERIFY(list.line(2) == "D: 4\r\n");
}

// The same answer as for two texts that are known only when the program runs, whichever one byte is another.
template<size_t size>
bool comparedAlike(const char (&text)[size])
{
    for (size_t at = 0; at + 1 < size; ++at) {
        for (int c = 0; c < 256; ++c) {
            std::string other(text);
            other[at] = char(c);
            if (equalsIgnoreCase(other, text) != equalsIgnoreCase(other, std::string_view(text)))
                return false;
        }
    }
    const std::string same(text);
    return equalsIgnoreCase(same, text) && !equalsIgnoreCase(same + 'x', text)
        && !equalsIgnoreCase(same.substr(1), text);
}

void HeadersTest::textsOfTheSourceAreComparedAlike()
{
    QVERIFY(comparedAlike("z") && comparedAlike("Te") && comparedAlike("for") && comparedAlike("Host"));
    QVERIFY(comparedAlike("x[@`{") && comparedAlike("Expect") && comparedAlike("upgrade")
            && comparedAlike("br\xc4-Zz0_"));
    QVERIFY(comparedAlike("keep-alive") && comparedAlike("transfer-encoding")
            && comparedAlike("server_max_window_bits"));
}

void HeadersTest::runsEndWhereTheTableSays()
{
    // Each byte at each place of a word, so that the fast way and the table are compared everywhere.
    for (int byte = 0; byte < 256; ++byte) {
        for (size_t place = 0; place < 40; ++place) {
            std::string text(40, 'a');
            text[place] = char(byte);
            const auto expected = [&](bool taken) { return taken ? text.size() : place; };
            const bool control = byte < 0x20 || byte == 0x7f;
            QCOMPARE(plainRun(text, 0), expected(!control));
            QCOMPARE(tokenRun(text, 0), expected(is(kTokenChar, char(byte))));
            QCOMPARE(targetRun(text, 0), expected(is(kTargetChar, char(byte))));
        }
    }
    for (size_t size = 0; size < 20; ++size) {
        for (size_t at = 0; at < size; ++at) {
            for (unsigned c = 0; c < 256; ++c) {
                std::string text(size, '\xe9');
                text[at] = char(c);
                QCOMPARE(allPlain(text), plainRun(text, 0) == size);
            }
        }
    }
    QCOMPARE(plainRun("ab\r", 1), size_t(1));
    QCOMPARE(tokenRun("", 0), size_t(0));
}

void HeadersTest::fieldsOfOurOwnAreLinesLikeOthers()
{
    HeaderList list;
    list.addOwn("Via", {"1.1 ", "", "sluice"}, true);
    list.addOwn("X-Id", "7", false);
    list.setOwn("x-id", "8");
    list.setOwn("Date", "now");
    QCOMPARE(list.size(), size_t(3));
    QVERIFY(list.line(0) == "Via: 1.1 sluice\r\n" && list.checked(0));
    QVERIFY(list[1].name == "X-Id" && list[1].value == "8" && !list.checked(1) && list.line(1).empty());
    QVERIFY(list.line(2) == "Date: now\r\n" && list.checked(2) && list.has("DATE"));
    HeaderList other;
    other.add("A", "1");
    list.swap(other);
    QVERIFY(list.size() == 1 && list.has("a") && !list.has("via") && other.has("via"));
    other.clear();
    QVERIFY(!other.has("via"));
}

// Every pair of bytes, at each place of texts of each length that is compared in another way.
void HeadersTest::caseIsThatOfAsciiLettersOnly()
{
    const auto lower = [](unsigned c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
    for (size_t size : {1, 7, 8, 9, 16, 17}) {
        for (size_t at = 0; at < size; ++at) {
            std::string a(size, 'k'), b(size, 'K');
            for (unsigned x = 0; x < 256; ++x) {
                for (unsigned y = 0; y < 256; ++y) {
                    a[at] = char(x);
                    b[at] = char(y);
                    if (equalsIgnoreCase(a, b) != (lower(x) == lower(y)))
                        QFAIL(qPrintable(QString("%1 and %2 at %3 of %4").arg(x).arg(y).arg(at).arg(size)));
                }
            }
        }
    }
    QVERIFY(!equalsIgnoreCase("content-length", "content-lengths"));
}

void HeadersTest::methodsAndStatusesAreKnown()
{
    QVERIFY(isIdempotent("GET") && isIdempotent("DELETE") && !isIdempotent("POST") && !isIdempotent("get"));
    QVERIFY(isToken("X-a_b~") && !isToken("") && !isToken("a b") && !isToken("a:") && !isToken("\xe9"));
    QVERIFY(reasonPhrase(404) == "Not Found" && reasonPhrase(100) == "Continue" && reasonPhrase(511).size() > 0);
    QVERIFY(reasonPhrase(599).empty() && reasonPhrase(0).empty() && reasonPhrase(306).empty());
    QVERIFY(hasNoContent("HEAD", 200) && hasNoContent("GET", 204) && hasNoContent("GET", 304)
            && hasNoContent("GET", 103));
    QVERIFY(!hasNoContent("GET", 200));
    QVERIFY(name(Version::Http10) == "HTTP/1.0" && name(Version::Http2) == "HTTP/2");
}

QTEST_APPLESS_MAIN(HeadersTest)
#include "headers_test.moc"
