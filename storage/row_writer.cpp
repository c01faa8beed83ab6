// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/row_writer.h"

#include "engine/recording/facts.h"
#include "engine/recording/filter.h"
#include "storage/detail_codec.h"
#include "storage/rare.h"
#include "storage/row_keys.h"

namespace sluice::storage {

namespace {

constexpr size_t largestInline = 8 << 10;  // of a content; a larger one is a row of its own
constexpr size_t mostDetails = 256 << 10;  // bytes of a segment that are packed together
constexpr size_t mostAgain = 32 << 10;     // of a segment that is written again with the next batch
constexpr size_t mostModels = 8;           // routes of a segment
constexpr uint64_t mostApart = 1 << 20;    // and of its large contents and messages: retention takes segments whole
constexpr uint64_t mostMessages = 1 << 30, messageBytes = 64;  // that a stream's count for; of each beside its content

constexpr std::string_view segmentSql =
    "INSERT OR REPLACE INTO segment (id, last, bytes, rows) VALUES (?1, ?2, ?3, ?4)";
constexpr std::string_view detailSql = "INSERT OR REPLACE INTO segment_detail (id, bytes) VALUES (?1, ?2)";
constexpr std::string_view bodySql = "INSERT OR REPLACE INTO body (id, packed, bytes) VALUES (?1, ?2, ?3)";
constexpr std::string_view rareSql = "INSERT OR IGNORE INTO rare (field, value, id) VALUES (?1, ?2, ?3)";
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
    if (!blocks)
        return blocks.error();
    std::unique_ptr<RowWriter> writer(new RowWriter(names.take(), blocks.take()));
    struct {
        Statement &statement;
        std::string_view sql;
    } const all[] = {{writer->segment_, segmentSql},
                     {writer->segmentDetail_, detailSql},
                     {writer->body_, bodySql},
                     {writer->rare_, rareSql},
                     {writer->span_, spanSql}};
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
    const bool follows =
        columns_.size() > 0 && id == first_ + int64_t(columns_.size()) && id >> blockBits == first_ >> blockBits;
    const bool full = columns_.size() == segmentRows || details_.bytes() >= mostDetails || apart_ >= mostApart;
    if (!follows || full) {
        if (const int code = startSegment(id); code != SQLITE_OK)
            return code;
    }
    written_ = false;
    if (const int code = writeRow(x); code != SQLITE_OK)
        return code;
    if (const int code = writeDetail(x); code != SQLITE_OK)
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

int RowWriter::startSegment(int64_t id)
{
    const int code = writeSegment();
    closeSegment();
    first_ = id;
    return code;
}

// The next exchange begins another.
void RowWriter::closeSegment()
{
    columns_.clear();
    details_.clear();
    modelsUsed_ = 0;
    apart_ = 0;
    written_ = true;
}

int RowWriter::writeRow(const journey::Exchange &x)
{
    const int64_t epoch = x.id >> nameEpochBits;
    const int64_t nanos = recording::latency(x).count();
    RowNumbers row{};
    const auto set = [&row](NumberColumn column, int64_t value) { row[size_t(column)] = value; };
    set(NumberColumn::Time, x.time.time_since_epoch().count());
    set(NumberColumn::Status, x.returned.status);
    set(NumberColumn::Latency, nanos);
    set(NumberColumn::RequestBytes, int64_t(x.requestBody.size));
    set(NumberColumn::ResponseBytes, int64_t(x.responseBody.size));
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
    size_t column = size_t(NumberColumn::Method);
    for (const auto &[kind, text] : texts) {
        const int64_t number = names_.number(kind, text, epoch);
        if (number < 0)
            return sqlite3_extended_errcode(sqlite3_db_handle(segment_.handle()));
        row[column++] = number;
        facts[size_t(factOf(kind))] = number;
    }
    facts[size_t(Fact::Status)] = x.returned.status;
    facts[size_t(Fact::LatencyClass)] = latencyClass(nanos);
    facts[size_t(Fact::Bits)] = recording::isBits(x);
    facts[size_t(Fact::FailedBy)] = x.failedBy ? int64_t(*x.failedBy) + 1 : 0;
    set(NumberColumn::Attempts, int64_t(x.attempts.size()));
    set(NumberColumn::Bits, facts[size_t(Fact::Bits)]);
    set(NumberColumn::FailedBy, facts[size_t(Fact::FailedBy)]);
    set(NumberColumn::ReplayOf, x.replayOf);
    columns_.add(row, {x.trace.trace, x.requestId, x.path, x.query, x.failure});
    if (const int code = writeRare(x.id, facts, x.replayOf); code != SQLITE_OK)
        return code;
    return blocks_.note(x.id, facts);
}

int RowWriter::writeRare(int64_t id, const FactValues &facts, int64_t replayOf)
{
    int code = SQLITE_OK;
    forEachRare(facts, replayOf, [&](Fact field, int64_t value) {
        if (code != SQLITE_OK)
            return;
        rare_.bind(1, int64_t(field));
        rare_.bind(2, value);
        rare_.bind(3, id);
        code = run(rare_);
    });
    return code;
}

int RowWriter::writeDetail(journey::Exchange &x)
{
    const http::HeaderList &answer = x.answer.status ? x.answer.headers : x.returned.headers;
    const bool requestCoded = isCoded(x.received.headers), responseCoded = isCoded(answer);
    std::string_view request = x.requestBody.bytes, response = x.responseBody.bytes;
    unsigned bits = (requestCoded ? unsigned(kRequestCoded) : 0u) | (responseCoded ? unsigned(kResponseCoded) : 0u);
    if (request.size() > largestInline) {
        bits |= kRequestApart;
        if (const int code = writeBody(x.id << 1, request, requestCoded); code != SQLITE_OK)
            return code;
        request = {};
    }
    if (response.size() > largestInline) {
        bits |= kResponseApart;
        if (const int code = writeBody(x.id << 1 | 1, response, responseCoded); code != SQLITE_OK)
            return code;
        response = {};
    }
    if (x.stream.kind != journey::Streaming::None)  // its messages, whose number of bytes is not known here
        apart_ += std::min(x.requestBody.size, mostMessages) + std::min(x.responseBody.size, mostMessages)
            + std::min(x.stream.kept, mostMessages / messageBytes) * messageBytes;
    const int like = likeOf(x);
    if (like < 0) {
        encodeDetail(x, details_.begin());
        details_.end(bits, -1, request, response);
        return SQLITE_OK;
    }
    const Model &model = models_[size_t(like)];
    const auto alike = [&](std::string_view &content, const std::string &other, unsigned apart, unsigned bit) {
        if ((bits & apart) || content.empty() || content != other)
            return;
        bits |= bit;
        content = {};
    };
    alike(request, model.exchange.requestBody.bytes, kRequestApart, kRequestLike);
    alike(response, model.exchange.responseBody.bytes, kResponseApart, kResponseLike);
    encodeDetail(x, model.exchange, details_.begin());
    details_.end(bits, model.row, request, response);
    return SQLITE_OK;
}

// The model of its route; -1: there is none yet, or there are too many. Then this is the next one.
int RowWriter::likeOf(journey::Exchange &x)
{
    for (size_t i = 0; i < modelsUsed_; ++i) {
        if (models_[i].exchange.route == x.route)
            return int(i);
    }
    if (modelsUsed_ == mostModels)
        return -1;
    if (modelsUsed_ == models_.size())
        models_.emplace_back();
    Model &model = models_[modelsUsed_++];
    model.row = int(details_.size());
    // Large contents are compared with none, so they are not copied.
    std::string large[2];
    std::string *const contents[] = {&x.requestBody.bytes, &x.responseBody.bytes};
    for (size_t i = 0; i < 2; ++i) {
        if (contents[i]->size() > largestInline)
            contents[i]->swap(large[i]);
    }
    model.exchange = x;
    for (size_t i = 0; i < 2; ++i) {
        if (!large[i].empty())
            contents[i]->swap(large[i]);
    }
    return -1;
}

int RowWriter::writeBody(int64_t id, std::string_view bytes, bool coded)
{
    const bool smaller = !coded && packer_.pack(bytes, packedBody_);
    const std::string_view stored = smaller ? std::string_view(packedBody_) : bytes;
    body_.bind(1, id);
    body_.bind(2, smaller);
    body_.bindBlob(3, stored);
    apart_ += stored.size();
    return run(body_);
}

int RowWriter::writeSegment()
{
    if (written_ || columns_.size() == 0)
        return SQLITE_OK;
    rows_.clear();
    detailBytes_.clear();
    columns_.encode(rows_);
    details_.encode(detailBytes_, packer_);
    segment_.bind(1, first_);
    segment_.bind(2, first_ + int64_t(columns_.size()) - 1);
    segment_.bind(3, int64_t(rows_.size() + detailBytes_.size() + apart_));
    segment_.bindBlob(4, rows_);
    if (const int code = run(segment_); code != SQLITE_OK)
        return code;
    segmentDetail_.bind(1, first_);
    segmentDetail_.bindBlob(2, detailBytes_);
    written_ = true;
    return run(segmentDetail_);
}

int RowWriter::endBatch()
{
    if (const int code = writeSegment(); code != SQLITE_OK)
        return code;
    if (details_.bytes() >= mostAgain)
        closeSegment();
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

// What was committed of the segment under way stays as it is.
void RowWriter::forget()
{
    names_.forget();
    blocks_.forget();
    closeSegment();
    open_ = Span();
}

}  // namespace sluice::storage
