// SPDX-License-Identifier: GPL-3.0-or-later
// Exchanges that have messages: those that are open, and the messages themselves.
#include "engine/recording/facts.h"
#include "storage/exchange_codec.h"
#include "storage/packing.h"
#include "storage/reader_impl.h"
#include "storage/stream_rows.h"

#include <algorithm>

namespace sluice::storage {

namespace {

constexpr size_t mostMessages = 10'000, mostOpen = 10'000;

Row rowOf(const journey::Exchange &x)
{
    Row row;
    row.time = x.time;
    row.method = x.received.method;
    row.host = x.received.authority;
    row.path = x.path;
    row.query = x.query;
    row.status = x.returned.status;
    row.client = x.client;
    row.user = x.user;
    row.route = x.route;
    row.service = x.service;
    row.endpoint = x.endpoint;
    row.version = x.version;
    row.attempts = int(x.attempts.size());
    row.requestId = x.requestId;
    row.traceId = x.trace.trace;
    row.replayOf = x.replayOf;
    row.stream = x.stream;
    row.open = true;
    return row;
}

}  // namespace

int64_t Reader::Impl::streamOf(int64_t id)
{
    if (id < 0)
        return -id;
    const Resetting later(stream);
    stream.bind(1, id);
    return stream.step() == SQLITE_ROW ? stream.integer(0) : 0;
}

int Reader::Impl::readStream(int64_t number, journey::StreamFacts &facts, int64_t &exchange)
{
    const Resetting later(streamRow);
    streamRow.bind(1, number);
    const int code = streamRow.step();
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? SQLITE_OK : code;
    exchange = streamRow.integer(0);
    facts.kind = journey::Streaming(std::clamp<int64_t>(streamRow.integer(1), 0, 3));
    facts.messages = uint64_t(streamRow.integer(2));
    facts.kept = uint64_t(streamRow.integer(3));
    facts.grpcStatus = int(streamRow.integer(4));
    facts.grpcMessage = streamRow.text(5);
    return SQLITE_OK;
}

Result<bool> Reader::Impl::readOpen(int64_t number, journey::Exchange &x, bool &open)
{
    std::unique_ptr<journey::Exchange> head;
    int64_t exchange = 0;
    {
        const Resetting later(streamRow);
        streamRow.bind(1, number);
        const int code = streamRow.step();
        if (code != SQLITE_ROW)
            return code == SQLITE_DONE ? Result<bool>(false) : database->error(code);
        exchange = streamRow.integer(0);
        head = decodeExchange(streamRow.text(6));
    }
    if (exchange > 0)
        return readExchange(exchange, x);
    if (!head)
        return false;
    x = std::move(*head);
    x.id = -number;
    open = true;
    if (const int code = readStream(number, x.stream, exchange); code != SQLITE_OK)
        return database->error(code);
    return true;
}

Result<std::vector<Row>> Reader::open(size_t most)
{
    const Snapshot snapshot(*impl_);
    if (snapshot.trouble())
        return *snapshot.trouble();
    Database &database = *impl_->database;
    auto statement = Statement::prepare(
        database,
        "SELECT id, (SELECT max(id) & 4294967295 FROM stream_message m WHERE m.id BETWEEN s.id << 32 AND (s.id << 32 | "
        "4294967295)) FROM stream s WHERE exchange = 0 AND opened <> x'' ORDER BY id DESC LIMIT ?1");
    if (!statement)
        return statement.error();
    statement->bind(1, int64_t(std::min(most, mostOpen)));
    std::vector<Row> out;
    int code = SQLITE_ROW;
    while ((code = statement->step()) == SQLITE_ROW) {
        journey::Exchange x;
        bool open = false;
        const auto found = impl_->readOpen(statement->integer(0), x, open);
        if (!found)
            return found.error();
        if (!*found || !open)
            continue;
        out.push_back(rowOf(x));
        out.back().id = x.id;
        out.back().stream.messages = uint64_t(statement->integer(1));
    }
    if (code != SQLITE_DONE)
        return database.error(code);
    return out;
}

Result<MessageSpan> Reader::messageSpan(int64_t exchange, bool count)
{
    const Snapshot snapshot(*impl_);
    if (snapshot.trouble())
        return *snapshot.trouble();
    MessageSpan span;
    const int64_t row = impl_->streamOf(exchange);
    if (row == 0)
        return span;
    auto statement = Statement::prepare(
        *impl_->database,
        "SELECT (SELECT coalesce(min(id), 0) FROM stream_message WHERE id BETWEEN ?1 AND ?2), (SELECT "
        "coalesce(max(id), 0) FROM stream_message WHERE id BETWEEN ?1 AND ?2), CASE WHEN ?3 THEN "
        "(SELECT count(*) FROM stream_message WHERE id BETWEEN ?1 AND ?2) ELSE 0 END");
    if (!statement)
        return statement.error();
    statement->bind(1, firstMessage(row));
    statement->bind(2, lastMessage(row));
    statement->bind(3, count ? 1 : 0);
    if (const int code = statement->step(); code != SQLITE_ROW)
        return impl_->database->error(code);
    span.first = uint64_t(statement->integer(0)) & 0xffffffff;
    span.last = uint64_t(statement->integer(1)) & 0xffffffff;
    span.rows = uint64_t(statement->integer(2));
    journey::StreamFacts facts;
    int64_t ended = 1;
    if (const int code = impl_->readStream(row, facts, ended); code != SQLITE_OK)
        return impl_->database->error(code);
    span.open = ended == 0;
    return span;
}

Result<std::vector<journey::Message>> Reader::messages(int64_t exchange, uint64_t after, size_t most, size_t bytes)
{
    const Snapshot snapshot(*impl_);
    if (snapshot.trouble())
        return *snapshot.trouble();
    return impl_->messages(exchange, after, most, bytes);
}

Result<std::vector<journey::Message>> Reader::Impl::messages(int64_t exchange, uint64_t after, size_t most,
                                                             size_t bytes)
{
    std::vector<journey::Message> out;
    const int64_t number = streamOf(exchange);
    if (number == 0 || after >= 0xffffffff)
        return out;
    auto statement =
        Statement::prepare(*database,
                           "SELECT id, time, origin, kind, size, flags, close_code, event, event_id, bytes "
                           "FROM stream_message WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3");
    if (!statement)
        return statement.error();
    statement->bind(1, firstMessage(number) | int64_t(after + 1));
    statement->bind(2, lastMessage(number));
    statement->bind(3, int64_t(std::min(most, mostMessages)));
    int code = SQLITE_ROW;
    while ((code = statement->step()) == SQLITE_ROW) {
        journey::Message &m = out.emplace_back();
        m.number = uint64_t(statement->integer(0)) & 0xffffffff;
        m.time = Nanos(statement->integer(1));
        m.from = statement->integer(2) == 0 ? journey::Message::From::Client : journey::Message::From::Upstream;
        m.kind = journey::Message::Kind(std::clamp<int64_t>(statement->integer(3), 1, 8));
        m.size = uint64_t(statement->integer(4));
        const int64_t flags = statement->integer(5);
        m.cut = flags & kMessageCut;
        m.coded = flags & kMessageCoded;
        m.compressed = flags & kMessageCompressed;
        m.badText = flags & kMessageBadText;
        m.redacted = flags & kMessageRedacted;
        m.closeCode = uint16_t(statement->integer(6));
        m.event = statement->text(7);
        m.id = statement->text(8);
        if (!(flags & kMessagePacked))
            m.bytes = statement->text(9);
        else if (!unpack(statement->text(9), m.bytes))
            m.bytes.clear();
        if (m.bytes.size() > bytes)
            m.bytes.resize(bytes);
    }
    if (code != SQLITE_DONE)
        return database->error(code);
    return out;
}

Result<std::string> Reader::descriptorSet(const std::string &service)
{
    auto statement = Statement::prepare(*impl_->database, "SELECT bytes FROM descriptor_set WHERE service = ?1");
    if (!statement)
        return statement.error();
    statement->bind(1, service);
    const int code = statement->step();
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return impl_->database->error(code);
    return code == SQLITE_ROW ? std::string(statement->text(0)) : std::string();
}

}  // namespace sluice::storage
