// SPDX-License-Identifier: GPL-3.0-or-later
// WebSockets and event streams through the gateway, with real peers: node's ws, curl, and a killed gateway.
#include "tests/peers/npm.h"
#include "tests/peers/peers.h"
#include "tests/support/frame_client.h"

#include <QTest>

#include <csignal>
#include <thread>

using namespace support;

namespace {

class StreamServer {
public:
    explicit StreamServer(const std::string &modules)
        : process_({"node", std::string(SLUICE_SOURCE_DIR) + "/tests/peers/streams.js"},
                   {{{"NODE_PATH", modules}}, {}, {}, 0})
    {
        if (process_.waitForOutput("ready "))
            port_ = uint16_t(std::atoi(process_.out().c_str() + 6));
    }
    bool ready() const { return port_ != 0; }
    std::string url(const std::string &path = {}) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

private:
    Process process_;
    uint16_t port_ = 0;
};

std::string textOf(const QJsonValue &value)
{
    return value.toVariant().toString().toStdString();
}

}  // namespace

class WebSocketTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void messagesPassAndAreRecordedOneByOne();
    void aFloodIsHeldBackByASlowReader();
    void closeCodesPassAndAreKept();
    void aWrongAcceptIsTheUpstreamsFault();
    void aWrongKeyIsTheClientsFault();
    void whatIsNoWebSocketPassesAllTheSame();
    void overHttp2MessagesAreRecordedToo();
    void whoHasClosedTheSocketMayResetItsStream();
    void eventsPassAtOnceAndAreSeenWhileTheStreamLives();
    void aKilledGatewayLosesNoStream();

private:
    std::string modules_;
    std::unique_ptr<StreamServer> server_;
    std::unique_ptr<GatewayProcess> gateway_;

    GatewaySetup setup() const
    {
        GatewaySetup out;
        out.file = "services:\n  node: " + server_->url() + "\nroutes:\n- {path: /**, service: node}\n";
        return out;
    }
    std::string socketUrl(const std::string &path) const
    {
        return "ws://127.0.0.1:" + std::to_string(gateway_->port()) + path;
    }
    std::vector<std::string> client(const std::string &path, const std::string &what) const
    {
        return {"node", std::string(SLUICE_SOURCE_DIR) + "/tests/peers/ws_client.js", socketUrl(path), what};
    }
    QJsonObject talk(const std::string &path, const std::string &what, bool slow = false) const
    {
        std::map<std::string, std::string> environment = {{"NODE_PATH", modules_}};
        if (slow)
            environment["SLOW"] = "1";
        const Ran ran = run(client(path, what), {environment, {}, {}, 0}, std::chrono::seconds(90));
        return jsonObject(ran.out);
    }
    // `sluice show --json` of what the filter finds last.
    QJsonObject show(const std::vector<std::string> &filter) const
    {
        const QList<QJsonObject> rows = gateway_->log(1, filter);
        if (rows.isEmpty())
            return {};
        return jsonObject(gateway_->onRecording({"show", std::to_string(rows.last()["id"].toInteger()), "--json"}).out);
    }
};

void WebSocketTest::initTestCase()
{
    std::string trouble;
    modules_ = npmPackage("ws", "8", trouble);
    if (modules_.empty())
        QSKIP(trouble.c_str());
    server_ = std::make_unique<StreamServer>(modules_);
    QVERIFY(server_->ready());
    gateway_ = std::make_unique<GatewayProcess>(setup());
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
}

void WebSocketTest::init()
{
    QVERIFY2(gateway_->process().running(), gateway_->trouble().c_str());
}

