// SPDX-License-Identifier: GPL-3.0-or-later
// changes_soak SECONDS: a gateway of two workers, with TLS, HTTP/2, streams and a recording with sealed secrets, under which all changes that
// can while it serves: its file, listeners and endpoints, certificates and the local CA, once a second; what it sends elsewhere is handed to
// it, its status is asked for and its recording followed all the while. No client may notice, and each exchange has one record. Made for
// the thread sanitizer. Prints what happened; exit 1 where something is wrong.
#include "tests/peers/tls_server.h"
#include "tests/support/gateway_process.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <set>
#include <thread>

using namespace support;

namespace {

// What is wrong, from any thread; the first twenty are told.
class Complaints {
public:
    void add(const std::string &what)
    {
        const std::lock_guard guard(mutex_);
        if (++count_ <= 20)
            std::fprintf(stderr, "wrong: %s\n", what.c_str());
    }
    void check(bool right, const std::string &what)
    {
        if (!right)
            add(what);
    }
    unsigned count() const { return count_; }

private:
    std::mutex mutex_;
    std::atomic<unsigned> count_{0};
};

std::string local(const std::string &scheme, uint16_t port, const std::string &host = "127.0.0.1")
{
    return scheme + "://" + host + ':' + std::to_string(port);
}

// Everything that the gateway stands between, and its file in two versions.
class Setting {
public:
    Setting()
        : own_(ca_.issue("own", "DNS:own.test,IP:127.0.0.1")),
          shown_(ca_.issue("gateway", "DNS:gateway.test")),
          secure_(ca_.issue("secure", "IP:127.0.0.1"), ca_.certificate())
    {
        for (const uint16_t port : ports_) {
            const std::string script = std::string(SLUICE_SOURCE_DIR) + "/tests/faults/upstream.js";
            servers_.push_back(
                std::make_unique<Process>(std::vector<std::string>{"node", script, std::to_string(port)}));
            waitForPort(port);
        }
    }

