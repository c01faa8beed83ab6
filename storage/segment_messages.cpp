// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/segment_messages.h"

#include "storage/segment_details.h"

#include <limits>

namespace sluice::storage {

namespace {

constexpr const char *schema = "CREATE TABLE message (id INTEGER, coded INTEGER, detail BLOB, like_detail BLOB, "
                               "request_body BLOB, response_body BLOB)";
enum Column : int { kId, kCoded, kDetail, kLikeDetail, kRequestBody, kResponseBody };

// The segment that was unpacked last stays: its neighbours are asked for next. What it says of an exchange never changes.
struct Table : sqlite3_vtab {
    sqlite3 *connection = nullptr;
    Statement find, body;
    int64_t first = 0, last = -1;
    SegmentDetailView segment;
    std::string plain;

    int load(int64_t id);
};

struct Cursor : sqlite3_vtab_cursor {
    int64_t id = 0;
    bool atEnd = true;
    Table &table() { return *static_cast<Table *>(pVtab); }
};

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
    delete static_cast<Table *>(table);
    return SQLITE_OK;
}

int bestIndex(sqlite3_vtab *, sqlite3_index_info *info)
{
    for (int i = 0; i < info->nConstraint; ++i) {
        const auto &constraint = info->aConstraint[i];
        if (!constraint.usable || constraint.iColumn > kId || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        info->aConstraintUsage[i].argvIndex = 1;
        info->estimatedCost = 100;  // dearer than a row of `exchange`
        info->estimatedRows = 1;
        info->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
        return SQLITE_OK;
    }
    return SQLITE_CONSTRAINT;
}

int openCursor(sqlite3_vtab *, sqlite3_vtab_cursor **out)
{
    *out = new Cursor{};
    return SQLITE_OK;
}

int closeCursor(sqlite3_vtab_cursor *cursor)
{
    delete &cursorOf(cursor);
    return SQLITE_OK;
}

// SQLITE_DONE: there is no such exchange.
int Table::load(int64_t id)
{
    if (id >= first && id <= last)
        return SQLITE_OK;
    if (!find) {
        constexpr const char *sql = "SELECT s.id, s.last, d.bytes FROM segment s JOIN segment_detail d ON d.id = s.id "
                                    "WHERE s.id = (SELECT max(id) FROM "
                                    "segment WHERE id <= ?1) AND s.last >= ?1";
        if (const int code = find.prepare(connection, sql, true); code != SQLITE_OK)
            return code;
    }
    const Resetting later(find);
    find.bind(1, id);
    if (const int code = find.step(); code != SQLITE_ROW)
        return code;
    first = find.integer(0);
    last = first - 1;
    if (!segment.open(find.text(2)))
        return SQLITE_CORRUPT;
    last = first + int64_t(segment.size()) - 1;
    return id <= last ? SQLITE_OK : SQLITE_CORRUPT;
}

int filter(sqlite3_vtab_cursor *base, int, const char *, int, sqlite3_value **values)
{
    Cursor &cursor = cursorOf(base);
    cursor.id = sqlite3_value_int64(values[0]);
    const int code = cursor.table().load(cursor.id);
    cursor.atEnd = code != SQLITE_OK;
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int next(sqlite3_vtab_cursor *base)
{
    cursorOf(base).atEnd = true;
    return SQLITE_OK;
}

int isAtEnd(sqlite3_vtab_cursor *base)
{
    return cursorOf(base).atEnd;
}

void giveBlob(sqlite3_context *context, std::string_view bytes)
{
    sqlite3_result_blob64(context, bytes.data() ? bytes.data() : "", bytes.size(), SQLITE_TRANSIENT);
}

// A content that is a row of its own.
int giveBody(Table &table, sqlite3_context *context, int64_t id)
{
    if (!table.body) {
        if (const int code = table.body.prepare(table.connection, "SELECT packed, bytes FROM body WHERE id = ?1", true);
            code != SQLITE_OK)
            return code;
    }
    const Resetting later(table.body);
    table.body.bind(1, id);
    const int code = table.body.step();
    if (code == SQLITE_ROW && table.body.integer(0)) {
        if (!unpack(table.body.text(1), table.plain))
            return SQLITE_CORRUPT;
        giveBlob(context, table.plain);
    } else if (code == SQLITE_ROW) {
        giveBlob(context, table.body.text(1));
    }
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int number)
{
    Cursor &cursor = cursorOf(base);
    Table &table = cursor.table();
    if (const int code = table.load(cursor.id); code != SQLITE_OK)  // another cursor may have been elsewhere
        return code == SQLITE_DONE ? SQLITE_OK : code;
    const SegmentDetailView::Row &row = table.segment.row(size_t(cursor.id - table.first));
    switch (number) {
    case kId: sqlite3_result_int64(context, cursor.id); break;
    case kCoded: sqlite3_result_int64(context, row.bits & (kRequestCoded | kResponseCoded)); break;
    case kDetail: giveBlob(context, row.detail); break;
    case kLikeDetail: giveBlob(context, row.like); break;
    case kRequestBody:
        if (row.bits & kRequestApart)
            return giveBody(table, context, cursor.id << 1);
        giveBlob(context, row.request);
        break;
    case kResponseBody:
        if (row.bits & kResponseApart)
            return giveBody(table, context, cursor.id << 1 | 1);
        giveBlob(context, row.response);
        break;
    default: break;
    }
    return SQLITE_OK;
}

int rowId(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = cursorOf(base).id;
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

Outcome addMessageTable(Database &database)
{
    const int code = sqlite3_create_module_v2(database.handle(), "message", &module, nullptr, nullptr);
    return code == SQLITE_OK ? Outcome(Done{}) : Outcome(database.error(code));
}

}  // namespace sluice::storage
