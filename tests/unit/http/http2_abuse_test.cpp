// SPDX-License-Identifier: GPL-3.0-or-later
// What ends a whole connection of HTTP/2: frames that are none (RFC 9113), and too many of those that cost nothing (section 10.5).
#include "tests/unit/http/http2_sides.h"

#include <QTest>

using namespace http2sides;

class Http2AbuseTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void connectionErrors_data();
    void connectionErrors();
    void streamsPastTheLimitAreCountedAsRefused();
    void tooManySettingsInOneFrameAreAFlood();
    void floods_data();
    void floods();
    void framesOfNoKnownTypeArePassedOver();
    void slowOnesAreNoFlood();
    void whoTakesNothingIsNotAnsweredForEver();
};

void Http2AbuseTest::connectionErrors_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<uint>("code");  // of GOAWAY
    const auto row = [](const char *name, const std::string &bytes, uint32_t code) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << uint(code);
    };
    row("DATA on stream 0 (6.1)", data(0, "x"), 1);
    row("HEADERS on stream 0 (6.2)", headers(0, get("/")), 1);
    row("HEADERS on an even stream (5.1.1)", headers(2, get("/")), 1);
    row("DATA on a stream that is idle (5.1)", data(1, "x"), 1);
    row("RST_STREAM on a stream that is idle (6.4)", reset(1), 1);
    row("SETTINGS on a stream (6.5)", frame(Settings, 0, 1), 1);
    row("SETTINGS of a wrong length (6.5)", frame(Settings, 0, 0, "12345"), 6);
    row("an acknowledgement with content (6.5)", frame(Settings, Ack, 0, "123456"), 6);
    row("SETTINGS with a window that is too large (6.5.2)", settings({{4, 0x80000000}}), 3);
    row("SETTINGS with a frame size that is too small (6.5.2)", settings({{5, 100}}), 1);
    row("PUSH_PROMISE from a client (8.4)", frame(PushPromise, EndHeaders, 1, number(2, 4) + section(get("/"))), 1);
    row("PING of a wrong length (6.7)", frame(Ping, 0, 0, "1234567"), 6);
    row("PING on a stream (6.7)", frame(Ping, 0, 1, "12345678"), 1);
    row("GOAWAY on a stream (6.8)", frame(GoAway, 0, 1, number(0, 8)), 1);
    row("WINDOW_UPDATE of 0 on the connection (6.9)", windowUpdate(0, 0), 1);
    row("a window of the connection that overflows (6.9.1)", windowUpdate(0, 0x7fffffff) + windowUpdate(0, 0x7fffffff),
        3);
    row("CONTINUATION by itself (6.10)", frame(Continuation, EndHeaders, 1, section(get("/"))), 1);
    row("another frame within a field section (6.10)", frame(Headers, EndStream, 1, section(get("/"))) + ping(), 1);
    row("another stream within a field section (6.10)",
        frame(Headers, EndStream, 1, section(get("/"))) + frame(Continuation, EndHeaders, 3), 1);
    row("a frame that is too long (4.2)", frame(Data, 0, 1, std::string(16385, 'x')), 6);
    row("padding longer than the frame (6.1)",
        headers(1, post("/"), false)
            + frame(Data, Padded, 1,
                    "\x09"
                    "abc"),
        1);
    row("HPACK that is broken (4.3)", frame(Headers, EndHeaders | EndStream, 1, "\xff\xff\xff\xff\xff\xff\xff\xff"), 9);
}

void Http2AbuseTest::connectionErrors()
{
    QFETCH(QByteArray, bytes);
    QFETCH(uint, code);
    Server server;
    server.feed(bytes.toStdString());
    const std::vector<Frame> frames = server.said();
    QVERIFY(!frames.empty());
    QCOMPARE(int(frames.back().type), int(GoAway));
    QCOMPARE(frames.back().code(), uint32_t(code));
    QVERIFY(server.session.over());
    QVERIFY(!server.session.trouble().empty());
    QCOMPARE(value(server.counters.protocolErrors), uint64_t(1));
    QVERIFY(!server.feed(headers(101, get("/"))));
}

void Http2AbuseTest::streamsPastTheLimitAreCountedAsRefused()
{
    Server server(false);  // it does not know the limit yet
    for (uint32_t i = 0; i < Http2Session::maxStreams + 3; ++i)
        QVERIFY(server.feed(headers(2 * i + 1, get("/"))));
    QCOMPARE(value(server.counters.refused), uint64_t(3));
    QCOMPARE(value(server.counters.protocolErrors), uint64_t(0));
}

void Http2AbuseTest::tooManySettingsInOneFrameAreAFlood()
{
    Server server;
    server.feed(settings(std::vector<std::pair<uint16_t, uint32_t>>(100, {3, 1})));
    QCOMPARE(server.said().back().code(), uint32_t(11));
    QVERIFY(!server.session.trouble().empty());
    QCOMPARE(value(server.counters.settingsFloods), uint64_t(1));
    QCOMPARE(value(server.counters.protocolErrors), uint64_t(0));
}

