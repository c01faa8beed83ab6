// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/trust.h"

#include "app/cli/output.h"
#include "app/cli/verbs.h"

#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QStandardPaths>

#include <unistd.h>

namespace sluice::cli {

namespace {

constexpr int mostMillis = 20'000;
constexpr qsizetype mostStores = 50;

struct Ran {
    bool good = false;
    QString said;  // the first line
};

Ran run(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.setStandardInputFile(QProcess::nullDevice());  // a store under a password must not ask for it
    process.start(program, arguments);
    if (!process.waitForFinished(mostMillis)) {
        const QString why = process.error() == QProcess::FailedToStart ? process.errorString() : "it took too long";
        process.kill();
        process.waitForFinished(1000);
        return {false, why};
    }
    const bool good = process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
    return {good, QString::fromLocal8Bit(process.readAll()).trimmed().section('\n', 0, 0)};
}

// The folders with a certificate database of NSS: Chromium's own, and one a profile of Firefox.
QStringList nssFolders()
{
    QStringList out;
    const QString home = QDir::homePath();
    if (QFileInfo::exists(home + "/.pki/nssdb/cert9.db"))
        out += home + "/.pki/nssdb";
    for (const char *base : {"/.mozilla/firefox", "/snap/firefox/common/.mozilla/firefox",
                             "/.var/app/org.mozilla.firefox/.mozilla/firefox"}) {
        for (const QFileInfo &profile :
             QDir(home + QLatin1String(base)).entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot)) {
            if (QFileInfo::exists(profile.filePath() + "/cert9.db") && out.size() < mostStores)
                out += profile.filePath();
        }
    }
    return out;
}

// True: none of them refused.
bool trustInBrowsers(const gateway::LocalAuthority &authority, const QString &nickname)
{
    const QStringList folders = nssFolders();
    if (folders.isEmpty()) {
        printLine("browsers     no certificate database of Chromium or Firefox is in "
                  + QDir::homePath().toStdString());
        return true;
    }
    if (QStandardPaths::findExecutable("certutil").isEmpty()) {
        printLine(
            "browsers     not done, as there is no certutil: apt install libnss3-tools, then `sluice ca trust` again");
        return false;
    }
    bool good = true;
    for (const QString &folder : folders) {
        const QString store = "sql:" + folder;
        // One of that name from before would stay beside it.
        run("certutil", {"-D", "-d", store, "-n", nickname});
        const Ran ran = run(
            "certutil",
            {"-A", "-d", store, "-n", nickname, "-t", "C,,", "-i", QString::fromStdString(authority.certificateFile)});
        good = good && ran.good;
        printLine("browsers     " + folder.toStdString()
                  + (ran.good ? ": trusted; a browser that runs must be started again"
                              : ": certutil refused: " + printable(ran.said.toStdString())));
    }
    return good;
}

bool trustInSystem(const gateway::LocalAuthority &authority, bool userOnly)
{
    const QString folder = "/usr/local/share/ca-certificates", target = folder + "/sluice-local-ca.crt";
    const std::string file = authority.certificateFile;
    if (userOnly || ::geteuid() != 0) {
        printLine("system       not done, it takes root: sudo cp '" + file + "' " + target.toStdString()
                  + " && sudo update-ca-certificates");
        return true;
    }
    if (!QFileInfo(folder).isDir() || QStandardPaths::findExecutable("update-ca-certificates").isEmpty()) {
        printLine("system       not done: there is no update-ca-certificates on this machine");
        return false;
    }
    QFile::remove(target);  // of one from before
    if (!QFile::copy(QString::fromStdString(file), target)) {
        printLine("system       cannot write " + target.toStdString());
        return false;
    }
    QFile::setPermissions(target, QFile::ReadOwner | QFile::WriteOwner | QFile::ReadGroup | QFile::ReadOther);
    const Ran ran = run("update-ca-certificates", {});
    printLine("system       "
              + (ran.good ? target.toStdString() + ": trusted by curl, wget, git, Go, Python's ssl …"
                          : "update-ca-certificates refused: " + printable(ran.said.toStdString())));
    return ran.good;
}

}  // namespace

int trust(const gateway::LocalAuthority &authority, bool userOnly)
{
    const std::string &file = authority.certificateFile;
    printLine(painted(printable(authority.ca->subject()), Colour::Bold));
    const QString nickname = QString::fromStdString(authority.ca->subject()).section('=', 1);
    const bool browsers = trustInBrowsers(authority, nickname);
    const bool system = trustInSystem(authority, userOnly);
    printLine("\nBy hand, where it is not done above:");
    printLine("  curl       curl --cacert '" + file + "' https://…");
    printLine("  Node.js    export NODE_EXTRA_CA_CERTS='" + file + "'");
    printLine("  Python     export REQUESTS_CA_BUNDLE='" + file + "'   (requests trusts nobody else then)");
    printLine("  Firefox    Settings, Privacy & Security, View Certificates, Authorities, Import: " + file);
    printLine("  Java       keytool -importcert -cacerts -alias sluice -file '" + file + "'");
    return browsers && system ? Fine : Failed;
}

}  // namespace sluice::cli
