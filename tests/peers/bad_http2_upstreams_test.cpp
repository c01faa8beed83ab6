// SPDX-License-Identifier: GPL-3.0-or-later
// Endpoints of HTTP/2 that break their connection off, at any point of what it carries.
#include "tests/peers/peers.h"
#include "tests/support/http2_frames.h"
#include "tests/support/raw_server.h"

#include <QTest>

using namespace support;

namespace {

// The endpoint's side of one connection.
class FrameServer {
public:
    explicit FrameServer(RawSocket &peer, bool begins = true) : peer_(peer)
    {
        if (!begins)
            return;
        peer_.readExactly(h2::preface.size());
        peer_.send(h2::settings());
    }
    // The next frame of this kind; others are passed over. Its type is not this one: the end came first.
    h2::Frame next(uint8_t type)
    {
        for (;;) {
            const h2::Frame frame = any();
            if (frame.type == type || peer_.end() != RawSocket::End::Open)
                return frame;
        }
    }
    h2::Frame any()
    {
        std::string bytes = peer_.readExactly(9);
        h2::Frame frame;
        if (bytes.size() < 9)
            return {};
        const size_t length = size_t(uint8_t(bytes[0])) << 16 | size_t(uint8_t(bytes[1])) << 8 | uint8_t(bytes[2]);
        bytes += peer_.readExactly(length);
        h2::take(bytes, frame);
        return frame;
    }
    uint32_t request() { return next(h2::Headers).stream; }
    void answer(uint32_t stream, bool last = false) { peer_.send(h2::headers(stream, {{":status", "200"}}, last)); }
    // Content until the gateway takes no more: it gave no window back for a while.
    size_t fill(uint32_t stream)
    {
        size_t sent = 0;
        for (int64_t window = 65535;;) {
            for (; window >= 8192; window -= 8192, sent += 8192)
                peer_.send(h2::data(stream, std::string(8192, 'x'), false));
            while (window < 8192) {
                if (!peer_.hasInput(std::chrono::milliseconds(700)))
                    return sent;
                const h2::Frame frame = any();
                if (frame.type == h2::WindowUpdate && frame.stream == stream)
                    window += frame.code();
            }
        }
    }

private:
    RawSocket &peer_;
};

GatewaySetup before(const RawServer &server, const std::string &response = "20s")
{
    GatewaySetup out;
    out.file = "services:\n  up: {endpoints: [\"h2c://127.0.0.1:" + std::to_string(server.port())
        + "\"], timeouts: {connect: 20s, response: " + response
        + ", idle: 20s, total: 60s}}\nroutes:\n- {path: /**, service: up}\n";
    return out;
}

}  // namespace

class BadHttp2UpstreamsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anEndpointThatClosesWithinItsAnswerCutsItOff();
    void anEndpointMayCloseWhileItsClientIsSlow();
    void anUploadEndsWithItsConnection();
    void aTunnelEndsWithItsConnection();
    void aConnectionThatHasGoneSilentTakesNoFurtherRequest();
    void informationalAnswersWithoutEndAreNoAnswer();
    void anEndpointMayTakeStreamsOnlyLater();
    void anEndpointThatBreaksTheProtocolIsNotWaitedFor();
    void aClientThatLeavesWithAllOfItsAnswerIsNotBlamed();
};

void BadHttp2UpstreamsTest::anEndpointThatClosesWithinItsAnswerCutsItOff()
{
    RawServer server([](RawSocket &peer, int) {
        FrameServer frames(peer);
        const uint32_t stream = frames.request();
        frames.answer(stream);
        peer.send(h2::data(stream, "begun", false));
    });
    GatewayProcess gateway(before(server));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    RawSocket client = RawSocket::connectTo(gateway.port());
    client.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string all = client.readAll();
    QVERIFY2(all.find("begun") != std::string::npos || all.starts_with("HTTP/1.1 502"), all.c_str());
    QVERIFY2(all.find("\r\n0\r\n") == std::string::npos, all.c_str());
    QVERIFY2(gateway.process().running(), gateway.trouble().c_str());
    const QJsonObject row = gateway.log(1).value(0);
    QVERIFY2(text(row, "failed_by") == "upstream", QJsonDocument(row).toJson().constData());
    QVERIFY2(text(row, "failure").find("broke off") != std::string::npos, text(row, "failure").c_str());
}

