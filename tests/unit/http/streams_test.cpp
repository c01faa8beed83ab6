// SPDX-License-Identifier: GPL-3.0-or-later
// Readers of event streams and of gRPC calls, and protobuf as text.
#include "engine/http/event_stream_reader.h"
#include "engine/http/grpc_reader.h"
#include "engine/http/protobuf_text.h"

#include <QTest>

#include <zlib.h>

using namespace sluice;
using namespace sluice::http;

namespace {

constexpr size_t plenty = 1 << 20;

std::vector<ServerEvent> events(const std::string &text, size_t piece = plenty, size_t keep = plenty)
{
    EventStreamReader reader;
    std::vector<ServerEvent> out;
    for (size_t at = 0; at < text.size(); at += piece) {
        std::string_view in = std::string_view(text).substr(at, piece);
        while (reader.read(in, keep))
            out.push_back(std::move(reader.event()));
    }
    return out;
}

// "type|id|data|retry" of each.
std::string told(const std::vector<ServerEvent> &all)
{
    std::string out;
    for (const ServerEvent &e : all)
        out += e.type + '|' + e.id + '|' + e.bytes + '|' + std::to_string(e.retry) + ';';
    return out;
}

std::string grpc(const std::string &message, uint8_t flags = 0)
{
    std::string out(1, char(flags));
    for (int shift = 24; shift >= 0; shift -= 8)
        out += char(message.size() >> shift);
    return out + message;
}

std::string gzip(const std::string &text)
{
    z_stream z{};
    deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    std::string out(text.size() + 200, 0);
    z.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(text.data()));
    z.avail_in = uInt(text.size());
    z.next_out = reinterpret_cast<Bytef *>(out.data());
    z.avail_out = uInt(out.size());
    deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}

std::string text(const std::string &bytes, bool lines = false)
{
    return protobufText(bytes, lines).value_or("none");
}

}  // namespace

class StreamsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void eventsAreReadAsTheStandardSays_data();
    void eventsAreReadAsTheStandardSays();
    void ofAnEventOnlySoMuchIsKept();
    void commentsAreCounted();
    void grpcMessagesAreFoundWhereverTheBytesAreCut();
    void compressedGrpcMessagesAreDecoded();
    void whatIsNoGrpcIsLost();
    void deadlinesAndStatuses();
    void protobufIsTextByWireType();
    void whatIsNoProtobufIsNone();
    void deepAndLongMessagesAreBounded();
};

void StreamsTest::eventsAreReadAsTheStandardSays_data()
{
    QTest::addColumn<QByteArray>("stream");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const char *stream, const char *expected) {
        QTest::newRow(name) << QByteArray(stream) << QByteArray(expected);
    };
    row("one", "data: hello\n\n", "message||hello|-1;");
    row("several lines", "data: YHOO\ndata: +2\ndata: 10\n\n", "message||YHOO\n+2\n10|-1;");
    row("carriage returns", "data: a\r\rdata: b\r\r", "message||a|-1;message||b|-1;");
    row("both", "data: a\r\n\r\ndata: b\r\n\r\n", "message||a|-1;message||b|-1;");
    row("mixed", "data: a\r\n\ndata: b\r\r\n", "message||a|-1;message||b|-1;");
    row("type and id", "event: add\nid: 7\ndata: x\n\n", "add|7|x|-1;");
    row("an id stays", "id: 7\ndata: a\n\ndata: b\n\n", "message|7|a|-1;message|7|b|-1;");
    row("a type does not", "event: t\ndata: a\n\ndata: b\n\n", "t||a|-1;message||b|-1;");
    row("an empty id resets", "id: 7\ndata: a\n\nid\ndata: b\n\n", "message|7|a|-1;message||b|-1;");
    row("no data is no event", "event: t\nid: 3\n\ndata: b\n\n", "message|3|b|-1;");
    row("empty data", "data\n\n", "message|||-1;");
    row("two empty lines of data", "data\ndata\n\n", "message||\n|-1;");
    row("one blank is taken off", "data:  two\ndata:none\n\n", "message|| two\nnone|-1;");
    row("comments", ": ping\n\n:\n\ndata: a\n: in between\n\n", "message||a|-1;");
    row("unknown fields", "sort: x\ndatas: y\ndata: a\n\n", "message||a|-1;");
    row("retry", "retry: 3000\ndata: a\n\nretry: x\ndata: b\n\n", "message||a|3000;message||b|-1;");
    row("byte order mark",
        "\xef\xbb\xbf"
        "data: a\n\n",
        "message||a|-1;");
    row("half a mark is none",
        "\xef\xbb"
        "data: a\n\ndata: b\n\n",
        "message||b|-1;");
    row("not ended", "data: a\n\ndata: b\n", "message||a|-1;");
    row("colons in the value", "data: a: b:c\n\n", "message||a: b:c|-1;");
}

