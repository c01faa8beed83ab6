// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite's C interface with owners: a connection, a prepared statement. Internal to storage/. One thread each, but for
// Database::interrupt(). Errors are sentences with the file's name.
#pragma once

#include "engine/base/result.h"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::storage {

class Database {
public:
    static Result<std::unique_ptr<Database>> open(const std::string &path, int flags);
    ~Database();
    Database(const Database &) = delete;
    Database &operator=(const Database &) = delete;

    sqlite3 *handle() const { return handle_; }
    const std::string &path() const { return path_; }
    // One or more statements without results.
    Outcome run(const char *sql);
    // The first column of the first row; 0 where there is none.
    Result<int64_t> number(const char *sql);
    // Why the last call failed, for people; `code` is what it answered.
    Error error(int code) const;
    void interrupt() { sqlite3_interrupt(handle_); }

private:
    Database(sqlite3 *handle, std::string path) : handle_(handle), path_(std::move(path)) {}
    sqlite3 *handle_;
    std::string path_;
};

// Parameters count from 1, columns from 0. Texts and blobs are bound without a copy and must live until reset() or the next bind.
class Statement {
public:
    static Result<Statement> prepare(Database &, std::string_view sql, bool persistent = false);
    // SQLITE_OK, or why not; for those who have a connection without its owner. Only of an empty one.
    int prepare(sqlite3 *, std::string_view sql, bool persistent);
    Statement() = default;
    Statement(Statement &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Statement &operator=(Statement &&other) noexcept
    {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Statement() { sqlite3_finalize(handle_); }

    explicit operator bool() const { return handle_; }
    sqlite3_stmt *handle() const { return handle_; }
    void bind(int parameter, int64_t value) { sqlite3_bind_int64(handle_, parameter, value); }
    void bind(int parameter, std::string_view text)
    {
        sqlite3_bind_text64(handle_, parameter, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                            SQLITE_UTF8);
    }
    void bindBlob(int parameter, std::string_view bytes)
    {
        sqlite3_bind_blob64(handle_, parameter, bytes.data() ? bytes.data() : "", bytes.size(), SQLITE_STATIC);
    }
    // SQLITE_ROW, SQLITE_DONE or what went wrong.
    int step() { return sqlite3_step(handle_); }
    void reset() { sqlite3_reset(handle_); }
    int64_t integer(int column) const { return sqlite3_column_int64(handle_, column); }
    // Lives until the next step() or reset().
    std::string_view text(int column) const
    {
        const void *data = sqlite3_column_blob(handle_, column);
        const int size = sqlite3_column_bytes(handle_, column);
        return data ? std::string_view(static_cast<const char *>(data), size_t(size)) : std::string_view();
    }
    bool isNull(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }
    bool isBlob(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_BLOB; }

private:
    sqlite3_stmt *handle_ = nullptr;
};

// Resets a statement at the end of a block, so that no read transaction outlives it.
class Resetting {
public:
    explicit Resetting(Statement &statement) : statement_(statement) {}
    ~Resetting() { statement_.reset(); }
    Resetting(const Resetting &) = delete;
    Resetting &operator=(const Resetting &) = delete;

private:
    Statement &statement_;
};

}  // namespace sluice::storage