void BadHttp2UpstreamsTest::anEndpointMayCloseWhileItsClientIsSlow()
{
    std::atomic<size_t> sent = 0;
    RawServer server([&](RawSocket &peer, int) {
        FrameServer frames(peer);
        const uint32_t stream = frames.request();
        frames.answer(stream);
        sent = frames.fill(stream);
    });
    GatewayProcess gateway(before(server));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    RawSocket client = RawSocket::connectTo(gateway.port(), 4096);
    client.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    QVERIFY(waitUntil([&] { return sent > 0; }));
    QCOMPARE(gateway.onSocket({"status"}).exitCode, 0);  // by then it has seen the end
    const std::string all = client.readAll();
    const size_t content = size_t(std::count(all.begin(), all.end(), 'x'));
    QVERIFY2(gateway.process().running(), gateway.trouble().c_str());
    QVERIFY2(content >= sent, (std::to_string(content) + " of " + std::to_string(sent)).c_str());
    QVERIFY2(gateway.process().running(), gateway.trouble().c_str());
    const QJsonObject row = gateway.log(1).value(0);
    QVERIFY2(text(row, "failed_by") == "upstream", QJsonDocument(row).toJson().constData());
    QVERIFY2(text(row, "failure").find("broke off") != std::string::npos, text(row, "failure").c_str());
    QCOMPARE(gateway.stop(), 0);
}

void BadHttp2UpstreamsTest::anUploadEndsWithItsConnection()
{
    RawServer server([](RawSocket &peer, int) {
        FrameServer frames(peer);
        frames.request();
        frames.next(h2::Data);
    });
    GatewayProcess gateway(before(server));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    RawSocket client = RawSocket::connectTo(gateway.port());
    client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nsome");
    QVERIFY(client.readHead().starts_with("HTTP/1.1 502"));
    const QJsonObject row = gateway.log(1).value(0);
    QVERIFY2(text(row, "failed_by") == "upstream", QJsonDocument(row).toJson().constData());
    QCOMPARE(server.connections(), 1);
}

