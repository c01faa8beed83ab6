// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/http1_writer.h"
#include "tests/unit/http/reading.h"

#include <QTest>

#include <random>

using namespace reading;
using namespace sluice::http;

namespace {

RequestHead request(const std::string &method, std::initializer_list<Field> fields = {})
{
    RequestHead head;
    head.method = method;
    head.target = "/a?b";
    for (const Field &f : fields)
        head.headers.add(f.name, f.value);
    return head;
}

ResponseHead response(int status, std::initializer_list<Field> fields = {})
{
    ResponseHead head;
    head.status = status;
    head.reason = reasonPhrase(status);
    for (const Field &f : fields)
        head.headers.add(f.name, f.value);
    return head;
}

template<class Head>
std::string written(const Head &head, const Wire &wire = {})
{
    std::string out;
    return appendHead(out, head, wire) ? out : "refused" + out;
}

}  // namespace

class WriterTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aHeadIsWrittenAsItsListSays();
    void theFramingReplacesWhatTheListSaid();
    void theConnectionReplacesWhatTheListSaid();
    void aMessageWithoutContentSaysSoWhereAReaderWouldGuess();
    void nothingCanBeSmuggledThroughAValue();
    void chunksAreWrittenAsTheReaderReadsThem();
    void whatIsNotedIsWhatWasWritten();
    void whatWasReadAndWrittenReadsTheSame();
};

void WriterTest::aHeadIsWrittenAsItsListSays()
{
    QCOMPARE(written(request("GET", {{"Host", "a"}, {"x-ONE", "1"}, {"X", ""}})),
             "GET /a?b HTTP/1.1\r\nHost: a\r\nx-ONE: 1\r\nX: \r\n\r\n");
    QCOMPARE(written(response(404, {{"Content-Length", "3"}})), "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n");
    ResponseHead strange = response(599);
    QCOMPARE(written(strange), "HTTP/1.1 599 \r\n\r\n");
    std::string out = "before";
    QVERIFY(appendHead(out, strange));
    QCOMPARE(out, "beforeHTTP/1.1 599 \r\n\r\n");
}

