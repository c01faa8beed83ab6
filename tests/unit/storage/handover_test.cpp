// SPDX-License-Identifier: GPL-3.0-or-later
// What one program tells another through a recording, and the exchanges that it hands to the one that writes.
#include "samples.h"

#include "storage/exchange_codec.h"
#include "storage/reader.h"
#include "storage/recorder.h"

#include <QtTest>

using namespace sluice;
using storage::Recorder;

class HandoverTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anExchangeThatIsHandedOverIsWhole()
    {
        const journey::Exchange before = samples::everything();
        const std::string bytes = storage::encodeExchange(before);
        const auto after = storage::decodeExchange(bytes);
        QVERIFY(after);
        QCOMPARE(storage::encodeExchange(*after), bytes);
        QVERIFY(after->time == before.time && after->received == before.received && after->returned == before.returned);
        QVERIFY(after->failedBy == before.failedBy && after->tunnel);
        QCOMPARE(after->replayOf, before.replayOf);
        QCOMPARE(after->route, before.route);
        QCOMPARE(after->responseBody.bytes, before.responseBody.bytes);
        QCOMPARE(after->responseBody.size, before.responseBody.size);
        QCOMPARE(after->decisions.json(), before.decisions.json());
    }

    void aDamagedOneIsRefused()
    {
        const std::string bytes = storage::encodeExchange(samples::everything());
        for (size_t size = 0; size < bytes.size(); ++size)
            QVERIFY2(!storage::decodeExchange(bytes.substr(0, size)), std::to_string(size).c_str());
        QVERIFY(!storage::decodeExchange(bytes + "x"));
    }

    void aGuestReadsHowTheGatewayRecordsAndChangesNothingOfIt()
    {
        QTemporaryDir folder;
        qputenv("XDG_DATA_HOME", folder.path().toUtf8());
        const std::string path = folder.filePath("kept.db").toStdString();
        config::RecordSettings settings;
        settings.redactHeaders = {"X-Secret", "cookie"};
        settings.redactJson = {"token"};
        settings.bodyLimit = 4321;
        {
            auto gateway = Recorder::create(path, settings);
            QVERIFY(gateway);
            (*gateway)->setSocket("/run/x.sock");
            const auto second = Recorder::create(path, {}, Recorder::Role::Guest);
            QVERIFY(!second);
            QVERIFY(second.error().repeatable);  // the one who writes may end
        }
        {
            auto guest = Recorder::create(path, {}, Recorder::Role::Guest);
            QVERIFY(guest);
            (*guest)->push(samples::batchOf(samples::everything()));
        }
        auto reader = storage::Reader::open(path);
        QVERIFY(reader);
        const storage::Kept kept = (*reader)->kept();
        QCOMPARE(kept.socket, std::string("/run/x.sock"));
        QCOMPARE(kept.settings.bodyLimit, uint64_t(4321));
        std::vector<std::string> headers = config::RecordSettings().redactHeaders;
        headers.emplace_back("X-Secret");  // the defaults in any case, none twice
        QCOMPARE(kept.settings.redactHeaders, headers);
        QCOMPARE(kept.settings.redactJson, (std::vector<std::string>{"password", "token"}));
    }
};

QTEST_GUILESS_MAIN(HandoverTest)
#include "handover_test.moc"
