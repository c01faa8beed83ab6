// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/secret_keeper.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace sluice::gateway {

namespace {

using Names = SecretKeeper::Names;

constexpr size_t mostNames = 1000;
constexpr const char *indexEntry = "sluice:names";  // a keychain cannot list what it holds

Error failed(std::string what)
{
    return Error{Fault::Gateway, std::move(what), true};
}

}  // namespace

bool isOurs(const std::string &name)
{
    return name.starts_with("sluice:");
}

Outcome SecretKeeper::choose(Clock::time_point until)
{
    if (where_ != Where::Unknown)
        return Done{};
    std::string words = "in " + file_.path();
    if (!keychain_) {
        where_ = Where::InFile;
        words += ", as SLUICE_SECRETS says";
    } else {
        switch (Keychain::look(until)) {
        case Keychain::Presence::Silent:
            return failed(
                "the session's D-Bus does not answer, so the keychain cannot be asked; SLUICE_SECRETS=file keeps "
                "secrets in a file instead");
        case Keychain::Presence::Absent:
            where_ = Where::InFile;
            words += ", as no keychain service runs here";
            break;
        case Keychain::Presence::Runs:
            where_ = Where::InKeychain;
            words = "in the keychain";
            break;
        }
    }
    place_ = words;
    return Done{};
}

// The file too where a keychain runs: a session without one may have written there.
Result<std::optional<Secret>> SecretKeeper::read(const std::string &name, Clock::time_point until)
{
    if (where_ == Where::InKeychain) {
        Result<std::optional<Secret>> found = Keychain::read(name, until);
        if (!found || *found)
            return found;
    }
    Result<SecretFile::Entries> entries = file_.read();
    if (!entries)
        return entries.error();
    const auto at = entries->find(name);
    return at == entries->end() ? std::optional<Secret>() : std::optional<Secret>(at->second);
}

Outcome SecretKeeper::write(const std::string &name, const Secret &value, Clock::time_point until)
{
    if (where_ == Where::InKeychain) {
        Result<Names> known = index(until);
        if (!known)
            return known.error();
        if (!isOurs(name) && known->insert(name).second) {
            if (known->size() > mostNames)
                return failed("there are 1,000 secrets already");
            if (Outcome written = writeIndex(*known, until); !written)
                return written;
        }
        return Keychain::write(name, value, until);
    }
    return file_.change([&](SecretFile::Entries &entries) -> Result<bool> {
        entries[name] = value;
        if (entries.size() > mostNames)
            return failed("there are 1,000 secrets already");
        return true;
    });
}

Result<Secret> SecretKeeper::readOrWrite(const std::string &name, const Secret &value, Clock::time_point until)
{
    if (where_ == Where::InKeychain) {
        Result<std::optional<Secret>> found = read(name, until);
        if (!found)
            return found.error();
        if (*found)
            return *std::move(*found);
        if (const Outcome written = write(name, value, until); !written)
            return written.error();
        // Of two that wrote at once the last one won.
        found = read(name, until);
        if (!found || !*found)
            return found ? failed("the keychain did not keep an entry") : found.error();
        return *std::move(*found);
    }
    Secret out = value;
    const Outcome done = file_.change([&](SecretFile::Entries &entries) -> Result<bool> {
        const auto [at, fresh] = entries.emplace(name, value);
        out = at->second;
        return fresh;
    });
    return done ? Result<Secret>(std::move(out)) : Result<Secret>(done.error());
}

Result<bool> SecretKeeper::remove(const std::string &name, Clock::time_point until)
{
    bool had = false;
    if (where_ == Where::InKeychain) {
        const Result<bool> removed = Keychain::remove(name, until);
        if (!removed)
            return removed;
        had = *removed;
        Result<Names> known = index(until);
        if (!known)
            return known.error();
        if (known->erase(name) > 0) {
            if (const Outcome written = writeIndex(*known, until); !written)
                return written.error();
        }
    }
    const Result<SecretFile::Entries> there = file_.read();
    if (!there || there->find(name) == there->end())
        return there ? Result<bool>(had) : Result<bool>(there.error());
    const Outcome done =
        file_.change([&](SecretFile::Entries &entries) -> Result<bool> { return entries.erase(name) > 0; });
    return done ? Result<bool>(true) : Result<bool>(done.error());
}

Result<Names> SecretKeeper::names(Clock::time_point until)
{
    Names out;
    if (where_ == Where::InKeychain) {
        Result<Names> known = index(until);
        if (!known)
            return known;
        out = known.take();
    }
    const Result<SecretFile::Entries> entries = file_.read();
    if (!entries)
        return entries.error();
    for (const auto &[name, value] : *entries) {
        if (!isOurs(name))
            out.insert(name);
    }
    return out;
}

Result<Names> SecretKeeper::index(Clock::time_point until)
{
    const Result<std::optional<Secret>> entry = Keychain::read(indexEntry, until);
    if (!entry)
        return entry.error();
    Names out;
    if (!*entry)
        return out;
    const std::string_view text = (*entry)->reveal();
    for (const QJsonValue &name : QJsonDocument::fromJson(QByteArray(text.data(), qsizetype(text.size()))).array())
        out.insert(name.toString().toStdString());
    return out;
}

Outcome SecretKeeper::writeIndex(const Names &names, Clock::time_point until)
{
    QJsonArray list;
    for (const std::string &name : names)
        list.append(QString::fromStdString(name));
    return Keychain::write(indexEntry, Secret(QJsonDocument(list).toJson(QJsonDocument::Compact).toStdString()), until);
}

}  // namespace sluice::gateway
