// SPDX-License-Identifier: GPL-3.0-or-later
// A real recording read behind the window's back: what waits for a keychain holds up nothing else.
#include "storage/recorder.h"
#include "storage/sealing.h"
#include "tests/ui/fake_session.h"
#include "ui/reader_thread.h"

#include <QTemporaryDir>
#include <QTest>

#include <condition_variable>
#include <mutex>

using namespace sluice;
using namespace sluice::ui;

namespace {

// Answers when it is told to.
class Keychain {
public:
    storage::SealingKeySource source()
    {
        return [this]() -> Result<Secret> {
            std::unique_lock lock(mutex_);
            ++asked_;
            changed_.notify_all();
            changed_.wait(lock, [this] { return open_; });
            return key;
        };
    }
    void waitUntilAsked()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return asked_ > 0; });
    }
    void unlock()
    {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    int asked()
    {
        const std::lock_guard lock(mutex_);
        return asked_;
    }
    Secret key = storage::makeSealingKey();

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int asked_ = 0;
};

struct Recorded {
    Recorded()
    {
        qputenv("XDG_DATA_HOME", folder.path().toUtf8());
        config::RecordSettings settings;
        settings.keepAge = Nanos(0);
        auto recorder = storage::Recorder::create(path, settings, storage::Recorder::Role::Gateway,
                                                  [this] { return Result<Secret>(keychain.key); });
        recording::Batch batch;
        batch.push_back(std::make_unique<journey::Exchange>(sampleExchange(1)));
        batch.back()->received.headers.set("Authorization", "Bearer planted-token");
        (*recorder)->push(std::move(batch));
        (*recorder)->flush();
    }
    QTemporaryDir folder;
    std::string path = folder.filePath(u"r.db"_qs).toStdString();
    Keychain keychain;
};

// The answer of a question, once it is there.
template<class T>
struct Answer {
    std::optional<Result<T>> result;
    RecordingAccess::Then<T> then()
    {
        return [this](Result<T> came) { result = std::move(came); };
    }
    bool came()
    {
        return QTest::qWaitFor([this] { return result.has_value(); }, 30'000);
    }
};

std::string placeholderIn(const journey::Exchange &x)
{
    return std::string(x.received.headers.get("Authorization")).substr(7);
}

}  // namespace

class ReaderThreadTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aKeychainThatTakesItsTimeHoldsUpNothingElse()
    {
        Recorded recorded;
        ReaderThread reader(recorded.path, recorded.keychain.source());
        Answer<journey::Exchange> first, second;
        reader.exchange({this, 0}, 1, first.then());
        QVERIFY(first.came() && first.result->ok());
        const std::string placeholder = placeholderIn(**first.result);

        Answer<Secrets> given, dropped;
        reader.secrets({this, 1}, 1, {placeholder}, dropped.then());
        recorded.keychain.waitUntilAsked();
        Answer<std::vector<int64_t>> ids;
        reader.ids({this, 2}, {}, storage::Order::OldestFirst, 0, 10, ids.then());
        QVERIFY(ids.came() && ids.result->ok());
        QCOMPARE((*ids.result)->size(), size_t(1));
        // Nor is another recording kept waiting, or the window that opens it.
        reader.open(recorded.path);
        reader.exchange({this, 0}, 1, second.then());
        QVERIFY(second.came() && second.result->ok());
        reader.secrets({this, 1}, 1, {placeholder, "{{secret:000000000000}}"}, given.then());
        recorded.keychain.unlock();
        QVERIFY(given.came());
        QVERIFY2(given.result->ok(), given.result->ok() ? "" : given.result->error().what.c_str());
        QCOMPARE((**given.result).known.at(placeholder).text.reveal(), std::string_view("planted-token"));
        QVERIFY((**given.result).missing.at("{{secret:000000000000}}").find("not sealed") != std::string::npos);
        QVERIFY(!dropped.result);                // the old recording's
        QCOMPARE(recorded.keychain.asked(), 1);  // the key is kept
    }

    void anotherKeyOpensNothing()
    {
        Recorded recorded;
        ReaderThread reader(recorded.path, [] { return Result<Secret>(storage::makeSealingKey()); });
        Answer<journey::Exchange> exchange;
        reader.exchange({this, 0}, 1, exchange.then());
        QVERIFY(exchange.came() && exchange.result->ok());
        Answer<Secrets> secrets;
        reader.secrets({this, 1}, 1, {placeholderIn(**exchange.result)}, secrets.then());
        QVERIFY(secrets.came() && secrets.result->ok());
        QVERIFY((**secrets.result).known.empty());
        QVERIFY((**secrets.result).missing.begin()->second.find("another key") != std::string::npos);
    }

    void anAnswerThatHasJustComeIsShownAsItWouldBeRecorded()
    {
        Recorded recorded;
        const auto answer = std::make_shared<journey::Exchange>(sampleExchange(0));
        answer->returned.headers.add("Set-Cookie", "s=fresh-cookie");
        answer->responseBody = {};
        answer->responseBody.take(R"({"password":1234567})", 1 << 20);
        for (const std::string &path : {recorded.path, recorded.path + ".none"}) {  // where there is no recording, too
            ReaderThread reader(path);
            Answer<Redacted> redacted;
            reader.redacted({this, 0}, answer, redacted.then());
            QVERIFY(redacted.came() && redacted.result->ok());
            const journey::Exchange &x = (**redacted.result).exchange;
            QVERIFY(x.returned.headers.get("Set-Cookie").starts_with("s={{secret:"));
            QVERIFY(x.responseBody.bytes.find("1234567") == std::string::npos);
            const auto &known = (**redacted.result).secrets.known;
            QCOMPARE(known.size(), size_t(2));
            for (const auto &[placeholder, secret] : known)
                QCOMPARE(secret.asJson, secret.text.reveal() == "1234567");
        }
    }
};

QTEST_GUILESS_MAIN(ReaderThreadTest)
#include "reader_thread_test.moc"
