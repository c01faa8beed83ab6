// SPDX-License-Identifier: GPL-3.0-or-later
// What is wrong with the files of a plan is told with its place, before a gateway runs.
#include "engine/config/load.h"
#include "engine/gateway/plan_files.h"
#include "engine/tls/local_ca.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace std::chrono_literals;

namespace {

const WallTime now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 25) + 12h;

}  // namespace

class PlanFilesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void whatIsRightIsNotTold();
    void whatIsWrongIsTold_data();
    void whatIsWrongIsTold();
    void namesAreThoseOfTheLeaf();

private:
    std::string file(const char *name, const std::string &text) const
    {
        QFile out(folder_.filePath(name));
        if (out.open(QIODevice::WriteOnly))
            out.write(text.data(), qint64(text.size()));
        return out.fileName().toStdString();
    }
    void issue(const char *name, WallTime when) const
    {
        const Result<tls::PemPair> pair = ca_->issue("*.api.test", when);
        QVERIFY2(pair.ok(), pair.ok() ? "" : pair.error().what.c_str());
        file((std::string(name) + ".pem").c_str(), pair->certificate);
        file((std::string(name) + ".key").c_str(), pair->key);
    }
    config::Loaded load(const QByteArray &listen, const QByteArray &tls) const
    {
        const QByteArray text = "listen:\n- " + listen
            + "\nservices:\n  a: {endpoints: ['https://localhost:9001'], tls: {" + tls
            + "}}\nroutes: [{path: /**, service: a}]\n";
        return config::load(text.toStdString(), folder_.filePath("g.yaml").toStdString(), {});
    }
    QTemporaryDir folder_;
    std::shared_ptr<const tls::LocalCa> ca_;
};

void PlanFilesTest::initTestCase()
{
    const Result<tls::PemPair> made = tls::LocalCa::make(now - 24h * 800, "tests");
    QVERIFY(made.ok());
    ca_ = *tls::LocalCa::load(*made);
    file("ca.pem", made->certificate);
    file("empty.pem", "");
    file("text.pem", "no certificate\n");
    issue("good", now);
    issue("other", now);
    issue("old", now - 24h * 500);
    issue("soon", now - 24h * 390);
}

void PlanFilesTest::whatIsRightIsNotTold()
{
    const config::Loaded loaded = load("{url: https://127.0.0.1:8443, certificates: [{certificate: good.pem, key: "
                                       "good.key}], client_ca: ca.pem}\n- https://127.0.0.1:8444",
                                       "ca: ca.pem, certificate: good.pem, key: good.key");
    QVERIFY(loaded.plan);
    const Problems problems = gateway::checkFiles(*loaded.plan, now);
    QVERIFY2(problems.empty(), problems.empty() ? "" : problems[0].text().c_str());
}

void PlanFilesTest::whatIsWrongIsTold_data()
{
    QTest::addColumn<QByteArray>("listen");
    QTest::addColumn<QByteArray>("tls");
    QTest::addColumn<int>("line");
    QTest::addColumn<QByteArray>("says");
    const QByteArray fine = "https://127.0.0.1:8443", trust = "ca: ca.pem";
    const auto listen = [&](const char *what, const QByteArray &certificate, const QByteArray &key, const char *says) {
        QTest::newRow(what) << "{url: https://127.0.0.1:8443, certificates: [{certificate: " + certificate
                + ", key: " + key + "}]}"
                            << trust << 2 << QByteArray(says);
    };
    listen("no certificate", "none.pem", "good.key", "none.pem cannot be read: No such file");
    listen("no key", "good.pem", "none.key", "none.key cannot be read: No such file");
    listen("another's key", "good.pem", "other.key", "good.pem: ");
    listen("empty", "empty.pem", "good.key", "empty.pem: ");
    listen("expired", "old.pem", "old.key", "has expired on 2026-08-1");
    listen("expires soon", "soon.pem", "soon.key", "expires soon, on 2026-12-0");
    QTest::newRow("no client CA") << QByteArray("{url: https://127.0.0.1:8443, client_ca: none.pem}") << trust << 2
                                  << QByteArray("none.pem cannot be read");
    QTest::newRow("client CA is none") << QByteArray("{url: https://127.0.0.1:8443, client_ca: text.pem}") << trust << 2
                                       << QByteArray("the file of client CAs");
    QTest::newRow("no CA") << fine << QByteArray("ca: none.pem") << 4 << QByteArray("none.pem cannot be read");
    QTest::newRow("an empty CA") << fine << QByteArray("ca: empty.pem") << 4 << QByteArray("empty.pem is empty");
    QTest::newRow("a CA that is none") << fine << QByteArray("ca: text.pem") << 4 << QByteArray("the file of CAs");
    QTest::newRow("our key is another's")
        << fine << QByteArray("ca: ca.pem, certificate: good.pem, key: other.key") << 4 << QByteArray("good.pem: ");
    QTest::newRow("ours has expired") << fine << QByteArray("ca: ca.pem, certificate: old.pem, key: old.key") << 4
                                      << QByteArray("has expired on 2026-08-1");
}

void PlanFilesTest::whatIsWrongIsTold()
{
    QFETCH(QByteArray, listen);
    QFETCH(QByteArray, tls);
    QFETCH(int, line);
    QFETCH(QByteArray, says);
    const config::Loaded loaded = load(listen, tls);
    QVERIFY2(loaded.plan, loaded.problems.empty() ? "" : loaded.problems[0].text().c_str());
    const Problems problems = gateway::checkFiles(*loaded.plan, now);
    QCOMPARE(problems.size(), size_t(1));
    QVERIFY2(problems[0].what.find(says.toStdString()) != std::string::npos, problems[0].text().c_str());
    QCOMPARE(problems[0].severity, Problem::Severity::Warning);
    QCOMPARE(problems[0].line, line);
    QVERIFY(!problems[0].hint.empty());
}

void PlanFilesTest::namesAreThoseOfTheLeaf()
{
    const config::Loaded loaded = load("{url: https://127.0.0.1:8443, certificates: [{certificate: good.pem, key: "
                                       "other.key}, {certificate: none.pem, key: none.key}]}",
                                       "ca: ca.pem");
    QVERIFY(loaded.plan);
    const auto names = gateway::certificateNames(*loaded.plan);
    QCOMPARE(names.size(), size_t(1));
    QCOMPARE(names.begin()->first, folder_.filePath("good.pem").toStdString());
    QCOMPARE(names.begin()->second, std::vector<std::string>{"*.api.test"});
}

QTEST_APPLESS_MAIN(PlanFilesTest)
#include "plan_files_test.moc"
