// SPDX-License-Identifier: GPL-3.0-or-later
// Exchanges that have messages: seen while they are open, one record at the end, also of those that the gateway left open.
#include "samples.h"

#include "engine/recording/facts.h"
#include "storage/files.h"
#include "storage/migrations.h"
#include "storage/reader.h"
#include "storage/recorder.h"

#include <QtTest>

using namespace sluice;
using namespace std::chrono_literals;
using journey::Message;

namespace {

constexpr uint64_t key = 77;

journey::Exchange socketExchange(uint64_t messages = 0)
{
    journey::Exchange x = samples::everything();
    x.replayOf = 0;
    x.failedBy.reset();
    x.failure.clear();
    x.stream.kind = journey::Streaming::WebSocket;
    x.stream.key = key;
    x.stream.messages = x.stream.kept = messages;
    return x;
}

Message message(uint64_t number, std::string text)
{
    Message m;
    m.number = number;
    m.from = number % 2 ? Message::From::Client : Message::From::Upstream;
    m.kind = Message::Kind::Text;
    m.time = number * 1ms;
    m.size = text.size();
    m.bytes = std::move(text);
    return m;
}

std::vector<journey::StreamNews> news(std::vector<Message> messages, bool opened = false)
{
    std::vector<journey::StreamNews> out(1);
    out[0].key = key;
    out[0].messages = std::move(messages);
    if (opened)
        out[0].opened = std::make_unique<journey::Exchange>(socketExchange());
    return out;
}

}  // namespace

class StreamsTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::string path_;
    std::unique_ptr<storage::Recorder> recorder_;

    void record(const config::RecordSettings &settings = samples::forEver())
    {
        auto made = storage::Recorder::create(path_, settings);
        QVERIFY2(made, made ? "" : made.error().what.c_str());
        recorder_ = made.take();
    }
    std::unique_ptr<storage::Reader> reader()
    {
        auto opened = storage::Reader::open(path_);
        return opened ? opened.take() : nullptr;
    }

