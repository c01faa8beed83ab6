// SPDX-License-Identifier: GPL-3.0-or-later
// Field sections of HTTP/2, one a line: what is taken, and what is refused because it would be read in another way once it is
// written as HTTP/1 (RFC 9113 sections 8.1 to 8.5, RFC 8441).
#include "engine/http/http1_writer.h"
#include "engine/http/http2_fields.h"
#include "tests/support/http2_frames.h"

#include <QTest>

using namespace sluice::http;
using namespace std::string_literals;
using support::h2::Fields;

namespace {

struct Case {
    const char *name;
    Fields fields;
    bool last;       // END_STREAM
    int status;      // 0: taken
    const char *is;  // of a request that is taken: its head as HTTP/1; else a part of the reason
};

Fields request(const Fields &more)
{
    return support::h2::get("/", more);
}

const std::vector<Case> &requests()
{
    static const std::vector<Case> list{
        // ---- taken
        {"a plain one", request({}), true, 0, "GET / HTTP/1.1\r\n\r\n"},
        {"fields keep their order", request({{"b", "2"}, {"a", "1"}}), true, 0,
         "GET / HTTP/1.1\r\nb: 2\r\na: 1\r\n\r\n"},
        {"an empty value", request({{"a", ""}}), true, 0, "GET / HTTP/1.1\r\na: \r\n\r\n"},
        {"a tab within a value", request({{"a", "x\ty"}}), true, 0, "GET / HTTP/1.1\r\na: x\ty\r\n\r\n"},
        {"a value with bytes past ASCII", request({{"a", "caf\xc3\xa9"}}), true, 0,
         "GET / HTTP/1.1\r\na: caf\xc3\xa9\r\n\r\n"},
        {"cookies are one again (8.2.3)", request({{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}}), true, 0,
         "GET / HTTP/1.1\r\nx: y\r\ncookie: a=1; b=2\r\n\r\n"},
        {"te: trailers", request({{"te", "trailers"}}), true, 0, "GET / HTTP/1.1\r\nte: trailers\r\n\r\n"},
        {"Host in place of :authority",
         {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "a"}},
         true,
         0,
         "GET / HTTP/1.1\r\nhost: a\r\n\r\n"},
        {"Host and :authority agree", request({{"host", "a"}}), true, 0, "GET / HTTP/1.1\r\nhost: a\r\n\r\n"},
        {"Host and :authority agree but for the port that is the scheme's", request({{"host", "A:80"}}), true, 0,
         "GET / HTTP/1.1\r\nhost: A:80\r\n\r\n"},
        {"a length of content to come", request({{"content-length", "5"}}), false, 0,
         "GET / HTTP/1.1\r\ncontent-length: 5\r\n\r\n"},
        {"a length of 0 and the end", request({{"content-length", "0"}}), true, 0,
         "GET / HTTP/1.1\r\ncontent-length: 0\r\n\r\n"},
        {"OPTIONS *",
         {{":method", "OPTIONS"}, {":scheme", "http"}, {":authority", "a"}, {":path", "*"}},
         true,
         0,
         "OPTIONS * HTTP/1.1\r\n\r\n"},
        {"pseudo-header fields in any order",
         {{":path", "/"}, {":authority", "a"}, {":scheme", "https"}, {":method", "PUT"}},
         true,
         0,
         "PUT / HTTP/1.1\r\n\r\n"},
        {"a request for a WebSocket (RFC 8441)",
         {{":method", "CONNECT"},
          {":protocol", "websocket"},
          {":scheme", "http"},
          {":authority", "a"},
          {":path", "/chat"},
          {"sec-websocket-version", "13"}},
         false,
         0,
         "GET /chat HTTP/1.1\r\nsec-websocket-version: 13\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"},
        // ---- characters (8.2.1)
        {"CR in a value", request({{"a", "x\ry"}}), true, 400, "value"},
        {"LF in a value", request({{"a", "x\ny"}}), true, 400, "value"},
        {"CR LF and a field in a value", request({{"a", "x\r\nevil: 1"}}), true, 400, "value"},
        {"CR LF CR LF and a request in a value", request({{"a", "x\r\n\r\nGET /b HTTP/1.1\r\n\r\n"}}), true, 400,
         "value"},
        {"NUL in a value", request({{"a", "x\0y"s}}), true, 400, "value"},
        {"another control in a value", request({{"a", "x\x01y"}}), true, 400, "value"},
        {"DEL in a value", request({{"a", "x\x7fy"}}), true, 400, "value"},
        {"a blank before a value", request({{"a", " x"}}), true, 400, "value"},
        {"a blank behind a value", request({{"a", "x "}}), true, 400, "value"},
        {"a tab behind a value", request({{"a", "x\t"}}), true, 400, "value"},
        {"upper case in a name", request({{"Abc", "x"}}), true, 400, "lower case"},
        {"a blank in a name", request({{"a b", "x"}}), true, 400, "lower case"},
        {"a colon in a name", request({{"a:b", "x"}}), true, 400, "lower case"},
        {"CR LF in a name", request({{"a\r\nb", "x"}}), true, 400, "lower case"},
        {"NUL in a name", request({{"a\0b"s, "x"}}), true, 400, "lower case"},
        {"a name with bytes past ASCII", request({{"caf\xc3\xa9", "x"}}), true, 400, "lower case"},
        {"no name at all", request({{"", "x"}}), true, 400, "lower case"},
        // ---- fields of a connection (8.2.2)
        {"connection", request({{"connection", "close"}}), true, 400, "belongs to a connection"},
        {"keep-alive", request({{"keep-alive", "timeout=5"}}), true, 400, "belongs to a connection"},
        {"proxy-connection", request({{"proxy-connection", "close"}}), true, 400, "belongs to a connection"},
        {"transfer-encoding: chunked", request({{"transfer-encoding", "chunked"}}), false, 400,
         "belongs to a connection"},
        {"transfer-encoding and a length", request({{"content-length", "3"}, {"transfer-encoding", "chunked"}}), false,
         400, "belongs to a connection"},
        {"upgrade", request({{"upgrade", "h2c"}}), true, 400, "belongs to a connection"},
        {"te: gzip", request({{"te", "gzip"}}), true, 400, "TE"},
        {"te: trailers and more", request({{"te", "trailers, deflate"}}), true, 400, "TE"},
        // ---- pseudo-header fields (8.3)
        {"no :method", {{":scheme", "http"}, {":authority", "a"}, {":path", "/"}}, true, 400, ":method"},
        {"no :scheme", {{":method", "GET"}, {":authority", "a"}, {":path", "/"}}, true, 400, ":scheme"},
        {"no :path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}}, true, 400, ":path"},
        {"neither :authority nor Host",
         {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}},
         true,
         400,
         "neither"},
        {"nothing at all", {}, true, 400, ":method"},
        {":method twice",
         {{":method", "GET"}, {":method", "POST"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}},
         true,
         400,
         "twice"},
        {":path twice",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}, {":path", "/b"}},
         true,
         400,
         "twice"},
        {":authority twice",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":authority", "b"}, {":path", "/"}},
         true,
         400,
         "twice"},
        {":scheme twice",
         {{":method", "GET"}, {":scheme", "http"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}},
         true,
         400,
         "twice"},
        {"a pseudo-header field behind others",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {"x", "y"}, {":path", "/"}},
         true,
         400,
         "behind"},
        {"one that is not known",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}, {":x", "1"}},
         true,
         400,
         "not known"},
        {":status in a request",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}, {":status", "200"}},
         true,
         400,
         "not known"},
        {"an upper case pseudo-header field",
         {{":Method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}},
         true,
         400,
         "not known"},
        {"an empty :method",
         {{":method", ""}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}},
         true,
         400,
         "method"},
        {"a blank in :method",
         {{":method", "GET /x HTTP/1.1"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}},
         true,
         400,
         "method"},
        {"an empty :path",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", ""}},
         true,
         400,
         "path"},
        {"a :path that does not begin with a slash",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "b"}},
         true,
         400,
         "slash"},
        {"a :path that is a URL",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "http://b/"}},
         true,
         400,
         "slash"},
        {"a blank in :path",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/ HTTP/1.1"}},
         true,
         400,
         "path"},
        {"CR LF in :path",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/ HTTP/1.1\r\nx: y"}},
         true,
         400,
         "value"},
        {"a fragment in :path",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/#x"}},
         true,
         400,
         "path"},
        {"bytes past ASCII in :path",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/\xc3\xa9"}},
         true,
         400,
         "path"},
        {"* with GET",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "*"}},
         true,
         400,
         "OPTIONS"},
        {"a scheme that is neither",
         {{":method", "GET"}, {":scheme", "ftp"}, {":authority", "a"}, {":path", "/"}},
         true,
         400,
         "scheme"},
        {"a user in :authority",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "me@a"}, {":path", "/"}},
         true,
         400,
         "authority"},
        {"a path in :authority",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", "a/b"}, {":path", "/"}},
         true,
         400,
         "authority"},
        {"an empty :authority",
         {{":method", "GET"}, {":scheme", "http"}, {":authority", ""}, {":path", "/"}},
         true,
         400,
         "authority"},
        {"Host and :authority differ", request({{"host", "b"}}), true, 400, "different"},
        {"Host and :authority differ in the port", request({{"host", "a:81"}}), true, 400, "different"},
        {"two Hosts", request({{"host", "a"}, {"host", "a"}}), true, 400, "more than one Host"},
        {"a malformed Host", request({{"host", "a b"}}), true, 400, "Host"},
        // ---- lengths (8.1.1)
        {"two lengths that agree", request({{"content-length", "3"}, {"content-length", "3"}}), false, 400,
         "more than one"},
        {"two lengths that differ", request({{"content-length", "3"}, {"content-length", "4"}}), false, 400,
         "more than one"},
        {"a list of lengths", request({{"content-length", "3, 3"}}), false, 400, "malformed"},
        {"a signed length", request({{"content-length", "+3"}}), false, 400, "malformed"},
        {"a length that overflows", request({{"content-length", "99999999999999999999"}}), false, 400, "malformed"},
        {"an empty length", request({{"content-length", ""}}), false, 400, "malformed"},
        {"a length, and the end", request({{"content-length", "3"}}), true, 400, "announces"},
        // ---- CONNECT (8.5, RFC 8441)
        {"CONNECT", {{":method", "CONNECT"}, {":authority", "a:443"}}, false, 501, "CONNECT"},
        {"CONNECT for something else",
         {{":method", "CONNECT"},
          {":protocol", "connect-udp"},
          {":scheme", "http"},
          {":authority", "a"},
          {":path", "/"}},
         false,
         501,
         "protocol"},
        {":protocol with GET", request({}), true, 0, nullptr},
        {":protocol with another method",
         {{":method", "GET"}, {":protocol", "websocket"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}},
         true,
         400,
         "CONNECT only"},
        // ---- limits
        {"a path that is too long", support::h2::get("/" + std::string(8192, 'x')), true, 414, "path"},
        {"a field that is too long", request({{"a", std::string(8192, 'x')}}), true, 431, "longer"},
        {"too many fields", request(Fields(101, {"a", "b"})), true, 431, "more fields"},
        {"as many fields as are taken", request(Fields(100, {"a", "b"})), true, 0, nullptr},
        {"fields that are too long together", request(Fields(10, {"a", std::string(8000, 'x')})), true, 431,
         "together"},
    };
    return list;
}

