// SPDX-License-Identifier: GPL-3.0-or-later
// exporters/NAME.yaml exports to exporters/NAME.nginx.conf (and NAME.routes.conf), byte for byte; nginx accepts it; nothing of
// the file is silently dropped. SLUICE_UPDATE_GOLDEN=1 writes the expected files anew.
#include "engine/config/load.h"
#include "engine/exporters/exporter.h"
#include "engine/tls/local_ca.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <set>

using namespace sluice;

class ExportersGoldenTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theExportIsTheExpectedOne_data();
    void theExportIsTheExpectedOne();
    void nginxAcceptsIt_data() { theExportIsTheExpectedOne_data(); }
    void nginxAcceptsIt();
    void theReportNamesEveryRouteAndService_data() { theExportIsTheExpectedOne_data(); }
    void theReportNamesEveryRouteAndService();
    void whatIsNotInEffectIsNamedOnceByItsKey();
    void keysFromSecretsAreNowhere();
    void whereNothingCanListenNothingDoes();
    void anUnknownTargetIsToldWhatThereIs();

private:
    static void compare(const QByteArray &now, const QString &expected);
    static config::Loaded load(const QString &name);
    static exporters::Export exported(const QString &name);
};

namespace {

QString folder()
{
    return SLUICE_SOURCE_DIR "/tests/golden/exporters/";
}

QByteArray content(const exporters::Export &out, const std::string &name)
{
    for (const exporters::OutputFile &file : out.files) {
        if (file.name == name)
            return QByteArray::fromStdString(file.content);
    }
    return {};
}

void write(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QFile::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("%s cannot be written", qPrintable(path));
}

// The folders that the gateway files name, here.
QByteArray moved(QByteArray conf, const QTemporaryDir &dir)
{
    return conf.replace("/etc/sluice/tls", dir.path().toUtf8()).replace("/etc/other", dir.path().toUtf8());
}

// One pair under all the names that the gateway files have.
void writeCertificates(const QTemporaryDir &dir)
{
    const Result<tls::PemPair> pair =
        tls::LocalCa::make(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()), "tests");
    if (!pair)
        qFatal("%s", pair.error().what.c_str());
    for (const char *name :
         {"api.pem", "shop.pem", "none.pem", "clients-ca.pem", "sec$ret.pem", "internal-ca.pem", "gateway.pem"})
        write(dir.filePath(name), QByteArray::fromStdString(pair->certificate));
    for (const char *name : {"api.key", "shop.key", "none.key", "gateway.key", "secret-1.key", "secret-2.key"})
        write(dir.filePath(name), QByteArray::fromStdString(pair->key));
}

}  // namespace

config::Loaded ExportersGoldenTest::load(const QString &name)
{
    QFile file(folder() + name + ".yaml");
    if (!file.open(QFile::ReadOnly))
        return {};
    return config::load(file.readAll().toStdString(), name.toStdString() + ".yaml", {});
}

exporters::Export ExportersGoldenTest::exported(const QString &name)
{
    const config::Loaded loaded = load(name);
    if (!loaded.plan)
        qFatal("%s.yaml cannot be read", qPrintable(name));
    Problems notes;
    std::copy_if(loaded.problems.begin(), loaded.problems.end(), std::back_inserter(notes),
                 [](const Problem &p) { return p.what.find("not in effect yet") != std::string::npos; });
    const exporters::Surroundings around{
        "/etc/sluice",
        {{"tls/api.pem", {"api.test", "*.api.test", "127.0.0.1"}},
         {"/etc/other/shop.pem", {"shop.test", "*.shop.test", "*.api.test", "bad name", "::1"}}}};
    Result<exporters::Export> out = exporters::exportPlan(*loaded.plan, "nginx", notes, around);
    if (!out)
        qFatal("%s", out.error().what.c_str());
    return out.take();
}

void ExportersGoldenTest::theExportIsTheExpectedOne_data()
{
    QTest::addColumn<QString>("name");
    for (const QString &file : QDir(folder()).entryList({"*.yaml"}))
        QTest::newRow(qPrintable(file)) << file.chopped(5);
}

void ExportersGoldenTest::theExportIsTheExpectedOne()
{
    QFETCH(QString, name);
    const exporters::Export out = exported(name);
    compare(content(out, "nginx.conf"), name + ".nginx.conf");
    if (const QByteArray routes = content(out, "routes.conf"); !routes.isEmpty())
        compare(routes, name + ".routes.conf");
}

void ExportersGoldenTest::compare(const QByteArray &now, const QString &expected)
{
    QFile file(folder() + expected);
    if (qEnvironmentVariableIsSet("SLUICE_UPDATE_GOLDEN")) {
        QVERIFY(file.open(QFile::WriteOnly));
        file.write(now);
        return;
    }
    QVERIFY2(file.open(QFile::ReadOnly), qPrintable(file.fileName()));
    const QList<QByteArray> want = file.readAll().split('\n'), got = now.split('\n');
    for (qsizetype i = 0; i < std::min(want.size(), got.size()); ++i)
        QVERIFY2(want[i] == got[i], "line " + QByteArray::number(i + 1) + "\nwant " + want[i] + "\ngot  " + got[i]);
    QCOMPARE(got.size(), want.size());
}

