// SPDX-License-Identifier: GPL-3.0-or-later
// Who waits for a keychain can be sent home.
#include "engine/gateway/secret_store.h"

#include <QTemporaryDir>
#include <QTest>

#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace sluice;

class SecretStoreTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whoeverStopsIsAnsweredAtOnce()
    {
        // A session bus that takes connections and says nothing.
        const QTemporaryDir folder;
        const QByteArray path = folder.filePath("bus").toLocal8Bit();
        const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        std::strncpy(name.sun_path, path.constData(), sizeof name.sun_path - 1);
        QCOMPARE(::bind(listening, reinterpret_cast<const sockaddr *>(&name), sizeof name), 0);
        QCOMPARE(::listen(listening, 4), 0);
        qputenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=" + path);

        gateway::SecretStore store({folder.path().toStdString(), true});
        std::stop_source leaving;
        std::optional<Result<Secret>> key;
        std::thread asking([&] { key = gateway::sealingKey(store, gateway::patient, leaving.get_token()); });
        const int connection = ::accept(listening, nullptr, nullptr);  // it is under way now
        leaving.request_stop();
        asking.join();
        QVERIFY(key && !key->ok());
        QVERIFY2(key->error().what.find("not waited for any more") != std::string::npos, key->error().what.c_str());
        QVERIFY(key->error().repeatable);
        ::close(connection);
        ::close(listening);
    }

    void whoHasNoKeyIsTold()
    {
        const QTemporaryDir folder;
        gateway::SecretStore store({folder.path().toStdString(), false});
        const Result<Secret> key = gateway::sealingKey(store, gateway::patient);
        QVERIFY(!key.ok() && !key.error().repeatable);
        QVERIFY2(key.error().what.find("has no key for sealed secrets") != std::string::npos, key.error().what.c_str());
    }
};

QTEST_GUILESS_MAIN(SecretStoreTest)
#include "secret_store_test.moc"
