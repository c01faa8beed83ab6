// SPDX-License-Identifier: GPL-3.0-or-later
// Hundreds of clients that send and take as slowly as they can (slowhttptest), and ten thousand that say nothing: each is
// bounded, timed out and recorded, and whoever behaves gets answers all the while.
#include "tests/peers/peers.h"
#include "tests/support/certificates.h"
#include "tests/support/raw_socket.h"

#include <QTest>

#include <sys/resource.h>

#include <algorithm>

using namespace support;

namespace {

constexpr int attackers = 200;
#ifdef SLUICE_SANITIZED
constexpr bool memoryTells = false;  // what is freed stays for a while
#else
constexpr bool memoryTells = true;
#endif

// As many descriptors as the system gives this process and those that it starts.
uint64_t raiseDescriptors(uint64_t wanted)
{
    rlimit limit{wanted, wanted};
    if (::setrlimit(RLIMIT_NOFILE, &limit) == 0)  // a privilege
        return wanted;
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

}  // namespace

#define VERIFY_READY(gateway) QVERIFY2((gateway).ready(), (gateway).trouble().c_str())

class SlowClientsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(node_.ready() && nginx_.ready() && isInstalled("slowhttptest")); }
    void slowHeadersAreTimedOut();
    void slowBodiesAreTimedOut();
    void slowReadersAreCutOff();
    void tenThousandThatSayNothing();
    void whoTakesTooLongToShakeHandsOrToAskIsOnTheRecord();
    void whoLeavesWithoutAWordIsCountedOnly();
    void whereDescriptorsAreFewTheIdleStayAndTheBusyAreTold();

private:
    GatewaySetup setup() const
    {
        GatewaySetup out;
        out.file = "http: {header_timeout: 2s, keep_alive: 5s}\nservices:\n  up: {endpoints: [\"" + node_.url()
            + "\"], timeouts: {response: 20s, idle: 3s, total: 4s}}\n  files: {endpoints: [\"" + nginx_.url()
            + "\"], timeouts: {idle: 3s, total: 4s}}\nroutes:\n- {path: /big, service: files}\n- {path: /**, service: "
              "up}\n";
        return out;
    }
    // Attacks while a client that behaves asks again and again. True: it got every answer, and all that was begun has ended.
    bool endure(const GatewayProcess &gateway, const std::vector<std::string> &attack, const std::string &target);
    NodeServer node_;
    Nginx nginx_;
};

bool SlowClientsTest::endure(const GatewayProcess &gateway, const std::vector<std::string> &attack,
                             const std::string &target)
{
    std::vector<std::string> command = {
        "slowhttptest",     "-c", std::to_string(attackers), "-r", std::to_string(attackers), "-l", "8", "-u",
        gateway.url(target)};
    command.insert(command.end(), attack.begin(), attack.end());
    Process slow(command);
    int answers = 0, wrong = 0;
    while (slow.running() && answers < 100'000) {
        ++answers;
        wrong += get(gateway.port(), "/bytes?n=10").body != pattern(10);
    }
    return slow.wait() && answers > 10 && wrong == 0 && waitUntil([&] {
               const QJsonObject status = jsonObject(gateway.onSocket({"status", "--json"}).out);
               return status["active"].toInt(-1) == 0 && status["connections"].toInt(-1) == 0;
           });
}

void SlowClientsTest::slowHeadersAreTimedOut()
{
    GatewayProcess gateway(setup());
    VERIFY_READY(gateway);
    QVERIFY(endure(gateway, {"-H", "-i", "1", "-x", "8"}, "/headers"));
    const QList<QJsonObject> rows = gateway.log(attackers, {"status:408"});
    QCOMPARE(rows.size(), attackers);
    for (const QJsonObject &row : rows) {
        QCOMPARE(text(row, "failed_by"), std::string("client"));
        QCOMPARE(row["attempts"].toInt(), 0);
    }
}

void SlowClientsTest::slowBodiesAreTimedOut()
{
    GatewayProcess gateway(setup());
    VERIFY_READY(gateway);
    // Every second a few bytes: never idle, but not done in time.
    QVERIFY(endure(gateway, {"-B", "-i", "1", "-x", "8", "-s", "8192"}, "/upload"));
    const QList<QJsonObject> rows = gateway.log(attackers, {"path:/upload", "method:POST", "status:408"});
    QCOMPARE(rows.size(), attackers);
    for (const QJsonObject &row : rows)
        QCOMPARE(text(row, "failed_by"), std::string("client"));
    QCOMPARE(gateway.log(attackers, {"path:/upload", "method:POST"}).size(), attackers);
}

