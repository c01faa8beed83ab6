// SPDX-License-Identifier: GPL-3.0-or-later
// Headers of the PROXY protocol, good and bad. Cut anywhere they read the same, and who reads only what is wanted never takes
// a byte of what lies behind.
#include "engine/http/proxy_protocol.h"

#include <QTest>

using namespace sluice::http;
using namespace std::string_literals;

namespace {

using Step = ProxyReader::Step;

const std::string magic = "\r\n\r\n\0\r\nQUIT\n"s;

std::string word(size_t number)
{
    return {char(number >> 8), char(number & 255)};
}

// Version 2 with this command and family, and all that follows the length.
std::string block(char command, char family, const std::string &rest)
{
    return magic + command + family + word(rest.size()) + rest;
}

std::string value(char type, const std::string &bytes)
{
    return type + word(bytes.size()) + bytes;
}

const std::string v4 = "\xc0\x00\x02\x07\x7f\x00\x00\x01\x13\x88\x1f\x90"s;  // 192.0.2.7:5000 → 127.0.0.1:8080
const std::string v6 =
    "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01"s + std::string(15, '\0') + "\x01\x13\x88\x1f\x90"s;
const std::string mapped =
    std::string(10, '\0') + "\xff\xff\xc0\x00\x02\x07"s + std::string(16, '\0') + "\x13\x88\x1f\x90"s;
constexpr char proxy = 0x21, local = 0x20, tcp4 = 0x11, tcp6 = 0x21, udp4 = 0x12, unixStream = 0x31, unspecified = 0;

struct Case {
    const char *name;
    std::string raw;
    const char *client;  // "address port"; "" the connection's own; nullptr: refused
};

std::vector<Case> lines()
{
    return {
        {"TCP4", "PROXY TCP4 192.0.2.7 127.0.0.1 5000 8080\r\n", "192.0.2.7 5000"},
        {"TCP6", "PROXY TCP6 2001:db8::1 ::1 5000 8080\r\n", "2001:db8::1 5000"},
        {"TCP6 at its longest",
         "PROXY TCP6 ffff:f00f:ffff:ffff:ffff:ffff:ffff:ffff ffff:f00f:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
         "ffff:f00f:ffff:ffff:ffff:ffff:ffff:ffff 65535"},
        {"the shortest TCP6", "PROXY TCP6 :: :: 0 0\r\n", ":: 0"},
        {"TCP6 of an IPv4 address", "PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", "192.0.2.7 1"},
        {"UNKNOWN", "PROXY UNKNOWN\r\n", ""},
        {"UNKNOWN with more", "PROXY UNKNOWN whatever this \t says\r\n", ""},
        {"UNKNOWN of 107 bytes", "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n", ""},
        {"UNKNOWN of 108 bytes", "PROXY UNKNOWN " + std::string(92, 'x') + "\r\n", nullptr},
        {"a line without end", "PROXY UNKNOWN " + std::string(200, 'x'), nullptr},
        {"small letters", "proxy TCP4 192.0.2.7 127.0.0.1 5000 8080\r\n", nullptr},
        {"another protocol", "PROXY UDP4 192.0.2.7 127.0.0.1 5000 8080\r\n", nullptr},
        {"IPv6 as TCP4", "PROXY TCP4 ::1 ::1 5000 8080\r\n", nullptr},
        {"IPv4 as TCP6", "PROXY TCP6 192.0.2.7 127.0.0.1 5000 8080\r\n", nullptr},
        {"a zone", "PROXY TCP6 fe80::1%eth0 ::1 5000 8080\r\n", nullptr},
        {"two spaces", "PROXY TCP4  192.0.2.7 127.0.0.1 5000 8080\r\n", nullptr},
        {"a space at the end", "PROXY TCP4 192.0.2.7 127.0.0.1 5000 8080 \r\n", nullptr},
        {"a word too few", "PROXY TCP4 192.0.2.7 127.0.0.1 5000\r\n", nullptr},
        {"a word too many", "PROXY TCP4 192.0.2.7 127.0.0.1 5000 8080 1\r\n", nullptr},
        {"an address with leading zeros", "PROXY TCP4 192.0.002.7 127.0.0.1 5000 8080\r\n", nullptr},
        {"a port with a leading zero", "PROXY TCP4 192.0.2.7 127.0.0.1 05000 8080\r\n", nullptr},
        {"a port too high", "PROXY TCP4 192.0.2.7 127.0.0.1 65536 8080\r\n", nullptr},
        {"a signed port", "PROXY TCP4 192.0.2.7 127.0.0.1 +500 8080\r\n", nullptr},
        {"a bare LF", "PROXY TCP4 192.0.2.7 127.0.0.1 5000 8080\n", nullptr},
        {"a bare CR", "PROXY TCP4 192.0.2.7 127.0.0.1 5000 8080\rGET / HTTP/1.1\r\n", nullptr},
        {"no word", "PROXY \r\n", nullptr},
        {"a request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", nullptr},
        {"the hello of TLS", "\x16\x03\x01\x02\x00"s, nullptr},
        {"an empty line", "\r\nPROXY UNKNOWN\r\n", nullptr},
    };
}

std::vector<Case> blocks()
{
    return {
        {"a block of IPv4", block(proxy, tcp4, v4), "192.0.2.7 5000"},
        {"a block of IPv6", block(proxy, tcp6, v6), "2001:db8::1 5000"},
        {"a block of IPv4 in IPv6", block(proxy, tcp6, mapped), "192.0.2.7 5000"},
        {"a block of its own", block(local, unspecified, ""), ""},
        {"a block of its own with addresses", block(local, tcp4, v4), ""},
        {"a block of its own with nonsense", block(local, tcp4, "xyz"), ""},
        {"a block of nothing", block(proxy, unspecified, ""), ""},
        {"a block of datagrams", block(proxy, udp4, v4), ""},
        {"a block of Unix sockets", block(proxy, unixStream, std::string(216, 'p')), ""},
        {"values", block(proxy, tcp4, v4 + value(1, "h2") + value(2, "shop.example") + value(4, "")), "192.0.2.7 5000"},
        {"a value at its greatest", block(proxy, tcp4, v4 + value(4, std::string(4096 - 3, 'n'))), "192.0.2.7 5000"},
        {"values that are too large", block(proxy, tcp4, v4 + value(4, std::string(4400, 'n'))), nullptr},
        {"a value that is cut short", block(proxy, tcp4, v4 + "\x01"), nullptr},
        {"a value that is longer than the block", block(proxy, tcp4, v4 + "\x01\x00\x03h2"s), nullptr},
        {"a checksum", block(proxy, tcp4, v4 + value(3, "\xe2\xdc\xaa\xcd")), "192.0.2.7 5000"},
        {"a wrong checksum", block(proxy, tcp4, v4 + value(3, "\xe2\xdc\xaa\xce")), nullptr},
        {"a short checksum", block(proxy, tcp4, v4 + value(3, "\xe2\xdc\xaa")), nullptr},
        {"too short for IPv4", block(proxy, tcp4, v4.substr(1)), nullptr},
        {"too short for IPv6", block(proxy, tcp6, v4), nullptr},
        {"too short for Unix sockets", block(proxy, unixStream, v6), nullptr},
        {"version 1 as a block", block(0x11, tcp4, v4), nullptr},
        {"version 3", block(0x31, tcp4, v4), nullptr},
        {"a command that nobody knows", block(0x22, tcp4, v4), nullptr},
        {"a family that nobody knows", block(proxy, 0x41, v4), nullptr},
        {"a protocol that nobody knows", block(proxy, 0x13, v4), nullptr},
        {"a block that is none", magic.substr(0, 11) + "\r", nullptr},
    };
}

const std::vector<Case> &cases()
{
    static const std::vector<Case> list = [] {
        std::vector<Case> all = lines(), more = blocks();
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }();
    return list;
}

struct Told {
    Step step = Step::NeedMore;
    std::string client, reason;
    size_t consumed = 0;
    bool operator==(const Told &) const = default;
};

Told told(ProxyReader &reader, std::string_view in)
{
    Told out;
    out.step = reader.read(in, out.consumed);
    if (out.step == Step::Done && reader.header().known)
        out.client = text(reader.header().client) + ' ' + std::to_string(reader.header().port);
    out.reason = out.step == Step::Refused ? reader.reason() : "";
    return out;
}

}  // namespace

class ProxyProtocolTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aHeaderIsReadOrRefused_data();
    void aHeaderIsReadOrRefused();
};

void ProxyProtocolTest::aHeaderIsReadOrRefused_data()
{
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < cases().size(); ++i)
        QTest::addRow("%s", cases()[i].name) << int(i);
}

void ProxyProtocolTest::aHeaderIsReadOrRefused()
{
    QFETCH(int, index);
    const Case &c = cases()[size_t(index)];
    const std::string behind = "GET / HTTP/1.1\r\nHost: a\r\n\r\n" + magic, all = c.raw + behind;
    ProxyReader reader;
    const Told whole = told(reader, all);
    QVERIFY2(whole.step == (c.client ? Step::Done : Step::Refused), whole.reason.c_str());
    QCOMPARE(whole.client, std::string(c.client ? c.client : ""));
    QCOMPARE(whole.consumed, c.client ? c.raw.size() : size_t(0));
    QCOMPARE(whole.reason.empty(), c.client != nullptr);
    // One byte more each time: nothing is said too early, and it is the same.
    size_t size = 0;
    Told now;
    while (now.step == Step::NeedMore && size <= all.size())
        now = told(reader, std::string(all, 0, size++));
    QVERIFY(now == whole);
    QVERIFY(!c.client || size - 1 == c.raw.size());
    // Only what is wanted: not a byte of what lies behind.
    for (size = 0, now = {}; now.step == Step::NeedMore; size += now.step == Step::NeedMore ? reader.wants() : 0) {
        QVERIFY(size <= all.size());
        now = told(reader, std::string(all, 0, size));
        QVERIFY(reader.wants() >= 1);
    }
    QVERIFY(now.step == whole.step);
    QVERIFY(!c.client || size == c.raw.size());
}

QTEST_APPLESS_MAIN(ProxyProtocolTest)
#include "proxy_protocol_test.moc"
