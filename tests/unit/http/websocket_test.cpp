// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/websocket_reader.h"

#include <QTest>

#include <zlib.h>

using namespace sluice::http;
using Reader = WebSocketReader;
using Kind = WebSocketMessage::Kind;

namespace {

constexpr size_t plenty = 1 << 20;

std::string frame(int opcode, const std::string &payload, bool masked = true, bool fin = true, int reserved = 0)
{
    std::string out;
    out += char((fin ? 0x80 : 0) | reserved << 4 | opcode);
    const size_t size = payload.size();
    const int mask = masked ? 0x80 : 0;
    if (size < 126) {
        out += char(mask | int(size));
    } else if (size < 65536) {
        out += char(mask | 126);
        out += {char(size >> 8), char(size)};
    } else {
        out += char(mask | 127);
        for (int shift = 56; shift >= 0; shift -= 8)
            out += char(uint64_t(size) >> shift);
    }
    const std::string key = "\x37\xfa\x21\x3d";
    if (!masked)
        return out + payload;
    out += key;
    for (size_t i = 0; i < size; ++i)
        out += char(payload[i] ^ key[i & 3]);
    return out;
}

// As a sender with context takeover compresses one message after the other.
class Deflater {
public:
    explicit Deflater(int windowBits = 15) { deflateInit2(&z_, 9, Z_DEFLATED, -windowBits, 8, Z_DEFAULT_STRATEGY); }
    ~Deflater() { deflateEnd(&z_); }
    std::string operator()(const std::string &text, bool fresh = false)
    {
        if (fresh)
            deflateReset(&z_);
        std::string out(text.size() + 1024, 0);
        z_.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(text.data()));
        z_.avail_in = uInt(text.size());
        z_.next_out = reinterpret_cast<Bytef *>(out.data());
        z_.avail_out = uInt(out.size());
        deflate(&z_, Z_SYNC_FLUSH);
        out.resize(out.size() - z_.avail_out - 4);
        return out;
    }

private:
    z_stream z_{};
};

struct Read {
    std::vector<WebSocketMessage> messages;
    std::string lost;
    std::vector<std::string> notes;
};

Read readIn(Reader &reader, const std::string &bytes, size_t piece, size_t keep = plenty)
{
    Read out;
    for (size_t at = 0; at < bytes.size(); at += piece) {
        std::string_view in = std::string_view(bytes).substr(at, piece);
        for (;;) {
            const Reader::Step step = reader.read(in, keep);
            if (std::string note = reader.takeNote(); !note.empty())
                out.notes.push_back(std::move(note));
            if (step == Reader::Step::More)
                break;
            if (step == Reader::Step::Lost) {
                out.lost = reader.why();
                return out;
            }
            out.messages.push_back(std::move(reader.message()));
        }
    }
    return out;
}

Read clientSays(const std::string &bytes, Reader::Terms terms = {}, size_t piece = plenty, size_t keep = plenty)
{
    Reader reader(Reader::From::Client, terms);
    return readIn(reader, bytes, piece, keep);
}

}  // namespace

class WebSocketTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void messagesAreFoundWhereverTheBytesAreCut();
    void controlFramesStandWithinAMessage();
    void compressedMessagesAreInflatedWithTheContextOfThoseBefore();
    void withoutTakeoverEachMessageStandsAlone();
    void whatIsNoWebSocketIsLost_data();
    void whatIsNoWebSocketIsLost();
    void closeCodesAndReasonsAreKept();
    void onlySoMuchIsKept();
    void aBombIsNotInflated();
    void damageOfOneMessageLosesTheContextAndIsToldOnce();
    void textThatIsNoUtf8IsNoted();
};

