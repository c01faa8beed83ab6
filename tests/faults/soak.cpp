// SPDX-License-Identifier: GPL-3.0-or-later
// soak SECONDS [SEED]: a gateway between clients that behave in every way and upstreams that are killed and stopped at random, with
// reloads in between. At the end nothing is stuck, each request has exactly one record, and the gateway ends in order (built with
// the address sanitizer: without a leak). Prints what happened; exit 1 where something is wrong.
#include "tests/faults/soak_clients.h"
#include "tests/support/gateway_process.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <thread>

using namespace soak;

namespace {

constexpr unsigned upstreams = 4, clients = 12;

class Upstream {
public:
    Upstream() : port_(freePort()) { start(); }
    uint16_t port() const { return port_; }
    void kill()
    {
        process_->signal(SIGKILL);
        process_->wait();
        start();
    }
    void pause() { process_->signal(SIGSTOP); }
    void goOn() { process_->signal(SIGCONT); }

private:
    void start()
    {
        const std::string script = std::string(SLUICE_SOURCE_DIR) + "/tests/faults/upstream.js";
        process_ = std::make_unique<Process>(std::vector<std::string>{"node", script, std::to_string(port_)});
    }
    uint16_t port_;
    std::unique_ptr<Process> process_;
};

GatewaySetup setupFor(const std::vector<std::unique_ptr<Upstream>> &servers)
{
    GatewaySetup setup;
    setup.workers = 2;
    setup.file = "http: {header_timeout: 1s, keep_alive: 2s}\nrecord: {bodies: 1KiB}\nservices:\n  up:\n"
                 "    timeouts: {connect: 500ms, response: 1s, idle: 1s, total: 5s}\n    endpoints:\n";
    for (const auto &server : servers)
        setup.file += "    - http://127.0.0.1:" + std::to_string(server->port()) + "\n";
    setup.file += "routes:\n- {path: /**, service: up}\n";
    return setup;
}

// Many streams of HTTP/2 at once, whose client is killed in the middle of them, or not. Their ids nobody knows; their records count.
std::unique_ptr<Process> http2Client(const GatewayProcess &gateway, std::mt19937 &random)
{
    constexpr std::array paths{"/ok", "/slow", "/big", "/chunked", "/cut", "/hang"};
    return std::make_unique<Process>(std::vector<std::string>{"h2load", "-n", "200", "-c", "3", "-m", "10",
                                                              gateway.url(paths[random() % paths.size()])});
}

// Trouble for the upstreams, until the time is over. How often.
unsigned makeTrouble(std::vector<std::unique_ptr<Upstream>> &servers, const GatewayProcess &gateway,
                     std::mt19937 &random, std::chrono::seconds length)
{
    const auto end = std::chrono::steady_clock::now() + length;
    unsigned kills = 0;
    std::unique_ptr<Process> http2;
    const auto wait = [&](unsigned most) {
        waitUntil([&] { return std::chrono::steady_clock::now() >= end; },
                  std::chrono::milliseconds(50 + random() % most));
    };
    while (std::chrono::steady_clock::now() < end) {
        Upstream &one = *servers[random() % servers.size()];
        switch (random() % 5) {
        case 0:
            one.pause();
            wait(1500);
            one.goOn();
            break;
        case 1: gateway.onSocket({"reload"}); break;
        case 2: http2 = http2Client(gateway, random); break;  // kills the one before
        default: one.kill(); ++kills;
        }
        wait(700);
    }
    return kills;
}

struct Sum {
    Ledger all;
    std::vector<std::string> wrong;
    void add(const Ledger &one)
    {
        all.sent.insert(one.sent.begin(), one.sent.end());
        all.certain.insert(one.certain.begin(), one.certain.end());
        all.answers += one.answers, all.refused += one.refused, all.failed += one.failed, all.cut += one.cut;
        all.left += one.left;
        if (!one.wrong.empty())
            wrong.push_back(one.wrong);
    }
    void check(bool right, const std::string &what)
    {
        if (!right)
            wrong.push_back(what);
    }
};

// The records against the ledgers.
size_t compareRecords(const GatewayProcess &gateway, uint64_t requests, Sum &sum)
{
    std::map<std::string, int> recorded;
    const Ran ran = gateway.onRecording({"log", "--json", "--limit", "0"});
    size_t rows = 0;
    for (const QJsonObject &row : jsonLines(ran.out)) {
        ++rows;
        ++recorded[row["request_id"].toString().toStdString()];
    }
    sum.check(rows == requests, std::to_string(requests) + " exchanges, " + std::to_string(rows) + " records");
    for (const auto &[id, count] : recorded) {
        sum.check(count == 1, id + " has " + std::to_string(count) + " records");
        sum.check(!id.starts_with("soak-") || sum.all.sent.contains(id), id + " was never sent");
    }
    for (const std::string &id : sum.all.certain)
        sum.check(recorded.contains(id), id + " has no record");
    return rows;
}

QJsonObject statusOf(const GatewayProcess &gateway)
{
    return jsonObject(gateway.onSocket({"status", "--json"}).out);
}

int soakFor(std::chrono::seconds length, unsigned seed)
{
    std::mt19937 random(seed);
    std::vector<std::unique_ptr<Upstream>> servers;
    for (unsigned i = 0; i < upstreams; ++i)
        servers.push_back(std::make_unique<Upstream>());
    for (const auto &server : servers)
        waitForPort(server->port());
    GatewayProcess gateway(setupFor(servers));
    if (!gateway.ready()) {
        std::fprintf(stderr, "the gateway does not start: %s\n", gateway.trouble().c_str());
        return 1;
    }
    std::atomic<bool> stop{false};
    std::vector<Client> all;
    for (unsigned i = 0; i < clients; ++i)
        all.emplace_back(gateway.port(), i, random());
    std::vector<std::thread> threads;
    for (Client &client : all)
        threads.emplace_back([&client, &stop] { client.run(stop); });
    const unsigned kills = makeTrouble(servers, gateway, random, length);
    stop = true;
    for (std::thread &thread : threads)
        thread.join();

    Sum sum;
    for (const Client &client : all)
        sum.add(client.ledger());
    QJsonObject status;
    sum.check(waitUntil([&] {
                  status = statusOf(gateway);
                  return status["active"].toInt(-1) == 0 && status["connections"].toInt(-1) == 0;
              }),
              "something is stuck: "
                  + QJsonDocument(status).toJson(QJsonDocument::Compact).toStdString().substr(0, 400));
    sum.check(status["recording"].toObject()["shed"].toInt(-1) == 0, "the recording has shed exchanges");
    const int code = gateway.stop();
    sum.check(code == 0, "the gateway ended with " + std::to_string(code) + ": " + gateway.trouble());
    const size_t rows = compareRecords(gateway, uint64_t(status["requests"].toDouble()), sum);
    std::printf("%zu requests sent, %llu answers (%llu refused, %llu failed, %llu cut off), %llu times left early, %u "
                "upstreams killed, "
                "%zu records\n",
                sum.all.sent.size(), static_cast<unsigned long long>(sum.all.answers),
                static_cast<unsigned long long>(sum.all.refused), static_cast<unsigned long long>(sum.all.failed),
                static_cast<unsigned long long>(sum.all.cut), static_cast<unsigned long long>(sum.all.left), kills,
                rows);
    for (size_t i = 0; i < sum.wrong.size() && i < 20; ++i)
        std::fprintf(stderr, "wrong: %s\n", sum.wrong[i].c_str());
    return sum.wrong.empty() && sum.all.answers > 0 && rows > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char **argv)
{
    if (argc < 2 || std::atoi(argv[1]) <= 0) {
        std::fprintf(stderr, "usage: %s SECONDS [SEED]\n", argv[0]);
        return 2;
    }
    return soakFor(std::chrono::seconds(std::atoi(argv[1])), argc > 2 ? unsigned(std::atoi(argv[2])) : 1);
}
