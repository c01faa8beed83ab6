// SPDX-License-Identifier: GPL-3.0-or-later
// A recording whose messages hold secrets, and the key that seals them.
#pragma once

#include "samples.h"

#include "storage/reader.h"
#include "storage/recorder.h"
#include "storage/sqlite.h"

#include <QDirIterator>
#include <QTemporaryDir>

#include <algorithm>

namespace sluice::sealed {

using namespace std::chrono_literals;
using journey::Message;

constexpr uint64_t streamKey = 77;
inline const std::string notSealed = "error: it was not sealed when it was recorded",
                         anotherKey = "error: it was sealed with another key, of another user or one that is lost",
                         damaged = "error: what is kept of it is damaged, or belongs elsewhere";

inline journey::Exchange socketExchange(uint64_t stream, uint64_t messages)
{
    journey::Exchange x = samples::everything();
    x.replayOf = 0;
    x.received.headers.add("Authorization", "Bearer planted-head-token");
    x.requestBody.size = 100'000;
    x.stream.kind = journey::Streaming::WebSocket;
    x.stream.key = stream;
    x.stream.messages = x.stream.kept = messages;
    return x;
}

inline Message message(uint64_t number, std::string text, Message::Kind kind = Message::Kind::Text)
{
    Message m;
    m.number = number;
    m.kind = kind;
    m.time = number * 1ms;
    m.size = text.size();
    m.bytes = std::move(text);
    return m;
}

inline std::string login(const std::string &secret)
{
    return "{\"user\":\"ada\",\"password\":\"" + secret + "\"}";
}

struct Recording {
    explicit Recording(const config::RecordSettings &wanted = samples::forEver()) : settings(wanted)
    {
        qputenv("XDG_DATA_HOME", folder.path().toUtf8());
        start();
    }
    void start()
    {
        auto made = storage::Recorder::create(path(), settings, storage::Recorder::Role::Gateway, [this] {
            ++askedFor;
            return key.empty() ? Result<Secret>(Error{Fault::Gateway, "the keychain is locked", true}) : Result(key);
        });
        if (!made)
            qFatal("%s", made.error().what.c_str());
        recorder = made.take();
    }
    std::string path() const { return folder.filePath("messages.db").toStdString(); }
    void tell(std::vector<Message> messages, bool opened = false, uint64_t stream = streamKey)
    {
        std::vector<journey::StreamNews> news(1);
        news[0].key = stream;
        news[0].messages = std::move(messages);
        if (opened)
            news[0].opened = std::make_unique<journey::Exchange>(socketExchange(stream, 0));
        recorder->tell(std::move(news));
        recorder->flush();
    }
    void end(uint64_t messages, uint64_t stream = streamKey)
    {
        recorder->push(samples::batchOf(socketExchange(stream, messages)));
        recorder->flush();
    }
    std::unique_ptr<storage::Reader> reader() const
    {
        auto opened = storage::Reader::open(path());
        if (!opened)
            qFatal("%s", opened.error().what.c_str());
        return opened.take();
    }
    std::string unsealed(int64_t exchange, uint64_t number) const
    {
        const Result<Secret> secret = reader()->unsealMessage(exchange, number, key);
        return secret ? std::string(secret->reveal()) : "error: " + secret.error().what;
    }
    std::string stored(int64_t exchange, uint64_t number) const
    {
        return reader()->messages(exchange, number - 1, 1)->front().bytes;
    }
    // Of the first placeholder in it.
    std::string opened(int64_t exchange, const std::string &text) const
    {
        const size_t begin = text.find("{{secret:"), end = text.find("}}");
        if (begin == text.npos || end == text.npos)
            return "no placeholder in " + text;
        const auto secret = reader()->unseal(text.substr(begin, end + 2 - begin), exchange, key);
        return secret ? std::string(secret->text.reveal()) : "error: " + secret.error().what;
    }
    int64_t number(const std::string &sql) const
    {
        auto database = storage::Database::open(path(), SQLITE_OPEN_READONLY);
        const auto found = (*database)->number(sql.c_str());
        return found ? *found : -1;
    }
    void sql(const std::string &text) const
    {
        auto database = storage::Database::open(path(), SQLITE_OPEN_READWRITE);
        const Outcome done = (*database)->run(text.c_str());
        if (!done)
            qFatal("%s", done.error().what.c_str());
    }
    // In clear, in any of the files.
    bool holdsPlanted() const
    {
        bool any = false;
        QDirIterator each(folder.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (each.hasNext()) {
            QFile file(each.next());
            any = any || !file.open(QFile::ReadOnly) || file.readAll().contains("planted-");
        }
        return any;
    }

    QTemporaryDir folder;
    config::RecordSettings settings;
    Secret key = storage::makeSealingKey();
    int askedFor = 0;
    std::unique_ptr<storage::Recorder> recorder;
};

inline std::string noise(size_t size, uint64_t seed)
{
    Random random(seed);
    std::string out(size, 0);
    std::generate(out.begin(), out.end(), [&] { return char('a' + random.next() % 26); });
    return out;
}

}  // namespace sluice::sealed
