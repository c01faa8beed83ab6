// SPDX-License-Identifier: GPL-3.0-or-later
// Conversations with an Http2Session, frame by frame: what a peer sends, and what comes of it (RFC 9113).
#include "tests/unit/http/http2_sides.h"

#include <QTest>

using namespace http2sides;

class Http2SessionTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aRequestAndItsAnswer();
    void contentComesInItsOrderWithTrailers();
    void howeverTheBytesAreCutTheResultIsTheSame();
    void whatIsNotReadIsNotGivenBackToTheWindow();
    void contentThatDoesNotFitItsLengthFails_data();
    void contentThatDoesNotFitItsLengthFails();
    void aMalformedRequestIsGivenToItsStreamWithTheReason();
    void malformedTrailersFailTheContent();
    void aFullServerRefusesStreams();
    void aResetTellsTheStream();
    void contentWaitsForTheWindow();
    void noMoreIsGatheredThanIsAskedFor();
    void trailersGoOutBehindTheContent();
    void aDroppedStreamIsReset();
    void anAnswerBeforeTheUploadIsWholeEndsItWithNoError();
    void shutdownIsToldInTwoSteps();
    void aClientReadsAnAnswer();
    void aClientIsToldWhatTheServerHasNotTouched_data();
    void aClientIsToldWhatTheServerHasNotTouched();
    void aMalformedAnswerIsReset_data();
    void aMalformedAnswerIsReset();
    void aHeadAnswerAnnouncesALengthThatDoesNotCome();
    void nothingThatIsWrittenCanHoldALineEnd();
};

void Http2SessionTest::aRequestAndItsAnswer()
{
    Server server;
    QVERIFY(server.feed(headers(1, get("/a", {{"x", "y"}}))));
    QCOMPARE(server.streams.size(), size_t(1));
    QCOMPARE(server.first().request.target, std::string("/a"));
    QCOMPARE(server.first().content(), std::string("."));
    QVERIFY(server.answer(server.first(), false));
    QVERIFY(server.session.write(server.first(), "hello", true, nullptr));
    QCOMPARE(server.saidBriefly(), std::string("HEADERS 1, DATA 1 end"));
    QVERIFY(server.first().over && !server.first().reset);
    QCOMPARE(server.session.open(), size_t(0));
}

void Http2SessionTest::contentComesInItsOrderWithTrailers()
{
    Server server;
    server.feed(headers(1, post("/"), false) + data(1, "one ", false) + data(1, "two", false)
                + headers(1, {{"t", "1"}}));
    QCOMPARE(server.first().content(), std::string("one two."));
    QCOMPARE(server.first().trailers().get("t"), std::string_view("1"));
}

void Http2SessionTest::howeverTheBytesAreCutTheResultIsTheSame()
{
    const std::string all = headers(1, post("/a"), false)
        + frame(Data, Padded, 1,
                "\x03"
                "abc\0\0\0")
        + frame(Headers, EndStream, 3, section(get("/b")).substr(0, 10))
        + frame(Continuation, EndHeaders, 3, section(get("/b")).substr(10)) + data(1, "def");
    for (size_t step : {size_t(1), size_t(7), all.size()}) {
        Server server;
        for (size_t at = 0; at < all.size(); at += step)
            QVERIFY(server.feed(all.substr(at, step)));
        QCOMPARE(server.streams.size(), size_t(2));
        QCOMPARE(server.streams[1]->request.target, std::string("/b"));
    }
}

void Http2SessionTest::whatIsNotReadIsNotGivenBackToTheWindow()
{
    Server server;
    server.feed(headers(1, post("/"), false));
    const std::string piece(16384, 'x');
    for (int i = 0; i < 4; ++i)
        QVERIFY(server.feed(data(1, piece, false)));
    QCOMPARE(server.saidBriefly(), std::string());  // the stream's window is used up
    Stream &stream = server.first();
    QCOMPARE(stream.read().data.size(), size_t(65536));
    QCOMPARE(server.saidBriefly(), std::string());  // handed out, but not gone on
    QCOMPARE(stream.read().step, Http2Stream::Step::Wait);
    QCOMPARE(server.saidBriefly(), std::string("WINDOW_UPDATE 1"));
    QVERIFY(server.feed(data(1, piece)));
    QCOMPARE(stream.content().size(), size_t(16384 + 1));
    server.feed(headers(3, post("/"), false));
    for (int i = 0; i < 4; ++i)
        server.feed(data(3, piece, false));
    server.feed(data(3, "x", false));  // past the window
    QCOMPARE(server.saidBriefly(), std::string("RST_STREAM 3 code 3"));
}

