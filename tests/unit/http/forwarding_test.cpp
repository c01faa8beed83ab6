// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/forwarding.h"
#include "tests/unit/http/reading.h"

#include <QTest>

using namespace sluice::http;

namespace {

HeaderList list(std::initializer_list<Field> fields)
{
    HeaderList headers;
    for (const Field &f : fields)
        headers.add(f.name, f.value);
    return headers;
}

std::string upstream(std::initializer_list<Field> fields, const ForwardFacts &facts = {.peer = "192.0.2.9"})
{
    RequestHead in, out;
    in.method = "GET";
    in.target = "/a?b";
    in.authority = "shop:80";
    in.headers = list(fields);
    out.headers.add("Old", "1");  // what was there before goes
    toUpstream(in, out, facts);
    return reading::textOf(out.headers);
}

const std::string kOurs =
    "Via: 1.1 sluice|X-Forwarded-For: 192.0.2.9|X-Forwarded-Proto: http|X-Forwarded-Host: shop:80|"
    "Forwarded: for=192.0.2.9;host=\"shop:80\";proto=http|";

std::string client(std::initializer_list<Field> fields, bool tunnel = false)
{
    ResponseHead in, out;
    in.status = 200;
    in.reason = "OK";
    in.headers = list(fields);
    toClient(in, out, "sluice", tunnel);
    return reading::textOf(out.headers);
}

TrustedPeers trusting(const std::vector<std::string> &networks)
{
    return TrustedPeers::parse(networks).take();
}

}  // namespace

class ForwardingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void hopByHopFieldsStayOnTheirHop();
    void teKeepsTrailersOnly();
    void aTunnelKeepsUpgrade();
    void theTargetAndHostAreAsTold();
    void whatAStrangerSaysAboutTheClientIsReplaced();
    void whatATrustedPeerSaysIsAppendedTo();
    void whatIsRememberedOfOneClientIsToldOfNoOther();
    void otherSpellingsAreDropped();
    void whoTheCallerIsSaysNoClient();
    void viaGrows();
    void anAnswerLosesItsHopByHopFieldsToo();
    void manyConnectionOptionsAreAllObeyed();
    void theClientIsFoundFromTheRight();
    void aNetworkThatIsNoneIsNamed();
};

void ForwardingTest::hopByHopFieldsStayOnTheirHop()
{
    QCOMPARE(upstream({{"Host", "x"},
                       {"Connection", "keep-alive, X-Hop ,x-two"},
                       {"Keep-Alive", "timeout=5"},
                       {"X-Hop", "1"},
                       {"x-TWO", "2"},
                       {"Proxy-Connection", "keep-alive"},
                       {"Proxy-Authorization", "Basic x"},
                       {"Proxy", "evil"},
                       {"Transfer-Encoding", "chunked"},
                       {"Upgrade", "h2c"},
                       {"Content-Length", "3"},
                       {"X-End", "3"}}),
             "Host: shop:80|Content-Length: 3|X-End: 3|" + kOurs);
}

void ForwardingTest::teKeepsTrailersOnly()
{
    QCOMPARE(upstream({{"TE", "gzip, trailers"}, {"Connection", "TE"}}),
             "Host: shop:80|TE: trailers|Connection: TE|" + kOurs);
    QCOMPARE(upstream({{"TE", "gzip"}}), "Host: shop:80|" + kOurs);
}

void ForwardingTest::aTunnelKeepsUpgrade()
{
    const ForwardFacts facts{.peer = "192.0.2.9", .tunnel = true};
    QCOMPARE(upstream({{"Connection", "Upgrade"}, {"Upgrade", "websocket"}}, facts),
             "Host: shop:80|Upgrade: websocket|Connection: upgrade|" + kOurs);
    QCOMPARE(client({{"Connection", "Upgrade"}, {"Upgrade", "websocket"}}, true),
             "Upgrade: websocket|Connection: upgrade|Via: 1.1 sluice|");
}

void ForwardingTest::theTargetAndHostAreAsTold()
{
    RequestHead in, out;
    in.method = "GET";
    in.target = "http://shop/a?b";
    in.authority = "shop";
    toUpstream(in, out, {.peer = "::1"});
    QCOMPARE(out.target, "/a?b");
    QCOMPARE(out.authority, "shop");
    QVERIFY(out.headers.get("forwarded") == "for=\"[::1]\";host=shop;proto=http");
    toUpstream(in, out, {.peer = "::1", .scheme = "https", .pseudonym = "us", .target = "/c", .host = "inner:3000"});
    QCOMPARE(out.target, "/c");
    QVERIFY(out.headers[0].name == "Host" && out.headers[0].value == "inner:3000");
    QVERIFY(out.headers.get("x-forwarded-host") == "shop");
    QVERIFY(out.headers.get("x-forwarded-proto") == "https");
    QVERIFY(out.headers.get("via") == "1.1 us");
}

