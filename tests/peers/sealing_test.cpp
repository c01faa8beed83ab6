// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets from the request to its replay: a service that wants them gets them again, and nobody else ever sees them.
#include "tests/peers/peers.h"
#include "tests/support/raw_server.h"

#include <QTest>

#include <mutex>

using namespace support;

#define VERIFY_READY(gateway) QVERIFY2((gateway).ready(), (gateway).trouble().c_str())

namespace {

const std::string token = "planted-token-correct-horse", password = "planted-\\\"battery\\\"-staple",
                  plain = "planted-\"battery\"-staple", ticket = "planted-ticket-7";

// Answers 200 only to one who has all three secrets; its answer names none of them.
class Guarded {
public:
    Guarded()
        : server_([this](RawSocket &peer, int) {
              const std::string head = peer.readHead();
              const size_t length = head.find("Content-Length: ");
              const std::string body =
                  length == head.npos ? std::string() : peer.readExactly(size_t(std::atoi(head.c_str() + length + 16)));
              const bool good = head.find("uthorization: Bearer " + token + "\r\n") != head.npos
                  && head.find("?ticket=" + ticket + "&x=1 ") != head.npos
                  && body == "{\"user\":\"ada\",\"password\":\"" + password + "\",\"pin\":123456}";
              {
                  const std::lock_guard lock(mutex_);
                  last_ = head + body;
              }
              const std::string answer = good ? "welcome" : "who are you?";
              peer.send((good ? "HTTP/1.1 200 OK" : "HTTP/1.1 401 Unauthorized") + std::string("\r\nContent-Length: ")
                        + std::to_string(answer.size()) + "\r\nConnection: close\r\n\r\n" + answer);
          })
    {}
    std::string url() const { return server_.url(); }
    std::string last() const
    {
        const std::lock_guard lock(mutex_);
        return last_;
    }

private:
    mutable std::mutex mutex_;
    std::string last_;
    RawServer server_;
};

class SealingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void aReplayHasTheSecretsThatNobodySees();
    void aReplayThroughTheGatewayAndOneOfThatOneHasThem();
    void withoutTheKeyNothingIsSentAndItIsSaid();
    void whatWasTamperedWithIsNotSent();
    void aStoreThatCannotBeReachedIsSaidInStatus();
    void cleanup();

private:
    void login();
    QJsonObject replayed(std::vector<std::string> arguments);
    std::string dataFile(const std::string &name) const
    {
        return std::filesystem::path(gateway_->recording()).parent_path().string() + "/data/sluice/" + name;
    }
    std::unique_ptr<Guarded> service_;
    std::unique_ptr<GatewayProcess> gateway_;
    std::string told_;  // all that was said
};

void SealingTest::init()
{
    told_.clear();
    service_ = std::make_unique<Guarded>();
    GatewaySetup setup;
    setup.file = "record: {redact: {json: [password, pin, ticket]}}\nservices: {guarded: " + service_->url()
        + "}\nroutes: [{path: /**, service: guarded}]\n";
    gateway_ = std::make_unique<GatewayProcess>(setup);
    VERIFY_READY(*gateway_);
}

void SealingTest::login()
{
    const Ran ran = run({"curl", "-sS", "-H", "Authorization: Bearer " + token, "-H", "Content-Type: application/json",
                         "-d", "{\"user\":\"ada\",\"password\":\"" + password + "\",\"pin\":123456}",
                         gateway_->url("/login?ticket=" + ticket + "&x=1")});
    QCOMPARE(ran.out, std::string("welcome"));
    QCOMPARE(gateway_->log(1).size(), 1);
}

QJsonObject SealingTest::replayed(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), "replay");
    arguments.push_back("--json");
    const Ran ran = gateway_->onRecording(arguments);
    told_ += ran.out + ran.err;
    return jsonLines(ran.out).value(0);
}

void SealingTest::cleanup()
{
    // Nowhere: not in what was said, nor in any file of its folder.
    const std::filesystem::path home = std::filesystem::path(gateway_->recording()).parent_path();
    for (const std::vector<std::string> &verb : std::vector<std::vector<std::string>>{
             {"log", "--json"}, {"show", "1", "--json"}, {"show", "1"}, {"explain", "1", "--json"}}) {
        const Ran ran = gateway_->onRecording(verb);
        told_ += ran.out + ran.err;
    }
    told_ += gateway_->onSocket({"status", "--json"}).out;
    if (gateway_->process().running())
        gateway_->stop();
    told_ += gateway_->trouble();
    QVERIFY2(told_.find("planted") == told_.npos && told_.find("123456") == told_.npos, told_.c_str());
    int files = 0;
    for (const auto &entry : std::filesystem::recursive_directory_iterator(home)) {
        if (!entry.is_regular_file())
            continue;
        const std::string bytes = readFile(entry.path());
        QVERIFY2(bytes.find("planted-") == bytes.npos, entry.path().c_str());
        ++files;
    }
    QVERIFY(files >= 3);
    gateway_.reset();
    service_.reset();
}

