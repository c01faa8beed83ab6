// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/retention.h"

#include "storage/rare.h"
#include "storage/row_keys.h"
#include "storage/sealing.h"
#include "storage/segment_columns.h"
#include "storage/stream_rows.h"

#include <algorithm>
#include <optional>

namespace sluice::storage {

namespace {
constexpr int64_t pageBytes = 8192;
constexpr int64_t stepRows = 1000, stepBytes = 16 << 20, rowBytes = 32;  // rowBytes: beside its segment
constexpr uint64_t leastBytes = 1 << 20;
constexpr int64_t sparePages = 4096;  // unused pages that are left in the file: they will be wanted again
}  // namespace

Result<std::unique_ptr<Retention>> Retention::create(Database &database)
{
    std::unique_ptr<Retention> retention(new Retention(database));
    Retention &r = *retention;
    const struct {
        Statement &statement;
        const char *sql;
    } all[] = {
        {r.pages_, "PRAGMA page_count"},
        {r.free_, "PRAGMA freelist_count"},
        {r.some_,
         "SELECT id, last, bytes FROM segment WHERE id BETWEEN ?1 AND ?2 AND last <= ?2 ORDER BY id LIMIT 1000"},
        {r.oldSpan_, "SELECT id FROM span WHERE last_time < ?1 AND id << 10 < ?2 ORDER BY id LIMIT 1"},
        {r.first_, "SELECT min(id) FROM segment"},
        {r.columns_, "SELECT id, rows FROM segment WHERE id BETWEEN ?1 AND ?2"},
        {r.rare_, "DELETE FROM rare WHERE field = ?1 AND value = ?2 AND id = ?3"},
        {r.segments_, "DELETE FROM segment WHERE id BETWEEN ?1 AND ?2"},
        {r.details_, "DELETE FROM segment_detail WHERE id BETWEEN ?1 AND ?2"},
        {r.bodies_, "DELETE FROM body WHERE id BETWEEN ?1 << 1 AND ?2 << 1 | 1"},
        {r.stream_, "SELECT id, exchange FROM stream WHERE exchange BETWEEN ?1 AND ?2 ORDER BY exchange LIMIT 1"},
        {r.streamMessages_, "DELETE FROM stream_message WHERE id BETWEEN ?1 AND ?2"},
        {r.streamSealed_, "DELETE FROM stream_sealed WHERE stream = ?1"},
        {r.streams_, "DELETE FROM stream WHERE exchange BETWEEN ?1 AND ?2"},
        {r.marks_, "DELETE FROM mark WHERE id BETWEEN ?1 AND ?2"},
        // Of spans and blocks that keep a row the rest stays: they are not always the oldest that go.
        {r.spans_,
         "DELETE FROM span WHERE id BETWEEN ?1 AND ?2 AND NOT EXISTS (SELECT 1 FROM segment WHERE segment.id BETWEEN "
         "span.id << 10 AND (span.id << 10) + 1023)"},
        {r.shorten_,
         "UPDATE span SET rows = (SELECT coalesce(sum(last - segment.id + 1), 0) FROM segment WHERE segment.id BETWEEN "
         "span.id << 10 AND (span.id << 10) + 1023) WHERE id IN (?1, ?2)"},
        {r.blocks_,
         "DELETE FROM block WHERE block BETWEEN ?1 AND ?2 AND NOT EXISTS (SELECT 1 FROM segment WHERE segment.id "
         "BETWEEN block.block << 7 AND (block.block << 7) + 127)"},
        {r.names_, "DELETE FROM name WHERE last_epoch < ?1"},
        {r.sealed_, "DELETE FROM sealed WHERE epoch < ?1"},
        {r.lastId_, "UPDATE meta SET value = ?1 WHERE key = 'last_id' AND value < ?1"},
    };
    for (const auto &each : all) {
        auto statement = Statement::prepare(database, each.sql, true);
        if (!statement)
            return statement.error();
        each.statement = statement.take();
    }
    return retention;
}

int64_t Retention::one(Statement &statement)
{
    const Resetting later(statement);
    return statement.step() == SQLITE_ROW ? statement.integer(0) : -1;
}

int64_t Retention::excess(const Bounds &bounds)
{
    const int64_t used = (one(pages_) - one(free_)) * pageBytes;
    return used - int64_t(std::clamp<uint64_t>(bounds.bytes, leastBytes, 1ull << 62));
}

// A span whose last exchange is too old, which goes whole: up to 1,023 stay a little longer. -1: none. It need not be the oldest:
// the clock may have been ahead.
int64_t Retention::tooOld(WallTime before, int64_t newest)
{
    oldSpan_.bind(1, before.time_since_epoch().count());
    oldSpan_.bind(2, newest);
    return one(oldSpan_);
}

Retention::Step Retention::step(const Bounds &bounds, WallTime now, int64_t newest)
{
    const WallTime before = now - duration_cast<std::chrono::microseconds>(bounds.age);
    const int64_t span = bounds.age > Nanos(0) ? tooOld(before, newest) : -1;
    if (span >= 0) {
        const int64_t from = span << spanBits, last = from + (1 << spanBits) - 1;
        const Range some = rows(from, std::min(last, newest - 1), stepBytes);
        const bool any = some.from <= some.to;
        if (any || last < newest) {  // a span without rows must not stand in the way of the next
            Step step = any ? remove(some.from, some.to, newest) : remove(from, last, newest);
            step.more = step.code == SQLITE_OK;
            return step;
        }
    }
    const int64_t tooMuch = excess(bounds);
    if (tooMuch <= 0)
        return {};
    const Range oldest = rows(1, newest - 1, std::min(tooMuch, stepBytes));
    if (oldest.from > oldest.to)
        return {};
    Step step = remove(oldest.from, oldest.to, newest);
    step.more = step.code == SQLITE_OK;
    return step;
}

// The first segments there, at most 1,000 exchanges, and about as many bytes: large bodies take long to let go.
Retention::Range Retention::rows(int64_t first, int64_t last, int64_t wanted)
{
    Range range;
    int64_t bytes = 0, taken = 0;
    const Resetting later(some_);
    some_.bind(1, first);
    some_.bind(2, last);
    while (bytes < wanted && some_.step() == SQLITE_ROW) {
        const int64_t more = some_.integer(1) - some_.integer(0) + 1;
        if (taken + more > stepRows)
            break;
        taken += more;
        range.to = some_.integer(1);
        if (range.from == 0)
            range.from = some_.integer(0);
        bytes += more * rowBytes + some_.integer(2);
    }
    return range;
}

int Retention::run(Statement &statement, int64_t first, std::optional<int64_t> second)
{
    statement.bind(1, first);
    if (second)
        statement.bind(2, *second);
    const int code = statement.step();
    statement.reset();
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// What no row needs any more, when these have gone.
int Retention::removeTraces(int64_t from, int64_t to)
{
    int code = run(spans_, from >> spanBits, to >> spanBits);
    if (code == SQLITE_OK)
        code = run(shorten_, from >> spanBits, to >> spanBits);
    if (code == SQLITE_OK)
        code = run(blocks_, from >> blockBits, to >> blockBits);
    // Names hold for all before their last use: those of older rows stay.
    const int64_t oldest = one(first_);
    if (code == SQLITE_OK && oldest > to && oldest >> nameEpochBits != from >> nameEpochBits)
        code = run(names_, oldest >> nameEpochBits);
    if (code == SQLITE_OK && oldest > to && oldest >> sealedEpochBits != from >> sealedEpochBits)
        code = run(sealed_, oldest >> sealedEpochBits);
    return code;
}

// Their rows in `rare`; and how many exchanges these are.
int Retention::removeRare(int64_t from, int64_t to, int64_t &rows)
{
    const Resetting later(columns_);
    columns_.bind(1, from);
    columns_.bind(2, to);
    SegmentView segment;
    int code = SQLITE_ROW;
    while ((code = columns_.step()) == SQLITE_ROW) {
        if (!segment.open(columns_.text(1)))
            continue;  // damaged: what it had in `rare` finds nothing
        rows += int64_t(segment.size());
        for (size_t row = 0; row < segment.size() && code == SQLITE_ROW; ++row) {
            FactValues facts{};
            facts[size_t(Fact::Status)] = segment.number(NumberColumn::Status, row);
            facts[size_t(Fact::LatencyClass)] = latencyClass(segment.number(NumberColumn::Latency, row));
            facts[size_t(Fact::Bits)] = segment.number(NumberColumn::Bits, row);
            forEachRare(facts, segment.number(NumberColumn::ReplayOf, row), [&](Fact field, int64_t value) {
                rare_.bind(3, columns_.integer(0) + int64_t(row));
                if (const int done = run(rare_, int64_t(field), value); done != SQLITE_OK)
                    code = done;
            });
        }
        if (code != SQLITE_ROW)
            return code;
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int Retention::removeStreams(int64_t from, int64_t to)
{
    for (int64_t next = from;;) {
        int64_t stream = -1;
        {
            const Resetting later(stream_);
            stream_.bind(1, next);
            stream_.bind(2, to);
            if (stream_.step() == SQLITE_ROW) {
                stream = stream_.integer(0);
                next = stream_.integer(1) + 1;
            }
        }
        if (stream < 0)
            return run(streams_, from, to);
        if (const int code = run(streamMessages_, firstMessage(stream), lastMessage(stream)); code != SQLITE_OK)
            return code;
        if (const int code = run(streamSealed_, stream); code != SQLITE_OK)
            return code;
    }
}

Retention::Step Retention::remove(int64_t from, int64_t to, int64_t newest)
{
    Step step;
    if (const Outcome begun = database_.run("BEGIN IMMEDIATE"); !begun) {
        step.code = sqlite3_extended_errcode(database_.handle());
        return step;
    }
    step.code = removeRare(from, to, step.rows);
    for (Statement *statement : {&segments_, &details_, &bodies_}) {
        if (step.code == SQLITE_OK)
            step.code = run(*statement, from, to);
    }
    if (step.code == SQLITE_OK)
        step.code = removeStreams(from, to);
    if (step.code == SQLITE_OK)
        step.code = run(marks_, from, to);
    if (step.code == SQLITE_OK)
        step.code = removeTraces(from, to);
    if (step.code == SQLITE_OK)
        step.code = run(lastId_, newest);
    if (step.code == SQLITE_OK && !database_.run("COMMIT"))
        step.code = sqlite3_extended_errcode(database_.handle());
    if (step.code != SQLITE_OK) {
        sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
        step.rows = 0;
    }
    return step;
}

bool Retention::shrink()
{
    const int64_t before = one(free_);
    if (before <= sparePages)
        return false;
    // 1,000 pages: some 10 ms. A file that was not made for it frees none: then there is no more, either.
    if (!database_.run("PRAGMA incremental_vacuum(1000)"))
        return false;
    const int64_t after = one(free_);
    return after < before && after > sparePages;
}

}  // namespace sluice::storage
