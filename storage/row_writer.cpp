// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/row_writer.h"

#include "engine/recording/facts.h"
#include "engine/recording/filter.h"
#include "storage/detail_codec.h"
#include "storage/row_keys.h"

namespace sluice::storage {

namespace {

constexpr std::string_view rowSql = "INSERT INTO exchange (id, time, status, latency, latency_class, request_bytes, "
                                    "response_bytes, method, host, client, user, route, "
                                    "service, endpoint, version, cache, breaker, attempts, bits, failed_by, replay_of, "
                                    "trace_key, request_key, trace, request_id, path, "
                                    "query, failure) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
                                    "?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, "
                                    "?24, ?25, ?26, ?27, ?28)";
constexpr std::string_view messageSql =
    "INSERT INTO message (id, packing, detail, request_body, response_body) VALUES (?1, ?2, ?3, ?4, ?5)";
constexpr std::string_view spanSql =
    "INSERT INTO span (id, first_time, last_time, rows) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE SET "
    "first_time = min(first_time, excluded.first_time), last_time = max(last_time, excluded.last_time), rows = rows + "
    "excluded.rows";

bool isCoded(const http::HeaderList &headers)
{
    const std::string_view coding = headers.get("Content-Encoding");
    return !coding.empty() && !http::equalsIgnoreCase(coding, "identity");
}

}  // namespace

Result<std::unique_ptr<RowWriter>> RowWriter::create(Database &database)
{
    auto names = NameWriter::create(database);
    if (!names)
        return names.error();
    auto blocks = BlockWriter::create(database);
    auto dictionary = DictionaryWriter::create(database);
    if (!blocks || !dictionary)
        return blocks ? dictionary.error() : blocks.error();
    std::unique_ptr<RowWriter> writer(new RowWriter(names.take(), blocks.take(), dictionary.take()));
    struct {
        Statement &statement;
        std::string_view sql;
    } const all[] = {{writer->row_, rowSql}, {writer->message_, messageSql}, {writer->span_, spanSql}};
    for (const auto &each : all) {
        auto statement = Statement::prepare(database, each.sql, true);
        if (!statement)
            return statement.error();
        each.statement = statement.take();
    }
    return writer;
}

int RowWriter::run(Statement &statement)
{
    const int code = statement.step();
    statement.reset();
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int RowWriter::write(journey::Exchange &x, int64_t id)
{
    x.id = id;
    if (const int code = writeRow(x); code != SQLITE_OK)
        return code;
    if (const int code = writeMessage(x); code != SQLITE_OK)
        return code;
    if (open_.id != id >> spanBits) {
        if (const int code = endSpan(); code != SQLITE_OK)
            return code;
        const int64_t time = x.time.time_since_epoch().count();
        open_ = {id >> spanBits, time, time, 0};
    }
    open_.firstTime = std::min(open_.firstTime, x.time.time_since_epoch().count());
    open_.lastTime = std::max(open_.lastTime, x.time.time_since_epoch().count());
    ++open_.rows;
    return SQLITE_OK;
}

int RowWriter::writeRow(const journey::Exchange &x)
{
    Statement &s = row_;
    const int64_t epoch = x.id >> nameEpochBits;
    const int64_t nanos = recording::latency(x).count();
    int64_t traceKey = -1, high = 0;
    if (!packHex(x.trace.trace, trace_) || !traceKeys(x.trace.trace, traceKey, high))
        trace_.clear();
    s.bind(1, x.id);
    s.bind(2, x.time.time_since_epoch().count());
    s.bind(3, x.returned.status);
    s.bind(4, nanos);
    s.bind(5, latencyClass(nanos));
    s.bind(6, int64_t(x.requestBody.size));
    s.bind(7, int64_t(x.responseBody.size));
    const struct {
        NameKind kind;
        std::string_view text;
    } texts[] = {{NameKind::Method, x.received.method},
                 {NameKind::Host, x.received.authority},
                 {NameKind::Client, x.client},
                 {NameKind::User, x.user},
                 {NameKind::Route, x.route},
                 {NameKind::Service, x.service},
                 {NameKind::Endpoint, x.endpoint},
                 {NameKind::Version, x.version},
                 {NameKind::Cache, x.cache},
                 {NameKind::Breaker, recording::lastOutcome(x.decisions, journey::Stage::Breaker)}};
    FactValues facts{};
    int parameter = 8;
    for (const auto &[kind, text] : texts) {
        const int64_t number = names_.number(kind, text, epoch);
        if (number < 0)
            return sqlite3_extended_errcode(sqlite3_db_handle(s.handle()));
        s.bind(parameter++, number);
        facts[size_t(factOf(kind))] = number;
    }
    s.bind(18, int64_t(x.attempts.size()));
    facts[size_t(Fact::Status)] = x.returned.status;
    facts[size_t(Fact::LatencyClass)] = latencyClass(nanos);
    facts[size_t(Fact::Bits)] = recording::isBits(x);
    facts[size_t(Fact::FailedBy)] = x.failedBy ? int64_t(*x.failedBy) + 1 : 0;
    s.bind(19, facts[size_t(Fact::Bits)]);
    s.bind(20, facts[size_t(Fact::FailedBy)]);
    s.bind(21, x.replayOf);
    s.bind(22, trace_.empty() ? -1 : traceKey);
    s.bind(23, requestKey(x.requestId));
    s.bindBlob(24, trace_);
    if (packUuid(x.requestId, requestId_))
        s.bindBlob(25, requestId_);
    else
        s.bind(25, x.requestId);
    s.bind(26, x.path);
    s.bind(27, x.query);
    s.bind(28, x.failure);
    const int code = run(s);
    return code == SQLITE_OK ? blocks_.note(x.id, facts) : code;
}

int RowWriter::writeMessage(const journey::Exchange &x)
{
    detail_.clear();
    encodeDetail(x, detail_);
    unsigned packing = 0;
    const auto bind = [&](int parameter, std::string_view bytes, std::string &packed, bool tryIt, Packed bit,
                          const Dictionary *dictionary = nullptr) {
        const bool smaller = tryIt && packer_.pack(bytes, packed, dictionary);
        if (smaller)
            packing |= bit;
        message_.bindBlob(parameter, smaller ? std::string_view(packed) : bytes);
    };
    const http::HeaderList &answer = x.answer.status ? x.answer.headers : x.returned.headers;
    const bool requestCoded = isCoded(x.received.headers), responseCoded = isCoded(answer);
    packing |= (requestCoded ? unsigned(kRequestCoded) : 0u) | (responseCoded ? unsigned(kResponseCoded) : 0u);
    bind(3, detail_, packedDetail_, true, kDetailPacked, dictionary_->current());
    bind(4, x.requestBody.bytes, packedRequest_, !requestCoded, kRequestPacked);
    bind(5, x.responseBody.bytes, packedResponse_, !responseCoded, kResponsePacked);
    message_.bind(1, x.id);
    message_.bind(2, packing);
    if (const int code = run(message_); code != SQLITE_OK)
        return code;
    return dictionary_->note(x.id, x.time, detail_, packing & kDetailPacked ? packedDetail_.size() : detail_.size());
}

int RowWriter::endBatch()
{
    if (const int code = blocks_.flush(); code != SQLITE_OK)
        return code;
    return endSpan();
}

int RowWriter::endSpan()
{
    if (open_.id < 0 || open_.rows == 0)
        return SQLITE_OK;
    span_.bind(1, open_.id);
    span_.bind(2, open_.firstTime);
    span_.bind(3, open_.lastTime);
    span_.bind(4, open_.rows);
    const int code = run(span_);
    open_.rows = 0;
    open_.id = -1;
    return code;
}

void RowWriter::forget()
{
    names_.forget();
    blocks_.forget();
    dictionary_->forget();
    open_ = Span();
}

}  // namespace sluice::storage
