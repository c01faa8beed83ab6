// SPDX-License-Identifier: GPL-3.0-or-later
// The verbs of `sluice` on real traffic: log, show, explain, status, replay, export, and what a recording never holds.
#include "tests/peers/peers.h"
#include "tests/support/raw_server.h"

#include <QDateTime>
#include <QTest>

#include <sys/resource.h>

using namespace support;

namespace {

const std::string secret = "correct-horse-battery-staple";

}  // namespace

#define VERIFY_READY(gateway) QVERIFY2((gateway).ready(), (gateway).trouble().c_str())

class CommandsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void logHasEveryKeyOnEveryLine();
    void logFilters_data();
    void logFilters();
    void aFilterThatIsNoneIsTwo();
    void showHasBothMessages();
    void explainTellsWhy();
    void explainAnswersForARequestNotSent();
    void statusHasItsKeys();
    void curlReachesTheControlSocket();
    void theControlSocketIsItsUsersAlone();
    void secretsReachNoFileAndNoOutput();
    void replayOfTheSameIsTheSame();
    void replayTellsDifferencesByThree();
    void replayOfWhoIsGoneFails();
    void exportRunsOnNginxAndAnswersTheSame();
    void troubleOfTheRecordingIsTold();
    void showTellsWhereABodyIsNotWhatWentBy();
    void aFileThatIsNoRecordingIsTwo();

private:
    std::unique_ptr<NodeServer> node_;
    std::unique_ptr<Nginx> nginx_;
    std::unique_ptr<GatewayProcess> gateway_;
};

void CommandsTest::initTestCase()
{
    node_ = std::make_unique<NodeServer>();
    nginx_ = nginxWithJson();
    QVERIFY(node_->ready());
    QVERIFY2(nginx_->ready(), nginx_->trouble().c_str());
    gateway_ = std::make_unique<GatewayProcess>(beforeBoth(*node_, *nginx_));
    VERIFY_READY(*gateway_);
    QCOMPARE(get(gateway_->port(), "/web/json?q=1").status, 200);
    QCOMPARE(get(gateway_->port(), "/api/bytes?n=2000").status, 200);
    QCOMPARE(get(gateway_->port(), "/nowhere").status, 404);
    QCOMPARE(ask(gateway_->port(),
                 "POST /api/echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + secret + "\r\nCookie: sid=" + secret
                     + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(secret.size() + 29)
                     + "\r\nConnection: close\r\n\r\n{\"user\":\"ada\",\"password\":\"" + secret + "\"}\n")
                 .status,
             200);
    QCOMPARE(ask(gateway_->port(), "DELETE /web/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").status, 405);
    QCOMPARE(gateway_->log(5).size(), 5);
}

void CommandsTest::logHasEveryKeyOnEveryLine()
{
    const Ran log = gateway_->onRecording({"log", "--json"});
    QCOMPARE(log.exitCode, 0);
    const QList<QJsonObject> rows = jsonLines(log.out);
    QCOMPARE(rows.size(), 5);
    QCOMPARE(std::count(log.out.begin(), log.out.end(), '\n'), 5);
    for (const QJsonObject &row : rows) {
        for (const char *key : {"id",         "time",       "method",        "host",           "path",     "query",
                                "status",     "latency_us", "request_bytes", "response_bytes", "client",   "user",
                                "route",      "service",    "endpoint",      "version",        "attempts", "cache",
                                "request_id", "trace_id",   "failed_by",     "decisions"})
            QVERIFY2(row.contains(QLatin1String(key)), key);
        for (const QJsonValue &decision : row["decisions"].toArray()) {
            for (const char *key : {"stage", "outcome", "why", "facts"})
                QVERIFY2(decision.toObject().contains(QLatin1String(key)), key);
        }
        QVERIFY(QDateTime::fromString(row["time"].toString(), Qt::ISODateWithMs).isValid());
        QCOMPARE(row["time"].toString().size(), 24);
    }
    const QJsonObject &first = rows[0];  // oldest first
    QCOMPARE(text(first, "path"), std::string("/web/json"));
    QCOMPARE(text(first, "query"), std::string("q=1"));
    QCOMPARE(text(first, "route"), std::string("web"));
    QCOMPARE(text(first, "service"), std::string("web"));
    QCOMPARE(text(first, "endpoint"), nginx_->url());
    QCOMPARE(text(first, "client"), std::string("127.0.0.1"));
    QCOMPARE(first["attempts"].toInt(), 1);
    QVERIFY(first["failed_by"].isNull());
    QVERIFY(first["latency_us"].toDouble() > 0);
    QCOMPARE(rows[1]["response_bytes"].toInt(), 2000);
}

