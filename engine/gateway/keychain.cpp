// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/keychain.h"

#include "engine/gateway/session_bus.h"

#include <QByteArray>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QEventLoop>
#include <QStringList>
#include <QTimer>

#include <openssl/crypto.h>
#include <qt6keychain/keychain.h>

namespace sluice::gateway {

namespace {

const QString service = QStringLiteral("sluice");
const QStringList services = {QStringLiteral("org.freedesktop.secrets"), QStringLiteral("org.kde.kwalletd6"),
                              QStringLiteral("org.kde.kwalletd5")};

int millisUntil(Keychain::Clock::time_point until)
{
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Keychain::Clock::now()).count();
    return int(std::clamp<int64_t>(left, 1, 600'000));
}

QDBusMessage ask(const QDBusConnection &bus, const char *method, const QVariantList &arguments,
                 Keychain::Clock::time_point until)
{
    QDBusMessage call = QDBusMessage::createMethodCall("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                                       "org.freedesktop.DBus", QLatin1String(method));
    call.setArguments(arguments);
    return bus.call(call, QDBus::Block, millisUntil(until));
}

struct Ended {
    QKeychain::Error error = QKeychain::OtherError;
    QString why;
    QByteArray data;
    bool inTime = false;
};

// The job deletes itself when it ends, be it long after we have stopped to wait.
Ended finish(QKeychain::Job *job, const std::string &key, Keychain::Clock::time_point until)
{
    Ended out;
    QEventLoop loop;
    QTimer limit;
    limit.setSingleShot(true);
    QObject::connect(&limit, &QTimer::timeout, &loop, &QEventLoop::quit);
    QObject::connect(job, &QKeychain::Job::finished, &loop, [&](QKeychain::Job *ended) {
        out.error = ended->error();
        out.why = ended->errorString();
        if (const auto *reading = qobject_cast<QKeychain::ReadPasswordJob *>(ended))
            out.data = reading->binaryData();
        out.inTime = true;
        loop.quit();
    });
    job->setKey(QString::fromStdString(key));
    job->setInsecureFallback(false);
    job->start();
    limit.start(millisUntil(until));
    loop.exec();
    return out;
}

Error errorOf(const Ended &ended)
{
    constexpr const char *hint = "; SLUICE_SECRETS=file keeps secrets in a file instead";
    if (!ended.inTime)
        return Error{Fault::Gateway, std::string("the keychain does not answer (is it locked?)") + hint, true};
    if (ended.error == QKeychain::AccessDeniedByUser || ended.error == QKeychain::AccessDenied)
        return Error{Fault::Gateway, std::string("the keychain denied access") + hint, true};
    return Error{Fault::Gateway, "the keychain cannot be used: " + ended.why.toStdString() + hint, true};
}

}  // namespace

Keychain::Presence Keychain::look(Clock::time_point until)
{
    const std::string address = sessionBusAddress();
    switch (lookAtBus(address, Millis(std::min(millisUntil(until), 2000)))) {
    case BusState::None: return Presence::Absent;
    case BusState::Silent: return Presence::Silent;
    case BusState::Answers: break;
    }
    const QString name = QStringLiteral("sluice-keychain");
    const QDBusConnection bus = QDBusConnection::connectToBus(QDBusConnection::SessionBus, name);
    if (!bus.isConnected())
        return Presence::Absent;
    Presence out = Presence::Absent;
    QStringList there = ask(bus, "ListNames", {}, until).arguments().value(0).toStringList();
    there += ask(bus, "ListActivatableNames", {}, until).arguments().value(0).toStringList();
    if (there.isEmpty())
        out = Presence::Silent;  // the bus itself is always one
    for (const QString &each : services) {
        if (there.contains(each))
            out = Presence::Runs;
    }
    QDBusConnection::disconnectFromBus(name);
    return out;
}

Result<std::optional<Secret>> Keychain::read(const std::string &key, Clock::time_point until)
{
    Ended ended = finish(new QKeychain::ReadPasswordJob(service), key, until);
    if (ended.error == QKeychain::EntryNotFound)
        return std::optional<Secret>();
    if (ended.error != QKeychain::NoError)
        return errorOf(ended);
    std::optional<Secret> out(std::in_place, std::string_view(ended.data.constData(), size_t(ended.data.size())));
    OPENSSL_cleanse(ended.data.data(), size_t(ended.data.size()));
    return out;
}

Outcome Keychain::write(const std::string &key, const Secret &value, Clock::time_point until)
{
    auto *const job = new QKeychain::WritePasswordJob(service);
    job->setBinaryData(QByteArray(value.reveal().data(), qsizetype(value.size())));
    const Ended ended = finish(job, key, until);
    if (ended.error != QKeychain::NoError)
        return errorOf(ended);
    return Done{};
}

Result<bool> Keychain::remove(const std::string &key, Clock::time_point until)
{
    const Ended ended = finish(new QKeychain::DeletePasswordJob(service), key, until);
    if (ended.error == QKeychain::EntryNotFound)
        return false;
    if (ended.error != QKeychain::NoError)
        return errorOf(ended);
    return true;
}

}  // namespace sluice::gateway
