// SPDX-License-Identifier: GPL-3.0-or-later
// Which names a certificate has and which it has not, who gets one, and what a gateway does that has none at all.
#include "tests/peers/peers.h"
#include "tests/peers/tls_server.h"

#include <QTest>

using namespace support;

namespace {

Ran openssl(const std::string &port, const std::vector<std::string> &more)
{
    std::vector<std::string> command = {"openssl", "s_client", "-connect", "127.0.0.1:" + port};
    command.insert(command.end(), more.begin(), more.end());
    ProcessOptions options;
    options.input = "Q\n";
    return run(command, options);
}

// One https address beside one in clear, which the support of tests knows the gateway by.
GatewaySetup listeningOn(const std::string &more)
{
    GatewaySetup setup;
    setup.listen.clear();
    setup.workers = 2;
    setup.file = "listen:\n- http://127.0.0.1:0\n- {url: \"https://127.0.0.1:0\"" + more
        + "}\nservices: {up: \"http://127.0.0.1:1\"}\nroutes:\n- {path: /**, service: up}\n";
    return setup;
}

std::string securePort(const GatewayProcess &gateway)
{
    const QString url = jsonObject(gateway.onSocket({"status", "--json"}).out)["listen"].toArray()[1].toString();
    return url.mid(url.lastIndexOf(':') + 1).toStdString();
}

class TlsNamesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whatAnEndpointsSubjectSaysIsNoName();
    void aCertificateIsMadeForNamesAlone_data();
    void aCertificateIsMadeForNamesAlone();
    void clientsThatTakeNoTicketResumeToo();
    void aGatewayThatNobodyCouldReachDoesNotBegin();

private:
    TestCa ca_;
};

void TlsNamesTest::whatAnEndpointsSubjectSaysIsNoName()
{
    const TlsServer server(ca_.issue("127.0.0.1", ""));
    const TlsServer named(ca_.issue("localhost", ""));
    QVERIFY(server.port() && named.port());
    GatewaySetup setup;
    const std::string tls = "tls: {ca: " + ca_.certificate() + "}";
    setup.file = "services:\n  address: {endpoints: [" + server.url() + "], " + tls + "}\n  name: {endpoints: ["
        + named.url("localhost") + "], " + tls
        + "}\nroutes:\n- {path: /address, service: address}\n- {path: /name, service: name}\n";
    const GatewayProcess gateway(setup);
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    QCOMPARE(get(gateway.port(), "/address").status, 502);
    QCOMPARE(get(gateway.port(), "/name").status, 502);
    for (const QJsonObject &row : gateway.log(2))
        QVERIFY2(text(row, "failure").find("mismatch") != std::string::npos, text(row, "failure").c_str());
}

void TlsNamesTest::aCertificateIsMadeForNamesAlone_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("subject");  // empty: an alert
    QTest::newRow("a name") << "shop.test"
                            << "CN = shop.test";
    QTest::newRow("in capitals") << "SHOP.Test"
                                 << "CN = shop.test";
    QTest::newRow("with the root's dot") << "shop.test."
                                         << "CN = shop.test";
    QTest::newRow("a label that begins with a hyphen") << "-bad.test"
                                                       << "";
    QTest::newRow("a wildcard") << "*.shop.test"
                                << "";
    QTest::newRow("a space") << "a b"
                             << "";
}

void TlsNamesTest::aCertificateIsMadeForNamesAlone()
{
    QFETCH(QString, name);
    QFETCH(QString, subject);
    const GatewayProcess gateway(listeningOn(", certificates: local_ca"));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    const Ran shown = openssl(securePort(gateway), {"-servername", name.toStdString()});
    const std::string all = shown.out + shown.err;
    if (subject.isEmpty())
        QVERIFY2(all.find("unrecognized name") != all.npos, all.c_str());
    else
        QVERIFY2(all.find("subject=" + subject.toStdString()) != all.npos, all.c_str());
}

void TlsNamesTest::clientsThatTakeNoTicketResumeToo()
{
    const TestCa::Pair pair = ca_.issue("api", "IP:127.0.0.1");
    const GatewayProcess gateway(
        listeningOn(", certificates: [{certificate: " + pair.certificate + ", key: " + pair.key + "}]"));
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    const std::string port = securePort(gateway), session = ca_.path("session");
    const Ran fresh = openssl(port, {"-tls1_2", "-no_ticket", "-sess_out", session});
    QVERIFY2(fresh.out.find("\nNew, TLSv1.2") != fresh.out.npos, fresh.out.c_str());
    const Ran again = openssl(port, {"-tls1_2", "-no_ticket", "-sess_in", session});
    QVERIFY2(again.out.find("\nReused, TLSv1.2") != again.out.npos, again.out.c_str());
}

void TlsNamesTest::aGatewayThatNobodyCouldReachDoesNotBegin()
{
    const TestCa::Pair one = ca_.issue("one", "IP:127.0.0.1"), other = ca_.issue("other", "IP:127.0.0.1");
    const auto begin = [](const TestCa::Pair &pair) {
        return run({SLUICE_BINARY_DIR "/bin/sluice", "run", "--to", "http://127.0.0.1:1", "--listen",
                    "https://127.0.0.1:0", "--certificate", pair.certificate, "--key", pair.key, "--record", "none"});
    };
    const Ran mixed = begin({one.certificate, other.key});
    QCOMPARE(mixed.exitCode, 1);
    QVERIFY2(mixed.err.find("the key does not belong to the certificate") != mixed.err.npos, mixed.err.c_str());
    const Ran missing = begin({ca_.path("none.pem"), one.key});
    QCOMPARE(missing.exitCode, 1);
    QVERIFY2(missing.err.find("none.pem cannot be read") != missing.err.npos, missing.err.c_str());
}

}  // namespace

QTEST_GUILESS_MAIN(TlsNamesTest)
#include "tls_names_test.moc"
