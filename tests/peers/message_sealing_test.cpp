// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets in the messages of a WebSocket and of an event stream, through the real gateway: on no disk and in no output, and whole again
// for one who has this user's key; also while the stream lives, after a kill, and until they are pruned.
#include "tests/peers/peers.h"
#include "tests/support/raw_server.h"

#include "engine/gateway/secret_store.h"
#include "engine/http/websocket_handshake.h"
#include "storage/reader.h"

#include <QTest>

#include <csignal>

using namespace support;

#define VERIFY_READY(gateway) QVERIFY2((gateway).ready(), (gateway).trouble().c_str())

namespace {

const std::string login = "{\"user\":\"ada\",\"password\":\"planted-\\\"battery\\\"-staple\"}",
                  numbered = "{\"pin\": 424242, \"password\":\"planted-\\u0073lash\"}",
                  welcome = "42[\"welcome\",{\"ticket\":\"planted-ticket-7\"}]",
                  tick = "{\"n\":1,\"ticket\":\"planted-event-8\"}";

// Of less than 126 bytes.
std::string textFrame(const std::string &text, bool masked)
{
    std::string out = {char(0x81), char(text.size() | (masked ? 0x80 : 0))};
    const std::string mask = masked ? "mask" : std::string(4, '\0');
    out += masked ? mask : "";
    for (size_t i = 0; i < text.size(); ++i)
        out += char(text[i] ^ mask[i % 4]);
    return out;
}

// Takes two texts of a WebSocket and welcomes; sends one event and stays; answers anything else.
void serve(RawSocket &peer, int)
{
    for (std::string head = peer.readHead(); head.ends_with("\r\n\r\n"); head = peer.readHead()) {
        const size_t key = head.find("Key: "), length = head.find("Content-Length: ");
        if (head.starts_with("GET /socket")) {
            peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                      "Sec-WebSocket-Accept: "
                      + sluice::http::webSocketAccept(head.substr(key + 5, head.find('\r', key) - key - 5))
                      + "\r\n\r\n");
            const std::string wanted = textFrame(login, true) + textFrame(numbered, true);
            if (peer.readExactly(wanted.size()).size() == wanted.size())
                peer.send(textFrame(welcome, false));
            peer.waitForEnd();
        } else if (head.starts_with("GET /events")) {
            peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: " + tick
                      + "\n\n");
            peer.waitForEnd();
        } else {
            if (length != head.npos)
                peer.readExactly(size_t(std::atoi(head.c_str() + length + 16)));
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
        }
    }
}

}  // namespace

class MessageSealingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void aWebSocketsSecretsComeBackWhileItLivesAndAfter();
    void anEventsSecretOutlivesAKilledGateway();
    void whatIsPrunedTakesItsSecretsAlong();
    void cleanup();

private:
    void start(const std::string &keep = {});
    // Has said and heard all, and is recorded, when it returns.
    void talk(RawSocket &client);
    std::filesystem::path home() const { return std::filesystem::path(gateway_->recording()).parent_path(); }
    QJsonArray shown(const std::string &id)
    {
        const Ran ran = gateway_->onRecording({"show", id, "--json"});
        told_ += ran.out + ran.err + gateway_->onRecording({"show", id}).out;
        return jsonObject(ran.out)["messages"].toArray();
    }
    std::string unsealed(int64_t exchange, uint64_t number) const;
    bool isPlanted() const;

    std::unique_ptr<RawServer> server_;
    std::unique_ptr<GatewayProcess> gateway_;
    std::string told_;  // all that was said
};

void MessageSealingTest::init()
{
    told_.clear();
    server_ = std::make_unique<RawServer>(serve);
}

void MessageSealingTest::start(const std::string &keep)
{
    GatewaySetup setup;
    setup.file = "record: {redact: {json: [password, pin, ticket]}" + keep + "}\nservices: {s: " + server_->url()
        + "}\nroutes: [{path: /**, service: s}]\n";
    gateway_ = std::make_unique<GatewayProcess>(setup);
    VERIFY_READY(*gateway_);
}

