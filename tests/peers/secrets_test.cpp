// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets and the local CA as a user meets them: in a file, in a real keychain (gnome-keyring on a bus of the test's own), with a bus
// that says nothing; and trust, by a real certificate database.
#include "tests/peers/peers.h"

#include <QTest>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

using namespace support;

namespace {

class SecretsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aSecretIsKeptInAFileOfItsUser();
    void aValueMayHaveSeveralLinesAndAnyBytes();
    void whatOthersMayReadIsRefused();
    void badNamesAndValuesAreRefused();
    void manyAtOnceLoseNothing();
    void aKeychainIsUsedWhereOneRuns();
    void aLockedKeychainIsToldAtOnce();
    void aBusThatSaysNothingCostsSeconds();
    void theAuthorityIsMadeOnce();
    void aNewAuthorityLeavesTheOldCertificate();
    void trustReachesACertificateDatabase();
    void aListenersKeyMayBeASecret();
    void aListenerShowsWhatTheAuthoritySigned();

private:
    struct Home {
        Home() : environment(cleanEnvironment(folder)) {}
        Ran sluice(std::vector<std::string> arguments, const std::string &input = {}) const
        {
            arguments.insert(arguments.begin(), sluiceProgram());
            return run(arguments, {environment, folder.path(), input, 0});
        }
        std::string data(const std::string &name = {}) const { return folder.path("data/sluice/" + name); }
        TempFolder folder;
        std::map<std::string, std::string> environment;
    };
    // The script in a session bus of its own; `sluice` is "$S".
    static Ran onBus(const Home &home, const std::string &script)
    {
        auto environment = home.environment;
        environment["S"] = sluiceProgram();
        environment.erase("DBUS_SESSION_BUS_ADDRESS");
        return run({"dbus-run-session", "--", "bash", "-c", script}, {environment, home.folder.path(), {}, 0});
    }
};

int modeOf(const std::string &path)
{
    struct stat about {};
    return ::lstat(path.c_str(), &about) == 0 ? int(about.st_mode & 07777) : -1;
}