const std::vector<Case> &answers()
{
    static const std::vector<Case> list{
        {"a plain one", {{":status", "200"}, {"a", "b"}}, false, 0, nullptr},
        {"one that is not final", {{":status", "103"}, {"link", "</a>"}}, false, 0, nullptr},
        {"one that is not final, and the end", {{":status", "103"}}, true, 400, "not final"},
        {"no status", {{"a", "b"}}, false, 400, "no status"},
        {"two of them", {{":status", "200"}, {":status", "200"}}, false, 400, "twice"},
        {"a status that is no number", {{":status", "2xx"}}, false, 400, "three digits"},
        {"a status of four digits", {{":status", "2000"}}, false, 400, "three digits"},
        {"a status below 100", {{":status", "099"}}, false, 400, "three digits"},
        {"101 does not exist (8.6)", {{":status", "101"}}, false, 400, "101"},
        {":path in an answer", {{":status", "200"}, {":path", "/"}}, false, 400, "belong"},
        {":status behind others", {{"a", "b"}, {":status", "200"}}, false, 400, "behind"},
        {"transfer-encoding",
         {{":status", "200"}, {"transfer-encoding", "chunked"}},
         false,
         400,
         "belongs to a connection"},
        {"connection", {{":status", "200"}, {"connection", "close"}}, false, 400, "belongs to a connection"},
        {"CR LF in a value", {{":status", "200"}, {"a", "b\r\nset-cookie: evil=1"}}, false, 400, "value"},
        {"upper case in a name", {{":status", "200"}, {"Server", "x"}}, false, 400, "lower case"},
        {"two lengths",
         {{":status", "200"}, {"content-length", "1"}, {"content-length", "1"}},
         false,
         400,
         "more than one"},
    };
    return list;
}

