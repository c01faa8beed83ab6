// SPDX-License-Identifier: GPL-3.0-or-later
// Answers as upstreams give them: how long each is depends on the request, too (RFC 9112 section 6.3).
#include "tests/conversation/http1_cases.h"
#include "tests/unit/http/reading.h"

#include <QTest>

using namespace reading;
using namespace std::string_literals;

namespace {

ResponseReader readerFor(std::string_view method)
{
    ResponseReader reader;
    reader.expect(method);
    return reader;
}

// As readInPieces(); `ends`: the stream ends behind the last piece.
Told readToTheEnd(ResponseReader reader, const std::vector<std::string> &pieces, bool ends)
{
    Told told;
    std::string buffer;
    for (const std::string &piece : pieces) {
        feed(reader, piece, buffer, told);
        if (told.status || !told.trailers.empty())
            return told;
    }
    if (!ends)
        return told;
    if (reader.endOfStream() == sluice::http::Step::Refused) {
        told.status = reader.refusal().status;
        told.why = reader.refusal().what;
        told.left.clear();
    } else {
        told.trailers.push_back(textOf(reader.trailers()));
        told.keptAlive.push_back(reader.keepAlive());
    }
    return told;
}

std::string answer(const std::string &fields, const std::string &body = {}, const std::string &status = "200 OK")
{
    return "HTTP/1.1 " + status + "\r\n" + fields + "\r\n" + body;
}

}  // namespace

class ResponseCasesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void eachCaseIsReadAsTheListSays_data();
    void eachCaseIsReadAsTheListSays();
    void contentUntilCloseEndsWithTheStream();
    void aStreamThatEndsEarlyIsRefused();
    void whereverAStreamEndsOnlyAWholeAnswerIsTaken();
    void informationalHeadsComeOneByOne();
    void switchingProtocolsEndsHttp();
    void theNextAnswerOnTheConnectionIsReadAfresh();

private:
    std::vector<cases::Case> cases_ = cases::read("http1_answers.txt");
};

void ResponseCasesTest::eachCaseIsReadAsTheListSays_data()
{
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < cases_.size(); ++i)
        QTest::addRow("%s (RFC %s)", cases_[i].name.c_str(), cases_[i].section.c_str()) << int(i);
}

void ResponseCasesTest::eachCaseIsReadAsTheListSays()
{
    QFETCH(int, index);
    const cases::Case &c = cases_[size_t(index)];
    const std::string method = c.told("to").empty() ? "GET" : c.told("to"), becomes = cases::parted(c.outcome).back();
    const Told whole = readToTheEnd(readerFor(method), {c.raw}, c.ends);
    if (becomes == "502" || becomes == "cut") {
        QVERIFY(whole.status == 502 || (whole.switched && whole.heads.size() == 1));  // 101 is refused unless asked for
        QVERIFY(whole.switched || !whole.why.empty());
    } else {
        QVERIFY2(whole.status == 0, whole.why.c_str());
        QCOMPARE(whole.bodies, std::vector<std::string>{cases::unescaped(c.told("body"))});
        QCOMPARE(whole.keptAlive, std::vector<bool>{becomes != "closed"});
        QCOMPARE(whole.left.empty(), becomes != "more behind" && c.name != "204 that announces content");
    }
    // Cut anywhere, it reads the same; only what lies behind the answer may not have come yet.
    const std::string itself = c.raw.substr(0, c.raw.size() - whole.left.size());
    const Told alone = readToTheEnd(readerFor(method), {itself}, c.ends);
    const size_t step = std::max<size_t>(1, itself.size() / 1000);
    if (step == 1)
        QVERIFY(readToTheEnd(readerFor(method), oneByOne(itself), c.ends) == alone);
    for (size_t cut = 1; cut < itself.size(); cut += step)
        QVERIFY2(readToTheEnd(readerFor(method), {itself.substr(0, cut), itself.substr(cut)}, c.ends) == alone,
                 ("cut at " + std::to_string(cut)).c_str());
}

void ResponseCasesTest::contentUntilCloseEndsWithTheStream()
{
    for (const std::string &version : {"HTTP/1.1"s, "HTTP/1.0"s}) {
        ResponseReader reader = readerFor("GET");
        Told told;
        std::string buffer;
        feed(reader, version + " 200 OK\r\nConnection: keep-alive\r\n\r\nab", buffer, told);
        feed(reader, "cd", buffer, told);
        QCOMPARE(textOf(reader.framing()), "until close");
        QCOMPARE(told.bodies.front(), "abcd");
        QVERIFY(told.trailers.empty());
        QVERIFY(reader.endOfStream() == Step::End);
        QVERIFY(!reader.keepAlive());
        size_t consumed = 0;
        QVERIFY(reader.read({}, consumed) == Step::End);
    }
}

