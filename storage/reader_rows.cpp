// SPDX-License-Identifier: GPL-3.0-or-later
// From rows of the tables to Row and Exchange.
#include "engine/recording/facts.h"
#include "storage/detail_codec.h"
#include "storage/functions.h"
#include "storage/reader_impl.h"
#include "storage/segment_tables.h"

namespace sluice::storage {

namespace {

constexpr std::string_view rowSql =
    "SELECT x.id, time, status, latency, request_bytes, response_bytes, method, host, client, user, route, service, "
    "endpoint, version, "
    "cache, attempts, failed_by, replay_of, trace, request_id, path, query, failure, coalesce(k.mark, 0), bits "
    "FROM exchange x LEFT JOIN mark k ON k.id = x.id WHERE x.id = ?1";
enum Column {
    kId,
    kTime,
    kStatus,
    kLatency,
    kRequestBytes,
    kResponseBytes,
    kMethod,
    kHost,
    kClient,
    kUser,
    kRoute,
    kService,
    kEndpoint,
    kVersion,
    kCache,
    kAttempts,
    kFailedBy,
    kReplayOf,
    kTrace,
    kRequestId,
    kPath,
    kQuery,
    kFailure,
    kMark,
    kBits
};
constexpr std::string_view messageSql =
    "SELECT detail, like_detail, request_body, response_body FROM message WHERE id = ?1";

}  // namespace

Outcome Reader::Impl::prepare()
{
    if (Outcome settings =
            database->run("PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY; PRAGMA query_only = 1");
        !settings)
        return settings;
    for (const auto add : {addFunctions, addSegmentTables}) {
        if (Outcome added = add(*database); !added)
            return added;
    }
    auto reading = NameReader::create(*database);
    if (!reading)
        return reading.error();
    names = reading.take();
    auto first = Statement::prepare(*database, rowSql, true);
    auto second = Statement::prepare(*database, messageSql, true);
    if (!first || !second)
        return first ? second.error() : first.error();
    row = first.take();
    message = second.take();
    auto third = Statement::prepare(*database, "SELECT id FROM stream WHERE exchange = ?1", true);
    auto fourth = Statement::prepare(
        *database, "SELECT exchange, kind, messages, kept, grpc_status, grpc_message, opened FROM stream WHERE id = ?1",
        true);
    if (!third || !fourth)
        return third ? fourth.error() : third.error();
    stream = third.take();
    streamRow = fourth.take();
    return Done{};
}

Row Reader::Impl::readRow(const Statement &s)
{
    Row out;
    out.id = s.integer(kId);
    out.time = WallTime(std::chrono::microseconds(s.integer(kTime)));
    out.status = int(s.integer(kStatus));
    out.latency = Nanos(s.integer(kLatency));
    out.requestBytes = uint64_t(s.integer(kRequestBytes));
    out.responseBytes = uint64_t(s.integer(kResponseBytes));
    std::string *const texts[] = {&out.method,  &out.host,     &out.client,  &out.user, &out.route,
                                  &out.service, &out.endpoint, &out.version, &out.cache};
    int column = kMethod;
    for (std::string *text : texts)
        *text = names.text(s.integer(column++));
    out.attempts = int(s.integer(kAttempts));
    if (const int64_t fault = s.integer(kFailedBy); fault >= 1 && fault <= 3)
        out.failedBy = Fault(fault - 1);
    out.replayOf = s.integer(kReplayOf);
    out.traceId = s.text(kTrace);
    out.requestId = s.text(kRequestId);
    out.path = s.text(kPath);
    out.query = s.text(kQuery);
    out.failure = s.text(kFailure);
    out.mark = int(s.integer(kMark));
    return out;
}

Result<std::vector<Row>> Reader::Impl::rowsOf(const std::vector<int64_t> &ids, bool decisions)
{
    std::vector<Row> out;
    out.reserve(ids.size());
    for (const int64_t id : ids) {
        if (interrupted)
            return database->error(SQLITE_INTERRUPT);
        const Resetting later(row);
        row.bind(1, id);
        const int code = row.step();
        if (code == SQLITE_DONE)
            continue;
        if (code != SQLITE_ROW)
            return database->error(code);
        out.push_back(readRow(row));
        if (row.integer(kBits) & (recording::kWebSocket | recording::kEvents | recording::kGrpc)) {
            int64_t exchange = 0;
            if (const int got = readStream(streamOf(id), out.back().stream, exchange); got != SQLITE_OK)
                return database->error(got);
        }
        if (!decisions)
            continue;
        const Resetting laterToo(message);
        message.bind(1, id);
        if (const int got = message.step(); got == SQLITE_ROW)
            out.back().decisions = decisionsOf(message.text(0), message.text(1));
        else if (got != SQLITE_DONE)
            return database->error(got);
    }
    return out;
}

Result<bool> Reader::Impl::readExchange(int64_t id, journey::Exchange &x)
{
    const Resetting later(row), laterToo(message);
    row.bind(1, id);
    int code = row.step();
    if (code == SQLITE_DONE)
        return false;
    if (code != SQLITE_ROW)
        return database->error(code);
    Row found = readRow(row);
    x.id = found.id;
    x.time = found.time;
    x.client = std::move(found.client);
    x.user = std::move(found.user);
    x.received.method = std::move(found.method);
    x.received.authority = std::move(found.host);
    x.path = std::move(found.path);
    x.query = std::move(found.query);
    x.returned.status = found.status;
    x.requestBody.size = found.requestBytes;
    x.responseBody.size = found.responseBytes;
    x.route = std::move(found.route);
    x.service = std::move(found.service);
    x.endpoint = std::move(found.endpoint);
    x.version = std::move(found.version);
    x.cache = std::move(found.cache);
    x.requestId = std::move(found.requestId);
    x.trace.trace = std::move(found.traceId);
    x.failedBy = found.failedBy;
    x.failure = std::move(found.failure);
    x.replayOf = found.replayOf;
    x.tunnel = row.integer(kBits) & recording::kTunnel;
    if (row.integer(kBits) & (recording::kWebSocket | recording::kEvents | recording::kGrpc)) {
        int64_t exchange = 0;
        if (const int got = readStream(streamOf(id), x.stream, exchange); got != SQLITE_OK)
            return database->error(got);
    }
    message.bind(1, id);
    code = message.step();
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE
            ? Error{Fault::Gateway, "the recording " + path + " lacks the content of exchange " + std::to_string(id)}
            : database->error(code);
    if (!decodeDetail(message.text(0), message.text(1), x))
        return Error{Fault::Gateway, "exchange " + std::to_string(id) + " is damaged in the recording " + path};
    x.requestBody.bytes = message.text(2);
    x.responseBody.bytes = message.text(3);
    return true;
}

}  // namespace sluice::storage
