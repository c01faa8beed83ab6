// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recording/message_text.h"

#include <QTest>

using namespace sluice;
using journey::Message;
using Kind = Message::Kind;

namespace {

Message made(Kind kind, std::string bytes)
{
    Message m;
    m.kind = kind;
    m.size = bytes.size();
    m.bytes = std::move(bytes);
    return m;
}

}  // namespace

class MessageTextTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void textStandsOnOneLine()
    {
        QCOMPARE(recording::lineOf(made(Kind::Text, "a\r\nb")), std::string("a⏎b"));
        QCOMPARE(recording::lineOf(made(Kind::Binary, "{\"a\":1}")), std::string("{\"a\":1}"));
        QCOMPARE(recording::lineOf(made(Kind::Ping, "still there?")), std::string("still there?"));
        QCOMPARE(recording::wholeOf(made(Kind::Text, "a\r\nb")), std::string("a\r\nb"));
        // It is cut at a character, not within one.
        QCOMPARE(recording::lineOf(made(Kind::Text, "ab\xc3\xa9"), {}, 3), std::string("ab…"));
    }
    void binaryIsHex()
    {
        QCOMPARE(recording::lineOf(made(Kind::Binary, std::string("\0\xff", 2))), std::string("00 ff"));
        QVERIFY(recording::lineOf(made(Kind::Binary, std::string(100, '\0'))).ends_with("…"));
        const std::string whole = recording::wholeOf(made(Kind::Binary, std::string("\0A\xff", 3)));
        QVERIFY2(whole.starts_with("00000000  00 41 ff ") && whole.ends_with(".A.\n"), whole.c_str());
        Message coded = made(Kind::Text, "looks like text");
        coded.coded = true;
        QVERIFY(recording::lineOf(coded).starts_with("6c 6f"));
    }
    void aCloseIsItsCodeAndReason()
    {
        Message m = made(Kind::Close, "see you");
        m.closeCode = 1001;
        QCOMPARE(recording::lineOf(m), std::string("1001 going away: see you"));
        m.closeCode = 4000;
        m.bytes.clear();
        QCOMPARE(recording::lineOf(m), std::string("4000"));
    }
    void grpcIsToldByNameElseByWireType()
    {
        const Message m = made(Kind::Grpc, "\x08\x07");
        QCOMPARE(recording::lineOf(m), std::string("1: 7"));
        const recording::NamedFields names = [](std::string_view, bool request, bool lines) {
            return std::optional<std::string>(std::string(request ? "request" : "answer") + (lines ? "\n" : ""));
        };
        QCOMPARE(recording::lineOf(m, names), std::string("request"));
        QCOMPARE(recording::wholeOf(m, names), std::string("request\n"));
        const recording::NamedFields none = [](std::string_view, bool, bool) { return std::optional<std::string>(); };
        QCOMPARE(recording::lineOf(m, none), std::string("1: 7"));
        QCOMPARE(recording::lineOf(made(Kind::Grpc, "\xff")), std::string("ff"));
    }
    void remarksSayWhatElseThereIs()
    {
        Message m = made(Kind::Event, "x");
        m.from = Message::From::Upstream;
        m.event = "tick";
        m.id = "7";
        m.cut = m.compressed = m.redacted = m.badText = true;
        QCOMPARE(
            recording::remarksOf(m),
            std::string("from the upstream, event tick, id 7, came compressed, cut, no valid UTF-8, secrets replaced"));
    }
};

QTEST_GUILESS_MAIN(MessageTextTest)
#include "message_text_test.moc"
