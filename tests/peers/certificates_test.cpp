// SPDX-License-Identifier: GPL-3.0-or-later
// What `sluice check`, `status` and `export` tell of the certificates that a gateway file names.
#include "tests/peers/peers.h"
#include "tests/support/certificates.h"

#include <QTest>

using namespace support;

namespace {

std::string entry(const TestCa::Pair &pair)
{
    return "{certificate: " + pair.certificate + ", key: " + pair.key + "}";
}

bool has(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

// The line of the text in which this stands.
std::string lineWith(const std::string &text, const std::string &part)
{
    const size_t at = text.find(part);
    if (at == text.npos)
        return {};
    const size_t begin = text.rfind('\n', at) + 1;
    return text.substr(begin, text.find('\n', at) - begin);
}

}  // namespace

class CertificatesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void statusTellsWhatIsInUseAndHowLong();
    void checkTellsWhatIsWrongWithTheirLines();
    void exportNamesThemByTheirPlacesAndNames();

private:
    std::unique_ptr<TestCa> ca_;
    TestCa::Pair fine_, soon_, old_, other_;
    std::unique_ptr<GatewayProcess> gateway_;
};

void CertificatesTest::initTestCase()
{
    ca_ = std::make_unique<TestCa>();
    fine_ = ca_->issue("fine", "DNS:fine.test,DNS:*.fine.test", 100);
    soon_ = ca_->issue("soon", "DNS:soon.test", 9);
    old_ = ca_->issue("old", "DNS:old.test", -1);
    other_ = {fine_.certificate, soon_.key};
    GatewaySetup setup;
    setup.listen.clear();
    setup.file = "listen:\n- http://127.0.0.1:0\n- {url: https://127.0.0.1:0, certificates: [" + entry(fine_) + ", "
        + entry(soon_) + ", " + entry(old_) + "]}\n- {url: https://localhost:0, certificates: [" + entry(other_)
        + "]}\nservices:\n  a: {endpoints: ['https://localhost:1'], tls: {certificate: " + old_.certificate
        + ", key: " + old_.key + "}}\nroutes:\n- {path: /**, service: a}\n";
    gateway_ = std::make_unique<GatewayProcess>(setup);
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
}

void CertificatesTest::statusTellsWhatIsInUseAndHowLong()
{
    const std::string out = gateway_->onSocket({"status"}).out;
    QVERIFY2(has(lineWith(out, "fine.test *.fine.test"), "  99 days  "), out.c_str());
    QVERIFY2(has(lineWith(out, "soon.test"), "EXPIRES SOON: 8 days"), out.c_str());
    QVERIFY2(has(lineWith(out, "old.test"), "EXPIRED on 20"), out.c_str());
    QVERIFY2(has(lineWith(out, "https://localhost:0  "), "the key does not belong to the certificate"), out.c_str());
    QVERIFY2(has(lineWith(out, "service a  "), "EXPIRED on 20"), out.c_str());
    const QJsonObject json = jsonObject(gateway_->onSocket({"status", "--json"}).out);
    QCOMPARE(json["certificates"].toArray().size(), 5);
    QCOMPARE(json["certificates"][1]["days_left"].toInt(), 8);
}

void CertificatesTest::checkTellsWhatIsWrongWithTheirLines()
{
    const Ran check = gateway_->sluice({"check", "-c", gateway_->filePath()});
    QCOMPARE(check.exitCode, 0);  // a gateway starts with it, and takes the files when they are right
    for (const auto &[part, line] :
         {std::pair("CN=soon expires soon, on", ":3:"), std::pair("CN=old has expired on", ":3:"),
          std::pair("the key does not belong to the certificate", ":4:"),
          std::pair("the certificate CN=old that a is shown has expired on", ":6:")})
        QVERIFY2(has(lineWith(check.out, part), std::string("sluice.yaml") + line), check.out.c_str());
    QVERIFY2(has(check.out, "fine, 1 routes to 1 services, 4 warnings"), check.out.c_str());
}

void CertificatesTest::exportNamesThemByTheirPlacesAndNames()
{
    const TempFolder out;
    const Ran ran = gateway_->sluice({"export", "--to", "nginx", "-c", gateway_->filePath(), "-o", out.path()});
    QCOMPARE(ran.exitCode, 0);
    const std::string conf = readFile(out.path("nginx.conf"));
    QVERIFY2(
        has(conf,
            "server_name _ fine.test \"~^[^.]+\\\\.fine\\\\.test$\";\n        ssl_certificate \"" + fine_.certificate),
        conf.c_str());
    QVERIFY2(has(conf, "server_name soon.test;\n        ssl_certificate \"" + soon_.certificate), conf.c_str());
}

QTEST_GUILESS_MAIN(CertificatesTest)
#include "certificates_test.moc"
