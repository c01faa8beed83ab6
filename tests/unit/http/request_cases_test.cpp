// SPDX-License-Identifier: GPL-3.0-or-later
// Requests as they come, good and bad, each with the section that decides it.
#include "tests/unit/http/reading.h"

#include <QTest>

using namespace reading;
using namespace std::string_literals;

namespace {

struct Case {
    const char *name;
    std::string raw;
    int status;  // 0: taken
    const char *section;
};

std::string get(const std::string &fields)
{
    return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string line(const std::string &requestLine)
{
    return requestLine + "\r\nHost: a\r\n\r\n";
}
std::string host(const std::string &value)
{
    return "GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n";
}
std::string post(const std::string &fields, const std::string &body = {})
{
    return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
std::string chunked(const std::string &body)
{
    return post("Transfer-Encoding: chunked\r\n", body);
}

const std::vector<Case> &requestLines()
{
    static const std::vector<Case> cases{
        {"a plain GET", line("GET / HTTP/1.1"), 0, "9112-3"},
        {"an unknown method", line("BREW /pot HTTP/1.1"), 0, "9110-9.1"},
        {"a method of token marks", line("M-SEARCH!#$%&'*+.^_`|~ / HTTP/1.1"), 0, "9110-5.6.2"},
        {"a lower-case method", line("get / HTTP/1.1"), 0, "9110-9.1"},
        {"one empty line before", "\r\n" + line("GET / HTTP/1.1"), 0, "9112-2.2"},
        {"two empty lines before", "\r\n\r\n" + line("GET / HTTP/1.1"), 400, "9112-2.2"},
        {"a bare LF before", "\n" + line("GET / HTTP/1.1"), 400, "9112-2.2"},
        {"a bare CR before", "\r" + line("GET / HTTP/1.1"), 400, "9112-2.2"},
        {"a space before", line(" GET / HTTP/1.1"), 400, "9112-3"},
        {"two spaces after the method", line("GET  / HTTP/1.1"), 400, "9112-3"},
        {"two spaces before the version", line("GET /  HTTP/1.1"), 400, "9112-3"},
        {"a space after the version", line("GET / HTTP/1.1 "), 400, "9112-3"},
        {"a tab between", line("GET\t/ HTTP/1.1"), 400, "9112-3"},
        {"a tab in the target", line("GET /a\tb HTTP/1.1"), 400, "9112-3.2"},
        {"a space in the target", line("GET /a b HTTP/1.1"), 400, "9112-3.2"},
        {"a NUL in the target", "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n"s, 400, "9112-3.2"},
        {"a DEL in the target", line("GET /a\x7f HTTP/1.1"), 400, "3986-2"},
        {"raw UTF-8 in the target", line("GET /caf\xc3\xa9 HTTP/1.1"), 400, "3986-2"},
        {"a fragment", line("GET /a#b HTTP/1.1"), 400, "9112-3.2"},
        {"a vertical tab in the line", line("GET /\vHTTP/1.1"), 400, "9112-3"},
        {"a bare CR in the line", line("GET /\r HTTP/1.1"), 400, "9112-2.2"},
        {"a bare LF at the end", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "9112-2.2"},
        {"brackets and pipes in the query", line("GET /?a[b]=c|d HTTP/1.1"), 0, "3986-3.4"},
        {"no method", line("/ HTTP/1.1"), 400, "9112-3.1"},
        {"no target", line("GET HTTP/1.1"), 400, "9112-3"},
        {"no version", line("GET /"), 400, "9112-2.3"},
        {"an empty line of spaces", "   \r\n\r\n", 400, "9112-3"},
        {"a method with a colon", line("GET: / HTTP/1.1"), 400, "9110-9.1"},
        {"a method of non-ASCII", line("G\xc3\x89T / HTTP/1.1"), 400, "9110-9.1"},
        {"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 0, "9112-2.3"},
        {"HTTP/0.9 in full", line("GET / HTTP/0.9"), 505, "9110-15.6.6"},
        {"HTTP/2.0", line("GET / HTTP/2.0"), 505, "9110-15.6.6"},
        {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "9113-3.4"},
        {"HTTP/1.2", line("GET / HTTP/1.2"), 505, "9112-2.3"},
        {"HTTP/1.10", line("GET / HTTP/1.10"), 400, "9112-2.3"},
        {"HTTP/01.1", line("GET / HTTP/01.1"), 400, "9112-2.3"},
        {"HTTP/1,1", line("GET / HTTP/1,1"), 400, "9112-2.3"},
        {"HTTP/+1.1", line("GET / HTTP/+.1"), 400, "9112-2.3"},
        {"a lower-case version", line("GET / http/1.1"), 400, "9112-2.3"},
        {"another protocol", line("GET / ICAP/1.0"), 400, "9112-2.3"},
        {"the hello of TLS", "\x16\x03\x01\x02\x00\x01\xfc\x03\x03\n"s, 400, "9112-3"},
        {"CONNECT", line("CONNECT a:443 HTTP/1.1"), 501, "9110-9.3.6"},
        {"authority-form without CONNECT", line("GET a:80 HTTP/1.1"), 400, "9112-3.2.3"},
        {"* with OPTIONS", line("OPTIONS * HTTP/1.1"), 0, "9112-3.2.4"},
        {"* with GET", line("GET * HTTP/1.1"), 400, "9112-3.2.4"},
        {"a relative target", line("GET a/b HTTP/1.1"), 400, "9112-3.2"},
        {"an absolute target", line("GET http://a/b HTTP/1.1"), 0, "9112-3.2.2"},
        {"an absolute target in another case", line("GET HTTP://A/b HTTP/1.1"), 0, "9112-3.2.2"},
        {"an absolute target with the default port", line("GET http://a:80/b HTTP/1.1"), 0, "9110-4.2.3"},
        {"an absolute target without a path", line("GET http://a HTTP/1.1"), 0, "9112-3.2.2"},
        {"an absolute target that Host denies", line("GET http://b/ HTTP/1.1"), 400, "9112-3.2.2"},
        {"an absolute target on a port that Host denies", line("GET http://a:81/ HTTP/1.1"), 400, "9112-3.2.2"},
        {"an absolute target of another scheme", line("GET https://a/ HTTP/1.1"), 400, "9110-7.4"},
        {"an absolute target of a strange scheme", line("GET ftp://a/ HTTP/1.1"), 400, "9112-3.2.2"},
        {"an absolute target with userinfo", line("GET http://u@a/ HTTP/1.1"), 400, "9110-4.2.4"},
        {"an absolute target without a host", line("GET http:///x HTTP/1.1"), 400, "9110-4.2.1"},
    };
    return cases;
}

const std::vector<Case> &fieldLines()
{
    static const std::vector<Case> cases{
        {"no Host", "GET / HTTP/1.1\r\n\r\n", 400, "9112-3.2"},
        {"two Hosts", get("Host: a\r\n"), 400, "9112-3.2"},
        {"two Hosts that differ", get("host: b\r\n"), 400, "9112-3.2"},
        {"two Hosts with HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400, "9112-3.2"},
        {"an empty Host", host(""), 400, "9110-4.2.1"},
        {"Host with a port", host("a.example:8080"), 0, "9110-7.2"},
        {"Host of IPv6", host("[::1]:8080"), 0, "3986-3.2.2"},
        {"Host of malformed IPv6", host("[::1:8080"), 400, "3986-3.2.2"},
        {"Host of IPv6 without brackets", host("::1"), 400, "3986-3.2.2"},
        {"Host with userinfo", host("u@a"), 400, "9110-7.2"},
        {"Host with a path", host("a/b"), 400, "9110-7.2"},
        {"Host of a list", host("a, b"), 400, "9110-7.2"},
        {"Host with a space", host("a b"), 400, "9110-7.2"},
        {"Host with an escape", host("a%2eb"), 400, "9110-7.2"},
        {"Host with an empty port", host("a:"), 400, "9110-7.2"},
        {"Host with a port of letters", host("a:b"), 400, "9110-7.2"},
        {"Host with a port too high", host("a:65536"), 400, "9110-7.2"},
        {"Host with two ports", host("a:1:2"), 400, "9110-7.2"},
        {"Host with an underscore", host("my_service:80"), 0, "9110-7.2"},
        {"an empty value", get("X:\r\n"), 0, "9110-5.5"},
        {"white space around a value", get("X: \t a b \t\r\n"), 0, "9112-5.1"},
        {"a tab in a value", get("X: a\tb\r\n"), 0, "9110-5.5"},
        {"obs-text in a value", get("X: caf\xc3\xa9\r\n"), 0, "9110-5.5"},
        {"no name", get(": a\r\n"), 400, "9112-5"},
        {"no colon", get("X\r\n"), 400, "9112-5"},
        {"a space before the colon", get("X : a\r\n"), 400, "9112-5.1"},
        {"a tab before the colon", get("Content-Length\t: 5\r\n"), 400, "9112-5.1"},
        {"a folded value", get("X: a\r\n b\r\n"), 400, "9112-5.2"},
        {"a folded value by a tab", get("X: a\r\n\tb\r\n"), 400, "9112-5.2"},
        {"a space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "9112-2.2"},
        {"a bracket in a name", get("X(a): b\r\n"), 400, "9110-5.1"},
        {"a control in a name", get("X\x01: b\r\n"), 400, "9110-5.1"},
        {"non-ASCII in a name", get("X\xc3\xa9: b\r\n"), 400, "9110-5.1"},
        {"a NUL in a value", get("X: a\0b\r\n"s), 400, "9110-5.5"},
        {"a NUL in a name", get("X\0: b\r\n"s), 400, "9110-5.1"},
        {"a control in a value", get("X: a\x01\r\n"), 400, "9110-5.5"},
        {"an escape in a value", get("X: \x1b[31m\r\n"), 400, "9110-5.5"},
        {"a DEL in a value", get("X: a\x7f\r\n"), 400, "9110-5.5"},
        {"a bare CR in a value", get("X: a\rb\r\n"), 400, "9112-2.2"},
        {"a bare CR before the end", get("X: a\r\r\n"), 400, "9112-2.2"},
        {"a bare LF in a value", get("X: a\nY: b\r\n"), 400, "9112-2.2"},
        {"a bare LF that ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "9112-2.2"},
        {"a bare CR that ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\rx\n", 400, "9112-2.2"},
    };
    return cases;
}

const std::vector<Case> &framings()
{
    static const std::vector<Case> cases{
        {"a length", post("Content-Length: 3\r\n", "abc"), 0, "9112-6.2"},
        {"a length of 0", post("Content-Length: 0\r\n"), 0, "9112-6.2"},
        {"the greatest length", post("Content-Length: 9223372036854775807\r\n"), 0, "9112-6.2"},
        {"a length one greater", post("Content-Length: 9223372036854775808\r\n"), 400, "9112-6.2"},
        {"a length of 2 to the 64", post("Content-Length: 18446744073709551616\r\n"), 400, "9112-6.2"},
        {"a length of many zeros", post("Content-Length: 000000000000000000000001\r\n"), 400, "9112-6.2"},
        {"two lengths that agree", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), 400, "9112-6.3"},
        {"two lengths that differ", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abc"), 400, "9112-6.3"},
        {"a list of lengths that agree", post("Content-Length: 3, 3\r\n", "abc"), 400, "9112-6.3"},
        {"an empty length", post("Content-Length:\r\n"), 400, "9112-6.3"},
        {"a length with a plus", post("Content-Length: +3\r\n"), 400, "9112-6.3"},
        {"a length with a minus", post("Content-Length: -3\r\n"), 400, "9112-6.3"},
        {"a length in hex", post("Content-Length: 0x3\r\n"), 400, "9112-6.3"},
        {"a length with a space", post("Content-Length: 3 3\r\n"), 400, "9112-6.3"},
        {"a length with an underscore", post("Content-Length: 1_0\r\n"), 400, "9112-6.3"},
        {"a length with a fraction", post("Content-Length: 3.0\r\n"), 400, "9112-6.3"},
        {"a length in quotes", post("Content-Length: \"3\"\r\n"), 400, "9112-6.3"},
        {"length and chunked", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400, "9112-6.1"},
        {"chunked and length", post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400, "9112-6.1"},
        {"identity and length", post("Transfer-Encoding: identity\r\nContent-Length: 3\r\n"), 400, "9112-6.1"},
        {"chunked in another case", post("transfer-encoding: CHUNKED\r\n", "0\r\n\r\n"), 0, "9112-7"},
        {"chunked twice in a list", post("Transfer-Encoding: chunked, chunked\r\n"), 400, "9112-6.1"},
        {"chunked twice in two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400,
         "9112-6.1"},
        {"chunked not last", post("Transfer-Encoding: chunked, gzip\r\n"), 400, "9112-6.3"},
        {"an unknown coding alone", post("Transfer-Encoding: gzip\r\n"), 400, "9112-6.3"},
        {"an unknown coding before chunked", post("Transfer-Encoding: gzip, chunked\r\n"), 501, "9112-6.1"},
        {"codings in two lines", post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), 400, "9112-6.1"},
        {"identity", post("Transfer-Encoding: identity\r\n"), 400, "9112-6.3"},
        {"an empty coding", post("Transfer-Encoding:\r\n"), 400, "9112-6.1"},
        {"a comma behind chunked", post("Transfer-Encoding: chunked,\r\n"), 400, "9112-6.1"},
        {"a comma before chunked", post("Transfer-Encoding: ,chunked\r\n"), 400, "9112-6.1"},
        {"chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n"), 400, "9112-7"},
        {"chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n"), 400, "9112-6.1"},
        {"xchunked", post("Transfer-Encoding: xchunked\r\n"), 400, "9112-6.1"},
        {"a vertical tab before chunked", post("Transfer-Encoding: \vchunked\r\n"), 400, "9110-5.5"},
        {"chunked with HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "9112-6.1"},
    };
    return cases;
}

const std::vector<Case> &chunks()
{
    static const std::vector<Case> cases{
        {"no chunk but the last", chunked("0\r\n\r\n"), 0, "9112-7.1"},
        {"two chunks", chunked("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"), 0, "9112-7.1"},
        {"leading zeros", chunked("0003\r\nabc\r\n000\r\n\r\n"), 0, "9112-7.1"},
        {"sixteen digits", chunked("0000000000000003\r\nabc\r\n0\r\n\r\n"), 0, "9112-7.1"},
        {"seventeen digits", chunked("00000000000000003\r\nabc\r\n0\r\n\r\n"), 400, "9112-7.1"},
        {"a size of 2 to the 63", chunked("8000000000000000\r\n"), 400, "9112-7.1"},
        {"a size of 2 to the 64 and 3", chunked("10000000000000003\r\nabc\r\n"), 400, "9112-7.1"},
        {"an empty size", chunked("\r\n"), 400, "9112-7.1"},
        {"a size with 0x", chunked("0x3\r\nabc\r\n0\r\n\r\n"), 400, "9112-7.1"},
        {"a size with an underscore", chunked("0_3\r\nabc\r\n0\r\n\r\n"), 400, "9112-7.1"},
        {"a size with a plus", chunked("+3\r\nabc\r\n0\r\n\r\n"), 400, "9112-7.1"},
        {"a size with a minus", chunked("-0\r\n\r\n"), 400, "9112-7.1"},
        {"a space before the size", chunked(" 3\r\nabc\r\n0\r\n\r\n"), 400, "9112-7.1"},
        {"a space behind the size", chunked("3 \r\nabc\r\n0\r\n\r\n"), 400, "9112-7.1"},
        {"a space before an extension", chunked("3 ;x\r\nabc\r\n0\r\n\r\n"), 0, "9112-7.1.1"},
        {"an extension", chunked("3;a;b=c;d=\"e;\\\"f\"\r\nabc\r\n0;z\r\n\r\n"), 0, "9112-7.1.1"},
        {"an extension without a name", chunked("3;\r\nabc\r\n0\r\n\r\n"), 400, "9112-7.1.1"},
        {"an extension without a value", chunked("3;a=\r\nabc\r\n0\r\n\r\n"), 400, "9112-7.1.1"},
        {"an extension of an open quote", chunked("3;a=\"b\r\nabc\r\n0\r\n\r\n"), 400, "9112-7.1.1"},
        {"an extension with a bare CR", chunked("3;a\rb\r\nabc\r\n0\r\n\r\n"), 400, "9112-7.1.1"},
        {"an extension with a NUL", chunked("3;a=\"\0\"\r\nabc\r\n0\r\n\r\n"s), 400, "9112-7.1.1"},
        {"a bare LF behind the size", chunked("3\nabc\r\n0\r\n\r\n"), 400, "9112-2.2"},
        {"a bare LF in an extension", chunked("3;a\nabc\r\n0\r\n\r\n"), 400, "9112-7.1.1"},
        {"a bare LF behind the data", chunked("3\r\nabc\n0\r\n\r\n"), 400, "9112-7.1"},
        {"data longer than its size", chunked("3\r\nabcd\r\n0\r\n\r\n"), 400, "9112-7.1"},
        {"no CRLF behind the data", chunked("3\r\nabc0\r\n\r\n"), 400, "9112-7.1"},
        {"a CR behind the data", chunked("3\r\nabc\rX"), 400, "9112-7.1"},
        {"a trailer", chunked("0\r\nX-Sum: 1\r\n\r\n"), 0, "9112-7.1.2"},
        {"a trailer that frames", chunked("0\r\nContent-Length: 1\r\n\r\n"), 400, "9110-6.5.1"},
        {"a trailer that codes", chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, "9110-6.5.1"},
        {"a trailer that routes", chunked("0\r\nHost: b\r\n\r\n"), 400, "9110-6.5.1"},
        {"a folded trailer", chunked("0\r\nX: a\r\n b\r\n\r\n"), 400, "9112-5.2"},
        {"a malformed trailer", chunked("0\r\nX\r\n\r\n"), 400, "9112-5"},
        {"a bare LF behind the last chunk", chunked("0\r\n\n"), 400, "9112-2.2"},
    };
    return cases;
}

void addRows(const std::vector<Case> &cases)
{
    QTest::addColumn<QByteArray>("raw");
    QTest::addColumn<int>("status");
    for (const Case &c : cases) {
        QTest::addRow("%s (RFC %s)", c.name, c.section)
            << QByteArray(c.raw.data(), qsizetype(c.raw.size())) << c.status;
    }
}

}  // namespace

class RequestCasesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aRequestLineIsTakenOrRefused_data() { addRows(requestLines()); }
    void aRequestLineIsTakenOrRefused() { check(); }
    void aFieldIsTakenOrRefused_data() { addRows(fieldLines()); }
    void aFieldIsTakenOrRefused() { check(); }
    void aFramingIsTakenOrRefused_data() { addRows(framings()); }
    void aFramingIsTakenOrRefused() { check(); }
    void aChunkIsTakenOrRefused_data() { addRows(chunks()); }
    void aChunkIsTakenOrRefused() { check(); }

    void theFactsOfATakenRequestAreThere();
    void theAuthorityIsTheTargetsOrElseHosts();
    void aConnectionIsKeptAsTheVersionAndConnectionSay();
    void aClientThatWaitsFor100IsSeen();
    void theHeadIsThereAsItCame();
    void trailersThatMustNotBeAreDropped();
    void pipelinedRequestsComeOneAfterTheOther();
    void whatIsTooLongIsRefused();
    void aRefusalStays();
    void itIsIdleUntilTheFirstByte();

private:
    static void check()
    {
        QFETCH(QByteArray, raw);
        QFETCH(int, status);
        const std::string text = raw.toStdString();
        const Told whole = readWhole(RequestReader(), text);
        QVERIFY2(whole.status == status, ("status " + std::to_string(whole.status) + ": " + whole.why).c_str());
        QCOMPARE(whole.why.empty(), status == 0);
        if (status == 0)
            QCOMPARE(whole.heads.size(), size_t(1));
        const Told slow = readInPieces(RequestReader(), oneByOne(text));
        QVERIFY(slow == whole);
        for (size_t cut = 1; cut < text.size(); ++cut)
            QVERIFY2(readInPieces(RequestReader(), {text.substr(0, cut), text.substr(cut)}) == whole,
                     ("cut at " + std::to_string(cut)).c_str());
    }
};

void RequestCasesTest::theFactsOfATakenRequestAreThere()
{
    RequestReader reader;
    const std::string raw = "POST /a?b=c HTTP/1.1\r\nHost: Shop.Example:81\r\nX-One: 1\r\nx-one:  two words \r\n"
                            "Content-Length: 3\r\n\r\nabc";
    size_t consumed = 0;
    QVERIFY(reader.read(raw, consumed) == Step::Head);
    QCOMPARE(consumed, raw.size() - 3);
    const auto &head = reader.head();
    QCOMPARE(head.method, "POST");
    QCOMPARE(head.target, "/a?b=c");
    QCOMPARE(head.scheme, "http");
    QCOMPARE(head.authority, "shop.example:81");
    QVERIFY(head.version == sluice::http::Version::Http11);
    QCOMPARE(head.headers.size(), size_t(4));
    QVERIFY(head.headers[1].name == "X-One" && head.headers[1].value == "1");
    QVERIFY(head.headers[2].name == "x-one" && head.headers[2].value == "two words");
    QVERIFY(head.headers.get("host") == "Shop.Example:81");
    QCOMPARE(textOf(reader.framing()), "length 3");
    const std::string_view rest = std::string_view(raw).substr(consumed);
    QVERIFY(reader.read(rest, consumed) == Step::Body);
    QVERIFY(reader.data().data() == rest.data());  // a view, not a copy
    QVERIFY(reader.data() == "abc");
    QVERIFY(reader.read({}, consumed) == Step::End);
    QCOMPARE(consumed, size_t(0));
}

void RequestCasesTest::theAuthorityIsTheTargetsOrElseHosts()
{
    const auto authority = [](const std::string &raw, const char *scheme = "http") {
        RequestReader reader({}, scheme);
        size_t consumed = 0;
        return reader.read(raw, consumed) == Step::Head ? reader.head().scheme + "://" + reader.head().authority
                                                        : "refused";
    };
    QCOMPARE(authority("GET / HTTP/1.1\r\nHost: A.b\r\n\r\n"), "http://a.b");
    QCOMPARE(authority("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "https"), "https://a");
    QCOMPARE(authority("GET http://A:80/x HTTP/1.1\r\nHost: a\r\n\r\n"), "http://a:80");
    QCOMPARE(authority("GET https://a/x HTTP/1.1\r\nHost: a:443\r\n\r\n", "https"), "https://a");
    QCOMPARE(authority("GET http://a/x HTTP/1.0\r\n\r\n"), "http://a");
    QCOMPARE(authority("GET /x HTTP/1.0\r\n\r\n"), "http://");
    QCOMPARE(authority("GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n", "https"), "refused");
}

void RequestCasesTest::aConnectionIsKeptAsTheVersionAndConnectionSay()
{
    const auto kept = [](const std::string &version, const std::string &connection) {
        const Told told = readWhole(RequestReader(), "GET / " + version + "\r\nHost: a\r\n" + connection + "\r\n");
        return !told.keptAlive.empty() && told.keptAlive.front();
    };
    QVERIFY(kept("HTTP/1.1", ""));
    QVERIFY(!kept("HTTP/1.1", "Connection: close\r\n"));
    QVERIFY(!kept("HTTP/1.1", "Connection: x, Close ,y\r\n"));
    QVERIFY(!kept("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
    QVERIFY(kept("HTTP/1.1", "Connection: closed, not-close\r\n"));
    QVERIFY(!kept("HTTP/1.0", ""));
    QVERIFY(kept("HTTP/1.0", "Connection: Keep-Alive\r\n"));
    QVERIFY(!kept("HTTP/1.0", "Connection: keep-alive, close\r\n"));
}

void RequestCasesTest::aClientThatWaitsFor100IsSeen()
{
    const auto waits = [](const std::string &raw) {
        RequestReader reader;
        size_t consumed = 0;
        return reader.read(raw, consumed) == Step::Head && reader.expectsContinue();
    };
    QVERIFY(waits(post("Expect: 100-Continue\r\nContent-Length: 1\r\n")));
    QVERIFY(waits(post("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n")));
    QVERIFY(!waits(post("Expect: 100-continue\r\nContent-Length: 0\r\n")));
    QVERIFY(!waits(post("Expect: other\r\nContent-Length: 1\r\n")));
    QVERIFY(!waits("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"));
}

void RequestCasesTest::theHeadIsThereAsItCame()
{
    const std::string raw = "GET / HTTP/1.1\r\nhOsT:   a\t\r\n\r\n";
    const Told told = readWhole(RequestReader(), "\r\n" + raw);
    QCOMPARE(told.rawHeads.size(), size_t(1));
    QCOMPARE(told.rawHeads[0], raw);
}

void RequestCasesTest::trailersThatMustNotBeAreDropped()
{
    const Told told = readWhole(RequestReader(),
                                chunked("1\r\na\r\n0\r\nX-Sum: 1\r\nAuthorization: b\r\nCookie: c\r\n"
                                        "X-Forwarded-For: d\r\nX-Last: 2\r\n\r\n"));
    QCOMPARE(told.trailers.size(), size_t(1));
    QCOMPARE(told.trailers[0], "X-Sum: 1|X-Last: 2|");
}

void RequestCasesTest::pipelinedRequestsComeOneAfterTheOther()
{
    const std::string raw = post("Content-Length: 2\r\n", "ab") + get("X: 1\r\n")
        + chunked("1\r\nc\r\n0\r\nT: t\r\n\r\n") + "\r\n" + get("") + "GET /unfinished";
    const Told told = readWhole(RequestReader(), raw);
    QCOMPARE(told.status, 0);
    QCOMPARE(told.heads.size(), size_t(4));
    QVERIFY((told.bodies == std::vector<std::string>{"ab", "", "c", ""}));
    QVERIFY((told.trailers == std::vector<std::string>{"", "", "T: t|", ""}));
    QCOMPARE(told.heads[1], "GET / http a HTTP/1.1 Host: a|X: 1|none");
    QCOMPARE(told.left, "GET /unfinished");
    QVERIFY(readInPieces(RequestReader(), oneByOne(raw)) == told);
}

void RequestCasesTest::whatIsTooLongIsRefused()
{
    const auto status = [](const std::string &raw, sluice::http::Limits limits = {}) {
        const Told whole = readWhole(RequestReader(limits), raw);
        const Told slow = readInPieces(RequestReader(limits), oneByOne(raw));
        return slow == whole ? whole.status : -1;
    };
    const std::string eightK(8192, 'a');
    QCOMPARE(status("GET /" + eightK.substr(14) + " HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
    QCOMPARE(status("GET /" + eightK.substr(13) + " HTTP/1.1\r\nHost: a\r\n\r\n"), 414);
    QCOMPARE(status("GET /" + eightK + eightK), 414);  // before its end has come
    QCOMPARE(status(get("X: " + eightK.substr(3) + "\r\n")), 0);
    QCOMPARE(status(get("X: " + eightK.substr(2) + "\r\n")), 431);
    QCOMPARE(status("GET / HTTP/1.1\r\nX: " + eightK), 431);
    QCOMPARE(status("GET / HTTP/1.1\r\n" + eightK + "aa"), 431);  // not even a name
    std::string fields;
    for (int i = 0; i < 99; ++i)
        fields += "X: 1\r\n";
    QCOMPARE(status(get(fields)), 0);
    QCOMPARE(status(get(fields + "Y: 1\r\n")), 431);
    const std::string small = get("X: 12345\r\n");
    QCOMPARE(status(small, {.headBytes = uint32_t(small.size())}), 0);
    QCOMPARE(status(small, {.headBytes = uint32_t(small.size()) - 1}), 431);
    QCOMPARE(status(small.substr(0, small.size() - 1), {.headBytes = uint32_t(small.size()) - 1}), 431);
    QCOMPARE(status(chunked("1;" + eightK.substr(0, 1022) + "\r\na\r\n0\r\n\r\n")), 0);
    QCOMPARE(status(chunked("1;" + eightK.substr(0, 1023) + "\r\na\r\n0\r\n\r\n")), 400);
    QCOMPARE(status(chunked(eightK)), 400);
    std::string extended;
    for (int i = 0; i < 17; ++i)
        extended += "1;" + eightK.substr(0, 1000) + "\r\na\r\n";
    QCOMPARE(status(chunked(extended)), 400);
    QCOMPARE(status(chunked("0\r\nX: " + eightK.substr(3) + "\r\nY: " + eightK.substr(30) + "\r\n\r\n")), 0);
    QCOMPARE(status(chunked("0\r\nX: " + eightK.substr(3) + "\r\nY: " + eightK.substr(3) + "\r\n\r\n")), 431);
}

void RequestCasesTest::aRefusalStays()
{
    RequestReader reader;
    size_t consumed = 9;
    QVERIFY(reader.read("nonsense\r\n", consumed) == Step::Refused);
    QVERIFY(!reader.keepAlive());
    QVERIFY(reader.read(get(""), consumed) == Step::Refused);
    QCOMPARE(consumed, size_t(0));
    QCOMPARE(reader.refusal().status, 400);
}

void RequestCasesTest::itIsIdleUntilTheFirstByte()
{
    RequestReader reader;
    size_t consumed = 0;
    QVERIFY(reader.idle());
    QVERIFY(reader.read("\r\n", consumed) == Step::NeedMore);
    QCOMPARE(consumed, size_t(2));
    QVERIFY(reader.idle());
    QVERIFY(reader.read("G", consumed) == Step::NeedMore);
    QCOMPARE(consumed, size_t(0));
    QVERIFY(!reader.idle());
}

QTEST_APPLESS_MAIN(RequestCasesTest)
#include "request_cases_test.moc"
