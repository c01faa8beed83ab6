// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/sqlite.h"

#include <mutex>

namespace sluice::storage {

Result<std::unique_ptr<Database>> Database::open(const std::string &path, int flags)
{
    // Statistics that nobody asks for would take a lock at each allocation. Too late where SQLite runs already: no harm.
    static std::once_flag once;
    std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
    sqlite3 *handle = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    std::unique_ptr<Database> database(new Database(handle, path));
    if (code != SQLITE_OK)
        return database->error(code);
    return database;
}

Database::~Database()
{
    sqlite3_close_v2(handle_);
}

Outcome Database::run(const char *sql)
{
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        return error(code);
    return Done{};
}

Result<int64_t> Database::number(const char *sql)
{
    auto statement = Statement::prepare(*this, sql);
    if (!statement)
        return statement.error();
    const int code = statement->step();
    if (code == SQLITE_ROW)
        return statement->integer(0);
    if (code == SQLITE_DONE)
        return int64_t(0);
    return error(code);
}

Error Database::error(int code) const
{
    std::string what;
    switch (code & 0xff) {
    case SQLITE_CORRUPT:
        what = "the recording " + path_ + " is damaged; `sqlite3 FILE .recover` may save what is left";
        break;
    case SQLITE_NOTADB: what = path_ + " is not a recording"; break;
    case SQLITE_FULL: what = "no space is left for the recording " + path_; break;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH: what = "cannot open the recording " + path_; break;
    case SQLITE_READONLY: what = "the recording " + path_ + " cannot be written to"; break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: what = "the recording " + path_ + " is busy"; break;
    case SQLITE_INTERRUPT: what = "interrupted"; break;
    case SQLITE_IOERR: what = "the disk refused the recording " + path_; break;
    default: what = "the recording " + path_ + ": " + (handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code)); break;
    }
    return Error{Fault::Gateway, std::move(what), (code & 0xff) == SQLITE_BUSY};
}

Result<Statement> Statement::prepare(Database &database, std::string_view sql, bool persistent)
{
    Statement statement;
    if (const int code = statement.prepare(database.handle(), sql, persistent); code != SQLITE_OK)
        return database.error(code);
    return statement;
}

int Statement::prepare(sqlite3 *connection, std::string_view sql, bool persistent)
{
    return sqlite3_prepare_v3(connection, sql.data(), int(sql.size()), persistent ? SQLITE_PREPARE_PERSISTENT : 0,
                              &handle_, nullptr);
}

}  // namespace sluice::storage
