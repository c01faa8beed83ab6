// SPDX-License-Identifier: GPL-3.0-or-later
// What the local CA makes is looked at by openssl's own program, which shares no code with it but the library.
#include "engine/tls/local_ca.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <set>

using namespace sluice;
using namespace std::chrono_literals;
using tls::LocalCa;
using tls::PemPair;

namespace {

WallTime at(int year, unsigned month, unsigned day)
{
    return std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day));
}

const WallTime now = at(2026, 11, 25) + 12h;

class LocalCaTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void anAuthorityIsOneToOpenSsl();
    void anAuthorityIsReadBack();
    void aBadPairIsRefusedWithASentence();
    void aLeafIsValidForItsNameAndNoOther_data();
    void aLeafIsValidForItsNameAndNoOther();
    void whatIsNoNameGetsNoCertificate_data();
    void whatIsNoNameGetsNoCertificate();
    void aLeafLivesNoLongerThanItMay();
    void anExpiredAuthoritySignsNothing();
    void eachCertificateHasAKeyAndANumberOfItsOwn();

private:
    QString file(const QString &name, const std::string &text)
    {
        QFile out(folder_.filePath(name));
        if (out.open(QIODevice::WriteOnly))
            out.write(text.data(), qint64(text.size()));
        return out.fileName();
    }
    // What `openssl …` says, errors and all; its exit code is in code_.
    QString openssl(const QStringList &arguments)
    {
        QProcess process;
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start("openssl", arguments);
        process.waitForFinished();
        code_ = process.exitCode();
        return QString::fromUtf8(process.readAll());
    }
    // As a client that knows only the authority would, at `time`.
    bool verifies(const PemPair &leaf, const QStringList &name, WallTime time)
    {
        QStringList arguments = {
            "verify",   "-x509_strict",
            "-purpose", "sslserver",
            "-attime",  QString::number(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()),
            "-CAfile",  file("ca.pem", ca_->certificatePem())};
        said_ = openssl(arguments + name + QStringList{file("leaf.pem", leaf.certificate)});
        return code_ == 0;
    }

    QTemporaryDir folder_;
    std::shared_ptr<const LocalCa> ca_;
    PemPair pair_;
    QString said_;
    int code_ = 0;
};

void LocalCaTest::initTestCase()
{
    Result<PemPair> made = LocalCa::make(now, "ada@lathe");
    QVERIFY(made.ok());
    pair_ = made.take();
    Result<std::shared_ptr<const LocalCa>> loaded = LocalCa::load(pair_);
    QVERIFY(loaded.ok());
    ca_ = loaded.take();
}

void LocalCaTest::anAuthorityIsOneToOpenSsl()
{
    const QString text = openssl({"x509", "-in", file("ca.pem", pair_.certificate), "-noout", "-text"});
    QVERIFY2(text.contains("Issuer: CN = Sluice local CA (ada@lathe)"), qPrintable(text));
    QVERIFY(text.contains("CA:TRUE, pathlen:0"));
    QVERIFY(text.contains("Certificate Sign, CRL Sign"));
    QVERIFY(text.contains("NIST CURVE: P-256"));
    QVERIFY(text.contains("Subject Key Identifier") && text.contains("Authority Key Identifier"));
    QVERIFY(text.contains("Not Before: Nov 25 11:00:00 2026 GMT"));
    const QString verdict = openssl({"verify", "-x509_strict", "-attime", "1795608000", "-CAfile",
                                     folder_.filePath("ca.pem"), folder_.filePath("ca.pem")});
    QVERIFY2(code_ == 0, qPrintable(verdict));
}

