// SPDX-License-Identifier: GPL-3.0-or-later
// A real nginx, started on an export that speaks TLS to clients and to services: the same certificates for the same names, nobody
// let in and nobody believed whom Sluice would not.
#include "engine/config/load.h"
#include "engine/exporters/exporter.h"
#include "tests/peers/peers.h"
#include "tests/peers/tls_server.h"

#include <QFile>
#include <QTest>

using namespace sluice;
using namespace support;

namespace {

std::string pairText(const TestCa::Pair &pair)
{
    return "{certificate: " + pair.certificate + ", key: " + pair.key + "}";
}

}  // namespace

class NginxTlsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void eachNameGetsItsCertificate();
    void clientsSpeakHttp2AndTls12();
    void theOldestVersionIsWhatTheFileSays();
    void aClientMustShowACertificateWhereOneIsAskedFor();
    void aServiceIsCheckedAndShownOurCertificate();
    void aServiceThatIsNotBelievedIs502_data();
    void aServiceThatIsNotBelievedIs502();
    void aServiceThatCannotBeSaidStaysClosed();
    void theLogNamesEndpointsWithTheirScheme();

private:
    std::string gatewayFile() const;
    CurlAnswer get(uint16_t port, const std::string &path, std::vector<std::string> more = {},
                   const std::string &host = "api.test") const;
    TestCa ca_, other_{"Another CA"};
    TestCa::Pair api_, shop_, ada_, eve_;
    std::unique_ptr<NodeServer> clear_;
    std::unique_ptr<TlsServer> pay_, stranger_;
    TempFolder folder_;
    uint16_t secure_ = 0, mutual_ = 0, plain_ = 0;
    std::unique_ptr<Nginx> nginx_;
};