void CommandsTest::logFilters_data()
{
    QTest::addColumn<QString>("filter");
    QTest::addColumn<int>("rows");
    QTest::newRow("status") << "status>=400" << 2;
    QTest::newRow("method") << "method:POST" << 1;
    QTest::newRow("path") << "path:/api/**" << 2;
    QTest::newRow("route and not") << "route:web and not status:405" << 1;
    QTest::newRow("or") << "(service:web or service:node) status:200" << 3;
    QTest::newRow("size") << "size>1KB" << 1;
    QTest::newRow("body") << "body~\"ada\"" << 2;
    QTest::newRow("nothing") << "status:599" << 0;
}

void CommandsTest::logFilters()
{
    QFETCH(QString, filter);
    QFETCH(int, rows);
    const Ran log = gateway_->onRecording({"log", "--json", filter.toStdString()});
    QCOMPARE(log.exitCode, 0);
    QCOMPARE(jsonLines(log.out).size(), rows);
}

void CommandsTest::aFilterThatIsNoneIsTwo()
{
    const Ran log = gateway_->onRecording({"log", "stauts:200"});
    QCOMPARE(log.exitCode, 2);
    QVERIFY2(log.err.find("status") != std::string::npos, log.err.c_str());
    QCOMPARE(gateway_->onRecording({"show", "999999"}).exitCode, 1);
}

void CommandsTest::showHasBothMessages()
{
    const std::string id = text(gateway_->log(5)[0], "id");
    const Ran show = gateway_->onRecording({"show", id});
    QCOMPARE(show.exitCode, 0);
    for (const char *part : {"/web/json", "200", "\"ada\"", "application/json"})
        QVERIFY2(show.out.find(part) != std::string::npos, part);
    // One whole: what `log` tells stands there in the same words, and all else beside it.
    for (const char *part : {"Attempts", "Times", "first byte", "Decisions", "balance"})
        QVERIFY2(show.out.find(part) != std::string::npos, show.out.c_str());
    const QJsonObject whole = jsonObject(gateway_->onRecording({"show", id, "--json"}).out), row = gateway_->log(5)[0];
    for (auto each = row.begin(); each != row.end(); ++each)
        QVERIFY2(whole.contains(each.key()) && whole[each.key()] == each.value(), qPrintable(each.key()));
    QCOMPARE(whole["tries"].toArray().size(), 1);
    QVERIFY(whole.contains("request_sent") && whole.contains("response_body") && whole.contains("times"));
}

void CommandsTest::showTellsWhereABodyIsNotWhatWentBy()
{
    // The body of `echo secret` in gzip.
    const TempFolder files;
    const std::string plain = files.write("body", "{\"password\":\"" + secret + "\"}\n");
    QCOMPARE(run({"gzip", plain}).exitCode, 0);
    const CurlAnswer answer = curl({gateway_->url("/api/echo"), "-H", "Content-Type: application/json", "-H",
                                    "Content-Encoding: gzip", "--data-binary", "@" + plain + ".gz"});
    QCOMPARE(answer.status, 200);
    const std::string id = text(gateway_->log(2, {"path:/api/echo"}).value(1), "id");
    const Ran raw = gateway_->onRecording({"show", id, "--body", "request", "--raw"});
    QVERIFY2(raw.out.starts_with("{\"password\":\"{{secret:"), raw.out.c_str());
    QVERIFY2(raw.err.find("decoded") != std::string::npos, raw.err.c_str());
}

void CommandsTest::explainTellsWhy()
{
    const std::string id = text(gateway_->log(5)[0], "id");
    const Ran explain = gateway_->onRecording({"explain", id});
    QCOMPARE(explain.exitCode, 0);
    QVERIFY2(explain.out.find("web") != std::string::npos && explain.out.find(nginx_->url()) != std::string::npos,
             explain.out.c_str());
}

void CommandsTest::explainAnswersForARequestNotSent()
{
    const Ran sent = gateway_->onSocket({"explain", "--request", "GET /web/a"});
    QCOMPARE(sent.exitCode, 0);
    QVERIFY2(sent.out.find("web") != std::string::npos, sent.out.c_str());
    const Ran refused = gateway_->onSocket({"explain", "--request", "PATCH /web/a"});
    QVERIFY2(refused.out.find("405") != std::string::npos, refused.out.c_str());
    const Ran unknown = gateway_->onSocket({"explain", "--request", "GET /nowhere"});
    QVERIFY2(unknown.out.find("404") != std::string::npos, unknown.out.c_str());
    const Ran tooLong = gateway_->onSocket({"explain", "--request", "GET /" + std::string(9000, 'a')});
    QVERIFY2(tooLong.out.find("414") != std::string::npos, (tooLong.out + tooLong.err).c_str());
    const Ran twoHosts =
        gateway_->onSocket({"explain", "--request", "GET http://a.test/web/a", "-H", "Host: b.test", "--json"});
    QCOMPARE(jsonObject(twoHosts.out)["status"].toInt(), 400);
    QCOMPARE(gateway_->log(5).size(), 5);  // nothing was sent
}