void WriterTest::theFramingReplacesWhatTheListSaid()
{
    const auto head = response(200, {{"content-length", "9"}, {"X", "1"}, {"Transfer-Encoding", "chunked"}});
    QCOMPARE(written(head, {.framing = Framing{Framing::Kind::Length, 12345678901}}),
             "HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 12345678901\r\n\r\n");
    QCOMPARE(written(head, {.framing = Framing{Framing::Kind::Chunked}}),
             "HTTP/1.1 200 OK\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
    QCOMPARE(written(head, {.framing = Framing{Framing::Kind::UntilClose}}), "HTTP/1.1 200 OK\r\nX: 1\r\n\r\n");
}

void WriterTest::theConnectionReplacesWhatTheListSaid()
{
    const auto head = response(200, {{"Connection", "x"}, {"Keep-Alive", "timeout=1"}, {"X", "1"}});
    QCOMPARE(written(head, {.connection = ""}), "HTTP/1.1 200 OK\r\nX: 1\r\n\r\n");
    QCOMPARE(written(head, {.connection = "close"}), "HTTP/1.1 200 OK\r\nX: 1\r\nConnection: close\r\n\r\n");
    QCOMPARE(written(head, {.connection = "a\r\nb"}), "refused");
}

void WriterTest::aMessageWithoutContentSaysSoWhereAReaderWouldGuess()
{
    const Wire none{.framing = Framing{}};
    QCOMPARE(written(request("GET"), none), "GET /a?b HTTP/1.1\r\n\r\n");
    QCOMPARE(written(request("POST"), none), "POST /a?b HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    QCOMPARE(written(response(200), none), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    QCOMPARE(written(response(204), none), "HTTP/1.1 204 No Content\r\n\r\n");
    QCOMPARE(written(response(103), none), "HTTP/1.1 103 Early Hints\r\n\r\n");
}

void WriterTest::nothingCanBeSmuggledThroughAValue()
{
    using namespace std::string_literals;
    for (const std::string &bad : {"a\r\nB: c"s, "a\nb"s, "a\rb"s, "a\0b"s, "a\x01"s, "a\x7f"s}) {
        QCOMPARE(written(request("GET", {{"X", bad}})), "refused");
        QCOMPARE(written(request("GET", {{bad, "x"}})), "refused");
        QCOMPARE(written(request(bad)), "refused");
        QCOMPARE(written(response(200, {{"X", bad}})), "refused");
        RequestHead target = request("GET");
        target.target += bad;
        QCOMPARE(written(target), "refused");
        ResponseHead reason = response(200);
        reason.reason = bad;
        QCOMPARE(written(reason), "refused");
        HeaderList trailers;
        trailers.add("X", bad);
        trailers.add("Y", "1");
        std::string out;
        appendLastChunk(out, &trailers);
        QCOMPARE(out, "0\r\nY: 1\r\n\r\n");
    }
    QCOMPARE(written(request("GET", {{"", "x"}})), "refused");
    QCOMPARE(written(request("GET", {{"a b", "x"}})), "refused");
    QCOMPARE(written(response(99)), "refused");
    QCOMPARE(written(response(1000)), "refused");
    RequestHead space = request("GET");
    space.target = "/a b";
    QCOMPARE(written(space), "refused");
}

void WriterTest::chunksAreWrittenAsTheReaderReadsThem()
{
    std::string out = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string &data : {std::string("a"), std::string(300, 'b'), std::string(70000, 'c')}) {
        appendChunkPrefix(out, data.size());
        out += data;
        out += kChunkSuffix;
    }
    HeaderList trailers;
    trailers.add("X-Sum", "1");
    trailers.add("Content-Length", "1");
    appendLastChunk(out, &trailers);
    const Told told = readWhole(RequestReader(), out);
    QVERIFY2(told.status == 0, told.why.c_str());
    QCOMPARE(told.bodies.front(), "a" + std::string(300, 'b') + std::string(70000, 'c'));
    QCOMPARE(told.trailers, std::vector<std::string>{"X-Sum: 1|"});
}

void WriterTest::whatIsNotedIsWhatWasWritten()
{
    const std::vector<Wire> ways = {
        {},
        {.framing = Framing{}, .connection = "close"},
        {.framing = Framing{Framing::Kind::Length, 12}, .connection = ""},
        {.framing = Framing{Framing::Kind::Chunked, 0}, .connection = "keep-alive"},
    };
    const std::initializer_list<Field> fields = {{"Content-Length", "3"},    {"A", "1"},
                                                 {"transfer-encoding", "x"}, {"Connection", "b"},
                                                 {"Keep-Alive", "c"},        {"D", ""}};
    for (const Wire &wire : ways) {
        for (const int status : {101, 200, 204, 304}) {
            ResponseHead head = response(status, fields);
            const std::string before = written(head, wire);
            noteAsWritten(head, wire);
            QCOMPARE(written(head), before);
        }
        for (const char *method : {"GET", "POST"}) {
            RequestHead head = request(method, fields);
            const std::string before = written(head, wire);
            noteAsWritten(head, wire);
            QCOMPARE(written(head), before);
        }
    }
}

void WriterTest::whatWasReadAndWrittenReadsTheSame()
{
    std::mt19937 random(20240607);
    const auto pick = [&](std::string_view from, size_t least, size_t most) {
        std::string out;
        for (size_t n = least + random() % (most - least + 1); n > 0; --n)
            out += from[random() % from.size()];
        return out;
    };
    for (int round = 0; round < 2000; ++round) {
        std::string raw =
            pick("GETPOSTabc-!~", 1, 8) + " /" + pick("ab/%.?=&;[]|\"\\~", 0, 30) + " HTTP/1.1\r\nHost: a\r\n";
        for (int fields = int(random() % 8); fields > 0; --fields)
            raw += "x" + pick("abC-_~1", 0, 12) + ":" + pick(" \t", 0, 2) + pick("ab ,;=\"\t\xe9\\", 0, 20) + "\r\n";
        raw += "\r\n";
        RequestReader first, second;
        size_t consumed = 0;
        QVERIFY2(first.read(raw, consumed) == Step::Head, first.refusal().what.c_str());
        std::string out;
        QVERIFY(appendHead(out, first.head()));
        QVERIFY(second.read(out, consumed) == Step::Head);
        QVERIFY(first.head() == second.head());
    }
}

QTEST_APPLESS_MAIN(WriterTest)
#include "writer_test.moc"