bool has(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

void SecretsTest::aSecretIsKeptInAFileOfItsUser()
{
    const Home home;
    const Ran set = home.sluice({"secret", "set", "pay"}, "hunter2-hunter2\n");
    QCOMPARE(set.exitCode, 0);
    QVERIFY2(has(set.out, home.data("secrets.json") + ", as no keychain service runs here"), set.out.c_str());
    QVERIFY(!has(set.out + set.err, "hunter2"));
    QCOMPARE(modeOf(home.data("secrets.json")), 0600);
    QCOMPARE(modeOf(home.data()), 0700);
    QCOMPARE(home.sluice({"secret", "set", "acme"}, "x").exitCode, 0);
    const Ran listed = home.sluice({"secret", "list"});
    QCOMPARE(listed.out, std::string("acme\npay\n"));
    const QList<QJsonObject> lines = jsonLines(home.sluice({"secret", "list", "--json"}).out);
    QCOMPARE(lines.size(), 2);
    QCOMPARE(lines[1]["name"].toString(), "pay");
    QCOMPARE(home.sluice({"secret", "remove", "pay"}).exitCode, 0);
    const Ran again = home.sluice({"secret", "remove", "pay"});
    QCOMPARE(again.exitCode, 1);
    QVERIFY(has(again.err, "there is no secret 'pay'"));
    QCOMPARE(home.sluice({"secret", "list"}).out, std::string("acme\n"));
}

void SecretsTest::aValueMayHaveSeveralLinesAndAnyBytes()
{
    const Home home;
    const std::string path = home.folder.write("key.bin", std::string("a\n\0\xff\n\n", 6));
    QCOMPARE(home.sluice({"secret", "set", "bytes", "--from-file", path}).exitCode, 0);
    // One line end at the end goes: base64 of "a\n\0\xff\n".
    QVERIFY2(has(readFile(home.data("secrets.json")), "\"YQoA/wo=\""), readFile(home.data("secrets.json")).c_str());
    QCOMPARE(home.sluice({"secret", "set", "x", "--from-file", home.folder.path("none")}).exitCode, 1);
}

void SecretsTest::whatOthersMayReadIsRefused()
{
    const Home home;
    QCOMPARE(home.sluice({"secret", "set", "pay"}, "hunter2").exitCode, 0);
    const std::string file = home.data("secrets.json");
    ::chmod(file.c_str(), 0640);
    for (const std::vector<std::string> &verb : {std::vector<std::string>{"secret", "list"},
                                                 {"secret", "set", "other"},
                                                 {"secret", "remove", "pay"},
                                                 {"ca", "show"}}) {
        const Ran ran = home.sluice(verb, "x");
        QCOMPARE(ran.exitCode, 1);
        QVERIFY2(has(ran.err, "may be read by others") && has(ran.err, "chmod 600 " + file), ran.err.c_str());
    }
    ::chmod(file.c_str(), 0600);
    ::chmod(home.data().c_str(), 0777);
    QVERIFY(has(home.sluice({"secret", "list"}).err, "chmod 700 "));
    // One that others may only look into, as it may be there from before, is closed.
    ::chmod(home.data().c_str(), 0755);
    QCOMPARE(home.sluice({"secret", "set", "pay"}, "hunter2").exitCode, 0);
    QCOMPARE(modeOf(home.data()), 0700);
    // A link in its place may lead anywhere.
    std::filesystem::rename(file, home.data("elsewhere.json"));
    std::filesystem::create_symlink(home.data("elsewhere.json"), file);
    QCOMPARE(home.sluice({"secret", "list"}).exitCode, 1);
    std::filesystem::remove(file);
    home.folder.write("data/sluice/secrets.json", "{\"version\":1,\"secr");
    ::chmod(file.c_str(), 0600);
    const Ran damaged = home.sluice({"secret", "set", "pay"}, "x");
    QCOMPARE(damaged.exitCode, 1);
    QVERIFY(has(damaged.err, "is damaged"));
    QCOMPARE(readFile(file), std::string("{\"version\":1,\"secr"));
}

void SecretsTest::badNamesAndValuesAreRefused()
{
    const Home home;
    for (const std::string &name : {std::string("sluice:local-ca"), std::string("a b"), std::string("a/b"),
                                    std::string("ä"), std::string(129, 'a')}) {
        const Ran ran = home.sluice({"secret", "set", name}, "x");
        QCOMPARE(ran.exitCode, 2);
        QVERIFY2(has(ran.err, "the name of a secret must"), ran.err.c_str());
    }
    QCOMPARE(home.sluice({"secret", "set", "a"}, "\n").exitCode, 2);
    QCOMPARE(home.sluice({"secret", "set", "a"}, std::string(65'537, 'x')).exitCode, 2);
    QCOMPARE(home.sluice({"secret", "set", "a"}, std::string(65'536, 'x')).exitCode, 0);
    QCOMPARE(home.sluice({"secret", "set"}).exitCode, 2);
    QCOMPARE(home.sluice({"secret"}).exitCode, 2);
    QCOMPARE(home.sluice({"ca", "what"}).exitCode, 2);
    for (const std::vector<std::string> &verb :
         {std::vector<std::string>{"secret", "set", "--help"}, {"ca", "trust", "--help"}}) {
        const Ran help = home.sluice(verb);
        QCOMPARE(help.exitCode, 0);
        QVERIFY(has(help.out, "Example"));
    }
}

void SecretsTest::manyAtOnceLoseNothing()
{
    const Home home;
    std::vector<std::unique_ptr<Process>> processes;
    for (int i = 0; i < 12; ++i)
        processes.push_back(std::make_unique<Process>(
            std::vector<std::string>{sluiceProgram(), "secret", "set", "s" + std::to_string(10 + i)},
            ProcessOptions{home.environment, home.folder.path(), "value", 0}));
    for (const auto &process : processes) {
        QVERIFY(process->wait());
        QCOMPARE(process->exitCode(), 0);
    }
    const std::string names = home.sluice({"secret", "list"}).out;
    QCOMPARE(std::count(names.begin(), names.end(), '\n'), 12);
}

constexpr const char *unlocked = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; ";

void SecretsTest::aKeychainIsUsedWhereOneRuns()
{
    if (!isInstalled("gnome-keyring-daemon") || !isInstalled("dbus-run-session"))
        QSKIP("gnome-keyring or dbus is not installed");
    const Home home;
    const Ran ran = onBus(
        home,
        std::string(unlocked)
            + "printf hunter2-hunter2 | $S secret set pay && printf x | $S secret set acme && $S secret list --json && "
              "$S secret remove acme && $S secret list && $S ca show --json && $S ca show --json && cat sluice.yaml; "
              "printf x | SLUICE_SECRETS=file $S secret set headless; $S secret list");
    QVERIFY2(has(ran.out, "kept in the keychain"), (ran.out + ran.err).c_str());
    QVERIFY2(has(ran.out,
                 "{\"name\":\"acme\",\"kept\":\"in the keychain\"}\n{\"name\":\"pay\",\"kept\":\"in the "
                 "keychain\"}\nremoved\npay\n{"),
             (ran.out + ran.err).c_str());
    const QList<QJsonObject> shown = jsonLines(ran.out.substr(ran.out.find("removed")));
    QCOMPARE(shown.size(), 2);
    QCOMPARE(shown[0]["fingerprint"].toString(), shown[1]["fingerprint"].toString());
    QCOMPARE(shown[0]["key_kept"].toString(), "in the keychain");
    // A session without a keychain may have left some in the file: they are found too.
    QVERIFY2(ran.out.ends_with("headless\npay\n"), ran.out.c_str());
    QVERIFY(!has(readFile(home.data("secrets.json")), "pay"));
    QVERIFY(!has(readFile(home.data("local-ca.pem")), "PRIVATE"));
}

void SecretsTest::aLockedKeychainIsToldAtOnce()
{
    if (!isInstalled("gnome-keyring-daemon") || !isInstalled("dbus-run-session"))
        QSKIP("gnome-keyring or dbus is not installed");
    const Home home;  // and no display, on which it could ask
    const Ran ran = onBus(home, "unset DISPLAY WAYLAND_DISPLAY; printf x | $S secret set pay; echo code $?");
    QVERIFY2(has(ran.out, "code 1"), (ran.out + ran.err).c_str());
    QVERIFY2(has(ran.err, "keychain") && has(ran.err, "SLUICE_SECRETS=file"), ran.err.c_str());
    QCOMPARE(modeOf(home.data("secrets.json")), -1);
}

void SecretsTest::aBusThatSaysNothingCostsSeconds()
{
    Home home;
    const std::string path = home.folder.path("dead");
    const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, path.c_str(), sizeof name.sun_path - 1);
    QCOMPARE(::bind(listening, reinterpret_cast<const sockaddr *>(&name), sizeof name), 0);
    QCOMPARE(::listen(listening, 16), 0);
    home.environment["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + path;
    const Ran ran = home.sluice({"secret", "set", "pay"}, "x");
    ::close(listening);
    QCOMPARE(ran.exitCode, 1);
    QVERIFY2(has(ran.err, "D-Bus does not answer"), ran.err.c_str());
    // Nobody listens any more: there is no keychain.
    QCOMPARE(home.sluice({"secret", "set", "pay"}, "x").exitCode, 0);
}

void SecretsTest::theAuthorityIsMadeOnce()
{
    const Home home;
    std::vector<std::unique_ptr<Process>> processes;
    for (int i = 0; i < 4; ++i)
        processes.push_back(std::make_unique<Process>(std::vector<std::string>{sluiceProgram(), "ca", "show", "--pem"},
                                                      ProcessOptions{home.environment, home.folder.path(), {}, 0}));
    for (const auto &process : processes)
        QVERIFY(process->wait());
    const std::string pem = processes[0]->out();
    QVERIFY(pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
    for (const auto &process : processes)
        QCOMPARE(process->out(), pem);
    QCOMPARE(readFile(home.data("local-ca.pem")), pem);
    const QJsonObject shown = jsonObject(home.sluice({"ca", "show", "--json"}).out);
    QVERIFY(shown["subject"].toString().startsWith("CN=Sluice local CA ("));
    QCOMPARE(shown["fingerprint"].toString().size(), 95);
    QVERIFY(shown["key_kept"].toString().contains("secrets.json"));
    QVERIFY(!has(home.sluice({"secret", "list"}).out, "sluice:"));
    // Somebody has thrown the copy away.
    std::filesystem::remove(home.data("local-ca.pem"));
    QCOMPARE(home.sluice({"ca", "show", "--pem"}).out, pem);
    QCOMPARE(readFile(home.data("local-ca.pem")), pem);
}

void SecretsTest::aNewAuthorityLeavesTheOldCertificate()
{
    const Home home;
    const std::string before = home.sluice({"ca", "show", "--pem"}).out;
    const Ran renewed = home.sluice({"ca", "renew"});
    QCOMPARE(renewed.exitCode, 0);
    QVERIFY2(has(renewed.out, "run `sluice ca trust`") && has(renewed.out, "local-ca.pem.old"), renewed.out.c_str());
    const std::string after = home.sluice({"ca", "show", "--pem"}).out;
    QVERIFY(after != before);
    QCOMPARE(readFile(home.data("local-ca.pem")), after);
    QCOMPARE(readFile(home.data("local-ca.pem.old")), before);
}

void SecretsTest::trustReachesACertificateDatabase()
{
    const Home home;
    const Ran none = home.sluice({"ca", "trust", "--user-only"});
    QCOMPARE(none.exitCode, 0);
    for (const char *word :
         {"no certificate database", "curl --cacert", "NODE_EXTRA_CA_CERTS", "Firefox", "sudo update-ca-certificates"})
        QVERIFY2(has(none.out, word), none.out.c_str());
    if (!isInstalled("certutil"))
        QSKIP("certutil is not installed");
    const std::string database = home.folder.path(".pki/nssdb");
    std::filesystem::create_directories(database);
    QCOMPARE(run({"certutil", "-N", "-d", "sql:" + database, "--empty-password"}).exitCode, 0);
    for (int i = 0; i < 2; ++i) {  // again, after a new one was made
        const Ran trusted = home.sluice({"ca", "trust", "--user-only"});
        QCOMPARE(trusted.exitCode, 0);
        QVERIFY2(has(trusted.out, database + ": trusted"), trusted.out.c_str());
        const QString subject =
            jsonObject(home.sluice({"ca", "show", "--json"}).out)["subject"].toString().section('=', 1);
        const Ran listed = run({"certutil", "-L", "-d", "sql:" + database});
        QVERIFY2(has(listed.out, subject.toStdString()) && has(listed.out, "C,,"), listed.out.c_str());
        const Ran kept = run({"certutil", "-L", "-d", "sql:" + database, "-n", subject.toStdString(), "-a"});
        const std::string pem = readFile(home.data("local-ca.pem"));
        std::string plain = kept.out;
        std::erase(plain, '\r');
        QCOMPARE(plain, pem);
        QCOMPARE(home.sluice({"ca", "renew"}).exitCode, 0);
    }
}

// `sluice run` before a Node server, over TLS; curl trusts `ca` alone.
struct Secure {
    Secure(const std::string &folder, std::map<std::string, std::string> environment, std::vector<std::string> options)
    {
        const std::vector<std::string> begin = {sluiceProgram(), "run", "--workers", "1"};
        options.insert(options.begin(), begin.begin(), begin.end());
        process = std::make_unique<Process>(options, ProcessOptions{std::move(environment), folder, {}, 0});
        if (process->waitForOutput("sluice ready: https://127.0.0.1:"))
            port = process->out().substr(process->out().find("127.0.0.1:") + 10, 5);
        port = port.substr(0, port.find_first_not_of("0123456789"));
    }
    Ran curl(const std::string &host, const std::string &ca) const
    {
        return run({"curl", "-sS", "--cacert", ca, "--resolve", host + ":" + port + ":127.0.0.1", "-o", "/dev/null",
                    "-w", "%{http_code}", "https://" + host + ":" + port + "/headers"});
    }
    std::unique_ptr<Process> process;
    std::string port;
};

void SecretsTest::aListenersKeyMayBeASecret()
{
    const Home home;
    NodeServer node;
    QVERIFY(node.ready());
    QCOMPARE(run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                  "-keyout", home.folder.path("key.pem"), "-out", home.folder.path("cert.pem"), "-subj",
                  "/CN=shop.test", "-addext", "subjectAltName=DNS:shop.test"})
                 .exitCode,
             0);
    const std::string key = readFile(home.folder.path("key.pem")), middle = key.substr(key.size() / 2, 30);
    QCOMPARE(home.sluice({"secret", "set", "shop-key", "--from-file", home.folder.path("key.pem")}).exitCode, 0);
    std::filesystem::remove(home.folder.path("key.pem"));
    const std::string file = home.folder.write(
        "sluice.yaml",
        "listen:\n- url: https://127.0.0.1:0\n  certificates: [{certificate: cert.pem, key: \"${secret:shop-key}\"}]\n"
        "services: {node: "
            + node.url() + "}\nroutes: [{path: /**, service: node}]\n");
    const Secure gateway(home.folder.path(), home.environment, {"--socket", home.folder.path("control"), "-c", file});
    QVERIFY2(!gateway.port.empty(), (gateway.process->out() + gateway.process->err()).c_str());
    const Ran ran = gateway.curl("shop.test", home.folder.path("cert.pem"));
    QVERIFY2(ran.exitCode == 0 && ran.out == "200", (ran.out + ran.err + gateway.process->err()).c_str());
    // The key is told nowhere.
    std::string told = gateway.process->out() + gateway.process->err();
    const std::vector<std::vector<std::string>> verbs = {
        {"status", "--json"},
        {"check", "-c", file},
        {"log", "--json"},
        {"explain", "--request", "GET /", "-c", file, "--json"},
        {"export", "--to", "nginx", "-c", file, "-o", home.folder.path("out")}};
    for (std::vector<std::string> verb : verbs) {
        if (verb[0] == "status")
            verb.insert(verb.end(), {"--socket", home.folder.path("control")});
        const Ran said = home.sluice(verb);
        QVERIFY2(said.exitCode == 0, (verb[0] + said.err).c_str());
        told += said.out + said.err;
    }
    told += readFile(home.folder.path("out/nginx.conf")) + readFile(home.folder.path("out/report.json"));
    QVERIFY(!has(told, middle) && !has(told, "PRIVATE KEY"));
    QVERIFY2(has(told, "SLUICE_SECRET_shop-key stands where it would be written"), told.c_str());
    // Without it the listener stays closed, and it is said why and what to do.
    QCOMPARE(home.sluice({"secret", "remove", "shop-key"}).exitCode, 0);
    const Ran checked = home.sluice({"check", "-c", file});
    QCOMPARE(checked.exitCode, 0);
    QVERIFY2(has(checked.out, "warning: there is no secret 'shop-key'. Keep it first: sluice secret set shop-key"),
             checked.out.c_str());
}

void SecretsTest::aListenerShowsWhatTheAuthoritySigned()
{
    const Home home;
    NodeServer node;
    QVERIFY(node.ready());
    const Secure gateway(
        home.folder.path(), home.environment,
        {"--socket", home.folder.path("control"), "--to", node.url(), "--listen", "https://127.0.0.1:0"});
    QVERIFY2(!gateway.port.empty(), (gateway.process->out() + gateway.process->err()).c_str());
    QCOMPARE(home.sluice({"ca", "show"}).exitCode, 0);
    for (const char *host : {"localhost", "shop.test", "eu.shop.test"}) {
        const Ran ran = gateway.curl(host, home.data("local-ca.pem"));
        QVERIFY2(ran.exitCode == 0 && ran.out == "200", (ran.out + ran.err + gateway.process->err()).c_str());
    }
    // Node's own client, as `sluice ca trust` says.
    auto environment = home.environment;
    environment["NODE_EXTRA_CA_CERTS"] = home.data("local-ca.pem");
    const Ran ran = run({"node", "-e",
                         "require('https').get('https://localhost:" + gateway.port
                             + "/headers', r => {console.log(r.statusCode); process.exit()})"},
                        {environment, {}, {}, 0});
    QVERIFY2(has(ran.out, "200"), (ran.out + ran.err).c_str());
}

}  // namespace

QTEST_GUILESS_MAIN(SecretsTest)
#include "secrets_test.moc"
