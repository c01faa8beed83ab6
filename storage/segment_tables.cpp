// SPDX-License-Identifier: GPL-3.0-or-later
// The table `exchange`. `message` is in segment_messages.cpp.
#include "storage/segment_tables.h"

#include "engine/http/characters.h"
#include "storage/row_keys.h"
#include "storage/segment_columns.h"
#include "storage/segment_messages.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace sluice::storage {

namespace {

constexpr const char *schema =
    "CREATE TABLE exchange (id INTEGER, time INTEGER, status INTEGER, latency INTEGER, latency_class INTEGER, "
    "request_bytes INTEGER, "
    "response_bytes INTEGER, method INTEGER, host INTEGER, client INTEGER, user INTEGER, route INTEGER, service "
    "INTEGER, endpoint INTEGER, "
    "version INTEGER, cache INTEGER, breaker INTEGER, attempts INTEGER, bits INTEGER, failed_by INTEGER, replay_of "
    "INTEGER, trace_key "
    "INTEGER, trace TEXT, request_id TEXT, path TEXT, query TEXT, failure TEXT, request HIDDEN)";
enum Column : int { kId, kTime, kLatencyClass = 4, kFirstText = 22, kTraceKey = 21, kRequest = 27 };

constexpr NumberColumn numberOf[] = {NumberColumn::Time,          NumberColumn::Time,     NumberColumn::Status,
                                     NumberColumn::Latency,       NumberColumn::Latency,  NumberColumn::RequestBytes,
                                     NumberColumn::ResponseBytes, NumberColumn::Method,   NumberColumn::Host,
                                     NumberColumn::Client,        NumberColumn::User,     NumberColumn::Route,
                                     NumberColumn::Service,       NumberColumn::Endpoint, NumberColumn::Version,
                                     NumberColumn::Cache,         NumberColumn::Breaker,  NumberColumn::Attempts,
                                     NumberColumn::Bits,          NumberColumn::FailedBy, NumberColumn::ReplayOf};

// What xBestIndex tells xFilter: which arguments come, in this order; and the direction.
enum Plan : int {
    kIdIs = 1,
    kIdFrom = 2,
    kIdAbove = 4,
    kIdTo = 8,
    kIdBelow = 16,
    kTraceFrom = 32,
    kTraceTo = 64,
    kRequestIs = 128,
    kDescending = 256
};

struct Table : sqlite3_vtab {
    sqlite3 *connection = nullptr;
    std::vector<Statement> spare[2];  // walks, by direction, for the next cursor
};

struct Cursor : sqlite3_vtab_cursor {
    Statement walk;
    bool descending = false, atEnd = true;
    SegmentView segment;
    int64_t first = 0;  // of the segment
    int64_t row = 0;    // within it
    int64_t low = 0, high = 0, traceLow = 0, traceHigh = 0;
    bool byTrace = false, byRequest = false;
    std::string request;
    std::array<char, 16> packedRequest{};
    bool requestIsUuid = false;