void MessageSealingTest::talk(RawSocket &client)
{
    QVERIFY(client.send("GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
    QVERIFY(client.readHead().starts_with("HTTP/1.1 101 "));
    QVERIFY(client.send(textFrame(login, true) + textFrame(numbered, true)));
    const std::string wanted = textFrame(welcome, false);
    QCOMPARE(client.readExactly(wanted.size()), wanted);  // who is there gets it as it is
    QVERIFY(waitUntil([&] {
        const QList<QJsonObject> open = jsonLines(gateway_->onRecording({"log", "--open", "--json"}).out);
        return open.size() == 1 && open[0]["messages"].toInt() == 3;
    }));
}

std::string MessageSealingTest::unsealed(int64_t exchange, uint64_t number) const
{
    sluice::gateway::SecretStore store({(home() / "data/sluice").string(), false});
    const auto key = sluice::gateway::sealingKey(store, sluice::gateway::soon);
    auto reader = sluice::storage::Reader::open(gateway_->recording());
    if (!key || !reader)
        return "error: " + (key ? reader.error().what : key.error().what);
    const auto secret = (*reader)->unsealMessage(exchange, number, *key);
    return secret ? std::string(secret->reveal()) : "error: " + secret.error().what;
}

// In any file of the gateway's folder, or in what was said.
bool MessageSealingTest::isPlanted() const
{
    bool any = false;
    int files = 0;
    const auto look = [&](const std::string &bytes) {
        any = any || bytes.find("planted-") != bytes.npos || bytes.find("424242") != bytes.npos;
    };
    for (const auto &entry : std::filesystem::recursive_directory_iterator(home())) {
        if (entry.is_regular_file() && ++files > 0)
            look(readFile(entry.path()));
    }
    look(told_);
    return any || files < 3;
}

void MessageSealingTest::cleanup()
{
    if (gateway_->process().running())
        gateway_->stop();
    told_ += gateway_->trouble();
    QVERIFY2(!isPlanted(), told_.c_str());
    gateway_.reset();
    server_.reset();
}

void MessageSealingTest::aWebSocketsSecretsComeBackWhileItLivesAndAfter()
{
    start();
    RawSocket client = RawSocket::connectTo(gateway_->port());
    talk(client);
    const auto check = [&](int64_t id, const std::string &name) {
        const QJsonArray messages = shown(name);
        QCOMPARE(messages.size(), 3);
        for (const QJsonValue &each : messages) {
            QVERIFY(each["redacted"].toBool());
            QVERIFY(each["content"].toString().contains("{{secret:"));
        }
        QVERIFY(messages[0]["content"].toString().startsWith("{\"user\":\"ada\",\"password\":\"{{secret:"));
        QCOMPARE(unsealed(id, 1), login);
        QCOMPARE(unsealed(id, 2), numbered);
        QCOMPARE(unsealed(id, 3), welcome);
        QVERIFY(!isPlanted());
    };
    check(-1, "@1");
    client.close();
    QCOMPARE(gateway_->log(1, {"is:websocket"}).size(), 1);
    check(1, "1");
    QVERIFY(jsonObject(gateway_->onSocket({"status", "--json"}).out)["recording"].toObject()["unsealed"].isNull());
    gateway_->stop();
    check(1, "1");
    std::filesystem::remove(home() / "data/sluice/secrets.json");
    QVERIFY2(unsealed(1, 1).starts_with("error: this user has no key for sealed secrets"), unsealed(1, 1).c_str());
}

void MessageSealingTest::anEventsSecretOutlivesAKilledGateway()
{
    start();
    Process curl({"curl", "-sN", "--max-time", "120", gateway_->url("/events")});
    QVERIFY2(curl.waitForOutput("data: " + tick + "\n\n"), curl.err().c_str());
    QVERIFY(waitUntil([&] { return unsealed(-1, 1) == tick; }));
    gateway_->process().signal(SIGKILL);
    QVERIFY(gateway_->process().wait());
    QVERIFY(!isPlanted());
    ProcessOptions options;
    options.environment = {
        {"XDG_DATA_HOME", (home() / "data").string()}, {"HOME", home().string()}, {"DBUS_SESSION_BUS_ADDRESS", ""}};
    Process again({sluiceProgram(), "run", "--to", server_->url(), "--listen", "http://127.0.0.1:0", "--record",
                   gateway_->recording(), "--socket", gateway_->socket()},
                  options);
    QVERIFY2(again.waitForOutput("sluice ready"), again.err().c_str());
    const QList<QJsonObject> rows = gateway_->log(1, {"is:events"});
    QCOMPARE(rows.size(), 1);
    const int64_t id = rows[0]["id"].toInteger();
    QCOMPARE(unsealed(id, 1), tick);
    const QJsonArray messages = shown(std::to_string(id));
    QCOMPARE(messages.size(), 1);
    QVERIFY(messages[0]["content"].toString().startsWith("{\"n\":1,\"ticket\":\"{{secret:"));
    again.signal(SIGTERM);
    QVERIFY(again.wait());
    told_ += again.out() + again.err();
}

void MessageSealingTest::whatIsPrunedTakesItsSecretsAlong()
{
    start(", keep: {size: 1MiB}");
    RawSocket client = RawSocket::connectTo(gateway_->port());
    talk(client);
    const auto sealed = [&] {
        return run({"sqlite3", "-readonly", gateway_->recording(), "SELECT count(*) FROM stream_sealed"}).out;
    };
    QCOMPARE(sealed(), std::string("5\n"));  // four secrets, a whole message
    client.close();
    QCOMPARE(gateway_->log(1, {"is:websocket"}).size(), 1);
    const TempFolder files;
    QVERIFY(waitUntil([&] {
        run({"bash", "-c", "head -c 400000 /dev/urandom > '" + files.path("noise") + '\''});
        run({"curl", "-s", "-H", "Content-Type: application/octet-stream", "--data-binary", "@" + files.path("noise"),
             gateway_->url("/fill")});
        return gateway_->log(0, {"is:websocket"}).isEmpty();
    }));
    QCOMPARE(sealed(), std::string("0\n"));
    QVERIFY2(unsealed(1, 1).find("not in the recording") != std::string::npos, unsealed(1, 1).c_str());
}

QTEST_GUILESS_MAIN(MessageSealingTest)
#include "message_sealing_test.moc"
