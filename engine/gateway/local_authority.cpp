// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/local_authority.h"

#include <QDir>
#include <QFile>
#include <QSaveFile>

#include <pwd.h>
#include <unistd.h>

#include <climits>
#include <cstring>

namespace sluice::gateway {

namespace {

constexpr std::string_view keyBegins = "-----BEGIN PRIVATE KEY";

// "ada@lathe": tells the authorities of several machines apart where a browser lists them.
std::string owner()
{
    char host[HOST_NAME_MAX + 1] = {};
    if (::gethostname(host, HOST_NAME_MAX) != 0)
        std::strcpy(host, "localhost");
    const passwd *user = ::getpwuid(::geteuid());
    return (user ? std::string(user->pw_name) : std::to_string(::geteuid())) + '@' + host;
}

// One entry for both, so that no program ever sees the key of another certificate.
Secret entryOf(tls::PemPair &&pair)
{
    std::string text = std::move(pair.certificate) + pair.key;
    Secret::wipe(pair.key);
    return Secret(std::move(text));
}

Result<std::shared_ptr<const tls::LocalCa>> authorityOf(const Secret &entry)
{
    const std::string_view text = entry.reveal();
    const size_t key = std::min(text.find(keyBegins), text.size());
    tls::PemPair pair{std::string(text.substr(0, key)), std::string(text.substr(key))};
    Result<std::shared_ptr<const tls::LocalCa>> ca = tls::LocalCa::load(pair);
    Secret::wipe(pair.key);
    if (!ca)
        return Error{Fault::Gateway, ca.error().what + "; `sluice ca renew` makes a new one"};
    return ca;
}

std::string certificateFile(const SecretStore &store)
{
    return store.folder() + "/local-ca.pem";
}

std::string fileText(const std::string &path)
{
    QFile file(QString::fromStdString(path));
    return file.open(QIODevice::ReadOnly) ? file.read(64 << 10).toStdString() : std::string();
}

Outcome writeFile(const std::string &path, const std::string &text)
{
    QSaveFile file(QString::fromStdString(path));
    if (!file.open(QIODevice::WriteOnly) || file.write(text.data(), qint64(text.size())) < 0 || !file.commit())
        return Error{Fault::Gateway, "cannot write " + path + ": " + file.errorString().toStdString()};
    return Done{};
}

Result<LocalAuthority> published(SecretStore &store, const Secret &entry)
{
    Result<std::shared_ptr<const tls::LocalCa>> ca = authorityOf(entry);
    if (!ca)
        return ca.error();
    LocalAuthority out{ca.take(), certificateFile(store), store.place()};
    if (fileText(out.certificateFile) != out.ca->certificatePem()) {
        const QString folder = QString::fromStdString(store.folder());
        if (!QDir().exists(folder)) {
            QDir().mkpath(folder);
            QFile::setPermissions(folder, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        }
        if (const Outcome written = writeFile(out.certificateFile, out.ca->certificatePem()); !written)
            return written.error();
    }
    return out;
}

}  // namespace

Result<LocalAuthority> localAuthority(SecretStore &store, WallTime now, Millis within)
{
    Result<std::optional<Secret>> kept = store.read(localCaEntry, within);
    if (!kept)
        return kept.error();
    if (*kept)
        return published(store, **kept);
    Result<tls::PemPair> made = tls::LocalCa::make(now, owner());
    if (!made)
        return made.error();
    const Result<Secret> entry = store.readOrWrite(localCaEntry, entryOf(made.take()), within);
    if (!entry)
        return entry.error();
    return published(store, *entry);
}

Result<LocalAuthority> renewLocalAuthority(SecretStore &store, WallTime now, Millis within)
{
    Result<tls::PemPair> made = tls::LocalCa::make(now, owner());
    if (!made)
        return made.error();
    const Secret entry = entryOf(made.take());
    if (const Outcome written = store.write(localCaEntry, entry, within); !written)
        return written.error();
    const std::string before = fileText(certificateFile(store));
    if (!before.empty()) {
        if (const Outcome kept = writeFile(certificateFile(store) + ".old", before); !kept)
            return kept.error();
    }
    return published(store, entry);
}

LocalCaSource localCaSource(SecretStore &store)
{
    return [&store]() -> Result<std::shared_ptr<const tls::LocalCa>> {
        const WallTime now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
        Result<LocalAuthority> authority = localAuthority(store, now, patient);
        if (!authority)
            return authority.error();
        return std::move(authority->ca);
    };
}

}  // namespace sluice::gateway
