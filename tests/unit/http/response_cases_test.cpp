// SPDX-License-Identifier: GPL-3.0-or-later
// Answers as upstreams give them: how long each is depends on the request, too (RFC 9112 section 6.3).
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

std::string answer(const std::string &fields, const std::string &body = {}, const std::string &status = "200 OK")
{
    return "HTTP/1.1 " + status + "\r\n" + fields + "\r\n" + body;
}

struct Case {
    const char *name;
    const char *method;
    std::string raw;
    const char *framing;  // nullptr: refused
    std::string body, left;
    bool keepAlive;
};

const std::vector<Case> &cases()
{
    static const std::vector<Case> list{
        {"a length", "GET", answer("Content-Length: 2\r\n", "abX"), "length 2", "ab", "X", true},
        {"a length of 0", "GET", answer("Content-Length: 0\r\n", "X"), "none", "", "X", true},
        {"chunked", "GET", answer("Transfer-Encoding: Chunked\r\n", "2\r\nab\r\n0\r\n\r\nX"), "chunked", "ab", "X",
         true},
        {"a close", "GET", answer("Content-Length: 2\r\nConnection: close\r\n", "ab"), "length 2", "ab", "", false},
        {"HTTP/1.0 with a length", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", "length 2", "ab", "",
         false},
        {"HTTP/1.0 that stays", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nab",
         "length 2", "ab", "", true},
        {"HEAD with a length", "HEAD", answer("Content-Length: 2\r\n", "X"), "none", "", "X", true},
        {"HEAD with chunked", "HEAD", answer("Transfer-Encoding: chunked\r\n", "X"), "none", "", "X", true},
        {"HEAD with nothing", "HEAD", answer("", "X"), "none", "", "X", true},
        {"204", "GET", answer("", "X", "204 No Content"), "none", "", "X", true},
        {"204 with a length of 0", "GET", answer("Content-Length: 0\r\n", "X", "204 No Content"), "none", "", "X",
         true},
        {"204 that announces content", "GET", answer("Content-Length: 2\r\n", "ab", "204 No Content"), "none", "", "ab",
         false},
        {"304 with a length", "GET", answer("Content-Length: 2\r\n", "X", "304 Not Modified"), "none", "", "X", true},
        {"an error with content", "GET", answer("Content-Length: 2\r\n", "ab", "500 Oops"), "length 2", "ab", "", true},
        {"no reason", "GET", answer("Content-Length: 0\r\n", "", "200 "), "none", "", "", true},
        {"no reason and no space", "GET", answer("Content-Length: 0\r\n", "", "200"), "none", "", "", true},
        {"a reason of obs-text", "GET", answer("Content-Length: 0\r\n", "", "200 caf\xc3\xa9"), "none", "", "", true},
        {"status 999", "GET", answer("Content-Length: 0\r\n", "", "999 ?"), "none", "", "", true},
        {"102, then 103, then 200", "GET",
         answer("", "", "102 Processing") + answer("Link: </a>\r\n", "", "103 Early Hints")
             + answer("Content-Length: 1\r\n", "a"),
         "length 1", "a", "", true},
        {"100 and no more", "POST", answer("", "", "100 Continue") + answer("Content-Length: 1\r\n", "a"), "length 1",
         "a", "", true},

        {"both framings", "GET", answer("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"), nullptr, "", "", false},
        {"two lengths", "GET", answer("Content-Length: 2\r\nContent-Length: 2\r\n", "ab"), nullptr, "", "", false},
        {"a malformed length", "GET", answer("Content-Length: 2x\r\n", "ab"), nullptr, "", "", false},
        {"both framings to HEAD", "HEAD", answer("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"), nullptr, "",
         "", false},
        {"an unknown coding", "GET", answer("Transfer-Encoding: gzip, chunked\r\n"), nullptr, "", "", false},
        {"chunked twice", "GET", answer("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), nullptr, "",
         "", false},
        {"chunked with HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", nullptr, "", "",
         false},
        {"1xx that announces content", "GET", answer("Content-Length: 2\r\n", "ab", "103 Early Hints"), nullptr, "", "",
         false},
        {"a bare LF", "GET", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", nullptr, "", "", false},
        {"an empty line before", "GET", "\r\nHTTP/1.1 200 OK\r\n\r\n", nullptr, "", "", false},
        {"a folded field", "GET", answer("X: a\r\n b\r\n"), nullptr, "", "", false},
        {"a space before the colon", "GET", answer("Content-Length : 2\r\n"), nullptr, "", "", false},
        {"a NUL in a value", "GET", answer("X: a\0b\r\n"s), nullptr, "", "", false},
        {"a control in the reason", "GET", answer("", "", "200 O\x01K"), nullptr, "", "", false},
        {"a status of two digits", "GET", answer("", "", "20 OK"), nullptr, "", "", false},
        {"a status of four digits", "GET", answer("", "", "2000 OK"), nullptr, "", "", false},
        {"a status below 100", "GET", answer("", "", "099 OK"), nullptr, "", "", false},
        {"a status of letters", "GET", answer("", "", "2x0 OK"), nullptr, "", "", false},
        {"two spaces before the status", "GET", answer("", "", " 200 OK"), nullptr, "", "", false},
        {"HTTP/2.0", "GET", "HTTP/2.0 200 OK\r\n\r\n", nullptr, "", "", false},
        {"no HTTP", "GET", "SSH-2.0-OpenSSH_9.2p1\r\n", nullptr, "", "", false},
        {"a broken chunk", "GET", answer("Transfer-Encoding: chunked\r\n", "zz\r\n"), nullptr, "", "", false},
    };
    return list;
}

}  // namespace

class ResponseCasesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anAnswerIsAsLongAsItsFramingSays_data();
    void anAnswerIsAsLongAsItsFramingSays();
    void contentUntilCloseEndsWithTheStream();
    void aStreamThatEndsEarlyIsRefused();
    void informationalHeadsComeOneByOne();
    void switchingProtocolsEndsHttp();
    void theNextAnswerOnTheConnectionIsReadAfresh();
};

void ResponseCasesTest::anAnswerIsAsLongAsItsFramingSays_data()
{
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < cases().size(); ++i)
        QTest::addRow("%s", cases()[i].name) << int(i);
}

void ResponseCasesTest::anAnswerIsAsLongAsItsFramingSays()
{
    QFETCH(int, index);
    const Case &c = cases()[size_t(index)];
    const Told whole = readWhole(readerFor(c.method), c.raw);
    if (!c.framing) {
        QCOMPARE(whole.status, 502);
        QVERIFY(!whole.why.empty());
    } else {
        QVERIFY2(whole.status == 0, whole.why.c_str());
        QVERIFY(!whole.heads.empty());
        QVERIFY2(QByteArray::fromStdString(whole.heads.back()).endsWith(c.framing), whole.heads.back().c_str());
        QCOMPARE(whole.bodies, std::vector<std::string>{c.body});
        QCOMPARE(whole.left, c.left);
        QCOMPARE(whole.keptAlive, std::vector<bool>{c.keepAlive});
    }
    // Cut anywhere, it reads the same; only what lies behind the answer may not have come yet.
    const std::string itself = c.raw.substr(0, c.raw.size() - c.left.size());
    const Told alone = readWhole(readerFor(c.method), itself);
    QVERIFY(readInPieces(readerFor(c.method), oneByOne(itself)) == alone);
    for (size_t cut = 1; cut < itself.size(); ++cut)
        QVERIFY2(readInPieces(readerFor(c.method), {itself.substr(0, cut), itself.substr(cut)}) == alone,
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
