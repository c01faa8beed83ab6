// SPDX-License-Identifier: GPL-3.0-or-later
// exporters/NAME.yaml exports to exporters/NAME.nginx.conf, byte for byte; nginx accepts it; nothing of the file is silently
// dropped. SLUICE_UPDATE_GOLDEN=1 writes the expected files anew.
#include "engine/config/load.h"
#include "engine/exporters/exporter.h"

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
    void anUnknownTargetIsToldWhatThereIs();

private:
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
    Result<exporters::Export> out = exporters::exportPlan(*loaded.plan, "nginx", notes);
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
    const QByteArray now = content(exported(name), "nginx.conf");
    QFile file(folder() + name + ".nginx.conf");
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
    QFile file(dir.filePath("nginx.conf"));
    QVERIFY(file.open(QFile::WriteOnly));
    file.write(content(exported(name), "nginx.conf"));
    file.close();
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
    for (const char *key : {"auth", "aggregate", "tls", "credentials", "health", "retries", "cors", "mirror", "cache",
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

void ExportersGoldenTest::anUnknownTargetIsToldWhatThereIs()
{
    const Result<exporters::Export> out = exporters::exportPlan(*load("article").plan, "apache");
    QVERIFY(!out.ok());
    QVERIFY(out.error().what.find("nginx") != std::string::npos);
    QCOMPARE(exporters::targets(), std::vector<std::string>{"nginx"});
}

QTEST_APPLESS_MAIN(ExportersGoldenTest)
#include "exporters_golden_test.moc"