std::string NginxTlsTest::gatewayFile() const
{
    const auto at = [](uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
    const std::string show = "certificate: " + ada_.certificate + ", key: " + ada_.key;
    return "listen:\n- http://" + at(plain_) + "\n- {url: https://" + at(secure_) + ", certificates: [" + pairText(api_)
        + ", " + pairText(shop_) + "]}\n- {url: https://" + at(mutual_) + ", certificates: [" + pairText(api_)
        + "], client_ca: " + ca_.certificate() + ", min_version: \"1.3\"}\nservices:\n  clear: " + clear_->url()
        + "\n  pay: {endpoints: ['" + pay_->url() + "'], tls: {ca: " + ca_.certificate()
        + ", server_name: pay.internal, " + show + "}}\n  unshown: {endpoints: ['" + pay_->url()
        + "'], tls: {ca: " + ca_.certificate() + ", server_name: pay.internal}}\n  misnamed: {endpoints: ['"
        + pay_->url() + "'], tls: {ca: " + ca_.certificate() + ", server_name: other.internal, " + show
        + "}}\n  stranger: {endpoints: ['" + stranger_->url() + "'], tls: {ca: " + ca_.certificate()
        + ", server_name: pay.internal}}\n  unknown: {endpoints: ['" + stranger_->url("localhost")
        + "']}\n  mixed: {endpoints: ['" + pay_->url() + "', '" + clear_->url()
        + "']}\nroutes:\n- {path: /headers, service: clear}\n- {path: /pay, service: pay}\n- {path: /unshown, service: "
          "unshown}\n- {path: /misnamed, service: misnamed}\n- {path: /stranger, service: stranger}\n- {path: "
          "/unknown, "
          "service: unknown}\n- {path: /mixed, service: mixed}\n";
}

void NginxTlsTest::initTestCase()
{
    if (!isInstalled("nginx"))
        QSKIP("nginx is not installed (apt-get install nginx-core)");
    api_ = ca_.issue("api", "DNS:api.test,IP:127.0.0.1");
    shop_ = ca_.issue("shop", "DNS:*.shop.test");
    ada_ = ca_.issue("ada", "DNS:ada");
    eve_ = other_.issue("eve", "DNS:eve");
    clear_ = std::make_unique<NodeServer>();
    pay_ = std::make_unique<TlsServer>(ca_.issue("pay", "DNS:pay.internal"), ca_.certificate());
    stranger_ = std::make_unique<TlsServer>(other_.issue("stranger", "DNS:pay.internal,DNS:localhost"));
    QVERIFY(clear_->ready() && pay_->port() && stranger_->port());
    plain_ = freePort();
    secure_ = freePort();
    mutual_ = freePort();
    const config::Loaded loaded = config::load(gatewayFile(), "gateway.yaml", {});
    for (const Problem &p : loaded.problems)
        QVERIFY2(p.severity == Problem::Severity::Warning, p.text().c_str());
    const exporters::Surroundings around{
        "/nowhere", {{api_.certificate, {"api.test", "127.0.0.1"}}, {shop_.certificate, {"*.shop.test"}}}};
    const Result<exporters::Export> out = exporters::exportPlan(*loaded.plan, "nginx", {}, around);
    QVERIFY(out.ok());
    // Started by root, nginx works as another user, who must get in.
    const QString path = QString::fromStdString(folder_.path());
    QFile::setPermissions(path, QFile::permissions(path) | QFile::ExeGroup | QFile::ExeOther);
    for (const exporters::OutputFile &file : out->files)
        folder_.write(file.name, file.content);
    nginx_ = std::make_unique<Nginx>(folder_.path(), plain_);
    QVERIFY2(nginx_->ready() && waitForPort(secure_) && waitForPort(mutual_), nginx_->trouble().c_str());
}

CurlAnswer NginxTlsTest::get(uint16_t port, const std::string &path, std::vector<std::string> more,
                             const std::string &host) const
{
    const std::string to = host + ':' + std::to_string(port);
    more.insert(more.end(), {"--cacert", ca_.certificate(), "--resolve", to + ":127.0.0.1", "https://" + to + path});
    return curl(more);
}

void NginxTlsTest::eachNameGetsItsCertificate()
{
    for (const char *name : {"api.test", "a.shop.test", "127.0.0.1"}) {
        const CurlAnswer answer = get(secure_, "/headers", {}, name);
        QCOMPARE(answer.status, 200);
        QCOMPARE(seen(jsonObject(answer.body), "X-Forwarded-Proto"), std::string("https"));
        QCOMPARE(seen(jsonObject(answer.body), "Host"), name + (":" + std::to_string(secure_)));
    }
    QCOMPARE(get(secure_, "/headers", {}, "b.a.shop.test").exitCode, 60);         // a wildcard is one label
    QCOMPARE(get(secure_, "/headers", {"--insecure"}, "none.test").status, 200);  // the first is for the rest
    const CurlAnswer clear = curl({"http://127.0.0.1:" + std::to_string(plain_) + "/headers"});
    QCOMPARE(seen(jsonObject(clear.body), "X-Forwarded-Proto"), std::string("http"));
}

void NginxTlsTest::clientsSpeakHttp2AndTls12()
{
    QVERIFY(get(secure_, "/headers", {"--http2"}).head.starts_with("HTTP/2 200"));
    QVERIFY(get(secure_, "/headers", {"--http1.1", "--tls-max", "1.2"}).head.starts_with("HTTP/1.1 200"));
}

void NginxTlsTest::theOldestVersionIsWhatTheFileSays()
{
    const std::vector<std::string> shown = {"--cert", ada_.certificate, "--key", ada_.key};
    QCOMPARE(get(mutual_, "/headers", shown).status, 200);
    std::vector<std::string> old = shown;
    old.insert(old.end(), {"--tls-max", "1.2"});
    QVERIFY(get(mutual_, "/headers", old).exitCode != 0);
}

void NginxTlsTest::aClientMustShowACertificateWhereOneIsAskedFor()
{
    QCOMPARE(get(mutual_, "/headers").status, 400);
    QCOMPARE(get(mutual_, "/headers", {"--cert", eve_.certificate, "--key", eve_.key}).status, 400);
    QCOMPARE(get(mutual_, "/headers", {"--cert", ada_.certificate, "--key", ada_.key}).status, 200);
}

void NginxTlsTest::aServiceIsCheckedAndShownOurCertificate()
{
    const CurlAnswer answer = get(secure_, "/pay?a=b");
    QCOMPARE(answer.status, 200);
    const QJsonObject told = jsonObject(answer.body);
    QCOMPARE(told["client"].toObject()["CN"].toString(), QString("ada"));
    QCOMPARE(told["name"].toString(), QString("pay.internal"));
    QCOMPARE(told["url"].toString(), QString("/pay?a=b"));
}

void NginxTlsTest::aServiceThatIsNotBelievedIs502_data()
{
    QTest::addColumn<QString>("path");
    QTest::newRow("it wants a certificate, and gets none") << "/unshown";
    QTest::newRow("its certificate has another name") << "/misnamed";
    QTest::newRow("its certificate is of another CA") << "/stranger";
    QTest::newRow("its certificate is of none of the system's CAs") << "/unknown";
}

void NginxTlsTest::aServiceThatIsNotBelievedIs502()
{
    QFETCH(QString, path);
    const CurlAnswer answer = get(secure_, path.toStdString());
    QVERIFY2(answer.status == 502, answer.body.c_str());
    QCOMPARE(jsonObject(answer.body)["status"].toInt(), 502);
}

void NginxTlsTest::aServiceThatCannotBeSaidStaysClosed()
{
    QCOMPARE(get(secure_, "/mixed").status, 503);
}

void NginxTlsTest::theLogNamesEndpointsWithTheirScheme()
{
    QCOMPARE(get(secure_, "/pay?log").status, 200);
    const auto logged = [&](const std::string &endpoint) {
        return waitUntil([&] {
            return readFile(folder_.path("access.log")).find("\"endpoint\":\"" + endpoint + '"') != std::string::npos;
        });
    };
    QVERIFY(logged(pay_->url()));
    QCOMPARE(get(secure_, "/headers").status, 200);
    QVERIFY(logged(clear_->url()));
}

QTEST_GUILESS_MAIN(NginxTlsTest)
#include "nginx_tls_test.moc"