void ForwardingTest::whatAStrangerSaysAboutTheClientIsReplaced()
{
    QCOMPARE(upstream({{"X-Forwarded-For", "203.0.113.1"},
                       {"X-Forwarded-Proto", "https"},
                       {"x-forwarded-host", "evil"},
                       {"X-Forwarded-Port", "1"},
                       {"X-Real-IP", "203.0.113.1"},
                       {"Forwarded", "for=203.0.113.1"}}),
             "Host: shop:80|" + kOurs);
}

void ForwardingTest::whatATrustedPeerSaysIsAppendedTo()
{
    const ForwardFacts facts{.peer = "192.0.2.9", .peerTrusted = true};
    QCOMPARE(upstream({{"X-Forwarded-For", "203.0.113.1"},
                       {"X-Forwarded-For", "203.0.113.2"},
                       {"X-Forwarded-Proto", "https"},
                       {"X-Forwarded-Host", "outer"},
                       {"X-Real-IP", "203.0.113.1"},
                       {"Forwarded", "for=203.0.113.1"}},
                      facts),
             "Host: shop:80|X-Forwarded-Proto: https|X-Forwarded-Host: outer|X-Real-IP: 203.0.113.1|Via: 1.1 sluice|"
             "X-Forwarded-For: 203.0.113.1, 203.0.113.2, 192.0.2.9|"
             "Forwarded: for=203.0.113.1, for=192.0.2.9;host=\"shop:80\";proto=http|");
}

void ForwardingTest::whatIsRememberedOfOneClientIsToldOfNoOther()
{
    ForwardedLines lines;
    RequestHead in;
    in.method = "GET";
    in.target = "/";
    in.authority = "shop:80";
    ForwardFacts facts;
    facts.peer = "192.0.2.9";
    const auto alike = [&] {
        RequestHead fresh, remembered;
        toUpstream(in, fresh, facts);
        toUpstream(in, remembered, facts, lines);
        return reading::textOf(remembered.headers) == reading::textOf(fresh.headers);
    };
    QVERIFY(alike() && alike());
    facts.peer = "192.0.2.10";
    QVERIFY(alike());
    in.authority = "shop:81";
    QVERIFY(alike());
    facts.scheme = "https";
    QVERIFY(alike());
    in.version = Version::Http2;
    QVERIFY(alike());
    facts.pseudonym = "other";
    QVERIFY(alike());
    facts.peerTrusted = true;
    in.headers.add("X-Forwarded-For", "203.0.113.1");
    QVERIFY(alike());
    in.headers.clear();
    in.authority.clear();
    QVERIFY(alike());
}

void ForwardingTest::otherSpellingsAreDropped()
{
    const ForwardFacts trusted{.peer = "192.0.2.9", .peerTrusted = true};
    for (const ForwardFacts &facts : {ForwardFacts{.peer = "192.0.2.9"}, trusted})
        QCOMPARE(upstream({{"X_Forwarded_For", "1"},
                           {"X-Forwarded_For", "1"},
                           {"x_forwarded_proto", "1"},
                           {"Content_Length", "1"},
                           {"Transfer_Encoding", "chunked"},
                           {"X_Real_IP", "1"},
                           {"my_field", "kept"}},
                          facts),
                 "Host: shop:80|my_field: kept|" + kOurs);
}

void ForwardingTest::whoTheCallerIsSaysNoClient()
{
    QCOMPARE(upstream({{"X-User-ID", "admin"},
                       {"x-user-roles", "root"},
                       {"X_User_ID", "admin"},
                       {"X_Request_ID", "1"},
                       {"X-Trace_ID", "2"},
                       {"X-User-Region", "eu"}}),
             "Host: shop:80|X-User-Region: eu|" + kOurs);
    QCOMPARE(client({{"X-User-ID", "7"}}, false), "X-User-ID: 7|Via: 1.1 sluice|");
}

void ForwardingTest::viaGrows()
{
    RequestHead in, out;
    in.version = Version::Http10;
    in.headers = list({{"Via", "1.1 other"}});
    toUpstream(in, out, {});
    QCOMPARE(out.headers.joined("via"), "1.1 other, 1.0 sluice");
    in.version = Version::Http2;
    toUpstream(in, out, {});
    QCOMPARE(out.headers.joined("via"), "1.1 other, 2 sluice");
    QVERIFY(out.headers.get("x-forwarded-for") == "unknown");
    QVERIFY(!out.headers.has("host"));
}

