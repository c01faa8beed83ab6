// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/former_rows.h"

#include "engine/base/ids.h"
#include "engine/recording/facts.h"
#include "storage/detail_codec.h"
#include "storage/row_keys.h"
#include "storage/row_writer.h"

#include <limits>

namespace sluice::storage {

namespace {

constexpr int64_t together = 1024;     // exchanges a transaction
constexpr size_t mostBytes = 8 << 20;  // and about so many of what they hold
constexpr int logPages = 1000;         // of the log, until it is folded into the file

// Bits of the packing of a message in version 5.
constexpr unsigned detailPacked = 1, requestPacked = 2, responsePacked = 4;

constexpr std::string_view rowsSql =
    "SELECT x.id, time, status, request_bytes, response_bytes, method, host, client, user, route, service, endpoint, "
    "version, cache, failed_by, replay_of, trace, request_id, path, query, failure, bits, packing, detail, "
    "request_body, response_body FROM former_exchange x JOIN former_message m ON m.id = x.id ORDER BY x.id LIMIT ?1";
enum Column {
    kId,
    kTime,
    kStatus,
    kRequestBytes,
    kResponseBytes,
    kMethod,  // and eight names more
    kFailedBy = 14,
    kReplayOf,
    kTrace,
    kRequestId,
    kPath,
    kQuery,
    kFailure,
    kBits,
    kPacking,
    kDetail,
    kRequestBody,
    kResponseBody
};

class Mover {
public:
    explicit Mover(Database &database) : database_(database) {}
    Outcome prepare();
    // How many were moved.
    Result<int64_t> move();

private:
    bool read(journey::Exchange &);
    std::string_view dictionaryOf(int64_t id);
    Outcome moveSome(int64_t &moved, int64_t &last);