void StreamsTest::eventsAreReadAsTheStandardSays()
{
    QFETCH(QByteArray, stream);
    QFETCH(QByteArray, expected);
    for (const size_t piece : {size_t(1), size_t(2), size_t(3), plenty})
        QCOMPARE(QByteArray::fromStdString(told(events(stream.toStdString(), piece))), expected);
}

void StreamsTest::ofAnEventOnlySoMuchIsKept()
{
    const auto all = events(
        "data: " + std::string(5000, 'x') + "\ndata: y\nid: " + std::string(5000, 'i') + "\n\ndata: next\n\n", 100, 10);
    QCOMPARE(all.size(), size_t(2));
    QCOMPARE(all[0].bytes, std::string(10, 'x'));
    QCOMPARE(all[0].size, uint64_t(5002));
    QCOMPARE(all[0].id, std::string());
    QCOMPARE(all[1].bytes, std::string("next"));
}

void StreamsTest::commentsAreCounted()
{
    EventStreamReader reader;
    std::string_view in = ": a\n\n: b\n\n";
    QVERIFY(!reader.read(in, plenty));
    QCOMPARE(reader.comments(), uint64_t(2));
}

void StreamsTest::grpcMessagesAreFoundWhereverTheBytesAreCut()
{
    const std::string bytes = grpc("first") + grpc("") + grpc(std::string(70'000, 'x'));
    for (const size_t piece : {size_t(1), size_t(4), size_t(5), size_t(6), size_t(1000), plenty}) {
        GrpcReader reader;
        std::vector<GrpcMessage> all;
        for (size_t at = 0; at < bytes.size(); at += piece) {
            std::string_view in = std::string_view(bytes).substr(at, piece);
            while (reader.read(in, 1000) == GrpcReader::Step::Message)
                all.push_back(std::move(reader.message()));
        }
        QCOMPARE(all.size(), size_t(3));
        QCOMPARE(all[0].bytes, std::string("first"));
        QCOMPARE(all[1].size, uint64_t(0));
        QCOMPARE(all[2].bytes, std::string(1000, 'x'));
        QVERIFY(all[2].cut);
        QVERIFY(!reader.inMessage());
    }
}

void StreamsTest::compressedGrpcMessagesAreDecoded()
{
    const std::string bytes = grpc(gzip("hello hello hello"), 1);
    GrpcReader reader("gzip"), unknown("snappy");
    std::string_view in = bytes;
    QVERIFY(reader.read(in, plenty) == GrpcReader::Step::Message);
    QCOMPARE(reader.message().bytes, std::string("hello hello hello"));
    QVERIFY(!reader.message().coded);
    in = bytes;
    QVERIFY(unknown.read(in, plenty) == GrpcReader::Step::Message);
    QVERIFY(unknown.message().coded);
    const std::string bomb = grpc(gzip(std::string(10 << 20, 'a')), 1);
    in = bomb;
    QVERIFY(reader.read(in, 100'000) == GrpcReader::Step::Message);
    QCOMPARE(reader.message().bytes.size(), size_t(100'000));
    QVERIFY(reader.message().cut);
}

void StreamsTest::whatIsNoGrpcIsLost()
{
    GrpcReader reader;
    std::string_view in = "HTTP/1.1 200 OK";
    QVERIFY(reader.read(in, plenty) == GrpcReader::Step::Lost);
    QVERIFY(!reader.why().empty());
    GrpcReader web({}, true);
    const std::string trailers = grpc("grpc-status: 0\r\n", 0x80);
    in = trailers;
    QVERIFY(web.read(in, plenty) == GrpcReader::Step::Message);
    QVERIFY(web.message().trailers);
}

void StreamsTest::deadlinesAndStatuses()
{
    using namespace std::chrono_literals;
    QCOMPARE(grpcTimeout("5S")->count(), Nanos(5s).count());
    QCOMPARE(grpcTimeout("100m")->count(), Nanos(100ms).count());
    QCOMPARE(grpcTimeout("2H")->count(), Nanos(2h).count());
    QCOMPARE(grpcTimeout("0n")->count(), int64_t(0));
    QVERIFY(grpcTimeout("99999999H").has_value());
    for (const char *bad : {"", "S", "5", "5s", "123456789S", "-1S", "1.5S", " 5S"})
        QVERIFY(!grpcTimeout(bad));
    QVERIFY(isGrpc("application/grpc") && isGrpc("application/grpc+proto") && isGrpc("application/grpc; x=y"));
    QVERIFY(!isGrpc("application/grpcx") && !isGrpc("application/json") && !isGrpc("application/grpc-web-text"));
    bool web = false;
    QVERIFY(isGrpc("application/grpc-web+proto", &web) && web);
    QCOMPARE(grpcStatusOf(503), 14);
    QCOMPARE(grpcStatusOf(504), 4);
    QCOMPARE(grpcStatusName(14), std::string_view("UNAVAILABLE"));
    QCOMPARE(grpcStatusName(17), std::string_view());
    const std::string words = "100% of \xe2\x86\x92\n";
    QCOMPARE(encodeGrpcMessage(words), std::string("100%25 of %E2%86%92%0A"));
    QCOMPARE(decodeGrpcMessage(encodeGrpcMessage(words)), words);
    QCOMPARE(decodeGrpcMessage("50%, %4, %zz, %`a"), std::string("50%, %4, %zz, %`a"));
}

void StreamsTest::protobufIsTextByWireType()
{
    QCOMPARE(text("\x08\x96\x01"), std::string("1: 150"));
    QCOMPARE(text("\x12\x07testing"), std::string("2: \"testing\""));
    QCOMPARE(text(std::string("\x1a\x03\x08\x96\x01", 5)), std::string("3 {1: 150}"));
    QCOMPARE(text(std::string("\x0d\0\0\xc0\x3f", 5)), std::string("1: 1069547520 (1.5)"));
    QCOMPARE(text(std::string("\x09\0\0\0\0\0\0\xf8\x3f", 9)), std::string("1: 4609434218613702656 (1.5)"));
    QCOMPARE(text("\x12\x02\xff\xfe"), std::string("2: 0xfffe"));
    QCOMPARE(text("\x0b\x10\x05\x0c"), std::string("1 {2: 5}"));
    QCOMPARE(text(std::string("\x08\x01\x1a\x02\x08\x02", 6), true), std::string("1: 1\n3 {\n  1: 2\n}"));
    QCOMPARE(text(""), std::string());
    QCOMPARE(text("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), std::string("1: 18446744073709551615"));
}

void StreamsTest::whatIsNoProtobufIsNone()
{
    for (const std::string &bad :
         {std::string("\x08"), std::string("\x12\x09short"), std::string("\0\1", 2), std::string("\x0f\1"),
          std::string("\x0c"), std::string("\x0b\x14"), std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
          std::string("plain text")})
        QCOMPARE(text(bad), std::string("none"));
}

void StreamsTest::deepAndLongMessagesAreBounded()
{
    std::string deep = "\x08\x01";
    for (int i = 0; i < 100 && deep.size() < 120; ++i)
        deep = std::string("\x1a") + char(deep.size()) + deep;
    QVERIFY(!text(deep).empty());
    QVERIFY(text(std::string(100'000, '\x0b')) == "none");
    std::string wide;
    for (int i = 0; i < 100'000; ++i)
        wide += "\x08\x01";
    QVERIFY(protobufText(wide, true, 1000)->size() < 1100);
}

QTEST_GUILESS_MAIN(StreamsTest)
#include "streams_test.moc"