void WebSocketTest::messagesPassAndAreRecordedOneByOne()
{
    for (const bool compressed : {true, false}) {
        const std::string path = compressed ? "/echo" : "/plain";
        const QJsonObject seen = talk(path, "talk");
        QCOMPARE(textOf(seen["extensions"]), std::string(compressed ? "permessage-deflate" : ""));
        QCOMPARE(seen["code"].toInt(), 4001);
        QCOMPARE(textOf(seen["pong"]), std::string("still there?"));
        QCOMPARE(seen["messages"].toArray(), QJsonArray({612, "000102ff", "in three frames", 3000000, "last"}));

        const QJsonObject record = show({"is:websocket path:" + path});
        QCOMPARE(record["status"].toInt(), 101);
        QCOMPARE(textOf(record["stream"]), std::string("websocket"));
        QVERIFY(record["failed_by"].isNull());
        QStringList fromClient, fromUpstream;
        for (const QJsonValue &each : record["messages"].toArray()) {
            const QString kind = each["kind"].toString();
            QString what = kind + ' ' + QString::number(each["size"].toInteger());
            if (kind == "close")
                what += ' ' + QString::number(each["close_code"].toInt()) + ' ' + each["content"].toString();
            (each["from"].toString() == "client" ? fromClient : fromUpstream) << what;
            if (kind == "text" && each["size"].toInteger() == 15)
                QCOMPARE(each["content"].toString(), QString("in three frames"));
            if (each["size"].toInteger() == 3000000) {
                QVERIFY(each["cut"].toBool());
                QCOMPARE(each["content"].toString().size(), 1 << 20);
                QCOMPARE(each["compressed"].toBool(), compressed);
            }
        }
        QCOMPARE(fromClient.join(", "),
                 QString("text 612, binary 4, text 15, text 3000000, ping 12, text 4, close 14 4001 that was all"));
        fromUpstream.sort();
        QCOMPARE(fromUpstream.join(", "),
                 QString("binary 4, close 14 4001 that was all, pong 12, text 15, text 3000000, text 4, text 612"));
    }
    const std::string shown =
        gateway_->onRecording({"show", std::to_string(gateway_->log(1, {"is:websocket"}).last()["id"].toInteger())})
            .out;
    QVERIFY2(shown.find("→ client    text") != std::string::npos, shown.c_str());
    QVERIFY2(shown.find("4001: that was all") != std::string::npos, shown.c_str());
    QVERIFY2(shown.find("00 01 02 ff") != std::string::npos, shown.c_str());
}

// 128 MiB pass a gateway that holds a few blocks of them, while the client reads with pauses.
void WebSocketTest::aFloodIsHeldBackByASlowReader()
{
    const QJsonObject seen = talk("/flood?n=2048", "drain", true);
    QCOMPARE(seen["bytes"].toInteger(), qint64(2048) * 65536);
    QCOMPARE(seen["code"].toInt(), 1000);
#ifdef __SANITIZE_THREAD__
    constexpr uint64_t most = 1000 * 1024;  // what the sanitizer remembers of each byte is counted
#else
    constexpr uint64_t most = 500 * 1024;
#endif
    QVERIFY2(gateway_->process().peakKiB() < most, std::to_string(gateway_->process().peakKiB()).c_str());
    const QList<QJsonObject> rows = gateway_->log(1, {"path:/flood"});
    QVERIFY(!rows.isEmpty() && rows.last()["messages"].toInteger() >= 2049);
}

void WebSocketTest::closeCodesPassAndAreKept()
{
    for (const int code : {1000, 1001, 1011, 3000, 4999}) {
        const QJsonObject seen = talk("/close?code=" + std::to_string(code), "drain");
        QCOMPARE(seen["code"].toInt(), code);
        QCOMPARE(textOf(seen["reason"]), std::string("as you wish"));
        const QJsonArray messages = show({"path:/close query:code=" + std::to_string(code)})["messages"].toArray();
        QVERIFY(!messages.isEmpty());
        QCOMPARE(messages[0]["close_code"].toInt(), code);
        QCOMPARE(textOf(messages[0]["from"]), std::string("upstream"));
    }
}