void Http2SessionTest::contentThatDoesNotFitItsLengthFails_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("content");
    const auto row = [](const char *name, const std::string &bytes, const char *content) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(content);
    };
    row("as announced", data(1, "abc"), "abc.");
    row("in two", data(1, "a", false) + data(1, "bc"), "abc.");
    row("the end by itself", data(1, "abc", false) + data(1, ""), "abc.");
    row("too much", data(1, "abcd"), "!");
    row("too much in two", data(1, "abc", false) + data(1, "d"), "!");
    row("too little", data(1, "ab"), "!");
    row("too little and trailers", data(1, "ab", false) + headers(1, {{"t", "1"}}), "!");
    row("nothing", data(1, ""), "!");
}

void Http2SessionTest::contentThatDoesNotFitItsLengthFails()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, content);
    Server server;
    server.feed(headers(1, post("/", {{"content-length", "3"}}), false) + bytes.toStdString());
    QCOMPARE(server.first().content(), content.toStdString());
    const bool good = content.endsWith('.');
    QCOMPARE(value(server.counters.malformed), uint64_t(good ? 0 : 1));
    QVERIFY(good || !server.first().trouble().empty());
    server.answer(server.first());  // 400, say; then the stream is reset
    server.said();
    server.session.drop(server.first(), Http2Code::NoError);
    QVERIFY(good || server.first().over || server.saidBriefly() == "RST_STREAM 1 code 1");
}

void Http2SessionTest::aMalformedRequestIsGivenToItsStreamWithTheReason()
{
    Server server;
    server.feed(headers(1, get("/", {{"transfer-encoding", "chunked"}}), false));
    QCOMPARE(server.first().refusal.status, 400);
    QCOMPARE(server.first().content(), std::string("!"));
    server.feed(headers(3, get("/b")));  // the connection goes on
    QCOMPARE(server.streams.at(1)->refusal.status, 0);
    server.answer(server.first());
    server.session.drop(server.first(), Http2Code::NoError);
    QCOMPARE(server.saidBriefly(), std::string("RST_STREAM 1 code 1"));  // takes the place of an answer not sent yet
}

void Http2SessionTest::malformedTrailersFailTheContent()
{
    Server server;
    server.feed(headers(1, post("/"), false) + data(1, "abc", false) + headers(1, {{":path", "/"}}));
    QCOMPARE(server.first().content(), std::string("!"));
}

void Http2SessionTest::aFullServerRefusesStreams()
{
    Server server;
    server.full = true;
    server.feed(headers(1, get("/")));
    QCOMPARE(server.saidBriefly(), std::string("RST_STREAM 1 code 7"));
    QCOMPARE(value(server.counters.refused), uint64_t(1));
    Server other;
    for (uint32_t i = 0; i <= Http2Session::maxStreams; ++i)
        other.feed(headers(2 * i + 1, get("/")));
    QCOMPARE(other.streams.size(), size_t(Http2Session::maxStreams));
    QCOMPARE(other.saidBriefly(), std::string("GOAWAY code 1"));  // it has acknowledged how many it may open
}

void Http2SessionTest::aResetTellsTheStream()
{
    Server server;
    server.feed(headers(1, post("/"), false) + data(1, "abc", false) + reset(1));
    QVERIFY(server.first().over && server.first().reset);
    QCOMPARE(server.first().code, uint32_t(8));
    QCOMPARE(server.first().content(), std::string("!"));
    QVERIFY(!server.session.write(server.first(), "x", false, nullptr));
}