void WebSocketTest::messagesAreFoundWhereverTheBytesAreCut()
{
    Deflater deflate;
    std::string big(70'000, 'x');
    for (size_t i = 0; i < big.size(); ++i)
        big[i] = char('a' + i % 23);
    const std::string bytes = frame(1, "hello") + frame(2, std::string("\0\1\xff", 3))
        + frame(1, deflate("hello, hello, hello"), true, true, 4) + frame(1, "frag", true, false)
        + frame(0, "ment", true, false) + frame(0, "ed") + frame(1, "") + frame(2, std::string(300, 'm'))
        + frame(9, "are you there") + frame(2, big) + frame(8, std::string("\x03\xe8", 2) + "bye");
    for (const size_t piece : {size_t(1), size_t(2), size_t(3), size_t(7), size_t(1000), plenty}) {
        const Read read = clientSays(bytes, {true, true}, piece);
        QCOMPARE(read.lost, std::string());
        QCOMPARE(read.messages.size(), size_t(9));
        QCOMPARE(read.messages[0].bytes, std::string("hello"));
        QVERIFY(read.messages[1].kind == Kind::Binary);
        QCOMPARE(read.messages[1].bytes, std::string("\0\1\xff", 3));
        QVERIFY(read.messages[2].compressed && !read.messages[2].coded);
        QCOMPARE(read.messages[2].bytes, std::string("hello, hello, hello"));
        QCOMPARE(read.messages[3].bytes, std::string("fragmented"));
        QCOMPARE(read.messages[3].frames, 3u);
        QCOMPARE(read.messages[4].size, uint64_t(0));
        QCOMPARE(read.messages[5].size, uint64_t(300));
        QVERIFY(read.messages[6].kind == Kind::Ping);
        QVERIFY(read.messages[7].bytes == big);
        QCOMPARE(read.messages[8].closeCode, uint16_t(1000));
        QCOMPARE(read.messages[8].bytes, std::string("bye"));
    }
    // At every single byte.
    const std::string some =
        frame(1, "frag", true, false) + frame(10, "pong") + frame(0, "mented") + frame(1, std::string(200, 'y'));
    for (size_t cut = 1; cut < some.size(); ++cut) {
        Reader reader(Reader::From::Client, {});
        Read first = readIn(reader, some.substr(0, cut), plenty);
        const Read second = readIn(reader, some.substr(cut), plenty);
        first.messages.insert(first.messages.end(), second.messages.begin(), second.messages.end());
        QCOMPARE(first.messages.size(), size_t(3));
        QCOMPARE(first.messages[1].bytes, std::string("fragmented"));
        QCOMPARE(first.messages[2].bytes, std::string(200, 'y'));
    }
}

void WebSocketTest::controlFramesStandWithinAMessage()
{
    const Read read = clientSays(frame(1, "a", true, false) + frame(9, "p") + frame(10, "q") + frame(0, "b"));
    QCOMPARE(read.messages.size(), size_t(3));
    QVERIFY(read.messages[0].kind == Kind::Ping && read.messages[1].kind == Kind::Pong);
    QCOMPARE(read.messages[2].bytes, std::string("ab"));
}

void WebSocketTest::compressedMessagesAreInflatedWithTheContextOfThoseBefore()
{
    for (const int window : {9, 12, 15}) {
        Deflater deflate(window);
        Reader reader(Reader::From::Server, {true, true});
        const std::string text = "the same words again and again, " + std::to_string(window);
        const std::string first = deflate(text), second = deflate(text), third = deflate(text);
        QVERIFY(second.size() < first.size() / 2);
        // The third in two frames: the bit stands on the first alone.
        const Read read =
            readIn(reader,
                   frame(1, first, false, true, 4) + frame(1, "plain", false) + frame(1, second, false, true, 4)
                       + frame(1, third.substr(0, 2), false, false, 4) + frame(0, third.substr(2), false),
                   5);
        QCOMPARE(read.lost, std::string());
        QCOMPARE(read.messages.size(), size_t(4));
        for (const size_t at : {0, 2, 3})
            QCOMPARE(read.messages[at].bytes, text);
        QCOMPARE(read.messages[1].bytes, std::string("plain"));
        QCOMPARE(read.messages[2].wire, uint64_t(second.size()));
        QCOMPARE(read.messages[2].size, uint64_t(text.size()));
    }
}

void WebSocketTest::withoutTakeoverEachMessageStandsAlone()
{
    Deflater deflate;
    const Read read = clientSays(frame(1, deflate("one one one", true), true, true, 4)
                                     + frame(1, deflate("two two two", true), true, true, 4),
                                 {true, false});
    QCOMPARE(read.messages.size(), size_t(2));
    QCOMPARE(read.messages[1].bytes, std::string("two two two"));
}

void WebSocketTest::whatIsNoWebSocketIsLost_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("deflate");
    const auto row = [](const char *name, const std::string &bytes, bool deflate = false) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << deflate;
    };
    row("not masked", frame(1, "a", false));
    row("RSV1 unasked", frame(1, "a", true, true, 4));
    row("RSV2", frame(1, "a", true, true, 2), true);
    row("RSV3", frame(1, "a", true, true, 1), true);
    row("RSV1 on a continuation", frame(1, "a", true, false) + frame(0, "b", true, true, 4), true);
    row("RSV1 on a ping", frame(9, "a", true, true, 4), true);
    for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
        row(("opcode " + std::to_string(opcode)).c_str(), frame(opcode, "a"));
    row("fragmented ping", frame(9, "a", true, false));
    row("long ping", frame(9, std::string(126, 'a')));
    row("continues nothing", frame(0, "a"));
    row("begins within", frame(1, "a", true, false) + frame(1, "b"));
    row("close of one byte", frame(8, "a"));
    row("16 bits for 5", std::string("\x81\xfe\0\5", 4) + "abcd" + "hello");
    row("64 bits for 5", std::string("\x81\xff\0\0\0\0\0\0\0\5", 10) + "abcd" + "hello");
    row("highest bit", std::string("\x82\xff\x80\0\0\0\0\0\0\0", 10) + "abcd");
    row("after the close", frame(8, "") + frame(1, "a"));
}