void CommandsTest::statusHasItsKeys()
{
    const Ran ran = gateway_->onSocket({"status", "--json"});
    QCOMPARE(ran.exitCode, 0);
    const QJsonObject status = jsonObject(ran.out);
    for (const char *key : {"listen", "services", "routes", "limits", "cache", "recording", "certificates", "revision"})
        QVERIFY2(status.contains(QLatin1String(key)), key);
    const QJsonObject recording = status["recording"].toObject();
    for (const char *key : {"rows", "bytes", "shed", "shed_messages"})
        QVERIFY2(recording.contains(QLatin1String(key)), key);
    QCOMPARE(recording["rows"].toInt(), 5);
    QCOMPARE(recording["shed"].toInt(), 0);
    const QJsonArray services = status["services"].toArray();
    QCOMPARE(services.size(), 2);
    QVERIFY(services[0].toObject().contains("endpoints"));
    QVERIFY(services[0].toObject().contains("breaker"));
    QVERIFY2(ran.out.find(std::to_string(gateway_->port())) != std::string::npos, ran.out.c_str());
}

void CommandsTest::curlReachesTheControlSocket()
{
    const CurlAnswer answer = curl({"--unix-socket", gateway_->socket(), "http://sluice/status"});
    QCOMPARE(answer.status, 200);
    QVERIFY(jsonObject(answer.body).contains("revision"));
    QCOMPARE(curl({"--unix-socket", gateway_->socket(), "http://sluice/none"}).status, 404);
}

void CommandsTest::theControlSocketIsItsUsersAlone()
{
    const auto mode = std::filesystem::status(gateway_->socket()).permissions();
    QCOMPARE(int(mode & std::filesystem::perms(0077)), 0);
    const auto file = std::filesystem::status(gateway_->recording()).permissions();
    QCOMPARE(int(file & std::filesystem::perms(0077)), 0);
}

void CommandsTest::secretsReachNoFileAndNoOutput()
{
    for (const std::string ending : {"", "-wal", "-shm"}) {
        const std::string bytes = readFile(gateway_->recording() + ending);
        QVERIFY2(bytes.find(secret) == std::string::npos, ending.c_str());
    }
    const std::string id = text(gateway_->log(1, {"method:POST"}).value(0), "id");
    for (const std::vector<std::string> &verb :
         {std::vector<std::string>{"show", id}, {"show", id, "--json"}, {"explain", id}}) {
        const Ran ran = gateway_->onRecording(verb);
        QCOMPARE(ran.exitCode, 0);
        QVERIFY(ran.out.find(secret) == std::string::npos);
    }
    QVERIFY(gateway_->onRecording({"show", id}).out.find("{{secret:") != std::string::npos);
}

void CommandsTest::replayOfTheSameIsTheSame()
{
    const Ran replay = gateway_->onRecording(
        {"replay", "route:web status:200", "--to", gateway_->url(), "--json", "--expect", "same"});
    QCOMPARE(replay.exitCode, 0);
    const QList<QJsonObject> lines = jsonLines(replay.out);
    QCOMPARE(lines.size(), 2);  // one exchange and the summary
    for (const char *key : {"original", "replayed", "verdict", "differences"})
        QVERIFY2(lines[0].contains(QLatin1String(key)), key);
    QVERIFY2(text(lines[0], "verdict") == "noise" || text(lines[0], "verdict") == "same", replay.out.c_str());
}

void CommandsTest::replayTellsDifferencesByThree()
{
    RawServer other([](RawSocket &peer, int) {
        peer.readHead();
        peer.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                  "22\r\n\r\n{\"n\":1.0,\"user\":\"bob\"}");
    });
    const Ran replay =
        gateway_->onRecording({"replay", "route:web status:200", "--to", other.url(), "--json", "--expect", "same"});
    QCOMPARE(replay.exitCode, 3);
    const QJsonObject line = jsonLines(replay.out).value(0);
    QCOMPARE(text(line, "verdict"), std::string("different"));
    bool found = false;
    for (const QJsonValue &difference : line["differences"].toArray()) {
        const std::string where = difference["where"].toString().toStdString();
        QVERIFY2(where != "body $.n", "1 and 1.0 are the same number");
        found = found || where == "body $.user";
    }
    QVERIFY2(found, replay.out.c_str());
}