private Q_SLOTS:
    void initTestCase() { qputenv("XDG_DATA_HOME", folder_.path().toUtf8()); }
    void init()
    {
        static int number = 0;
        path_ = folder_.filePath(QString::number(++number) + ".db").toStdString();
    }
    void cleanup() { recorder_.reset(); }

    void anOpenExchangeIsSeenAndKeepsItsNumberWhenItEnds()
    {
        record();
        std::vector<Message> two;
        two.push_back(message(1, "hello"));
        two.push_back(message(2, std::string(5000, 'w')));
        recorder_->tell(news(std::move(two), true));
        recorder_->flush();
        const auto look = reader();
        auto open = look->open();
        QVERIFY(open && open->size() == 1);
        const int64_t id = open->front().id;
        QVERIFY(id < 0 && open->front().open);
        QCOMPARE(open->front().stream.messages, uint64_t(2));
        QCOMPARE(open->front().path, std::string("/api/users/7"));
        QCOMPARE(*look->count({}), int64_t(0));
        auto messages = look->messages(id, 0, 100);
        QVERIFY(messages && messages->size() == 2);
        QCOMPARE((*messages)[0].bytes, std::string("hello"));
        QCOMPARE((*messages)[1].bytes, std::string(5000, 'w'));
        QVERIFY((*messages)[1].from == Message::From::Upstream);
        QCOMPARE((*messages)[1].time.count(), Nanos(2ms).count());
        QVERIFY(look->messageSpan(id)->open);
        QVERIFY(look->exchange(id) && look->exchange(id)->id == id);

        std::vector<Message> bye;
        bye.push_back(message(3, "bye"));
        bye.back().kind = Message::Kind::Close;
        bye.back().closeCode = 4001;
        recorder_->tell(news(std::move(bye)));
        recorder_->push(samples::batchOf(socketExchange(3)));
        recorder_->flush();
        QVERIFY(look->open()->empty());
        const auto rows = look->page({});
        QVERIFY(rows && rows->size() == 1);
        QCOMPARE(rows->front().stream.messages, uint64_t(3));
        // By both numbers: who looked on goes on looking.
        for (const int64_t each : {rows->front().id, id}) {
            messages = look->messages(each, 2, 100);
            QVERIFY(messages && messages->size() == 1);
            QCOMPARE(messages->front().closeCode, uint16_t(4001));
            QCOMPARE(look->exchange(each)->id, rows->front().id);
            QVERIFY(!look->messageSpan(each)->open);
            QCOMPARE(look->messageSpan(each, true)->rows, uint64_t(3));
        }
        QVERIFY(look->exchange(id)->stream.kind == journey::Streaming::WebSocket);
    }

    void messagesOfAShortExchangeComeWithIt()
    {
        record();
        std::vector<Message> one;
        one.push_back(message(1, "a"));
        recorder_->tell(news(std::move(one)));
        journey::Exchange x = socketExchange(1);
        x.stream.kind = journey::Streaming::Grpc;
        x.stream.grpcStatus = 14;
        x.stream.grpcMessage = "not now";
        recorder_->push(samples::batchOf(std::move(x)));
        recorder_->push(samples::batchOf(samples::everything()));
        recorder_->flush();
        const auto look = reader();
        const auto filtered = [&](const char *text) {
            storage::PageRequest request;
            request.filter = *recording::Filter::parse(text, samples::at(samples::today)).filter;
            return look->page(request)->size();
        };
        QCOMPARE(filtered("is:grpc"), size_t(1));
        QCOMPARE(filtered("grpc_status:14"), size_t(1));
        QCOMPARE(filtered("grpc_status>0"), size_t(1));
        QCOMPARE(filtered("grpc_status<14"), size_t(0));
        QCOMPARE(filtered("not grpc_status:14"), size_t(1));
        QCOMPARE(filtered("is:websocket"), size_t(0));
        const auto found = look->exchange(1);
        QCOMPARE(found->stream.grpcStatus, 14);
        QCOMPARE(found->stream.grpcMessage, std::string("not now"));
        QCOMPARE(look->messages(1, 0, 10)->size(), size_t(1));
        QCOMPARE(look->messages(2, 0, 10)->size(), size_t(0));
    }

    void whatWasLeftOpenBecomesOneRecord()
    {
        record();
        std::vector<Message> two;
        two.push_back(message(1, "a"));
        two.push_back(message(2, "b"));
        recorder_->tell(news(std::move(two), true));
        // Another that ended before it was shown: nothing is known of it but a message.
        std::vector<journey::StreamNews> lost = news({});
        lost[0].key = key + 1;
        lost[0].messages.push_back(message(1, "lost"));
        recorder_->tell(std::move(lost));
        recorder_->flush();
        const int64_t id = reader()->open()->front().id;
        recorder_.reset();  // without the exchange ever having been pushed, as with a gateway that was killed
        record();
        const auto look = reader();
        QVERIFY(look->open()->empty());
        QCOMPARE(*look->count({}), int64_t(1));
        const auto x = look->exchange(id);
        QVERIFY(x && x->id == 1);
        QVERIFY(x->failedBy == Fault::Gateway);
        QVERIFY(x->failure.find("while this was open") != std::string::npos);
        QCOMPARE(x->stream.messages, uint64_t(2));
        QCOMPARE(x->times.ended.count(), Nanos(2ms).count());
        QCOMPARE(look->messages(1, 0, 10)->size(), size_t(2));
        QVERIFY(recording::isBits(*x) & recording::kWebSocket);
        recorder_.reset();
        record();
        QCOMPARE(*reader()->count({}), int64_t(1));
    }

    void secretsInMessagesNeverReachTheDisk()
    {
        record();
        std::vector<Message> some;
        some.push_back(message(1, "{\"password\":\"hunter2\"}"));
        some.push_back(message(2, "42[\"login\",{\"password\":\"hunter2\",\"user\":\"ada\"}]"));
        some.push_back(message(3, "{\"password\":\"hunter2\"}"));
        some.back().kind = Message::Kind::Binary;
        some.push_back(message(4, "{\"password\":\"hunter2\"}"));
        some.back().kind = Message::Kind::Event;
        some.push_back(message(5, "hunter2, still deflated, say"));
        some.back().coded = true;
        recorder_->tell(news(std::move(some), true));
        recorder_->flush();
        const auto messages = reader()->messages(-1, 0, 10);
        QVERIFY(messages && messages->size() == 5);
        for (const size_t at : {0, 1, 2, 3}) {
            QVERIFY((*messages)[at].redacted);
            QVERIFY((*messages)[at].bytes.find("{{secret:") != std::string::npos);
        }
        QVERIFY((*messages)[1].bytes.find("\"user\":\"ada\"") != std::string::npos);
        QVERIFY((*messages)[4].bytes.empty() && (*messages)[4].cut);
        for (const char *suffix : {"", "-wal"}) {
            QFile file(QString::fromStdString(path_ + suffix));
            QVERIFY(file.open(QFile::ReadOnly));
            QVERIFY(!file.readAll().contains("hunter2"));
        }
    }

    void messagesGoWithTheirExchange()
    {
        config::RecordSettings settings = samples::forEver();
        settings.keepBytes = 2 << 20;
        record(settings);
        for (int round = 0; round < 40; ++round) {
            std::vector<journey::StreamNews> all = news({});
            all[0].key = uint64_t(1000 + round);
            Random random(uint64_t(round) + 1);
            std::string noise(100'000, 0);
            for (char &c : noise)
                c = char(random.next());
            all[0].messages.push_back(message(1, noise));
            recorder_->tell(std::move(all));
            journey::Exchange x = socketExchange(1);
            x.stream.key = uint64_t(1000 + round);
            x.requestBody.size = 100'000;
            recorder_->push(samples::batchOf(std::move(x)));
        }
        recorder_->flush();
        const auto look = reader();
        QTRY_VERIFY(*look->count({}) < 25);
        auto database = storage::Database::open(path_, SQLITE_OPEN_READONLY);
        QVERIFY(database);
        QTRY_COMPARE(*(*database)->number("SELECT count(*) FROM stream"), *look->count({}));
        QCOMPARE(*(*database)->number("SELECT count(*) FROM stream_message"), *look->count({}));
        QVERIFY(look->messages(40, 0, 10)->size() == 1);
    }

    void aStreamThatNeverEndsKeepsItsNewestMessages()
    {
        config::RecordSettings settings = samples::forEver();
        settings.keepBytes = 8 << 20;  // a stream may have 1 MiB of it
        record(settings);
        Random random(5);
        for (uint64_t n = 1; n <= 400; ++n) {
            std::vector<Message> one;
            one.push_back(message(n, std::string(10'000, 0)));
            for (char &c : one.back().bytes)
                c = char(random.next());
            recorder_->tell(news(std::move(one), n == 1));
        }
        recorder_->flush();
        const auto span = reader()->messageSpan(-1, true);
        QCOMPARE(span->last, uint64_t(400));
        QVERIFY(span->first > 200 && span->rows == span->last - span->first + 1);
        QVERIFY(span->rows > 20 && span->rows <= 106);
    }

    void anOlderRecordingIsBroughtUpToDate()
    {
        bool made = false;
        QVERIFY(storage::makeFile(path_, made));
        {
            auto database = storage::Database::open(path_, SQLITE_OPEN_READWRITE);
            QVERIFY(database);
            const auto steps = storage::migrations();
            for (size_t i = 0; i < 3; ++i)
                QVERIFY((*database)->run(std::string(steps[i]).c_str()));
            QVERIFY((*database)->run(
                ("PRAGMA application_id = " + std::to_string(storage::applicationId) + "; PRAGMA user_version = 3")
                    .c_str()));
        }
        record();
        recorder_->tell(news({}, true));
        recorder_->flush();
        QCOMPARE(reader()->open()->size(), size_t(1));
    }
};

QTEST_GUILESS_MAIN(StreamsTest)
#include "streams_test.moc"