void Http2AbuseTest::floods_data()
{
    QTest::addColumn<QByteArray>("once");
    QTest::addColumn<int>("times");
    QTest::addColumn<int>("counter");  // place in http2CounterNames
    const auto row = [](const char *name, const std::string &once, int times) {
        int place = 0;
        for (const auto &[known, which] : http2CounterNames) {
            if (known == std::string_view(name))
                break;
            ++place;
        }
        QTest::newRow(name) << QByteArray::fromStdString(once) << times << place;
    };
    row("reset_floods", {}, 300);  // each of a stream of its own, below
    row("ping_floods", ping(), 600);
    row("settings_floods", settings(), 150);
    row("empty_frame_floods", data(1, "", false), 300);
    row("empty_frame_floods", frame(Data, Padded, 1, std::string("\x03\0\0\0", 4)), 300);
    row("ping_floods", frame(Ping, Ack, 0, "12345678"), 600);
    row("continuation_floods", frame(Continuation, 0, 3), 100);
    row("priority_floods", frame(Priority, 0, 1, number(0, 4) + "x"), 1100);
    row("priority_floods", frame(0xfa, 0, 0, "of no known type"), 1100);
    row("window_floods", windowUpdate(0, 1), 1100);
    // One long field goes into the table, and is then named by one byte a time.
    const std::string bomb = '\x40' + literal("a") + literal(std::string(3900, 'x')) + std::string(1000, '\xbe');
    row("field_floods", frame(Continuation, 0, 3, bomb), 20);
}

void Http2AbuseTest::floods()
{
    QFETCH(QByteArray, once);
    QFETCH(int, times);
    QFETCH(int, counter);
    Server server;
    server.feed(headers(1, post("/"), false));
    if (once.size() > 3 && once.at(3) == char(Continuation))
        server.feed(frame(Headers, EndStream, 3, section(get("/"))));
    bool alive = true;
    int sent = 0;
    for (; alive && sent < times; ++sent) {
        const uint32_t stream = uint32_t(2 * sent + 3);
        alive = server.feed(once.isEmpty() ? headers(stream, get("/")) + reset(stream) : once.toStdString());
        if (!alive || sent % 50 == 0) {
            const std::vector<Frame> frames = server.said();
            if (!alive) {
                QCOMPARE(int(frames.back().type), int(GoAway));
                QCOMPARE(frames.back().code(), uint32_t(11));
            }
        }
    }
    QVERIFY(!alive && sent < times);
    QCOMPARE(value(server.counters.*http2CounterNames.at(size_t(counter)).second), uint64_t(1));
    QVERIFY(!server.session.trouble().empty());
}

void Http2AbuseTest::framesOfNoKnownTypeArePassedOver()
{
    Server server;
    for (const uint8_t type : {uint8_t(10), uint8_t(12), uint8_t(16), uint8_t(0xfa)})
        QVERIFY(server.feed(frame(type, 0xff, type % 3, std::string(16'384, 'x'))));
    QVERIFY(server.feed(headers(1, get("/"))));
    QCOMPARE(server.streams.size(), size_t(1));
    // Not within a field section, which must come in one piece (RFC 9113 section 4.3).
    server.feed(frame(Headers, EndStream, 3, section(get("/"))) + frame(0xfa, 0, 3, "x"));
    QCOMPARE(server.said().back().code(), uint32_t(1));
    QCOMPARE(value(server.counters.protocolErrors), uint64_t(1));
}

void Http2AbuseTest::slowOnesAreNoFlood()
{
    Server server;
    for (int i = 0; i < 2000; ++i) {  // some a second, for a long time
        QVERIFY(server.feed(ping(), i / 20));
        if (i % 50 == 0)
            server.said();
    }
    for (uint32_t i = 0; i < 1000; ++i) {  // cancelled as often as let finish
        const uint32_t one = 4 * i + 1, two = 4 * i + 3;
        QVERIFY(server.feed(headers(one, get("/")) + headers(two, get("/")) + reset(one), 500));
        server.answer(*server.streams.back());
        server.said();
    }
}

// It never says that it knows the limit, so its streams are refused one by one: each with a frame that waits to go out.
void Http2AbuseTest::whoTakesNothingIsNotAnsweredForEver()
{
    Server server(false);
    bool alive = true;
    uint32_t sent = 0;
    for (; alive && sent < 50'000; ++sent)
        alive = server.feed(headers(2 * sent + 1, get("/")));
    QVERIFY(!alive);
    QVERIFY2(sent > 5'100, std::to_string(sent).c_str());  // what one read may bring at most
    QCOMPARE(value(server.counters.resetFloods), uint64_t(1));
    QCOMPARE(server.said().back().code(), uint32_t(11));
    QVERIFY(server.session.over());

    Server patient(false);
    for (uint32_t i = 0; i < 50'000; ++i) {  // the same from one that takes them
        QVERIFY(patient.feed(headers(2 * i + 1, get("/"))));
        if (i % 1000 == 0)
            patient.said();
    }
}

QTEST_GUILESS_MAIN(Http2AbuseTest)
#include "http2_abuse_test.moc"