void WebSocketTest::whatIsNoWebSocketIsLost()
{
    QFETCH(QByteArray, bytes);
    QFETCH(bool, deflate);
    for (const size_t piece : {size_t(1), plenty}) {
        Reader reader(Reader::From::Client, {deflate, true});
        const Read read = readIn(reader, bytes.toStdString(), piece);
        QVERIFY(!read.lost.empty());
        std::string_view more = "whatever comes";
        QVERIFY(reader.read(more, plenty) == Reader::Step::Lost);
    }
    Reader server(Reader::From::Server, {});
    QVERIFY(!readIn(server, frame(1, "masked"), plenty).lost.empty());
}

void WebSocketTest::closeCodesAndReasonsAreKept()
{
    QCOMPARE(clientSays(frame(8, "")).messages[0].closeCode, uint16_t(1005));
    const Read read = clientSays(frame(8, std::string("\x0f\xa1", 2) + "going \xe2\x86\x92"));
    QCOMPARE(read.messages[0].closeCode, uint16_t(4001));
    QCOMPARE(read.messages[0].bytes, std::string("going \xe2\x86\x92"));
    QVERIFY(!read.messages[0].badText);
    QVERIFY(clientSays(frame(8, std::string("\x03\xe8\xff", 3))).messages[0].badText);
}

void WebSocketTest::onlySoMuchIsKept()
{
    Reader reader(Reader::From::Client, {true, true});
    Deflater deflate;
    const std::string text(100'000, 'z');
    const Read read = readIn(reader, frame(2, text) + frame(2, deflate(text), true, true, 4), 4096, 1000);
    QCOMPARE(read.messages.size(), size_t(2));
    for (const WebSocketMessage &message : read.messages) {
        QCOMPARE(message.bytes, std::string(1000, 'z'));
        QCOMPARE(message.size, uint64_t(100'000));
    }
    QCOMPARE(reader.held(), size_t(0));
}

void WebSocketTest::aBombIsNotInflated()
{
    Deflater deflate;
    const std::string bomb = deflate(std::string(64 << 20, '\0'));
    const Read read =
        clientSays(frame(2, bomb, true, true, 4) + frame(1, deflate("after"), true, true, 4) + frame(1, "plain"),
                   {true, true}, plenty, 100);
    QCOMPARE(read.notes.size(), size_t(1));
    QCOMPARE(read.messages.size(), size_t(3));
    QVERIFY(read.messages[0].size <= Reader::mostInflated + (64 << 10));
    QVERIFY(read.messages[1].coded);
    QCOMPARE(read.messages[2].bytes, std::string("plain"));
    // Where each stands alone, the next one is read again.
    Deflater alone;
    const Read again =
        clientSays(frame(2, bomb, true, true, 4) + frame(1, alone("after"), true, true, 4), {true, false});
    QCOMPARE(again.messages[1].bytes, std::string("after"));
}

void WebSocketTest::damageOfOneMessageLosesTheContextAndIsToldOnce()
{
    const Read read = clientSays(frame(1, "\xff\xff\xff\xff", true, true, 4) + frame(1, "\xff\xff", true, true, 4)
                                     + frame(1, "plain"),
                                 {true, true});
    QCOMPARE(read.lost, std::string());
    QCOMPARE(read.notes.size(), size_t(1));
    QCOMPARE(read.messages.size(), size_t(3));
    QVERIFY(read.messages[1].coded);
    QCOMPARE(read.messages[1].bytes, std::string("\xff\xff"));
    QCOMPARE(read.messages[2].bytes, std::string("plain"));
}

void WebSocketTest::textThatIsNoUtf8IsNoted()
{
    for (const char *bad : {"\xff", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xc3", "\x80"}) {
        QVERIFY(!isUtf8(bad));
        QVERIFY(clientSays(frame(1, bad)).messages[0].badText);
    }
    for (const char *good : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x99\x82", "\xef\xbf\xbf"}) {
        QVERIFY(isUtf8(good));
        QVERIFY(!clientSays(frame(1, good)).messages[0].badText);
    }
    QVERIFY(!clientSays(frame(2, "\xff")).messages[0].badText);
    // Across a fragment's end.
    QVERIFY(!clientSays(frame(1, "\xe2\x82", true, false) + frame(0, "\xac")).messages[0].badText);
}

QTEST_GUILESS_MAIN(WebSocketTest)
#include "websocket_test.moc"
