// SPDX-License-Identifier: GPL-3.0-or-later
// No file of a recording has a secret in clear: all of them are searched, byte by byte, for what was planted.
#include "samples.h"

#include "storage/reader.h"
#include "storage/recorder.h"

#include <QtTest>

using namespace sluice;

class SecretsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void noFileHasAPlantedSecret()
    {
        QTemporaryDir folder;
        qputenv("XDG_DATA_HOME", folder.path().toUtf8());
        const std::string path = folder.filePath("secrets.db").toStdString();
        config::RecordSettings settings;
        settings.keepAge = Nanos(0);
        auto recorder = storage::Recorder::create(path, settings);
        QVERIFY(recorder);
        journey::Exchange x = samples::everything();
        x.received.headers.add("Authorization", "Bearer planted-bearer");
        x.sent.headers.add("Proxy-Authorization", "Basic planted-basic");
        x.received.headers.add("Cookie", "session=planted-cookie");
        x.returned.headers.add("Set-Cookie", "session=planted-setcookie; Path=/");
        x.received.headers.add("x-api-key", "planted-apikey");
        x.requestTrailers.add("X-API-Key", "planted-trailer");
        x.received.target = "/login?password=planted-query";
        x.query = "password=planted-query";
        x.requestBody.bytes = "{\"password\":\"planted-json\"}";
        x.responseBody.bytes = "{\"p\\u0061ssword\":\"planted-escaped";
        x.decisions.add(journey::Stage::Auth, "refused", "no such token: planted-bearer");
        (*recorder)->push(samples::batchOf(std::move(x)));
        (*recorder)->flush();

        const auto search = [&](const char *when) {
            int files = 0;
            QDirIterator each(folder.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
            while (each.hasNext()) {
                QFile file(each.next());
                QVERIFY(file.open(QIODevice::ReadOnly));
                const qsizetype at = file.readAll().indexOf("planted-");
                QVERIFY2(at < 0, qPrintable(QString("%1, %2, byte %3").arg(when, file.fileName()).arg(at)));
                ++files;
            }
            QVERIFY(files >= 3);
        };
        search("while it is written");
        // What is there is there: the search would find it.
        auto reader = storage::Reader::open(path);
        QVERIFY(reader);
        const auto back = (*reader)->exchange(1);
        QVERIFY(back);
        QVERIFY(back->received.headers.get("Authorization").starts_with("Bearer {{secret:"));
        QVERIFY(back->requestBody.bytes.find("{{secret:") != std::string::npos);
        QVERIFY(back->responseBody.bytes.find("{{secret:") != std::string::npos);
        QVERIFY(back->decisions.json().find("{{secret:") != std::string::npos);
        recorder->reset();
        search("when it is closed");
    }

    void theKeyIsMadeOnceAndTheSamePlaceholderComesAfterARestart()
    {
        QTemporaryDir folder;
        qputenv("XDG_DATA_HOME", folder.path().toUtf8());
        const std::string path = folder.filePath("secrets.db").toStdString();
        for (int i = 0; i < 2; ++i) {
            auto recorder = storage::Recorder::create(path, {});
            QVERIFY(recorder);
            journey::Exchange x = samples::everything();
            x.time = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
            x.received.headers.add("Authorization", "Bearer planted-bearer");
            (*recorder)->push(samples::batchOf(std::move(x)));
        }
        auto reader = storage::Reader::open(path);
        QVERIFY(reader);
        const auto first = (*reader)->exchange(1), second = (*reader)->exchange(2);
        QVERIFY(first && second);
        QCOMPARE(first->received.headers.get("Authorization"), second->received.headers.get("Authorization"));
    }
};

QTEST_GUILESS_MAIN(SecretsTest)
#include "secrets_test.moc"