void ForwardingTest::anAnswerLosesItsHopByHopFieldsToo()
{
    QCOMPARE(client({{"Connection", "close, X-Hop"},
                     {"X-Hop", "1"},
                     {"Keep-Alive", "x"},
                     {"Transfer-Encoding", "chunked"},
                     {"Upgrade", "h2c"},
                     {"Proxy-Authenticate", "Basic"},
                     {"Proxy-Status", "a"},
                     {"Trailer", "X-Sum"},
                     {"X-Forwarded-For", "kept"},
                     {"Set-Cookie", "a"},
                     {"Set-Cookie", "b"}}),
             "Proxy-Status: a|Trailer: X-Sum|X-Forwarded-For: kept|Set-Cookie: a|Set-Cookie: b|Via: 1.1 sluice|");
}

void ForwardingTest::manyConnectionOptionsAreAllObeyed()
{
    std::string options;
    RequestHead in, out;
    for (int i = 0; i < 60; ++i)
        options += (i ? ", X-" : "X-") + std::to_string(i);
    in.headers.add("Connection", options);
    for (int i = 0; i < 60; ++i)
        in.headers.add("x-" + std::to_string(i), "1");
    in.headers.add("X-60", "kept");
    toUpstream(in, out, {});
    QVERIFY(!out.headers.has("x-0") && !out.headers.has("x-59"));
    QVERIFY(out.headers.get("x-60") == "kept");
}

void ForwardingTest::theClientIsFoundFromTheRight()
{
    const TrustedPeers peers = trusting({"127.0.0.0/8", "::1", "10.0.0.0/8"});
    const auto found = [&](std::initializer_list<Field> fields, std::string_view peer = "127.0.0.1") {
        return clientAddress(list(fields), peer, peers);
    };
    QCOMPARE(found({}), "127.0.0.1");
    QCOMPARE(found({{"X-Forwarded-For", "203.0.113.1"}}), "203.0.113.1");
    QCOMPARE(found({{"X-Forwarded-For", "203.0.113.1"}}, "203.0.113.9"), "203.0.113.9");
    QCOMPARE(found({{"X-Forwarded-For", "6.6.6.6, 203.0.113.1, 10.1.1.1"}}), "203.0.113.1");
    QCOMPARE(found({{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "203.0.113.1"}}), "203.0.113.1");
    QCOMPARE(found({{"X-Forwarded-For", "10.2.2.2, 10.1.1.1"}}), "10.2.2.2");
    QCOMPARE(found({{"X-Forwarded-For", "6.6.6.6, nonsense, 10.1.1.1"}}), "10.1.1.1");
    QCOMPARE(found({{"X-Forwarded-For", "203.0.113.1:1234"}}), "203.0.113.1");
    QCOMPARE(found({{"X-Forwarded-For", "[2001:DB8::1]:1234"}}), "2001:db8::1");
    QCOMPARE(found({{"X-Forwarded-For", ","}}), "127.0.0.1");
    QCOMPARE(found({{"Forwarded", "for=6.6.6.6, for=\"[2001:db8::1]:80\";proto=http"}}), "2001:db8::1");
    QCOMPARE(found({{"Forwarded", "by=\"a,b\";For=203.0.113.1"}}), "203.0.113.1");
    QCOMPARE(found({{"Forwarded", "for=unknown"}}), "127.0.0.1");
    QCOMPARE(found({{"Forwarded", "for=_hidden"}}), "127.0.0.1");
    QCOMPARE(found({{"X_Forwarded_For", "6.6.6.6"}}), "127.0.0.1");
    QCOMPARE(found({{"X-Forwarded-For", "203.0.113.1"}}, "::ffff:127.0.0.1"), "203.0.113.1");
    std::string many = "203.0.113.1";
    for (int i = 0; i < 100; ++i)
        many += ", 10.0.0.1";
    QCOMPARE(found({{"X-Forwarded-For", many}}), "10.0.0.1");
}

void ForwardingTest::aNetworkThatIsNoneIsNamed()
{
    QVERIFY(TrustedPeers().empty());
    QVERIFY(!TrustedPeers().contains("127.0.0.1"));
    QVERIFY(trusting({"0.0.0.0/0"}).contains("1.2.3.4"));
    QVERIFY(!trusting({"0.0.0.0/0"}).contains("nonsense"));
    for (const char *bad : {"localhost", "10.0.0.0/33", "10.0.0.1/8", ""}) {
        const auto result = TrustedPeers::parse({"127.0.0.1", bad});
        QVERIFY2(!result.ok(), bad);
        QVERIFY2(result.error().what.find("\"" + std::string(bad) + "\"") != std::string::npos, bad);
    }
}

QTEST_APPLESS_MAIN(ForwardingTest)
#include "forwarding_test.moc"