    std::string file(bool other) const
    {
        const std::string times = "    timeouts: {connect: 20s, response: 60s, idle: 60s, total: 120s}\n";
        return "listen:\n- http://127.0.0.1:0\n- {url: 'https://127.0.0.1:0', certificates: [{certificate: "
            + own_.certificate + ", key: " + own_.key + "}]}\n- {url: 'https://localhost:0', certificates: local_ca}\n"
            + (other ? "- " + local("http", extra_) + '\n' : "") + "record: {bodies: " + (other ? "1KiB" : "2KiB")
            + "}\nservices:\n  clear:\n" + times + "    endpoints:\n    - " + upstream() + '\n'
            + (other ? "    - {url: '" + local("http", ports_[1]) + "', weight: 3}\n" : "") + "  secure:\n" + times
            + "    endpoints: ['" + secure_.url() + "']\n    tls: {ca: " + ca_.certificate()
            + ", certificate: " + shown_.certificate + ", key: " + shown_.key
            + "}\nroutes:\n- {path: /secure/**, service: secure}\n- {path: /**, service: clear}\n";
    }
    std::string upstream() const { return local("http", ports_[0]); }
    // Of the listener, and every other time that which the gateway shows to its endpoint.
    void rotate(unsigned step) const
    {
        ca_.issue("own", "DNS:own.test,IP:127.0.0.1");
        if (step % 2)
            ca_.issue("gateway", "DNS:gateway.test");
    }

private:
    TestCa ca_;
    TestCa::Pair own_, shown_;
    TlsServer secure_;
    std::array<uint16_t, 2> ports_{freePort(), freePort()};
    uint16_t extra_ = freePort();
    std::vector<std::unique_ptr<Process>> servers_;
};

// Where the gateway listens: in clear, with its own certificate, with the local CA's.
std::array<uint16_t, 3> portsOf(const std::string &said)
{
    std::array<uint16_t, 3> out{};
    size_t at = said.find("ready:");
    for (uint16_t &port : out) {
        at = said.find("://", at) + 3;
        port = uint16_t(std::atoi(said.c_str() + said.find(':', at) + 1));
    }
    return out;
}

struct Soak {
    GatewayProcess &gateway;
    const Setting &setting;
    std::array<uint16_t, 3> ports;
    Complaints &wrong;
    std::atomic<bool> stop{false};
    std::atomic<uint64_t> streams{0}, handshakes{0}, handed{0}, looks{0};
    unsigned changes = 0, reloads = 0;
};

// Many streams on a few connections, one load after the other.
void http2(Soak &soak, const std::string &base)
{
    constexpr std::array paths{"/ok", "/secure/a", "/events", "/big", "/chunked", "/secure/b", "/slow"};
    for (size_t i = 0; !soak.stop; ++i) {
        const std::string url = base + paths[i % paths.size()];
        const Ran ran =
            run({"h2load", "-n", "120", "-c", "3", "-m", "8", "-H", "Authorization: Bearer " + std::to_string(i), url},
                {}, std::chrono::seconds(180));
        soak.wrong.check(ran.out.find("120 succeeded, 0 failed, 0 errored, 0 timeout") != ran.out.npos
                             && ran.out.find("120 2xx") != ran.out.npos,
                         "h2load " + url + ":\n" + ran.out + ran.err);
        soak.streams += 120;
    }
}

// Connections with names that the local CA has never heard of, a handshake each.
void handshakes(Soak &soak)
{
    for (unsigned i = 0; !soak.stop; ++i) {
        const std::string name = "n" + std::to_string(i) + ".test", port = std::to_string(soak.ports[2]);
        const Ran ran =
            run({"curl", "-sk", "--http1.1", "--resolve", name + ':' + port + ":127.0.0.1", "-H", "Cookie: a=" + name,
                 local("https", soak.ports[2], name) + "/ok", local("https", soak.ports[1]) + "/secure/ok"});
        soak.wrong.check(ran.exitCode == 0 && ran.out.starts_with("ok{"),
                         "curl " + name + ": " + std::to_string(ran.exitCode) + ' ' + ran.out + ran.err);
        ++soak.handshakes;
    }
}

void polls(Soak &soak)
{
    for (; !soak.stop; ++soak.looks) {
        const Ran ran = soak.gateway.onSocket({"status", "--json"});
        soak.wrong.check(ran.exitCode == 0 && jsonObject(ran.out)["workers"].toInt() == 2,
                         "status: " + ran.out + ran.err);
    }
}

void reload(Soak &soak, unsigned step)
{
    switch (step % 3) {
    case 0: soak.gateway.rewriteFile(soak.setting.file(step % 2)); break;  // it watches its file
    case 1: soak.gateway.process().signal(SIGHUP); break;
    default:
        const Ran ran = soak.gateway.onSocket({"reload"});
        soak.wrong.check(ran.exitCode == 0, "reload: " + ran.out + ran.err);
    }
    ++soak.reloads;
}

// Once more what a client sent, past the gateway, which records the answer.
void sendAgain(Soak &soak)
{
    const Ran ran = soak.gateway.onRecording({"replay", "id:1..5", "--to", soak.setting.upstream(), "--json"});
    for (const QJsonObject &line : jsonLines(ran.out)) {
        if (line["summary"].toBool())
            soak.handed += uint64_t(line["total"].toInt() - line["failed"].toInt());
    }
    soak.wrong.check(ran.exitCode == 0 || ran.exitCode == 3, "replay: " + ran.out + ran.err);
}

void makeChanges(Soak &soak, std::chrono::seconds length)
{
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + length;
    for (unsigned step = 0; Clock::now() < end; ++step) {
        const auto next = std::min(end, Clock::now() + std::chrono::seconds(1));
        // At the last two of five the gateway is left alone, to see by itself that there are other certificates.
        if (step % 5 != 4)
            soak.setting.rotate(step);
        if (step % 5 < 3)
            reload(soak, step);
        if (step % 7 == 3) {
            const Ran ran = soak.gateway.sluice({"ca", "renew"});
            soak.wrong.check(ran.exitCode == 0, "ca renew: " + ran.out + ran.err);
        }
        if (step % 7 == 5)
            sendAgain(soak);
        ++soak.changes;
        waitUntil([&] { return Clock::now() >= next; }, std::chrono::seconds(2));
    }
}

// Of what was told line by line: the ids, each once.
size_t idsOf(const std::string &lines, Complaints &wrong)
{
    std::set<int64_t> ids;
    size_t count = 0;
    for (const QJsonObject &row : jsonLines(lines)) {
        ++count;
        ids.insert(int64_t(row["id"].toDouble()));
    }
    wrong.check(ids.size() == count, std::to_string(count - ids.size()) + " exchanges were told of twice");
    return ids.size();
}

void compare(Soak &soak, Process &follower)
{
    QJsonObject status;
    const bool calm = waitUntil([&] {
        status = jsonObject(soak.gateway.onSocket({"status", "--json"}).out);
        return status["active"].toInt(-1) == 0 && status["connections"].toInt(-1) == 0
            && status["recording"].toObject()["queued"].toInt(-1) == 0;
    });
    soak.wrong.check(calm, "something is stuck: " + QJsonDocument(status).toJson().toStdString());
    soak.wrong.check(status["revision"].toInt() > int(soak.reloads / 2), "hardly any reload was taken");
    soak.wrong.check(status["recording"].toObject()["unsealed"].toString().isEmpty(), "secrets were not sealed");
    const size_t expected = size_t(status["requests"].toDouble()) + soak.handed;
    const int code = soak.gateway.stop();
    const std::string said = soak.gateway.trouble();
    soak.wrong.check(code == 0, "the gateway ended with " + std::to_string(code) + ": " + said);
    soak.wrong.check(said.find("new certificates are in use") != said.npos, "no certificate was taken into use");
    const size_t rows = idsOf(soak.gateway.onRecording({"log", "--json", "--limit", "0"}).out, soak.wrong);
    soak.wrong.check(rows == expected, std::to_string(expected) + " exchanges, " + std::to_string(rows) + " records");
    const auto lines = [&] {
        const std::string out = follower.out();
        return size_t(std::count(out.begin(), out.end(), '\n'));
    };
    waitUntil([&] { return lines() >= rows; });
    follower.signal(SIGTERM);
    follower.wait();
    soak.wrong.check(idsOf(follower.out(), soak.wrong) == rows,
                     "log --follow told of " + std::to_string(lines()) + " of " + std::to_string(rows)
                         + follower.err());
    std::printf(
        "%llu streams, %llu handshakes, %u changes, %u reloads (revision %d), %llu looks at the status, %llu handed "
        "over, %zu records\n",
        static_cast<unsigned long long>(soak.streams), static_cast<unsigned long long>(soak.handshakes), soak.changes,
        soak.reloads, status["revision"].toInt(), static_cast<unsigned long long>(soak.looks),
        static_cast<unsigned long long>(soak.handed), rows);
}

int soakFor(std::chrono::seconds length)
{
    const Setting setting;
    Complaints wrong;
    GatewaySetup setup;
    setup.listen.clear();
    setup.workers = 2;
    setup.file = setting.file(false);
    GatewayProcess gateway(setup);
    if (!gateway.ready()) {
        std::fprintf(stderr, "the gateway does not start: %s\n", gateway.trouble().c_str());
        return 1;
    }
    Soak soak{gateway, setting, portsOf(gateway.process().out()), wrong};
    Process follower({sluiceProgram(), "log", "--follow", "--json", "--record", gateway.recording()});
    std::vector<std::thread> threads;
    for (const std::string &base :
         {local("http", soak.ports[0]), local("https", soak.ports[1]), local("https", soak.ports[2], "localhost")})
        threads.emplace_back([&soak, base] { http2(soak, base); });
    threads.emplace_back([&] { handshakes(soak); });
    threads.emplace_back([&] { polls(soak); });
    makeChanges(soak, length);
    soak.stop = true;
    for (std::thread &thread : threads)
        thread.join();
    compare(soak, follower);
    return wrong.count() == 0 && soak.streams > 0 && soak.handshakes > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char **argv)
{
    if (argc < 2 || std::atoi(argv[1]) <= 0) {
        std::fprintf(stderr, "usage: %s SECONDS\n", argv[0]);
        return 2;
    }
    return soakFor(std::chrono::seconds(std::atoi(argv[1])));
}