void WebSocketTest::aWrongAcceptIsTheUpstreamsFault()
{
    const QJsonObject seen = talk("/wrong", "drain");
    QCOMPARE(seen["status"].toInt(), 502);
    const QJsonObject record = show({"path:/wrong"});
    QCOMPARE(textOf(record["failed_by"]), std::string("upstream"));
    QVERIFY(textOf(record["failure"]).find("Sec-WebSocket-Accept does not fit") != std::string::npos);
    QCOMPARE(record["answer"]["status"].toInt(), 101);
}

void WebSocketTest::aWrongKeyIsTheClientsFault()
{
    const CurlAnswer answer =
        curl({"-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13", "-H",
              "Sec-WebSocket-Key: short", gateway_->url("/echo?bad")});
    QCOMPARE(answer.status, 400);
    QVERIFY(answer.body.find("Sec-WebSocket-Key") != std::string::npos);
}

// The gateway looks on; it is no judge of what two others say to each other.
void WebSocketTest::whatIsNoWebSocketPassesAllTheSame()
{
    RawSocket raw = RawSocket::connectTo(gateway_->port());
    QVERIFY(raw.send(
        "GET /garbage HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
    const std::string head = raw.readHead();
    QVERIFY2(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos, head.c_str());
    const std::string text = "this is no frame at all", more = pattern(200'000);
    for (const std::string &each : {text, more}) {
        QVERIFY(raw.send(each));
        QVERIFY(raw.readExactly(each.size()) == each);
    }
    raw.close();
    const QJsonObject record = show({"path:/garbage"});
    QCOMPARE(record["status"].toInt(), 101);
    QCOMPARE(record["request_bytes"].toInteger(), qint64(text.size() + more.size()));
    QCOMPARE(record["messages"].toArray().size(), 0);
    QStringList told;
    for (const QJsonValue &each : record["decisions"].toArray()) {
        if (each["stage"].toString() == "record")
            told << each["outcome"].toString() + ' ' + each["facts"]["from"].toString();
    }
    told.sort();
    QCOMPARE(told.join(", "), QString("not decoded client, not decoded upstream"));
}

void WebSocketTest::overHttp2MessagesAreRecordedToo()
{
    const Ran ran = run({"node", std::string(SLUICE_SOURCE_DIR) + "/tests/peers/ws_over_http2.js", gateway_->url(),
                         "/plain?http2", "hello"});
    QCOMPARE(ran.out, std::string("hello\n"));
    const QJsonObject record = show({"query:http2"});
    QCOMPARE(textOf(record["request"]["version"]), std::string("HTTP/2"));
    const QJsonArray messages = record["messages"].toArray();
    QVERIFY(messages.size() >= 2);
    QCOMPARE(textOf(messages[0]["content"]), std::string("hello"));
    QCOMPARE(textOf(messages[0]["from"]), std::string("client"));
    QCOMPARE(textOf(messages[1]["from"]), std::string("upstream"));
}

// Browsers do so: to HTTP/2 it is a cancelled request, and yet nothing broke off.
void WebSocketTest::whoHasClosedTheSocketMayResetItsStream()
{
    const std::string mask("\x01\x02\x03\x04"), close = "\x88\x82" + mask + "\x02\xea";  // 1000
    for (const bool closes : {true, false}) {
        const std::string path = closes ? "/echo?closed" : "/echo?torn";
        FrameClient client(gateway_->port());
        client.next(h2::Settings);
        client.send(h2::headers(1,
                                {{":method", "CONNECT"},
                                 {":protocol", "websocket"},
                                 {":scheme", "http"},
                                 {":path", path},
                                 {":authority", "a"},
                                 {"sec-websocket-version", "13"}},
                                false));
        QCOMPARE(client.status(1), 200);
        if (closes) {
            client.send(h2::data(1, close, false));
            QCOMPARE(client.next(h2::Data, 1).payload.substr(0, 1), std::string("\x88"));
        }
        client.send(h2::reset(1));
        const QJsonObject record = show({closes ? "query:closed" : "query:torn"});
        QCOMPARE(record["status"].toInt(), 101);
        QCOMPARE(textOf(record["failed_by"]), std::string(closes ? "" : "client"));
    }
}

void WebSocketTest::eventsPassAtOnceAndAreSeenWhileTheStreamLives()
{
    Process curl({"curl", "-sN", "--max-time", "120", gateway_->url("/events")});
    // The second event is sent only when the first has come through.
    QVERIFY2(curl.waitForOutput("data: {\"n\":1}\n\n"), curl.err().c_str());
    QList<QJsonObject> open;
    QVERIFY(waitUntil([&] {
        open = jsonLines(gateway_->onRecording({"log", "--open", "--json"}).out);
        return open.size() == 1 && open[0]["messages"].toInt() == 1;
    }));
    QVERIFY(open[0]["open"].toBool());
    QCOMPARE(textOf(open[0]["stream"]), std::string("events"));
    const std::string id = "@" + std::to_string(-open[0]["id"].toInteger());
    run({"curl", "-s", server_->url("/next")});
    QVERIFY(curl.waitForOutput("data: {\"n\":2}\n\n"));
    QVERIFY(waitUntil([&] { return gateway_->onRecording({"show", id}).out.find("{\"n\":2}") != std::string::npos; }));
    const std::string shown = gateway_->onRecording({"show", id}).out;
    QVERIFY2(shown.find("still open") != std::string::npos && shown.find("event tick") != std::string::npos,
             shown.c_str());
    QCOMPARE(gateway_->onRecording({"show", std::to_string(open[0]["id"].toInteger())}).exitCode,
             0);  // as the JSON has it
    QVERIFY(gateway_->log(0, {"path:/events"}).isEmpty());
    run({"curl", "-s", server_->url("/end")});
    QVERIFY(curl.wait());
    const QJsonObject record = show({"is:events"});
    QCOMPARE(record["messages"].toArray().size(), 2);
    QCOMPARE(textOf(record["messages"][1]["event"]), std::string("tick"));
    QCOMPARE(textOf(record["messages"][1]["event_id"]), std::string("2"));
    QVERIFY(jsonLines(gateway_->onRecording({"log", "--open", "--json"}).out).isEmpty());
    QCOMPARE(gateway_->log(1, {"path:/events"}).size(), 1);
}

void WebSocketTest::aKilledGatewayLosesNoStream()
{
    auto gateway = std::make_unique<GatewayProcess>(setup());
    QVERIFY2(gateway->ready(), gateway->trouble().c_str());
    Process client({"node", std::string(SLUICE_SOURCE_DIR) + "/tests/peers/ws_client.js",
                    "ws://127.0.0.1:" + std::to_string(gateway->port()) + "/echo", "stay"},
                   {{{"NODE_PATH", modules_}}, {}, {}, 0});
    QVERIFY(client.waitForOutput("open"));
    QVERIFY(waitUntil([&] {
        const QList<QJsonObject> open = jsonLines(gateway->onRecording({"log", "--open", "--json"}).out);
        return open.size() == 1 && open[0]["messages"].toInt() == 2;
    }));
    gateway->process().signal(SIGKILL);
    QVERIFY(gateway->process().wait());
    Process again({sluiceProgram(), "run", "--to", server_->url(), "--listen", "http://127.0.0.1:0", "--record",
                   gateway->recording(), "--socket", gateway->socket()});
    QVERIFY2(again.waitForOutput("sluice ready"), again.err().c_str());
    const QList<QJsonObject> rows = gateway->log(1, {"is:websocket"});
    QCOMPARE(rows.size(), 1);
    QCOMPARE(textOf(rows[0]["failed_by"]), std::string("gateway"));
    QCOMPARE(rows[0]["messages"].toInt(), 2);
    QCOMPARE(textOf(rows[0]["path"]), std::string("/echo"));
    QVERIFY(jsonLines(gateway->onRecording({"log", "--open", "--json"}).out).isEmpty());
    again.signal(SIGTERM);
    QVERIFY(again.wait());
    QCOMPARE(again.exitCode(), 0);
}

QTEST_GUILESS_MAIN(WebSocketTest)
#include "websocket_test.moc"
