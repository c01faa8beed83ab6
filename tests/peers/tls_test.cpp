// SPDX-License-Identifier: GPL-3.0-or-later
// TLS on both sides of the gateway, with curl and openssl before it and a Node https server behind it.
#include "tests/peers/peers.h"
#include "tests/peers/tls_server.h"
#include "tests/support/certificates.h"
#include "tests/support/raw_socket.h"

#include <QTest>

#include <filesystem>

using namespace support;

namespace {

std::string pairText(const TestCa::Pair &pair)
{
    return "{certificate: " + pair.certificate + ", key: " + pair.key + "}";
}

// A record says this of its failure, sooner or later.
bool recorded(const GatewayProcess &gateway, const std::string &failure)
{
    return waitUntil([&] {
        const QList<QJsonObject> rows = gateway.log(1);
        return std::any_of(rows.begin(), rows.end(), [&](const QJsonObject &row) {
            return text(row, "failure").find(failure) != std::string::npos;
        });
    });
}

}  // namespace

class TlsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void clientsGetTheCertificateOfTheNameTheyAskFor();
    void theOldestVersionIsWhatTheFileSays();
    void sessionsAreResumed();
    void aClientMustShowACertificateWhereOneIsAskedFor();
    void aRevokedClientIsRefused();
    void requestsInClearAreToldToUseHttps();
    void aHandshakeThatBreaksOffIsOnTheRecord();
    void renewedFilesAreTakenWithoutAConnectionLost();
    void linksThatAreSwappedAreNoticed();
    void aPairThatDoesNotFitLeavesTheOneBefore();
    void aListenerWithoutACertificateStaysClosedUntilThereIsOne();
    void whatAReloadClosesIsNotOpenForWantOfAFile();
    void aReloadTakesARenewedAuthority();
    void upstreamsAreVerified_data();
    void upstreamsAreVerified();
    void upstreamsSeeOurCertificateAndResumedSessions();

private:
    CurlAnswer secure(const std::string &port, const std::vector<std::string> &more) const;
    std::string portOf(int listener, const GatewayProcess &) const;
    std::unique_ptr<TestCa> ca_;
    TestCa::Pair api_, wild_, ada_, eve_;
    std::unique_ptr<NodeServer> node_;
    std::unique_ptr<GatewayProcess> gateway_;
    std::string one_, mutual_;  // ports
};