void ResponseCasesTest::aStreamThatEndsEarlyIsRefused()
{
    const auto ends = [](const std::string &raw, const char *method = "GET") {
        ResponseReader reader = readerFor(method);
        Told told;
        std::string buffer;
        feed(reader, raw, buffer, told);
        return reader.endOfStream() == Step::End ? 0 : reader.refusal().status;
    };
    QCOMPARE(ends(""), 502);
    QCOMPARE(ends("HTTP/1.1 2"), 502);
    QCOMPARE(ends("HTTP/1.1 200 OK\r\nX: 1\r\n"), 502);
    QCOMPARE(ends(answer("", "", "100 Continue")), 502);
    QCOMPARE(ends(answer("Content-Length: 3\r\n", "ab")), 502);
    QCOMPARE(ends(answer("Content-Length: 3\r\n", "abc")), 0);
    QCOMPARE(ends(answer("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n")), 502);
    QCOMPARE(ends(answer("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\n")), 502);
    QCOMPARE(ends(answer("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\n\r\n")), 0);
    QCOMPARE(ends(answer("Content-Length: 3\r\n"), "HEAD"), 0);
}

void ResponseCasesTest::whereverAStreamEndsOnlyAWholeAnswerIsTaken()
{
    for (const cases::Case &c : cases_) {
        const size_t step = std::max<size_t>(1, c.raw.size() / 1000);
        for (size_t cut = 0; cut < c.raw.size(); cut += step) {
            ResponseReader reader = readerFor(c.told("to").empty() ? "GET" : c.told("to"));
            Told told;
            std::string buffer;
            feed(reader, c.raw.substr(0, cut), buffer, told);
            const bool whole = !told.trailers.empty() || textOf(reader.framing()) == "until close";
            const bool taken = reader.endOfStream() == Step::End;
            QVERIFY2(!taken || whole, (c.name + ", ended at " + std::to_string(cut)).c_str());
        }
    }
}

void ResponseCasesTest::informationalHeadsComeOneByOne()
{
    const std::string hints = answer("Link: </a>\r\n", "", "103 Early Hints");
    const Told told = readWhole(readerFor("GET"), hints + hints + answer("X: 1\r\nContent-Length: 0\r\n"));
    QCOMPARE(told.heads.size(), size_t(3));
    QCOMPARE(told.heads[1], "103 Early Hints HTTP/1.1 Link: </a>|none");
    QCOMPARE(told.heads[2], "200 OK HTTP/1.1 X: 1|Content-Length: 0|none");
    QCOMPARE(told.rawHeads[1], hints);
    std::string flood;
    for (int i = 0; i < 101; ++i)
        flood += hints;
    QCOMPARE(readWhole(readerFor("GET"), flood).status, 502);
}

void ResponseCasesTest::switchingProtocolsEndsHttp()
{
    const Told told =
        readWhole(readerFor("GET"),
                  answer("Upgrade: websocket\r\nConnection: Upgrade\r\n", "\x81\x02hi", "101 Switching Protocols"));
    QCOMPARE(told.status, 0);
    QVERIFY(told.switched);
    QCOMPARE(told.left, "\x81\x02hi");
    QCOMPARE(told.keptAlive, std::vector<bool>{false});
}

void ResponseCasesTest::theNextAnswerOnTheConnectionIsReadAfresh()
{
    ResponseReader reader = readerFor("HEAD");
    Told told;
    std::string buffer;
    feed(reader, answer("Content-Length: 5\r\n") + answer("Content-Length: 1\r\nX: 1\r\n", "a"), buffer, told);
    QVERIFY(reader.keepAlive());
    reader.expect("GET");
    QVERIFY(reader.idle());
    feed(reader, "", buffer, told);
    QCOMPARE(told.heads.size(), size_t(2));
    QCOMPARE(told.heads[1], "200 OK HTTP/1.1 Content-Length: 1|X: 1|length 1");
    QCOMPARE(told.bodies[1], "a");
}

QTEST_APPLESS_MAIN(ResponseCasesTest)
#include "response_cases_test.moc"