void CommandsTest::replayOfWhoIsGoneFails()
{
    const Ran replay =
        gateway_->onRecording({"replay", "route:web status:200", "--to",
                               "http://127.0.0.1:" + std::to_string(freePort()), "--json", "--expect", "same"});
    QVERIFY2(replay.exitCode == 3 || replay.exitCode == 1, std::to_string(replay.exitCode).c_str());
    QCOMPARE(text(jsonLines(replay.out).value(0), "verdict"), std::string("failed"));
}

void CommandsTest::exportRunsOnNginxAndAnswersTheSame()
{
    const TempFolder out;
    const uint16_t port = freePort();
    std::string file = readFile(gateway_->filePath());
    file = "listen: http://127.0.0.1:" + std::to_string(port) + "\n" + file;
    const std::string path = out.write("for-nginx.yaml", file);
    const Ran exported = gateway_->sluice({"export", "--to", "nginx", "-c", path, "-o", out.path("conf")});
    QVERIFY2(exported.exitCode == 0, exported.err.c_str());
    QVERIFY(std::filesystem::exists(out.path("conf/report.json")));
    const Nginx nginx(out.path("conf"), port);
    QVERIFY2(nginx.ready(), nginx.trouble().c_str());
    for (const char *request : {"GET /web/json?q=1", "GET /api/bytes?n=2000", "GET /nowhere", "DELETE /web/x",
                                "HEAD /web/json", "POST /api/upload", "GET /web/none", "GET /web2",
                                "GET /api/x/../bytes?n=7", "GET /web//json", "GET /web/%6a%73on"}) {
        const std::string text =
            std::string(request) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        const bool head = text.starts_with("HEAD");
        const HttpAnswer ours = ask(gateway_->port(), text, head), theirs = ask(port, text, head);
        QVERIFY2(ours.status == theirs.status,
                 (std::string(request) + ": " + std::to_string(ours.status) + " and " + std::to_string(theirs.status))
                     .c_str());
        if (ours.status == 200)
            QVERIFY2(ours.body == theirs.body, request);
        if (ours.status == 405)
            QCOMPARE(ours.header("allow"), theirs.header("allow"));
    }
}

void CommandsTest::troubleOfTheRecordingIsTold()
{
    GatewaySetup setup;
    setup.to = nginx_->url();
    GatewayProcess gateway(setup);
    VERIFY_READY(gateway);
    QCOMPARE(get(gateway.port(), "/json").status, 200);
    QCOMPARE(gateway.log(1).size(), 1);
    rlimit before{}, none{};
    QCOMPARE(::prlimit(gateway.process().pid(), RLIMIT_FSIZE, nullptr, &before), 0);
    none.rlim_cur = 16 * 1024;  // enough for what it says
    none.rlim_max = before.rlim_max;
    QCOMPARE(::prlimit(gateway.process().pid(), RLIMIT_FSIZE, &none, nullptr), 0);
    QCOMPARE(get(gateway.port(), "/json").status, 200);
    QVERIFY2(waitUntil([&] { return gateway.process().err().find("recording: ") != std::string::npos; }),
             gateway.trouble().c_str());
}

void CommandsTest::aFileThatIsNoRecordingIsTwo()
{
    const TempFolder files;
    const std::string text = files.write("shopping.txt", std::string(5000, 'x'));
    std::string newer = readFile(gateway_->recording());
    newer.replace(60, 4, std::string("\0\0\x03\xe7", 4));  // user_version
    const std::string future = files.write("future.db", newer);
    for (const std::string &file : {text, future}) {
        for (const std::vector<std::string> &verb :
             {std::vector<std::string>{"log"},
              {"show", "1"},
              {"explain", "1"},
              {"replay", "id:1"},
              {"run", "--to", nginx_->url(), "--listen", "http://127.0.0.1:0"}}) {
            std::vector<std::string> words = verb;
            words.insert(words.end(), {"--record", file});
            const Ran ran = gateway_->sluice(words);
            QVERIFY2(ran.exitCode == 2, (verb[0] + " " + file + ": " + std::to_string(ran.exitCode) + ran.err).c_str());
            QVERIFY2(ran.err.find(file) != std::string::npos, ran.err.c_str());
        }
        std::filesystem::remove(file + "-wal");
    }
    QCOMPARE(gateway_->sluice({"log", "--record", files.path("none.db")}).exitCode, 1);
}

QTEST_GUILESS_MAIN(CommandsTest)
#include "commands_test.moc"