const std::vector<Case> &trailers()
{
    static const std::vector<Case> list{
        {"plain ones", {{"a", "b"}}, true, 0, "a"},
        {"of gRPC", {{"grpc-status", "0"}, {"grpc-message", "fine"}}, true, 0, "grpc-status grpc-message"},
        {"that no trailer may be, left out (RFC 9110 6.5.1)",
         {{"authorization", "Bearer x"}, {"x-user-roles", "admin"}, {"a", "b"}, {"te", "trailers"}, {"cookie", "c=d"}},
         true,
         0,
         "a"},
        {"with a length", {{"content-length", "1"}}, true, 400, "frame or route"},
        {"with a host", {{"host", "b"}}, true, 400, "frame or route"},
        {"that do not end the message", {{"a", "b"}}, false, 400, "end the message"},
        {"with a pseudo-header field", {{":path", "/"}}, true, 400, "trailers"},
        {"with transfer-encoding", {{"transfer-encoding", "chunked"}}, true, 400, "belongs to a connection"},
        {"with CR LF in a value", {{"a", "b\r\nc: d"}}, true, 400, "value"},
        {"that are too long together", Fields(3, {"a", std::string(8000, 'x')}), true, 431, "together"},
    };
    return list;
}

void rows(const std::vector<Case> &list)
{
    QTest::addColumn<const Case *>("c");
    for (const Case &c : list)
        QTest::newRow(c.name) << &c;
}