void BadHttp2UpstreamsTest::aTunnelEndsWithItsConnection()
{
    RawServer server([](RawSocket &peer, int) {
        peer.readExactly(h2::preface.size());
        peer.send(h2::settings({{8, 1}}));
        FrameServer frames(peer, false);
        const uint32_t stream = frames.request();
        frames.answer(stream);
        peer.send(h2::data(stream, "\x81\x02hi", false));
        frames.next(h2::Data);
    });
    GatewayProcess gateway(before(server));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    RawSocket client = RawSocket::connectTo(gateway.port());
    client.send(
        "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    QVERIFY(client.readHead().starts_with("HTTP/1.1 101"));
    QCOMPARE(client.readExactly(4), std::string("\x81\x02hi"));
    client.send(std::string("\x81\x80\0\0\0\0", 6));
    QVERIFY(client.waitForEnd());
    const QJsonObject row = gateway.log(1).value(0);
    QVERIFY2(text(row, "failure").find("upstream broke the tunnel off") != std::string::npos,
             QJsonDocument(row).toJson().constData());
}

// A laptop that slept, a tunnel that has gone: nobody says that the connection is dead.
void BadHttp2UpstreamsTest::aConnectionThatHasGoneSilentTakesNoFurtherRequest()
{
    RawServer server([](RawSocket &peer, int index) {
        FrameServer frames(peer);
        frames.answer(frames.request(), true);
        if (index > 0)
            frames.answer(frames.request(), true);
        peer.waitForEnd();
    });
    GatewayProcess gateway(before(server, "1200ms"));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    for (const int status : {200, 504, 200, 200})
        QCOMPARE(curl({gateway.url("/a")}).status, status);
    QCOMPARE(server.connections(), 2);
}

void BadHttp2UpstreamsTest::informationalAnswersWithoutEndAreNoAnswer()
{
    RawServer server([](RawSocket &peer, int) {
        FrameServer frames(peer);
        const uint32_t stream = frames.request();
        for (int i = 0; i < 200; ++i)
            peer.send(h2::headers(stream, {{":status", "103"}}, false));
        frames.answer(stream, true);
        peer.waitForEnd();
    });
    GatewayProcess gateway(before(server));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    QCOMPARE(curl({gateway.url("/a")}).status, 502);
    const QJsonObject row = gateway.log(1).value(0);
    QVERIFY2(text(row, "failure").find("informational") != std::string::npos, text(row, "failure").c_str());
}

// A limit of none that is lifted: who waits then gets its turn.
void BadHttp2UpstreamsTest::anEndpointMayTakeStreamsOnlyLater()
{
    RawServer server([](RawSocket &peer, int) {
        peer.readExactly(h2::preface.size());
        peer.send(h2::settings({{3, 0}}));
        FrameServer frames(peer, false);
        frames.next(h2::Settings);
        frames.next(h2::Settings);  // the acknowledgement
        peer.send(h2::settings({{3, 10}}));
        frames.answer(frames.request(), true);
        peer.waitForEnd();
    });
    GatewayProcess gateway(before(server));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    QCOMPARE(curl({gateway.url("/a")}).status, 200);
}

void BadHttp2UpstreamsTest::anEndpointThatBreaksTheProtocolIsNotWaitedFor()
{
    RawServer server([](RawSocket &peer, int) {
        FrameServer frames(peer);
        const uint32_t stream = frames.request();
        frames.answer(stream);
        peer.send(h2::data(stream, "begun", false)
                  + h2::frame(h2::Data, h2::Padded, stream,
                              "\xff"
                              "12"));
        peer.waitForEnd();
    });
    GatewayProcess gateway(before(server));  // its timeouts are longer than a test waits for the end of a socket
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    RawSocket client = RawSocket::connectTo(gateway.port());
    client.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string all = client.readAll();
    QVERIFY2(client.end() != RawSocket::End::TimedOut, all.c_str());
    const QJsonObject row = gateway.log(1).value(0);
    QCOMPARE(text(row, "failed_by"), std::string("upstream"));
    QVERIFY2(text(row, "failure").find("broke the rules of HTTP/2") != std::string::npos, text(row, "failure").c_str());
}

// The end of an answer is a frame of its own, if the endpoint likes; a client that has as much as was promised need not wait for it.
void BadHttp2UpstreamsTest::aClientThatLeavesWithAllOfItsAnswerIsNotBlamed()
{
    std::atomic<int> requests = 0;
    RawServer server([&](RawSocket &peer, int) {
        FrameServer frames(peer);
        while (const uint32_t stream = frames.request()) {
            const std::string content = requests++ == 0 ? "whole" : "part";
            peer.send(h2::headers(stream, {{":status", "200"}, {"content-length", "5"}}, false)
                      + h2::data(stream, content, false));
        }
    });
    GatewayProcess gateway(before(server));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    for (const std::string content : {"whole", "part"}) {
        RawSocket client = RawSocket::connectTo(gateway.port());
        client.send("GET /" + content + " HTTP/1.1\r\nHost: a\r\n\r\n");
        client.readHead();
        QCOMPARE(client.readExactly(content.size()), content);
    }
    QVERIFY(waitUntil([&] { return gateway.log(2).size() == 2; }));
    const QJsonObject whole = gateway.log(1, {"path:/whole"}).value(0), part = gateway.log(1, {"path:/part"}).value(0);
    QCOMPARE(text(whole, "failed_by"), std::string());
    QCOMPARE(whole["response_bytes"].toInt(), 5);
    QCOMPARE(text(part, "failed_by"), std::string("client"));
}

QTEST_GUILESS_MAIN(BadHttp2UpstreamsTest)
#include "bad_http2_upstreams_test.moc"