    Table &table() { return *static_cast<Table *>(pVtab); }
    int nextSegment();
    int seek();
    bool isWanted();
};

Table &tableOf(sqlite3_vtab *table)
{
    return *static_cast<Table *>(table);
}

Cursor &cursorOf(sqlite3_vtab_cursor *cursor)
{
    return *static_cast<Cursor *>(cursor);
}

int connect(sqlite3 *connection, void *, int, const char *const *, sqlite3_vtab **out, char **)
{
    if (const int code = sqlite3_declare_vtab(connection, schema); code != SQLITE_OK)
        return code;
    auto *table = new Table{};
    table->connection = connection;
    *out = table;
    return SQLITE_OK;
}

int disconnect(sqlite3_vtab *table)
{
    delete &tableOf(table);
    return SQLITE_OK;
}

int planOf(const sqlite3_index_info::sqlite3_index_constraint &constraint)
{
    switch (constraint.op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
        return constraint.iColumn <= kId ? kIdIs : constraint.iColumn == kRequest ? kRequestIs : 0;
    case SQLITE_INDEX_CONSTRAINT_GE:
        return constraint.iColumn <= kId ? kIdFrom : constraint.iColumn == kTraceKey ? kTraceFrom : 0;
    case SQLITE_INDEX_CONSTRAINT_LE:
        return constraint.iColumn <= kId ? kIdTo : constraint.iColumn == kTraceKey ? kTraceTo : 0;
    case SQLITE_INDEX_CONSTRAINT_GT: return constraint.iColumn <= kId ? kIdAbove : 0;
    case SQLITE_INDEX_CONSTRAINT_LT: return constraint.iColumn <= kId ? kIdBelow : 0;
    default: return 0;
    }
}

int bestIndex(sqlite3_vtab *, sqlite3_index_info *info)
{
    int plan = 0, at[8] = {};
    for (int i = 0; i < info->nConstraint; ++i) {
        const int one = info->aConstraint[i].usable ? planOf(info->aConstraint[i]) : 0;
        if (one == 0 || (plan & one))
            continue;
        plan |= one;
        at[__builtin_ctz(unsigned(one))] = i;
    }
    int argument = 0;
    for (int bit = 0; bit < 8; ++bit) {
        if (!(plan & 1 << bit))
            continue;
        info->aConstraintUsage[at[bit]].argvIndex = ++argument;
        info->aConstraintUsage[at[bit]].omit = 1 << bit == kRequestIs;
    }
    if (info->nOrderBy == 1 && info->aOrderBy[0].iColumn <= kId) {
        info->orderByConsumed = 1;
        plan |= info->aOrderBy[0].desc ? kDescending : 0;
    }
    info->idxNum = plan;
    const bool few = plan & (kTraceFrom | kTraceTo | kRequestIs);
    info->estimatedRows = plan & kIdIs ? 1 : few ? 10 : 100'000;
    info->estimatedCost = plan & kIdIs                   ? 4
        : few                                            ? 10'000
        : plan & (kIdFrom | kIdTo | kIdAbove | kIdBelow) ? 100'000
                                                         : 1'000'000;
    if (plan & kIdIs)
        info->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
    return SQLITE_OK;
}

int openCursor(sqlite3_vtab *, sqlite3_vtab_cursor **out)
{
    *out = new Cursor{};
    return SQLITE_OK;
}

void keepWalk(Cursor &cursor)
{
    if (!cursor.walk)
        return;
    cursor.walk.reset();
    cursor.table().spare[cursor.descending].push_back(std::move(cursor.walk));
    cursor.walk = Statement();
}

int closeCursor(sqlite3_vtab_cursor *cursor)
{
    keepWalk(cursorOf(cursor));
    delete &cursorOf(cursor);
    return SQLITE_OK;
}

int takeWalk(Cursor &cursor, bool descending)
{
    keepWalk(cursor);
    cursor.descending = descending;
    auto &spare = cursor.table().spare[descending];
    if (!spare.empty()) {
        cursor.walk = std::move(spare.back());
        spare.pop_back();
        return SQLITE_OK;
    }
    std::string sql = "SELECT id, last, rows FROM segment WHERE id BETWEEN (SELECT coalesce(max(id), 0) FROM segment "
                      "WHERE id <= ?1) AND ?2 ORDER BY id";
    return cursor.walk.prepare(cursor.table().connection, sql + (descending ? " DESC" : ""), true);
}

bool Cursor::isWanted()
{
    if (byTrace) {
        const int64_t key = segment.traceKey(size_t(row));
        if (key < traceLow || key > traceHigh)
            return false;
    }
    return !byRequest || segment.hasRequest(size_t(row), request, requestIsUuid ? packedRequest.data() : nullptr);
}

// The next segment that has ids within the bounds, at its first row in this direction.
int Cursor::nextSegment()
{
    for (;;) {
        const int code = walk.step();
        if (code != SQLITE_ROW) {
            atEnd = true;
            return code == SQLITE_DONE ? SQLITE_OK : code;
        }
        first = walk.integer(0);
        if (walk.integer(1) < low)
            continue;
        if (!segment.open(walk.text(2)))
            return SQLITE_CORRUPT;
        row = descending ? std::min(int64_t(segment.size()) - 1, high - first) : std::max<int64_t>(0, low - first);
        return SQLITE_OK;
    }
}

// From `row` on to the next one that is wanted.
int Cursor::seek()
{
    while (!atEnd) {
        const int64_t id = first + row;
        const bool within = row >= 0 && row < int64_t(segment.size()) && id >= low && id <= high;
        if (within && isWanted())
            return SQLITE_OK;
        if (within) {
            row += descending ? -1 : 1;
            continue;
        }
        if (const int code = nextSegment(); code != SQLITE_OK)
            return code;
    }
    return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor *base, int plan, const char *, int, sqlite3_value **values)
{
    Cursor &cursor = cursorOf(base);
    cursor.low = 0;  // ids are positive
    cursor.high = cursor.traceHigh = std::numeric_limits<int64_t>::max();
    cursor.traceLow = std::numeric_limits<int64_t>::min();
    cursor.byTrace = plan & (kTraceFrom | kTraceTo);
    cursor.byRequest = plan & kRequestIs;
    cursor.atEnd = false;
    bool empty = false;
    for (int bit = 0; bit < 8; ++bit) {
        if (!(plan & 1 << bit))
            continue;
        sqlite3_value *const value = *values++;
        const int64_t number = sqlite3_value_int64(value);
        empty = empty || sqlite3_value_type(value) == SQLITE_NULL;
        switch (1 << bit) {
        case kIdIs: cursor.low = cursor.high = number; break;
        case kIdFrom: cursor.low = std::max(cursor.low, number); break;
        case kIdAbove: cursor.low = std::max(cursor.low, number == INT64_MAX ? number : number + 1); break;
        case kIdTo: cursor.high = std::min(cursor.high, number); break;
        case kIdBelow: cursor.high = std::min(cursor.high, number == INT64_MIN ? number : number - 1); break;
        case kTraceFrom: cursor.traceLow = number; break;
        case kTraceTo: cursor.traceHigh = number; break;
        default: {
            const void *text = sqlite3_value_blob(value);
            cursor.request.assign(static_cast<const char *>(text ? text : ""), size_t(sqlite3_value_bytes(value)));
            std::transform(cursor.request.begin(), cursor.request.end(), cursor.request.begin(), http::lowerChar);
            cursor.requestIsUuid = packUuid(cursor.request, cursor.packedRequest.data());
            break;
        }
        }
    }
    if (empty || cursor.low > cursor.high) {
        cursor.atEnd = true;
        return SQLITE_OK;
    }
    if (const int code = takeWalk(cursor, plan & kDescending); code != SQLITE_OK)
        return code;
    cursor.walk.bind(1, cursor.low);
    cursor.walk.bind(2, cursor.high);
    const int code = cursor.nextSegment();
    return code == SQLITE_OK ? cursor.seek() : code;
}

int next(sqlite3_vtab_cursor *base)
{
    Cursor &cursor = cursorOf(base);
    cursor.row += cursor.descending ? -1 : 1;
    return cursor.seek();
}

int isAtEnd(sqlite3_vtab_cursor *base)
{
    return cursorOf(base).atEnd;
}

int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int number)
{
    Cursor &cursor = cursorOf(base);
    const size_t row = size_t(cursor.row);
    if (number == kId) {
        sqlite3_result_int64(context, cursor.first + cursor.row);
    } else if (number == kLatencyClass) {
        sqlite3_result_int64(context, latencyClass(cursor.segment.number(NumberColumn::Latency, row)));
    } else if (number < kTraceKey) {
        sqlite3_result_int64(context, cursor.segment.number(numberOf[number], row));
    } else if (number == kTraceKey) {
        sqlite3_result_int64(context, cursor.segment.traceKey(row));
    } else if (number < kRequest) {
        const std::string_view text = cursor.segment.text(TextColumn(number - kFirstText), row);
        sqlite3_result_text(context, text.data() ? text.data() : "", int(text.size()), SQLITE_TRANSIENT);
    }
    return SQLITE_OK;
}

int rowId(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = cursorOf(base).first + cursorOf(base).row;
    return SQLITE_OK;
}

const sqlite3_module module = [] {
    sqlite3_module out{};
    out.iVersion = 1;
    out.xConnect = connect;
    out.xBestIndex = bestIndex;
    out.xDisconnect = disconnect;
    out.xOpen = openCursor;
    out.xClose = closeCursor;
    out.xFilter = filter;
    out.xNext = next;
    out.xEof = isAtEnd;
    out.xColumn = column;
    out.xRowid = rowId;
    return out;
}();

}  // namespace

Outcome addSegmentTables(Database &database)
{
    const int code = sqlite3_create_module_v2(database.handle(), "exchange", &module, nullptr, nullptr);
    return code == SQLITE_OK ? addMessageTable(database) : Outcome(database.error(code));
}

}  // namespace sluice::storage