void compare(FieldSection &section, const Case &c)
{
    for (const auto &[name, value] : c.fields)
        section.add(name, value);
    const bool taken = section.finish(c.last);
    QVERIFY2(taken == (c.status == 0), section.refusal().what.c_str());
    QCOMPARE(section.refusal().status, c.status);
    if (c.status != 0)
        QVERIFY2(section.refusal().what.find(c.is) != std::string::npos, section.refusal().what.c_str());
}

}  // namespace

Q_DECLARE_METATYPE(const Case *)

class Http2FieldsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void requestsAreTakenOrRefused_data() { rows(requests()); }
    void requestsAreTakenOrRefused();
    void answersAreTakenOrRefused_data() { rows(answers()); }
    void answersAreTakenOrRefused();
    void trailersAreTakenOrRefused_data() { rows(trailers()); }
    void trailersAreTakenOrRefused();
    void theSchemeIsThatOfTheConnection();
    void aSectionAfterARefusedOneIsRead();
    void pastARefusalFieldsAreCountedOnly();
};

void Http2FieldsTest::requestsAreTakenOrRefused()
{
    QFETCH(const Case *, c);
    FieldSection section{Limits{}};
    section.begin(FieldSection::Kind::Request);
    compare(section, *c);
    if (c->status != 0 || !c->is)
        return;
    std::string head;
    QVERIFY(appendHead(head, section.request()));
    QCOMPARE(QString::fromStdString(head), QString(c->is));
    QCOMPARE(section.request().version, Version::Http2);
    QCOMPARE(section.request().authority, std::string("a"));
}

void Http2FieldsTest::answersAreTakenOrRefused()
{
    QFETCH(const Case *, c);
    FieldSection section{Limits{}};
    section.begin(FieldSection::Kind::Response);
    compare(section, *c);
}

void Http2FieldsTest::trailersAreTakenOrRefused()
{
    QFETCH(const Case *, c);
    FieldSection section{Limits{}};
    section.begin(FieldSection::Kind::Trailers);
    compare(section, *c);
    if (c->status != 0)
        return;
    std::string names;
    for (const Field field : section.trailers())
        names.append(names.empty() ? "" : " ").append(field.name);
    QCOMPARE(names, std::string(c->is));
}

void Http2FieldsTest::theSchemeIsThatOfTheConnection()
{
    FieldSection section{Limits{}};
    for (const bool tls : {false, true}) {
        section.begin(FieldSection::Kind::Request, tls);
        for (const auto &[name, value] : support::h2::get())  // says http
            section.add(name, value);
        QVERIFY(section.finish(true));
        QCOMPARE(section.request().scheme, std::string(tls ? "https" : "http"));
    }
}

void Http2FieldsTest::aSectionAfterARefusedOneIsRead()
{
    FieldSection section{Limits{}};
    section.begin(FieldSection::Kind::Request);
    section.add("A", "b");
    QVERIFY(!section.finish(true));
    section.begin(FieldSection::Kind::Request);
    for (const auto &[name, value] : support::h2::get("/b"))
        section.add(name, value);
    QVERIFY(section.finish(true));
    QCOMPARE(section.request().target, std::string("/b"));
    QVERIFY(section.request().headers.empty());
}

void Http2FieldsTest::pastARefusalFieldsAreCountedOnly()
{
    FieldSection section{Limits{}};
    section.begin(FieldSection::Kind::Request);
    for (int i = 0; i < 100'000; ++i)
        section.add("name", std::string(1000, 'x'));
    QCOMPARE(section.size(), uint64_t(100'000) * 1036);
    QVERIFY(section.request().headers.textSize() <= 65536);
    QVERIFY(!section.finish(true));
}

QTEST_GUILESS_MAIN(Http2FieldsTest)
#include "http2_fields_test.moc"