void ExportersGoldenTest::nginxAcceptsIt()
{
    QFETCH(QString, name);
    const QString nginx = QStandardPaths::findExecutable("nginx", {"/usr/sbin", "/usr/bin", "/usr/local/sbin"});
    if (nginx.isEmpty())
        QSKIP("nginx is not installed (apt-get install nginx-core)");
    const QTemporaryDir dir;
    writeCertificates(dir);
    for (const exporters::OutputFile &file : exported(name).files)
        write(dir.filePath(QString::fromStdString(file.name)), moved(QByteArray::fromStdString(file.content), dir));
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(nginx, {"-t", "-p", dir.path(), "-c", "nginx.conf"});
    QVERIFY(process.waitForFinished());
    const QByteArray said = process.readAll();
    QVERIFY2(process.exitCode() == 0 && !said.contains("[warn]"), said);
}

void ExportersGoldenTest::theReportNamesEveryRouteAndService()
{
    QFETCH(QString, name);
    const exporters::Export out = exported(name);
    const QJsonDocument report = QJsonDocument::fromJson(content(out, "report.json"));
    QVERIFY(report.isArray());
    QSet<QString> features;
    for (const QJsonValue &line : report.array()) {
        const QString fidelity = line["fidelity"].toString();
        QVERIFY(fidelity == "exact" || fidelity == "approximate" || fidelity == "impossible");
        QVERIFY2(fidelity == "exact" || !line["why"].toString().isEmpty(), qPrintable(line["feature"].toString()));
        features.insert(line["feature"].toString());
    }
    const config::PlanPtr plan = load(name).plan;
    const auto named = [&](const std::string &prefix) {
        return std::any_of(features.begin(), features.end(),
                           [&](const QString &f) { return f.startsWith(QString::fromStdString(prefix)); });
    };
    for (const config::RouteSettings &route : plan->routes)
        QVERIFY2(named("route " + route.name + ": "), route.name.c_str());
    for (const config::ServiceSettings &service : plan->services)
        QVERIFY2(named("service " + service.name), service.name.c_str());
    // What differs stands at the top of the file, too.
    for (const exporters::ReportLine &line : out.report) {
        if (line.fidelity != exporters::Fidelity::Exact)
            QVERIFY2(content(out, "nginx.conf").contains(QByteArray::fromStdString(line.feature)),
                     line.feature.c_str());
    }
}

void ExportersGoldenTest::whatIsNotInEffectIsNamedOnceByItsKey()
{
    const exporters::Export out = exported("everything");
    const auto lines = [&](const std::string &ending) {
        return std::count_if(out.report.begin(), out.report.end(), [&](const exporters::ReportLine &line) {
            return line.feature == ending || line.feature.ends_with(": " + ending);
        });
    };
    for (const char *key : {"auth", "aggregate", "credentials", "health", "retries", "cors", "mirror", "cache",
                            "request.headers.remove", "response.body.drop", "sunset", "alerts"})
        QVERIFY2(lines(key) == 1, key);
    QCOMPARE(lines("discover"), 2);  // of two services
    QCOMPARE(lines("balance"), 2);
    std::set<std::pair<std::string, std::string>> seen;
    for (const exporters::ReportLine &line : out.report) {
        QVERIFY2(line.feature.find("in effect") == std::string::npos, line.feature.c_str());
        QVERIFY2(line.feature.find("limits.") == std::string::npos, line.feature.c_str());
        QVERIFY2(seen.emplace(line.feature, line.where).second, line.feature.c_str());
        if (line.feature == "service user-service: balance")
            QCOMPARE(exporters::name(line.fidelity), std::string_view("approximate"));
    }
}

void ExportersGoldenTest::keysFromSecretsAreNowhere()
{
    const exporters::Export out = exported("tls");
    for (const exporters::OutputFile &file : out.files)
        QVERIFY2(file.content.find("never written") == std::string::npos
                     && file.content.find("BEGIN") == std::string::npos,
                 file.name.c_str());
    const auto told = [](const exporters::ReportLine &line) { return line.why.find("secret-") != std::string::npos; };
    QCOMPARE(std::count_if(out.report.begin(), out.report.end(), told), 2);
}

void ExportersGoldenTest::whereNothingCanListenNothingDoes()
{
    const config::Loaded loaded = config::load(
        "listen: https://127.0.0.1:8443\nservices: {a: http://127.0.0.1:1}\nroutes: [{path: /**, service: a}]\n",
        "f.yaml", {});
    QVERIFY(loaded.plan);
    const Result<exporters::Export> out = exporters::exportPlan(*loaded.plan, "nginx");
    QVERIFY(!content(*out, "nginx.conf").contains("listen 127")
            && !content(*out, "nginx.conf").contains("    server {\n"));
    QVERIFY(std::any_of(out->report.begin(), out->report.end(), [](const exporters::ReportLine &line) {
        return line.feature == "listen https://127.0.0.1:8443" && line.fidelity == exporters::Fidelity::Impossible;
    }));
}

void ExportersGoldenTest::anUnknownTargetIsToldWhatThereIs()
{
    const Result<exporters::Export> out = exporters::exportPlan(*load("article").plan, "apache");
    QVERIFY(!out.ok());
    QVERIFY(out.error().what.find("nginx") != std::string::npos);
    QCOMPARE(exporters::targets(), std::vector<std::string>{"nginx"});
}

QTEST_APPLESS_MAIN(ExportersGoldenTest)
#include "exporters_golden_test.moc"
