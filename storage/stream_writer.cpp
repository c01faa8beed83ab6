// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/stream_writer.h"

#include "storage/exchange_codec.h"
#include "storage/stream_rows.h"

#include <algorithm>
#include <limits>

namespace sluice::storage {

namespace {

constexpr size_t mostOpen = 50'000;
constexpr int64_t mostMessages = 100'000;
constexpr uint64_t leastBytes = 1 << 20;
constexpr uint64_t rowBytes = 64;  // of a message beside its content

}  // namespace

Result<std::unique_ptr<StreamWriter>> StreamWriter::create(Database &database)
{
    std::unique_ptr<StreamWriter> writer(new StreamWriter(database));
    StreamWriter &w = *writer;
    const struct {
        Statement &statement;
        const char *sql;
    } all[] = {
        {w.insert_,
         "INSERT INTO stream (exchange, kind, messages, kept, grpc_status, grpc_message, opened) VALUES (0, ?1, 0, 0, "
         "-1, '', ?2)"},
        {w.head_, "UPDATE stream SET opened = ?2 WHERE id = ?1"},
        {w.message_,
         "INSERT INTO stream_message (id, time, origin, kind, size, flags, close_code, event, event_id, bytes) VALUES "
         "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"},
        {w.finish_,
         "UPDATE stream SET exchange = ?2, kind = ?3, messages = ?4, kept = ?5, grpc_status = ?6, grpc_message = ?7, "
         "opened = x'' WHERE id = ?1"},
        {w.remove_, "DELETE FROM stream_message WHERE id BETWEEN ?1 AND ?2"},
        {w.removeSealed_, "DELETE FROM stream_sealed WHERE stream = ?1 AND last < ?2"},
        {w.bytes_,
         "SELECT (SELECT coalesce(sum(length(bytes) + 64), 0) FROM stream_message WHERE id BETWEEN ?1 AND ?2) + "
         "(SELECT "
         "coalesce(sum(length(box) + 64), 0) FROM stream_sealed WHERE stream = ?1 >> 32)"},
        {w.unclosed_, "SELECT id, kind, opened FROM stream WHERE exchange = 0 AND id > ?1 ORDER BY id LIMIT 1"},
        {w.count_, "SELECT coalesce(max(id) & 4294967295, 0) FROM stream_message WHERE id BETWEEN ?1 AND ?2"},
        {w.lastTime_, "SELECT time FROM stream_message WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1"},
        {w.discard_, "DELETE FROM stream WHERE id = ?1"},
        {w.headSealed_,
         "INSERT OR IGNORE INTO sealed (epoch, placeholder, kinds, key, nonce, box) SELECT ?2, name, kinds, key, "
         "nonce, "
         "box FROM stream_sealed WHERE stream = ?1 AND last = 4294967295"},
    };
    for (const auto &each : all) {
        auto statement = Statement::prepare(database, each.sql, true);
        if (!statement)
            return statement.error();
        each.statement = statement.take();
    }
    return writer;
}

void StreamWriter::setMostBytes(uint64_t recording)
{
    mostBytes_ = std::max(recording / 8, leastBytes);
}

int StreamWriter::run(Statement &statement)
{
    const int code = statement.step();
    statement.reset();
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

int64_t StreamWriter::number(Statement &statement, int64_t row)
{
    const Resetting later(statement);
    statement.bind(1, firstMessage(row));
    statement.bind(2, lastMessage(row));
    return statement.step() == SQLITE_ROW ? statement.integer(0) : 0;
}

void StreamWriter::remember(uint64_t key)
{
    const auto at = open_.find(key);
    before_.try_emplace(key, at == open_.end() ? std::optional<Open>() : at->second);
}

void StreamWriter::forget()
{
    for (auto &[key, was] : before_) {
        if (was)
            open_[key] = *was;
        else
            open_.erase(key);
    }
    before_.clear();
}

void StreamWriter::committed()
{
    before_.clear();
}

// The stream's row, made where there is none. Nothing in `out`: there are too many.
int StreamWriter::open(uint64_t key, journey::Streaming kind, std::string_view head, Open *&out)
{
    out = nullptr;
    remember(key);
    if (const auto at = open_.find(key); at != open_.end()) {
        out = &at->second;
        if (head.empty())
            return SQLITE_OK;
        head_.bind(1, out->row);
        head_.bindBlob(2, head);
        return run(head_);
    }
    if (open_.size() >= mostOpen)
        return SQLITE_OK;
    insert_.bind(1, int64_t(kind));
    insert_.bindBlob(2, head);
    if (const int code = run(insert_); code != SQLITE_OK)
        return code;
    out = &open_[key];
    out->row = sqlite3_last_insert_rowid(database_.handle());
    return SQLITE_OK;
}

int StreamWriter::write(const journey::StreamNews &news, const std::vector<MessageSecrets> &secrets, Sealer &sealer)
{
    Open *stream = nullptr;
    const journey::Streaming kind = news.opened ? news.opened->stream.kind : journey::Streaming::None;
    const std::string head = news.opened ? encodeExchange(*news.opened) : std::string();
    if (const int code = open(news.key, kind, head, stream); code != SQLITE_OK || !stream)
        return code;
    const int64_t before = stream->last;
    for (const journey::Message &message : news.messages) {
        if (const int code = writeMessage(*stream, message); code != SQLITE_OK)
            return code;
    }
    for (const MessageSecrets &each : secrets) {
        if (each.number != 0 && int64_t(each.number) <= before)
            continue;
        if (const int code = sealer.writeMessage(stream->row, each, stream->bytes); code != SQLITE_OK)
            return code;
    }
    return stream->last - stream->first >= mostMessages || stream->bytes > mostBytes_ ? shorten(*stream) : SQLITE_OK;
}

int StreamWriter::writeMessage(Open &stream, const journey::Message &message)
{
    if (message.number <= uint64_t(stream.last) || message.number >= 0xffffffff)
        return SQLITE_OK;
    const bool packed = !message.coded && packer_.pack(message.bytes, packed_);
    const std::string &bytes = packed ? packed_ : message.bytes;
    const unsigned flags = (message.cut ? unsigned(kMessageCut) : 0) | (message.coded ? unsigned(kMessageCoded) : 0)
        | (message.compressed ? unsigned(kMessageCompressed) : 0) | (message.badText ? unsigned(kMessageBadText) : 0)
        | (message.redacted ? unsigned(kMessageRedacted) : 0) | (packed ? unsigned(kMessagePacked) : 0);
    message_.bind(1, firstMessage(stream.row) | int64_t(message.number));
    message_.bind(2, message.time.count());
    message_.bind(3, int64_t(message.from));
    message_.bind(4, int64_t(message.kind));
    message_.bind(5, int64_t(message.size));
    message_.bind(6, int64_t(flags));
    message_.bind(7, int64_t(message.closeCode));
    message_.bind(8, message.event);
    message_.bind(9, message.id);
    message_.bindBlob(10, bytes);
    if (const int code = run(message_); code != SQLITE_OK)
        return code;
    if (stream.last == 0)
        stream.first = int64_t(message.number);
    stream.last = int64_t(message.number);
    stream.bytes += bytes.size() + rowBytes;
    return SQLITE_OK;
}

// The older half goes.
int StreamWriter::shorten(Open &stream)
{
    const int64_t first = stream.first + (stream.last - stream.first + 1) / 2;
    if (first > stream.last)
        return SQLITE_OK;
    remove_.bind(1, firstMessage(stream.row));
    remove_.bind(2, firstMessage(stream.row) | (first - 1));
    if (const int code = run(remove_); code != SQLITE_OK)
        return code;
    removeSealed_.bind(1, stream.row);
    removeSealed_.bind(2, first);
    if (const int code = run(removeSealed_); code != SQLITE_OK)
        return code;
    stream.first = first;
    stream.bytes = uint64_t(number(bytes_, stream.row));
    return SQLITE_OK;
}

// All of it.
int StreamWriter::discard(int64_t row)
{
    remove_.bind(1, firstMessage(row));
    remove_.bind(2, lastMessage(row));
    removeSealed_.bind(1, row);
    removeSealed_.bind(2, std::numeric_limits<int64_t>::max());
    discard_.bind(1, row);
    for (Statement *statement : {&remove_, &removeSealed_, &discard_}) {
        if (const int code = run(*statement); code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

int StreamWriter::finish(int64_t row, int64_t exchange, const journey::StreamFacts &facts)
{
    finish_.bind(1, row);
    finish_.bind(2, exchange);
    finish_.bind(3, int64_t(facts.kind));
    finish_.bind(4, int64_t(facts.messages));
    finish_.bind(5, int64_t(facts.kept));
    finish_.bind(6, int64_t(facts.grpcStatus));
    finish_.bind(7, facts.grpcMessage);
    return run(finish_);
}

int StreamWriter::close(const journey::Exchange &x)
{
    if (x.stream.kind == journey::Streaming::None)
        return SQLITE_OK;
    Open *stream = nullptr;
    if (const int code = open(x.stream.key, x.stream.kind, {}, stream); code != SQLITE_OK || !stream)
        return code;
    const int64_t row = stream->row;
    open_.erase(x.stream.key);
    return finish(row, x.id, x.stream);
}

int StreamWriter::recover(const std::function<int(journey::Exchange &)> &take)
{
    for (int64_t after = 0;;) {
        int64_t row = 0;
        std::unique_ptr<journey::Exchange> x;
        journey::StreamFacts facts;
        {
            const Resetting later(unclosed_);
            unclosed_.bind(1, after);
            const int code = unclosed_.step();
            if (code != SQLITE_ROW)
                return code == SQLITE_DONE ? SQLITE_OK : code;
            after = row = unclosed_.integer(0);
            facts.kind = journey::Streaming(std::clamp<int64_t>(unclosed_.integer(1), 0, 3));
            x = decodeExchange(unclosed_.text(2));
        }
        if (!x) {  // its first words never came
            if (const int code = discard(row); code != SQLITE_OK)
                return code;
            continue;
        }
        facts.messages = facts.kept = uint64_t(number(count_, row));
        x->stream = facts;
        x->times.ended = std::max(x->times.answered, Nanos(number(lastTime_, row)));
        x->failedBy = Fault::Gateway;
        x->failure = "the gateway ended while this was open; what is known of it ends with the last message";
        x->requestBody.complete = x->responseBody.complete = false;
        if (const int code = take(*x); code != SQLITE_OK)
            return code;
        if (const int code = finish(row, x->id, facts); code != SQLITE_OK)
            return code;
        // Its own record, now; also for replays of its replays.
        headSealed_.bind(1, row);
        headSealed_.bind(2, x->id >> sealedEpochBits);
        if (const int code = run(headSealed_); code != SQLITE_OK)
            return code;
    }
}

}  // namespace sluice::storage