    Database &database_;
    NameReader names_;
    std::unique_ptr<RowWriter> writer_;
    Statement rows_, dictionary_, removeRows_, removeMessages_;
    int64_t from_ = 0, until_ = -1;  // the ids that dictionaryBytes_ holds for
    std::string dictionaryBytes_, detail_;
};

Outcome Mover::prepare()
{
    auto names = NameReader::create(database_);
    if (!names)
        return names.error();
    names_ = names.take();
    auto writer = RowWriter::create(database_);
    if (!writer)
        return writer.error();
    writer_ = writer.take();
    const struct {
        Statement &statement;
        std::string_view sql;
    } all[] = {{rows_, rowsSql},
               {dictionary_,
                "SELECT d.id, d.bytes, (SELECT min(n.id) FROM dictionary n WHERE n.id > d.id) FROM dictionary d WHERE "
                "d.id <= ?1 ORDER BY d.id DESC LIMIT 1"},
               {removeRows_, "DELETE FROM former_exchange WHERE id <= ?1"},
               {removeMessages_, "DELETE FROM former_message WHERE id <= ?1"}};
    for (const auto &each : all) {
        auto statement = Statement::prepare(database_, each.sql, true);
        if (!statement)
            return statement.error();
        each.statement = statement.take();
    }
    return Done{};
}

std::string_view Mover::dictionaryOf(int64_t id)
{
    if (id >= from_ && id <= until_)
        return dictionaryBytes_;
    const Resetting later(dictionary_);
    dictionary_.bind(1, id);
    dictionaryBytes_.clear();
    from_ = until_ = id;
    if (dictionary_.step() == SQLITE_ROW) {
        from_ = dictionary_.integer(0);
        dictionaryBytes_ = dictionary_.text(1);
        const int64_t next = dictionary_.integer(2);
        until_ = next > 0 ? next - 1 : std::numeric_limits<int64_t>::max();
    }
    return dictionaryBytes_;
}

// False: damaged, and left out.
bool Mover::read(journey::Exchange &x)
{
    const Statement &s = rows_;
    const int64_t id = s.integer(kId);
    x.time = WallTime(std::chrono::microseconds(s.integer(kTime)));
    x.returned.status = int(s.integer(kStatus));
    std::string *const texts[] = {&x.received.method, &x.received.authority, &x.client,  &x.user, &x.route,
                                  &x.service,         &x.endpoint,           &x.version, &x.cache};
    int column = kMethod;
    for (std::string *text : texts)
        *text = names_.text(s.integer(column++));
    if (const int64_t fault = s.integer(kFailedBy); fault >= 1 && fault <= 3)
        x.failedBy = Fault(fault - 1);
    x.replayOf = s.integer(kReplayOf);
    x.trace.trace = hex(s.text(kTrace));
    x.requestId = s.isBlob(kRequestId) ? unpackUuid(s.text(kRequestId)) : std::string(s.text(kRequestId));
    x.path = s.text(kPath);
    x.query = s.text(kQuery);
    x.failure = s.text(kFailure);
    const int64_t bits = s.integer(kBits);
    x.tunnel = bits & recording::kTunnel;
    x.stream.kind = bits & recording::kWebSocket ? journey::Streaming::WebSocket
        : bits & recording::kEvents              ? journey::Streaming::Events
        : bits & recording::kGrpc                ? journey::Streaming::Grpc
                                                 : journey::Streaming::None;
    const int64_t packing = s.integer(kPacking);
    const auto plain = [](std::string_view bytes, bool packed, std::string &out, std::string_view dictionary = {}) {
        if (packed)
            return unpack(bytes, out, dictionary);
        out = bytes;
        return true;
    };
    if (!plain(s.text(kDetail), packing & detailPacked, detail_, dictionaryOf(id)) || !decodeDetail(detail_, {}, x))
        return false;
    x.requestBody.size = uint64_t(s.integer(kRequestBytes));
    x.responseBody.size = uint64_t(s.integer(kResponseBytes));
    return plain(s.text(kRequestBody), packing & requestPacked, x.requestBody.bytes)
        && plain(s.text(kResponseBody), packing & responsePacked, x.responseBody.bytes);
}

Outcome Mover::moveSome(int64_t &moved, int64_t &last)
{
    const Resetting later(rows_);
    rows_.bind(1, together);
    int code = SQLITE_ROW;
    for (size_t bytes = 0; bytes < mostBytes && (code = rows_.step()) == SQLITE_ROW;) {
        journey::Exchange x;
        last = rows_.integer(kId);
        ++moved;
        for (const Column column : {kDetail, kRequestBody, kResponseBody})
            bytes += rows_.text(column).size();
        if (!read(x))
            continue;
        if (const int written = writer_->write(x, last); written != SQLITE_OK)
            return database_.error(written);
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        return database_.error(code);
    if (const int ended = writer_->endBatch(); ended != SQLITE_OK)
        return database_.error(ended);
    return Done{};
}

Result<int64_t> Mover::move()
{
    if (const Outcome begun = database_.run("BEGIN IMMEDIATE"); !begun)
        return begun.error();
    int64_t moved = 0, last = 0;
    Outcome outcome = moveSome(moved, last);
    for (Statement *statement : {&removeRows_, &removeMessages_}) {
        const Resetting later(*statement);
        statement->bind(1, last);
        if (const int code = outcome ? statement->step() : SQLITE_DONE; code != SQLITE_DONE)
            outcome = database_.error(code);
    }
    if (outcome)
        outcome = database_.run("COMMIT");
    if (outcome)
        return moved;
    sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    return outcome.error();
}

Outcome moveAll(Database &database)
{
    // What cannot be read is left out, but its id is not used again.
    if (Outcome kept =
            database.run("UPDATE meta SET value = (SELECT max(id) FROM former_exchange) WHERE key = 'last_id' "
                         "AND value < (SELECT max(id) FROM former_exchange)");
        !kept)
        return kept;
    {
        Mover mover(database);
        if (Outcome prepared = mover.prepare(); !prepared)
            return prepared;
        for (int64_t moved = 1; moved > 0;) {
            const auto some = mover.move();
            if (!some)
                return some.error();
            moved = *some;
        }
    }
    // Whose detail was missing, too.
    return database.run(
        "BEGIN IMMEDIATE; DROP TABLE former_exchange; DROP TABLE former_message; DROP TABLE dictionary; COMMIT");
}

}  // namespace

Outcome moveFormerRows(Database &database)
{
    const auto there = database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'former_exchange'");
    if (!there)
        return there.error();
    if (*there == 0)
        return Done{};
    sqlite3_wal_autocheckpoint(database.handle(), logPages);  // there is no thread yet that does it
    const Outcome moved = moveAll(database);
    sqlite3_wal_autocheckpoint(database.handle(), 0);
    return moved;
}

}  // namespace sluice::storage