void LocalCaTest::anAuthorityIsReadBack()
{
    QCOMPARE(ca_->certificatePem(), pair_.certificate);
    QCOMPARE(ca_->subject(), std::string("CN=Sluice local CA (ada@lathe)"));
    QCOMPARE(ca_->notAfter(), now - 1h + 3650 * 24h - 1s);
    const QString told =
        openssl({"x509", "-in", file("ca.pem", pair_.certificate), "-noout", "-fingerprint", "-sha256"});
    QCOMPARE(told.trimmed().section('=', 1), QString::fromStdString(ca_->fingerprint()));
    // A name that no certificate may carry is made to fit.
    const Result<PemPair> odd = LocalCa::make(now, std::string("a\n\0b\xc3\xa4", 6) + std::string(200, 'x'));
    QVERIFY(odd.ok());
    QCOMPARE((*LocalCa::load(*odd))->subject(), "CN=Sluice local CA (ab" + std::string(38, 'x') + ")");
}

void LocalCaTest::aBadPairIsRefusedWithASentence()
{
    const auto why = [](const PemPair &pair) {
        const Result<std::shared_ptr<const LocalCa>> loaded = LocalCa::load(pair);
        return loaded ? std::string() : loaded.error().what;
    };
    const PemPair other = *LocalCa::make(now, "bob"), leaf = *ca_->issue("localhost", now);
    QVERIFY(why({pair_.certificate, other.key}).find("does not belong") != std::string::npos);
    QVERIFY(why({leaf.certificate, leaf.key}).find("not a certificate authority") != std::string::npos);
    QVERIFY(why({"", pair_.key}).find("no PEM certificate") != std::string::npos);
    QVERIFY(why({pair_.certificate, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"})
                .find("no PEM private key")
            != std::string::npos);
    QVERIFY(why({std::string(100'000, 'x'), pair_.key}).find("64 KiB") != std::string::npos);
    // A key under a password is refused, and nobody is asked for it.
    openssl({"pkcs8", "-topk8", "-in", file("key.pem", pair_.key), "-passout", "pass:secret", "-out",
             folder_.filePath("locked.pem")});
    QFile locked(folder_.filePath("locked.pem"));
    QVERIFY(locked.open(QIODevice::ReadOnly));
    QVERIFY(why({pair_.certificate, locked.readAll().toStdString()}).find("without a password") != std::string::npos);
}

void LocalCaTest::aLeafIsValidForItsNameAndNoOther_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("right");
    QTest::addColumn<QStringList>("wrong");
    const QString longName = QString("a").repeated(60) + '.' + QString("b").repeated(60) + ".test";
    QTest::newRow("a host") << "api.localhost" << QStringList{"-verify_hostname", "api.localhost"}
                            << QStringList{"-verify_hostname", "localhost"};
    QTest::newRow("one label") << "localhost" << QStringList{"-verify_hostname", "localhost"}
                               << QStringList{"-verify_hostname", "a.localhost"};
    QTest::newRow("capitals") << "Shop.Test" << QStringList{"-verify_hostname", "shop.test"}
                              << QStringList{"-verify_hostname", "shop.tesu"};
    QTest::newRow("a wildcard") << "*.shop.test" << QStringList{"-verify_hostname", "eu.shop.test"}
                                << QStringList{"-verify_hostname", "a.eu.shop.test"};
    QTest::newRow("an underscore") << "my_app.test" << QStringList{"-verify_hostname", "my_app.test"}
                                   << QStringList{"-verify_ip", "127.0.0.1"};
    QTest::newRow("IPv4") << "127.0.0.1" << QStringList{"-verify_ip", "127.0.0.1"}
                          << QStringList{"-verify_ip", "127.0.0.2"};
    QTest::newRow("IPv6") << "::1" << QStringList{"-verify_ip", "::1"} << QStringList{"-verify_ip", "::2"};
    QTest::newRow("too long for a common name")
        << longName << QStringList{"-verify_hostname", longName} << QStringList{"-verify_hostname", "test"};
}

void LocalCaTest::aLeafIsValidForItsNameAndNoOther()
{
    QFETCH(QString, name);
    QFETCH(QStringList, right);
    QFETCH(QStringList, wrong);
    const Result<PemPair> leaf = ca_->issue(name.toStdString(), now);
    QVERIFY2(leaf.ok(), leaf.ok() ? "" : leaf.error().what.c_str());
    QVERIFY(leaf->certificate.ends_with(ca_->certificatePem()));
    QVERIFY2(verifies(*leaf, right, now), qPrintable(said_));
    QVERIFY(!verifies(*leaf, wrong, now));
    QVERIFY2(said_.contains("mismatch"), qPrintable(said_));
    // The key is the certificate's.
    const QString ofKey = openssl({"pkey", "-in", file("key.pem", leaf->key), "-pubout"});
    QCOMPARE(openssl({"x509", "-in", folder_.filePath("leaf.pem"), "-noout", "-pubkey"}), ofKey);
    const QString text = openssl({"x509", "-in", folder_.filePath("leaf.pem"), "-noout", "-text"});
    QVERIFY(text.contains("TLS Web Server Authentication") && text.contains("CA:FALSE")
            && text.contains("Digital Signature"));
}

void LocalCaTest::whatIsNoNameGetsNoCertificate_data()
{
    QTest::addColumn<QByteArray>("name");
    for (const QByteArray &name : {QByteArray(),
                                   QByteArray("a\0b.test", 8),
                                   QByteArray("."),
                                   QByteArray("a..b"),
                                   QByteArray("a.test."),
                                   QByteArray("-a.test"),
                                   QByteArray("a-.test"),
                                   QByteArray("*"),
                                   QByteArray("a.*.test"),
                                   QByteArray("*a.test"),
                                   QByteArray("a b"),
                                   QByteArray("a/b"),
                                   QByteArray("a,DNS:evil.test"),
                                   QByteArray("caf\xc3\xa9.test"),
                                   QByteArray(64, 'a') + ".test",
                                   QByteArray("a.").repeated(127) + "b",
                                   QByteArray("1.2.3"),
                                   QByteArray("1.2.3.4.5"),
                                   QByteArray("300.1.1.1"),
                                   QByteArray("fe80::1%eth0"),
                                   QByteArray("[::1]"),
                                   QByteArray("a.test\n")})
        QTest::addRow("%s", name.toPercentEncoding().left(40).constData()) << name;
}

void LocalCaTest::whatIsNoNameGetsNoCertificate()
{
    QFETCH(QByteArray, name);
    const Result<PemPair> leaf = ca_->issue(name.toStdString(), now);
    QVERIFY(!leaf.ok());
    QVERIFY(leaf.error().what.find("no certificate can be made") != std::string::npos);
}

void LocalCaTest::aLeafLivesNoLongerThanItMay()
{
    const PemPair leaf = *ca_->issue("localhost", now);
    QVERIFY(!verifies(leaf, {}, now - 2h));
    QVERIFY2(verifies(leaf, {}, now - 59min), qPrintable(said_));
    QVERIFY2(verifies(leaf, {}, now + 396 * 24h), qPrintable(said_));
    QVERIFY(!verifies(leaf, {}, now + 397 * 24h));
    // Near the authority's end, only until then; at its beginning, not before it.
    const WallTime end = ca_->notAfter();
    const PemPair last = *ca_->issue("localhost", end - 24h);
    QVERIFY2(verifies(last, {}, end - 1min), qPrintable(said_));
    const QString text = openssl({"x509", "-in", folder_.filePath("leaf.pem"), "-noout", "-enddate"});
    QVERIFY2(text.contains(QString::fromStdString(std::to_string(2036))), qPrintable(text));
}

void LocalCaTest::anExpiredAuthoritySignsNothing()
{
    const Result<PemPair> leaf = ca_->issue("localhost", ca_->notAfter() + 1s);
    QVERIFY(!leaf.ok());
    QVERIFY(leaf.error().what.find("sluice ca renew") != std::string::npos);
}

void LocalCaTest::eachCertificateHasAKeyAndANumberOfItsOwn()
{
    std::set<std::string> certificates, keys;
    for (int i = 0; i < 50; ++i) {
        const PemPair leaf = *ca_->issue("localhost", now);
        certificates.insert(leaf.certificate);
        keys.insert(leaf.key);
    }
    QCOMPARE(certificates.size(), size_t(50));
    QCOMPARE(keys.size(), size_t(50));
}

}  // namespace

QTEST_GUILESS_MAIN(LocalCaTest)
#include "local_ca_test.moc"