void Http2SessionTest::contentWaitsForTheWindow()
{
    Server server;
    server.feed(settings({{4, 10}}) + headers(1, get("/")));
    server.answer(server.first(), false);
    server.said();
    QVERIFY(server.session.write(server.first(), "0123456789abcdef", true, nullptr));
    QCOMPARE(server.said().at(0).payload, std::string("0123456789"));
    server.session.keep(server.first());
    QVERIFY(server.first().holds());
    QCOMPARE(server.first().held(), uint64_t(6));
    server.feed(windowUpdate(1, 4));
    QCOMPARE(server.said().at(0).payload, std::string("abcd"));
    QVERIFY(server.first().holds());
    server.feed(windowUpdate(1, 100));
    const std::vector<Frame> last = server.said();
    QCOMPARE(last.at(0).payload, std::string("ef"));
    QVERIFY(last.at(0).ends() && !server.first().holds() && server.first().rooms > 0);
}

// Many streams have something to say, and the peer takes it all; who gathers may have room for less.
void Http2SessionTest::noMoreIsGatheredThanIsAskedFor()
{
    constexpr size_t most = 64 * 1024, oneFrame = 16 * 1024 + 9;
    const std::string content(60'000, 'x');
    Server server;
    server.feed(settings({{4, 1 << 20}}) + windowUpdate(0, 100 << 20));
    for (uint32_t i = 0; i < 100; ++i) {
        server.feed(headers(2 * i + 1, get("/")));
        server.answer(*server.streams.back(), false);
        QVERIFY(server.session.write(*server.streams.back(), content, true, nullptr));
        server.session.keep(*server.streams.back());
    }
    size_t all = 0;
    for (size_t n = 1; n > 0; all += n) {
        server.session.gather(most);
        n = std::exchange(server.session.out(), {}).size();
        QVERIFY2(n < most + oneFrame, std::to_string(n).c_str());
    }
    QVERIFY(all > 100 * content.size());
    for (const auto &stream : server.streams)
        QVERIFY(stream->over && !stream->reset);
}

void Http2SessionTest::trailersGoOutBehindTheContent()
{
    Server server;
    server.feed(headers(1, get("/")));
    server.answer(server.first(), false);
    HeaderList trailers;
    trailers.add("grpc-status", "0");
    trailers.add("Transfer-Encoding", "chunked");  // never goes out
    QVERIFY(server.session.write(server.first(), "abc", true, &trailers));
    QCOMPARE(server.saidBriefly(), std::string("HEADERS 1, DATA 1, HEADERS 1 end"));
    QVERIFY(server.first().over && !server.first().reset);
}

void Http2SessionTest::aDroppedStreamIsReset()
{
    Server server;
    server.feed(headers(1, post("/"), false) + data(1, std::string(16384, 'x'), false));
    server.answer(server.first(), false);
    server.said();
    server.session.drop(server.first(), Http2Code::InternalError);
    QCOMPARE(server.saidBriefly(), std::string("RST_STREAM 1 code 2"));
    server.streams.clear();
    QVERIFY(server.feed(data(1, "late", false)));  // of a stream that is no more
    QCOMPARE(server.saidBriefly(), std::string());
}

// RFC 9113 section 8.1.
void Http2SessionTest::anAnswerBeforeTheUploadIsWholeEndsItWithNoError()
{
    Server server;
    server.feed(headers(1, post("/"), false));
    server.answer(server.first());
    QCOMPARE(server.saidBriefly(), std::string("HEADERS 1 end"));
    QVERIFY(!server.first().over);
    server.session.drop(server.first(), Http2Code::NoError);
    QCOMPARE(server.saidBriefly(), std::string("RST_STREAM 1 code 0"));
}

void Http2SessionTest::shutdownIsToldInTwoSteps()
{
    Server server;
    server.feed(headers(1, get("/")));
    server.session.noticeShutdown();
    std::vector<Frame> frames = server.said();
    QCOMPARE(frames.size(), size_t(2));
    QCOMPARE(frames[0].payload.substr(0, 4), std::string("\x7f\xff\xff\xff"));
    QCOMPARE(int(frames[1].type), int(Ping));
    QVERIFY(server.feed(headers(3, get("/"))));  // it was on its way
    QCOMPARE(server.streams.size(), size_t(2));
    server.session.refuseFurther();
    frames = server.said();
    QCOMPARE(frames.at(0).payload.substr(0, 4), number(3, 4));
    server.feed(headers(5, get("/")));
    QCOMPARE(server.streams.size(), size_t(2));
    for (const auto &stream : server.streams)
        QVERIFY(server.answer(*stream));
    QCOMPARE(server.saidBriefly(), std::string("HEADERS 1 end, HEADERS 3 end"));
}

void Http2SessionTest::aClientReadsAnAnswer()
{
    Client client;
    QVERIFY(client.ask());
    QCOMPARE(client.saidBriefly(), std::string("HEADERS 1 end"));
    client.feed(headers(1, {{":status", "103"}, {"link", "</a>"}}, false)
                + headers(1, {{":status", "200"}, {"content-length", "3"}}, false) + data(1, "abc", false)
                + headers(1, {{"t", "1"}}));
    QCOMPARE(client.stream.heads, std::string("103 200 "));
    QCOMPARE(client.stream.content(), std::string("abc."));
    QCOMPARE(client.stream.trailers().get("t"), std::string_view("1"));
    QVERIFY(client.stream.over && !client.stream.reset);
}

void Http2SessionTest::aClientIsToldWhatTheServerHasNotTouched_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("untouched");
    const auto row = [](const char *name, const std::string &bytes, bool untouched) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << untouched;
    };
    row("REFUSED_STREAM", reset(1, 7), true);
    row("CANCEL", reset(1, 8), false);
    row("INTERNAL_ERROR", reset(1, 2), false);
    row("GOAWAY that leaves it out", goAway(0), true);
}