void SealingTest::aReplayHasTheSecretsThatNobodySees()
{
    login();
    const std::string before = service_->last();
    const QJsonObject line = replayed({"id:1", "--to", service_->url()});
    QVERIFY2(text(line, "verdict") == "same" || text(line, "verdict") == "noise", told_.c_str());
    QCOMPARE(line["status"].toInt(), 200);
    QVERIFY(service_->last().find(plain) == std::string::npos);  // as it was written: with escapes
    QCOMPARE(service_->last().substr(service_->last().find("\r\n\r\n")), before.substr(before.find("\r\n\r\n")));
    // Its own record has placeholders, the same ones.
    const int id = line["replayed"].toInt();
    QVERIFY2(id > 1, told_.c_str());
    const Ran first = gateway_->onRecording({"show", "1", "--body", "request"});
    const Ran again = gateway_->onRecording({"show", std::to_string(id), "--body", "request"});
    QCOMPARE(again.out, first.out);
    QVERIFY(first.out.find("{{secret:") != std::string::npos);
    QVERIFY(jsonObject(gateway_->onSocket({"status", "--json"}).out)["recording"].toObject()["unsealed"].isNull());
}

void SealingTest::aReplayThroughTheGatewayAndOneOfThatOneHasThem()
{
    login();
    const int second = replayed({"id:1", "--to", gateway_->url()})["replayed"].toInt();
    QVERIFY2(second > 1, told_.c_str());
    const int third = replayed({"id:" + std::to_string(second), "--to", service_->url()})["replayed"].toInt();
    QVERIFY2(third > second, told_.c_str());
    // What was handed over has its secrets where the first one has them.
    QCOMPARE(replayed({"id:" + std::to_string(third), "--to", service_->url()})["status"].toInt(), 200);
    // Also when the gateway has ended, and begins anew.
    gateway_->stop();
    QCOMPARE(replayed({"id:1", "--to", service_->url()})["status"].toInt(), 200);
}

void SealingTest::withoutTheKeyNothingIsSentAndItIsSaid()
{
    login();
    gateway_->stop();
    const std::string before = service_->last(), secrets = readFile(dataFile("secrets.json"));
    std::filesystem::remove(dataFile("secrets.json"));
    const QJsonObject line = replayed({"id:1", "--to", service_->url()});
    QCOMPARE(text(line, "verdict"), std::string("failed"));
    QVERIFY2(text(line, "failure").find("this user has no key for sealed secrets") != std::string::npos, told_.c_str());
    // Another's key: the lost one's place is taken by a new one.
    std::string other = secrets;
    const size_t key = other.find(':', other.find("sealing-key")) + 3;
    other[key] = other[key] == 'A' ? 'B' : 'A';
    std::filesystem::path path(dataFile("secrets.json"));
    FILE *file = std::fopen(path.c_str(), "w");
    QVERIFY(file);
    std::fputs(other.c_str(), file);
    std::fclose(file);
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const QJsonObject again = replayed({"id:1", "--to", service_->url()});
    QVERIFY2(text(again, "failure").find("sealed with another key") != std::string::npos, told_.c_str());
    QCOMPARE(service_->last(), before);  // nothing came
    // Who gives it by hand is not asked for the key; what is left is still missed.
    const QJsonObject given = replayed({"id:1", "--to", service_->url(), "--set-header", "Authorization: Bearer x"});
    QVERIFY2(text(given, "failure").find("its body held a secret") != std::string::npos, told_.c_str());
}

void SealingTest::whatWasTamperedWithIsNotSent()
{
    login();
    gateway_->stop();
    const std::string before = service_->last();
    QCOMPARE(run({"sqlite3", gateway_->recording(), "UPDATE sealed SET box = CAST(x'00' || substr(box, 2) AS BLOB)"})
                 .exitCode,
             0);
    const QJsonObject line = replayed({"id:1", "--to", service_->url()});
    QCOMPARE(text(line, "verdict"), std::string("failed"));
    QVERIFY2(text(line, "failure").find("is damaged") != std::string::npos, told_.c_str());
    QCOMPARE(service_->last(), before);
}

void SealingTest::aStoreThatCannotBeReachedIsSaidInStatus()
{
    // Before the first secret comes.
    std::filesystem::create_directories(dataFile(""));
    std::filesystem::permissions(dataFile(""), std::filesystem::perms::all);
    login();
    const auto unsealed = [&] {
        return jsonObject(gateway_->onSocket({"status", "--json"}).out)["recording"].toObject()["unsealed"].toString();
    };
    QVERIFY(waitUntil([&] { return unsealed().contains("may be read by others"); }));
    QVERIFY2(gateway_->onSocket({"status"}).out.find("placeholders only") != std::string::npos, "status says it");
    QVERIFY(waitUntil(
        [&] { return gateway_->process().err().find("secrets are kept as placeholders only") != std::string::npos; }));
    std::filesystem::permissions(dataFile(""), std::filesystem::perms::owner_all);
    const QJsonObject line = replayed({"id:1", "--to", service_->url()});
    QCOMPARE(text(line, "verdict"), std::string("failed"));
}

}  // namespace

QTEST_GUILESS_MAIN(SealingTest)
#include "sealing_test.moc"
