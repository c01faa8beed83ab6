// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/retention.h"

#include "storage/blocks.h"
#include "storage/row_keys.h"

#include <algorithm>
#include <optional>

namespace sluice::storage {

namespace {
constexpr int64_t pageBytes = 8192;
constexpr int64_t stepRows = 1000, stepBytes = 16 << 20, largestBody = 1 << 20, rowBytes = 512;
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
        {r.oldest_, "SELECT id, request_bytes, response_bytes FROM exchange WHERE id < ?1 ORDER BY id LIMIT ?2"},
        {r.oldSpan_, "SELECT id FROM span WHERE last_time < ?1 ORDER BY id LIMIT 1"},
        {r.rows_, "DELETE FROM exchange WHERE id BETWEEN ?1 AND ?2"},
        {r.messages_, "DELETE FROM message WHERE id BETWEEN ?1 AND ?2"},
        {r.marks_, "DELETE FROM mark WHERE id BETWEEN ?1 AND ?2"},
        {r.spans_, "DELETE FROM span WHERE id BETWEEN ?1 AND ?2"},
        {r.shorten_,
         "UPDATE span SET rows = (SELECT count(*) FROM exchange WHERE exchange.id BETWEEN ?1 << 10 AND (?1 << 10) + "
         "1023) WHERE id = ?1"},
        {r.blocks_, "DELETE FROM block WHERE block < ?1"},
        {r.dictionaries_, "DELETE FROM dictionary WHERE id < (SELECT max(id) FROM dictionary WHERE id <= ?1)"},
        {r.names_, "DELETE FROM name WHERE last_epoch < ?1"},
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

int64_t Retention::tooOld(WallTime before)
{
    oldSpan_.bind(1, before.time_since_epoch().count());
    return one(oldSpan_);
}

Retention::Step Retention::step(const Bounds &bounds, WallTime now, int64_t newest)
{
    const WallTime before = now - duration_cast<std::chrono::microseconds>(bounds.age);
    if (bounds.age > Nanos(0)) {
        // A whole span goes when its last exchange is too old: up to 1,023 stay a little longer.
        if (const int64_t span = tooOld(before); span >= 0) {
            const int64_t from = span << spanBits;
            const int64_t to = std::min(from + (1 << spanBits) - 1, newest - 1);
            if (from <= to) {
                Step step = remove(from, to, newest);
                step.more = step.rows > 0;
                return step;
            }
        }
    }
    const int64_t tooMuch = excess(bounds);
    if (tooMuch <= 0)
        return {};
    const Range oldest = oldestRows(newest, std::min(tooMuch, stepBytes));
    if (oldest.from > oldest.to)
        return {};
    Step step = remove(oldest.from, oldest.to, newest);
    step.more = step.code == SQLITE_OK;
    return step;
}

// At most 1,000, and about as many bytes: large bodies take long to let go.
Retention::Range Retention::oldestRows(int64_t newest, int64_t wanted)
{
    Range range;
    int64_t bytes = 0;
    const Resetting later(oldest_);
    oldest_.bind(1, newest);
    oldest_.bind(2, stepRows);
    while (bytes < wanted && oldest_.step() == SQLITE_ROW) {
        range.to = oldest_.integer(0);
        if (range.from == 0)
            range.from = range.to;
        bytes += rowBytes + std::min(oldest_.integer(1), largestBody) + std::min(oldest_.integer(2), largestBody);
    }
    return range;
}

Retention::Step Retention::remove(int64_t from, int64_t to, int64_t newest)
{
    Step step;
    if (const Outcome begun = database_.run("BEGIN IMMEDIATE"); !begun) {
        step.code = sqlite3_extended_errcode(database_.handle());
        return step;
    }
    const int64_t wholeSpans = (to + 1) >> spanBits, firstSpan = from >> spanBits;
    const auto run = [&](Statement &statement, int64_t first, std::optional<int64_t> second = {}) {
        if (step.code != SQLITE_OK)
            return;
        statement.bind(1, first);
        if (second)
            statement.bind(2, *second);
        const int code = statement.step();
        statement.reset();
        step.code = code == SQLITE_DONE ? SQLITE_OK : code;
    };
    run(rows_, from, to);
    step.rows = sqlite3_changes64(database_.handle());
    run(messages_, from, to);
    run(marks_, from, to);
    if (wholeSpans > firstSpan)
        run(spans_, firstSpan, wholeSpans - 1);
    run(shorten_, wholeSpans);
    run(blocks_, (to + 1) >> blockBits);
    run(dictionaries_, to + 1);
    if ((from >> nameEpochBits) != ((to + 1) >> nameEpochBits))
        run(names_, (to + 1) >> nameEpochBits);
    run(lastId_, newest);
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
    if (one(free_) <= sparePages)
        return false;
    // 1,000 pages: some 10 ms.
    return bool(database_.run("PRAGMA incremental_vacuum(1000)")) && one(free_) > sparePages;
}

}  // namespace sluice::storage