void Http2SessionTest::aClientIsToldWhatTheServerHasNotTouched()
{
    QFETCH(QByteArray, bytes);
    QFETCH(bool, untouched);
    Client client;
    client.ask();
    client.said();
    client.feed(bytes.toStdString());
    client.said();
    QVERIFY(client.stream.over && client.stream.reset);
    QCOMPARE(client.stream.untouched, untouched);
    QCOMPARE(client.stream.content(), std::string("!"));
}

void Http2SessionTest::aMalformedAnswerIsReset_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char *name, const std::string &bytes) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    row("transfer-encoding", headers(1, {{":status", "200"}, {"transfer-encoding", "chunked"}}, false));
    row("CR LF in a value", headers(1, {{":status", "200"}, {"a", "b\r\nc: d"}}, false));
    row("no status", headers(1, {{"a", "b"}}, false));
    row("more than announced", headers(1, {{":status", "200"}, {"content-length", "1"}}, false) + data(1, "ab"));
    row("less than announced",
        headers(1, {{":status", "200"}, {"content-length", "3"}}, false) + data(1, "ab", false)
            + headers(1, {{"t", "1"}}));
    row("content behind 204", headers(1, {{":status", "204"}}, false) + data(1, "ab"));
    row("1xx that ends the message", headers(1, {{":status", "103"}}));
}

void Http2SessionTest::aMalformedAnswerIsReset()
{
    QFETCH(QByteArray, bytes);
    Client client;
    client.ask(false);
    client.said();
    client.feed(bytes.toStdString());
    QCOMPARE(client.stream.content().back(), '!');
    QVERIFY(!client.stream.trouble().empty());
    QCOMPARE(client.saidBriefly(), std::string("RST_STREAM 1 code 1"));
    QVERIFY(client.session.mayOpen());  // the connection goes on
}

void Http2SessionTest::aHeadAnswerAnnouncesALengthThatDoesNotCome()
{
    Client client;
    client.request.method = "HEAD";
    client.ask();
    client.said();
    client.feed(headers(1, {{":status", "200"}, {"content-length", "1000"}}));
    QCOMPARE(client.stream.content(), std::string("."));
    QCOMPARE(client.stream.response.headers.get("content-length"), std::string_view("1000"));
}

void Http2SessionTest::nothingThatIsWrittenCanHoldALineEnd()
{
    for (const char *bad : {"a\r\nb", "a\nb", "a\rb",
                            "a\x01"
                            "b"}) {
        Client client;
        client.request.headers.add("x", bad);
        QVERIFY(!client.ask());
        Server server;
        server.feed(headers(1, get("/")));
        ResponseHead head;
        head.status = 200;
        head.headers.add("x", bad);
        QVERIFY(!server.session.sendResponse(server.first(), head, {}, true));
        QCOMPARE(server.saidBriefly(), std::string());
    }
    Client client;
    client.request.target = "/ HTTP/1.1";
    QVERIFY(!client.ask());
}

QTEST_GUILESS_MAIN(Http2SessionTest)
#include "http2_session_test.moc"