void SlowClientsTest::slowReadersAreCutOff()
{
    nginx_.file("big", pattern(4'000'000));
    GatewayProcess gateway(setup());
    VERIFY_READY(gateway);
    const uint64_t before = gateway.process().residentKiB();
    QVERIFY(endure(gateway, {"-X", "-n", "1", "-w", "512", "-y", "1024", "-z", "32"}, "/big"));
    const QList<QJsonObject> rows = gateway.log(attackers, {"path:/big"});
    QVERIFY2(rows.size() >= attackers, std::to_string(rows.size()).c_str());
    for (const QJsonObject &row : rows) {  // slowhttptest's own probes are among them
        QCOMPARE(text(row, "failed_by"), std::string("client"));
        QVERIFY(row["response_bytes"].toDouble() < 4'000'000);
    }
    // A block in, a block out, and what the recording keeps of what was taken.
    const uint64_t grown = gateway.process().peakKiB() - before;
    QVERIFY2(!memoryTells || grown < attackers * 512 + 64 * 1024, std::to_string(grown).c_str());
}

void SlowClientsTest::tenThousandThatSayNothing()
{
    constexpr uint64_t reserve = 500;
    const uint64_t descriptors = raiseDescriptors(24'000);
    const size_t many = std::min<uint64_t>(10'000, descriptors - reserve);
    if (many < 10'000)
        qWarning("the system gives %llu descriptors: %zu clients", static_cast<unsigned long long>(descriptors), many);
    GatewaySetup quiet = setup();
    quiet.workers = 2;
    GatewayProcess gateway(quiet);
    VERIFY_READY(gateway);
    QCOMPARE(get(gateway.port(), "/bytes?n=10").status, 200);
    const uint64_t before = gateway.process().residentKiB();
    std::vector<RawSocket> silent;
    for (size_t i = 0; i < many; ++i) {
        silent.push_back(RawSocket::connectTo(gateway.port()));
        QVERIFY2(silent.back().isOpen(), std::to_string(i).c_str());
        if (i % 500 == 0)
            QCOMPARE(get(gateway.port(), "/bytes?n=10").body, pattern(10));
    }
    for (int i = 0; i < 20; ++i)
        QCOMPARE(get(gateway.port(), "/bytes?n=10").body, pattern(10));
    const uint64_t grown = gateway.process().residentKiB() - before;
    QVERIFY2(!memoryTells || grown < many * 6, std::to_string(grown).c_str());
    // In time each is closed, without an answer to nothing; those too for whom there was no room until then.
    for (RawSocket &one : silent) {
        QCOMPARE(one.readAll(), std::string());
        QCOMPARE(one.end(), RawSocket::End::Closed);
        one.close();
    }
    QVERIFY(waitUntil([&] {
        return jsonObject(gateway.onSocket({"status", "--json"}).out)["connections"].toInt(-1) == 0;
    }));
    QCOMPARE(jsonObject(gateway.onSocket({"status", "--json"}).out)["connections_without_request"].toInt(), int(many));
    QCOMPARE(gateway.stop(), 0);
    const QList<QJsonObject> rows = gateway.log(int(many), {"status:408"});
    QCOMPARE(rows.size(), qsizetype(many));
    for (const QJsonObject &row : rows) {
        QCOMPARE(row["status"].toInt(), 408);
        QCOMPARE(row["response_bytes"].toInt(-1), 0);
    }
    QVERIFY(text(rows[0], "failure").starts_with("the client sent nothing within "));
    QCOMPARE(gateway.log(int(many), {"status:400..599"}).size(), qsizetype(many));
}

void SlowClientsTest::whoTakesTooLongToShakeHandsOrToAskIsOnTheRecord()
{
    const TestCa ca;
    const TestCa::Pair pair = ca.issue("here", "IP:127.0.0.1");
    GatewaySetup secure;
    secure.listen.clear();
    secure.file = "listen:\n- http://127.0.0.1:0\n- url: https://127.0.0.1:0\n  certificates: [{certificate: "
        + pair.certificate + ", key: " + pair.key + "}]\nhttp: {header_timeout: 1s, keep_alive: 2s}\nservices:\n  up: "
        + node_.url() + "\nroutes:\n- {path: /**, service: up}\n";
    GatewayProcess gateway(secure);
    VERIFY_READY(gateway);
    const QString url = jsonObject(gateway.onSocket({"status", "--json"}).out)["listen"].toArray()[1].toString();
    const auto port = uint16_t(url.mid(url.lastIndexOf(':') + 1).toInt());
    RawSocket half = RawSocket::connectTo(port);
    QVERIFY(half.send(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01", 8)));  // a ClientHello begins
    RawSocket silent = RawSocket::connectTo(port);
    QCOMPARE(half.readAll(), std::string());
    QCOMPARE(silent.readAll(), std::string());
    // A handshake that is whole has bought the time that a kept connection has.
    Process shaken({"openssl", "s_client", "-quiet", "-connect", "127.0.0.1:" + std::to_string(port)});
    const QList<QJsonObject> rows = gateway.log(3, {"status:408"});
    QCOMPARE(rows.size(), 3);
    QStringList why;
    for (const QJsonObject &row : rows)
        why << row["failure"].toString();
    why.sort();
    QCOMPARE(why,
             QStringList({"the TLS handshake was not whole after 1s", "the client sent no request within 2s",
                          "the client sent nothing within 1s"}));
}

// Browsers connect ahead of requests that they then do not send: that is counted, and no row of a list.
void SlowClientsTest::whoLeavesWithoutAWordIsCountedOnly()
{
    GatewaySetup patient = setup();
    patient.file.replace(patient.file.find("keep_alive: 5s"), 14, "keep_alive: 60s");
    GatewayProcess gateway(patient);
    VERIFY_READY(gateway);
    for (int i = 0; i < 3; ++i)
        RawSocket::connectTo(gateway.port()).close();
    QVERIFY(waitUntil([&] {
        return jsonObject(gateway.onSocket({"status", "--json"}).out)["connections_without_request"].toInt() == 3;
    }));
    RawSocket waiting = RawSocket::connectTo(gateway.port());  // until the gateway itself ends
    QVERIFY(waitUntil([&] {
        return jsonObject(gateway.onSocket({"status", "--json"}).out)["connections"].toInt() == 1;
    }));
    QCOMPARE(gateway.stop(), 0);
    QCOMPARE(gateway.log(0).size(), 0);
}

// An idle client needs one descriptor, a busy one two.
void SlowClientsTest::whereDescriptorsAreFewTheIdleStayAndTheBusyAreTold()
{
    constexpr size_t clients = 180;
    GatewaySetup few = setup();
    few.file.replace(few.file.find("keep_alive: 5s"), 14, "keep_alive: 60s");
    GatewayProcess gateway(few);
    VERIFY_READY(gateway);
    const rlimit limit{300, 300};
    QCOMPARE(::prlimit(gateway.process().pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
    QCOMPARE(gateway.onSocket({"reload"}).exitCode, 0);
    const auto ask = [](RawSocket &client, const std::string &target) {
        return client.send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
    };
    std::vector<RawSocket> held;
    for (size_t i = 0; i < clients; ++i) {
        held.push_back(RawSocket::connectTo(gateway.port()));
        QVERIFY(ask(held.back(), "/bytes?n=10"));
        QVERIFY2(held.back().readHead().starts_with("HTTP/1.1 200 "), std::to_string(i).c_str());
        QCOMPARE(held.back().readExactly(10), pattern(10));
    }
    for (RawSocket &client : held)  // all at once
        QVERIFY(ask(client, "/slow?ms=1500"));
    QCOMPARE(gateway.onSocket({"status", "--json"}).exitCode, 0);  // what the program itself needs is left alone
    int answered = 0, told = 0;
    for (RawSocket &client : held) {
        const std::string head = client.readHead();
        answered += head.starts_with("HTTP/1.1 200 ");
        told += head.starts_with("HTTP/1.1 502 ");
    }
    QVERIFY2(answered > 50 && told > 50, (std::to_string(answered) + " " + std::to_string(told)).c_str());
    QCOMPARE(answered + told, int(clients));
    for (const QJsonObject &row : gateway.log(told, {"status:502"})) {
        QCOMPARE(text(row, "failed_by"), std::string("gateway"));
        QVERIFY(text(row, "failure").find("no file descriptor is left") != std::string::npos);
    }
    held.clear();
    QCOMPARE(get(gateway.port(), "/bytes?n=10").status, 200);
    QCOMPARE(gateway.stop(), 0);
}

QTEST_GUILESS_MAIN(SlowClientsTest)
#include "slow_clients_test.moc"