CurlAnswer TlsTest::secure(const std::string &port, const std::vector<std::string> &more) const
{
    std::vector<std::string> arguments = {"--cacert",  ca_->certificate(),
                                          "--resolve", "api.test:" + port + ":127.0.0.1",
                                          "--resolve", "x.dev.test:" + port + ":127.0.0.1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return curl(arguments);
}

std::string TlsTest::portOf(int listener, const GatewayProcess &gateway) const
{
    const QJsonArray listen = jsonObject(gateway.onSocket({"status", "--json"}).out)["listen"].toArray();
    const QString url = listen[listener].toString();
    return url.mid(url.lastIndexOf(':') + 1).toStdString();
}

void TlsTest::initTestCase()
{
    ca_ = std::make_unique<TestCa>();
    api_ = ca_->issue("api", "DNS:api.test,IP:127.0.0.1");
    wild_ = ca_->issue("wild", "DNS:*.dev.test");
    ada_ = ca_->issue("ada", "DNS:ada");
    eve_ = ca_->issue("eve", "DNS:eve");
    node_ = std::make_unique<NodeServer>();
    QVERIFY(node_->ready());
    GatewaySetup setup;
    setup.listen.clear();
    setup.file = "listen:\n- http://127.0.0.1:0\n- url: https://127.0.0.1:0\n  certificates: [" + pairText(api_) + ", "
        + pairText(wild_) + "]\n- url: https://localhost:0\n  certificates: [" + pairText(api_)
        + "]\n  client_ca: " + ca_->revoking(eve_) + "\n  min_version: \"1.3\"\nservices:\n  node: " + node_->url()
        + "\nroutes:\n- {path: /**, service: node}\n";
    gateway_ = std::make_unique<GatewayProcess>(setup);
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
    one_ = portOf(1, *gateway_);
    mutual_ = portOf(2, *gateway_);
}

void TlsTest::clientsGetTheCertificateOfTheNameTheyAskFor()
{
    for (const char *name : {"api.test", "x.dev.test", "127.0.0.1"}) {
        const CurlAnswer answer = secure(one_, {std::string("https://") + name + ':' + one_ + "/headers"});
        QCOMPARE(answer.status, 200);
        QCOMPARE(seen(jsonObject(answer.body), "X-Forwarded-Proto"), std::string("https"));
    }
    QVERIFY(secure(one_, {"--resolve", "y.x.dev.test:" + one_ + ":127.0.0.1", "https://y.x.dev.test:" + one_ + "/"})
                .exitCode
            == 60);  // a wildcard is one label
}

void TlsTest::theOldestVersionIsWhatTheFileSays()
{
    const std::string url = "https://127.0.0.1:" + one_ + "/headers";
    QCOMPARE(secure(one_, {"--tls-max", "1.2", url}).status, 200);
    QCOMPARE(secure(mutual_,
                    {"--tls-max", "1.2", "--cert", ada_.certificate, "--key", ada_.key,
                     "https://127.0.0.1:" + mutual_ + "/headers"})
                 .exitCode,
             35);
}

void TlsTest::sessionsAreResumed()
{
    const TempFolder files;
    ProcessOptions options;
    options.input = "GET /headers HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n";
    const std::vector<std::string> command = {"openssl", "s_client",         "-connect", "127.0.0.1:" + one_,
                                              "-CAfile", ca_->certificate(), "-ign_eof"};
    std::vector<std::string> first = command, second = command;
    first.insert(first.end(), {"-sess_out", files.path("session")});
    second.insert(second.end(), {"-sess_in", files.path("session")});
    const Ran fresh = run(first, options), again = run(second, options);
    QVERIFY2(fresh.out.find("\nNew, TLSv1.3") != fresh.out.npos, fresh.out.c_str());
    QVERIFY2(again.out.find("\nReused, TLSv1.3") != again.out.npos, again.out.c_str());
    QVERIFY2(again.out.find("HTTP/1.1 200") != again.out.npos, again.out.c_str());
}

void TlsTest::aClientMustShowACertificateWhereOneIsAskedFor()
{
    const std::string url = "https://127.0.0.1:" + mutual_ + "/who";
    QVERIFY(secure(mutual_, {url}).exitCode != 0);
    QVERIFY(recorded(*gateway_, "the client showed no certificate, and this address wants one"));
    QCOMPARE(secure(mutual_, {"--cert", ada_.certificate, "--key", ada_.key, url}).status, 404);
    const QList<QJsonObject> rows = gateway_->log(1, {"user:ada"});
    QCOMPARE(rows.size(), 1);
    QCOMPARE(text(rows[0], "path"), std::string("/who"));
    QCOMPARE(text(rows[0]["decisions"].toArray()[0].toObject(), "outcome"), std::string("identified"));
}

void TlsTest::aRevokedClientIsRefused()
{
    const std::string url = "https://127.0.0.1:" + mutual_ + "/who";
    QVERIFY(secure(mutual_, {"--cert", eve_.certificate, "--key", eve_.key, url}).exitCode != 0);
    QVERIFY(recorded(*gateway_, "certificate revoked"));
}

void TlsTest::requestsInClearAreToldToUseHttps()
{
    const CurlAnswer answer = curl({"http://127.0.0.1:" + one_ + "/x"});
    QCOMPARE(answer.status, 400);
    QVERIFY2(answer.body.find("write https:// instead of http://") != std::string::npos, answer.body.c_str());
}

void TlsTest::aHandshakeThatBreaksOffIsOnTheRecord()
{
    RawSocket silent = RawSocket::connectTo(uint16_t(std::stoi(one_)));  // leaves without a word: nothing to record
    silent.close();
    RawSocket client = RawSocket::connectTo(uint16_t(std::stoi(one_)));
    QVERIFY(client.send(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01", 8)));  // a ClientHello begins
    client.shutdownSend();
    QVERIFY(client.waitForEnd());
    QVERIFY(recorded(*gateway_, "closed within the TLS handshake"));
    const QJsonObject row = gateway_->log(1, {"status:499"}).last();
    QCOMPARE(row["response_bytes"].toInt(-1), 0);  // it got no answer, and the record shows none
    const QJsonObject whole =
        jsonObject(gateway_->onRecording({"show", std::to_string(row["id"].toInteger()), "--json"}).out);
    QCOMPARE(whole["response"].toObject()["headers"].toArray().size(), 0);
    QCOMPARE(text(whole["response_body"].toObject(), "content"), std::string());
    const std::string shown = gateway_->onRecording({"show", std::to_string(row["id"].toInteger())}).out;
    QVERIFY2(shown.find("No response") != std::string::npos && shown.find("no request that") != std::string::npos,
             shown.c_str());
    QCOMPARE(secure(one_, {"https://127.0.0.1:" + one_ + "/headers"}).status, 200);
}

// A gateway whose one listener shows this pair.
static GatewaySetup showing(const TestCa::Pair &pair, const std::string &upstream)
{
    GatewaySetup setup;
    setup.listen.clear();
    setup.file = "listen:\n- http://127.0.0.1:0\n- url: https://127.0.0.1:0\n  certificates: [" + pairText(pair)
        + "]\nservices:\n  node: " + upstream + "\nroutes:\n- {path: /**, service: node}\n";
    return setup;
}

// Of the certificate that is shown there now.
static std::string fingerprintAt(const std::string &port)
{
    ProcessOptions options;
    options.input = "Q\n";
    const Ran shown = run({"openssl", "s_client", "-connect", "127.0.0.1:" + port}, options);
    options.input = shown.out;
    return run({"openssl", "x509", "-noout", "-fingerprint", "-sha256"}, options).out;
}

// Asks over one connection, waits until a file is there, asks once more over the same.
static std::vector<std::string> askingTwice(const std::string &port, const std::string &ca, const std::string &file)
{
    return {
        "python3",
        "-u",
        "-c",
        "import http.client, os, select, ssl, sys\n"
        "port, ca, file = sys.argv[1:]\n"
        "c = http.client.HTTPSConnection('127.0.0.1', int(port), context=ssl.create_default_context(cafile=ca))\n"
        "def ask():\n"
        "    c.request('GET', '/headers'); a = c.getresponse(); a.read(); print(a.status, c.sock.getsockname()[1])\n"
        "ask()\n"
        "while not os.path.exists(file): select.select([], [], [], 0.01)\n"
        "ask()\n",
        port,
        ca,
        file};
}

void TlsTest::renewedFilesAreTakenWithoutAConnectionLost()
{
    const TestCa::Pair pair = ca_->issue("renewed", "DNS:api.test,IP:127.0.0.1");
    GatewayProcess gateway(showing(pair, node_->url()));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    const std::string port = portOf(1, gateway), before = fingerprintAt(port);
    Process talking(askingTwice(port, ca_->certificate(), ca_->path("go")));
    QVERIFY2(talking.waitForOutput("200"), talking.err().c_str());
    ca_->issue("renewed", "DNS:api.test,IP:127.0.0.1");
    QVERIFY(waitUntil([&] { return fingerprintAt(port) != before; }));
    ca_->write("go", "");
    QVERIFY(talking.wait() && talking.exitCode() == 0);
    const QStringList lines = QString::fromStdString(talking.out()).trimmed().split('\n');
    QCOMPARE(lines.size(), 2);
    QCOMPARE(lines[0], lines[1]);  // 200, and from the same port
    QVERIFY(gateway.process().err().find("new certificates are in use") != std::string::npos);
}

// As mounted secrets are renewed: the names stay, a link on their way is swapped.
void TlsTest::linksThatAreSwappedAreNoticed()
{
    const TempFolder files;
    const auto put = [&](const std::string &version) {
        const TestCa::Pair pair = ca_->issue("linked", "IP:127.0.0.1");
        std::filesystem::create_directory(files.path(version));
        std::filesystem::copy_file(pair.certificate, files.path(version + "/tls.crt"));
        std::filesystem::copy_file(pair.key, files.path(version + "/tls.key"));
        std::filesystem::create_directory_symlink(files.path(version), files.path("next"));
        std::filesystem::rename(files.path("next"), files.path("data"));
    };
    put("v1");
    GatewayProcess gateway(showing({files.path("data/tls.crt"), files.path("data/tls.key")}, node_->url()));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    const std::string port = portOf(1, gateway), before = fingerprintAt(port);
    put("v2");
    QVERIFY(waitUntil([&] { return fingerprintAt(port) != before; }));
}

void TlsTest::aPairThatDoesNotFitLeavesTheOneBefore()
{
    const TestCa::Pair pair = ca_->issue("odd", "IP:127.0.0.1");
    GatewayProcess gateway(showing(pair, node_->url()));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    const std::string port = portOf(1, gateway), before = fingerprintAt(port), key = readFile(pair.key);
    ca_->write("odd.key", readFile(api_.key));
    QVERIFY(gateway.process().waitForOutput("the key does not belong to the certificate"));
    QCOMPARE(fingerprintAt(port), before);
    const QJsonArray told = jsonObject(gateway.onSocket({"status", "--json"}).out)["certificates"].toArray();
    QVERIFY(told[0].toObject()["trouble"].toString().contains("does not belong"));
    QVERIFY(told[0].toObject()["days_left"].toInt() >= 29);
    ca_->write("odd.key", key);
    QVERIFY(waitUntil([&] {
        const QJsonArray now = jsonObject(gateway.onSocket({"status", "--json"}).out)["certificates"].toArray();
        return now[0].toObject()["trouble"].isNull();
    }));
}

void TlsTest::aListenerWithoutACertificateStaysClosedUntilThereIsOne()
{
    const TempFolder files;
    GatewayProcess gateway(showing({files.path("late.pem"), files.path("late.key")}, node_->url()));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    QVERIFY(gateway.process().err().find("late.pem cannot be read") != std::string::npos);
    const std::string port = portOf(1, gateway), url = "https://127.0.0.1:" + port + "/headers";
    QVERIFY(secure(port, {url}).exitCode != 0);
    files.write("late.pem", readFile(api_.certificate));
    files.write("late.key", readFile(api_.key));
    QVERIFY(waitUntil([&] { return secure(port, {url}).status == 200; }));
}

// A reload asks clients for certificates, and for an endpoint's of a CA of its own; what was there before asked for less.
void TlsTest::whatAReloadClosesIsNotOpenForWantOfAFile()
{
    const TlsServer server(ca_->issue("closing", "IP:127.0.0.1"));
    QVERIFY(server.port());
    const std::string port = std::to_string(freePort()), url = "https://127.0.0.1:" + port;
    const auto file = [&](const std::string &listen, const std::string &service) {
        return "listen:\n- http://127.0.0.1:0\n- {url: \"" + url + "\", certificates: [" + pairText(api_) + "]" + listen
            + "}\nservices:\n  up: {endpoints: [\"" + server.url() + "\"]" + service
            + "}\nroutes:\n- {path: /**, service: up}\n";
    };
    GatewaySetup setup;
    setup.listen.clear();
    setup.file = file("", "");
    GatewayProcess gateway(setup);
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    QCOMPARE(secure(port, {url}).status, 502);  // it is reached, and the system's CAs do not know the endpoint's
    const std::string cas = ca_->write("cas", "no CA yet");
    gateway.rewriteFile(file(", client_ca: " + cas, ", tls: {ca: " + cas + "}"));
    QCOMPARE(gateway.onSocket({"reload"}).exitCode, 0);
    QVERIFY(secure(port, {url}).exitCode != 0);
    const QJsonObject row = gateway.log(1, {"status:502"}).value(0);
    QVERIFY(!row.isEmpty());
    QCOMPARE(get(gateway.port(), "/").status, 502);
    QVERIFY(recorded(gateway, "the file of CAs"));
    ca_->write("cas", readFile(ca_->certificate()));
    QVERIFY(waitUntil([&] {
        return secure(port, {"--cert", ada_.certificate, "--key", ada_.key, url + "/"}).status == 200;
    }));
    QVERIFY(secure(port, {url}).exitCode != 0);
}

void TlsTest::aReloadTakesARenewedAuthority()
{
    GatewaySetup setup;
    setup.listen.clear();
    setup.file = "listen: [http://127.0.0.1:0, https://127.0.0.1:0]\nservices: {node: " + node_->url()
        + "}\nroutes:\n- {path: /**, service: node}\n";
    const GatewayProcess gateway(setup);
    const std::string url = "https://127.0.0.1:" + portOf(1, gateway) + "/headers";
    const std::string before = ca_->write("before", gateway.sluice({"ca", "show", "--pem"}).out);
    QCOMPARE(curl({"--cacert", before, url}).status, 200);
    QCOMPARE(gateway.sluice({"ca", "renew"}).exitCode, 0);
    const std::string after = ca_->write("after", gateway.sluice({"ca", "show", "--pem"}).out);
    QCOMPARE(curl({"--cacert", after, url}).exitCode, 60);  // it has not been told
    QCOMPARE(gateway.onSocket({"reload"}).exitCode, 0);
    QCOMPARE(curl({"--cacert", after, url}).status, 200);
    QCOMPARE(curl({"--cacert", before, url}).exitCode, 60);
}

void TlsTest::upstreamsAreVerified_data()
{
    QTest::addColumn<QString>("tls");
    QTest::addColumn<bool>("expired");
    QTest::addColumn<QString>("failure");  // empty: it is taken
    const QString ca = QString::fromStdString(ca_->certificate());
    QTest::newRow("its CA is believed") << "{ca: " + ca + "}" << false << "";
    QTest::newRow("nobody knows its CA") << "" << false << "unable to get local issuer certificate";
    QTest::newRow("another name") << "{server_name: pay.internal, ca: " + ca + "}" << false << "hostname mismatch";
    QTest::newRow("the name of the file") << "{server_name: api.test, ca: " + ca + "}" << false << "";
    QTest::newRow("with the root's dot") << "{server_name: api.test., ca: " + ca + "}" << false << "";
    QTest::newRow("expired") << "{ca: " + ca + "}" << true << "certificate has expired";
    QTest::newRow("revoked") << "{ca: " + QString::fromStdString(ca_->revoking(api_)) + "}" << false
                             << "certificate revoked";
}

void TlsTest::upstreamsAreVerified()
{
    QFETCH(QString, tls);
    QFETCH(bool, expired);
    QFETCH(QString, failure);
    const TestCa::Pair pair = expired ? ca_->issue("old", "IP:127.0.0.1", -1) : api_;
    const TlsServer server(pair);
    GatewaySetup setup;
    setup.file = "services:\n  a: {endpoints: [" + server.url() + "]"
        + (tls.isEmpty() ? "" : ", tls: " + tls.toStdString()) + "}\nroutes:\n- {path: /**, service: a}\n";
    const GatewayProcess gateway(setup);
    const HttpAnswer answer = get(gateway.port(), "/x");
    QCOMPARE(answer.status, failure.isEmpty() ? 200 : 502);
    if (!failure.isEmpty())
        QVERIFY(recorded(gateway, failure.toStdString()));
}

void TlsTest::upstreamsSeeOurCertificateAndResumedSessions()
{
    const TlsServer server(api_, ca_->certificate());
    GatewaySetup setup;
    setup.file = "services:\n  a: {endpoints: [" + server.url() + "], tls: {ca: " + ca_->certificate()
        + ", certificate: " + ada_.certificate + ", key: " + ada_.key + "}}\nroutes:\n- {path: /**, service: a}\n";
    const GatewayProcess gateway(setup);
    const QJsonObject first = jsonObject(get(gateway.port(), "/close").body);
    QCOMPARE(first["client"].toObject()["CN"].toString(), QString("ada"));
    QVERIFY(!first["resumed"].toBool());
    QVERIFY(jsonObject(get(gateway.port(), "/close").body)["resumed"].toBool());
    QCOMPARE(get(gateway.port(), "/kept").status, 200);
    QCOMPARE(get(gateway.port(), "/kept").status, 200);
    QCOMPARE(gateway.log(4).last()["decisions"].toArray().last().toObject()["outcome"].toString(), QString("answered"));
}

QTEST_GUILESS_MAIN(TlsTest)
#include "tls_test.moc"
