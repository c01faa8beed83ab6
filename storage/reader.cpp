// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/reader.h"

#include "storage/functions.h"
#include "storage/migrations.h"
#include "storage/reader_impl.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sluice::storage {

namespace {

constexpr int64_t oldestRead = 6;  // version 7 adds a table, and what is not there is not sealed
constexpr size_t mostPage = 10'000;
constexpr int mostRollbacks = 10'000;
constexpr int readTimeout = 2000;  // ms: only recovery after a crash makes a reader wait

Error notFound(int64_t id)
{
    return Error{Fault::Client, "exchange " + std::to_string(id) + " is not in the recording (any more)"};
}

// Read-only; where not even the shared memory of the log can be made (a read-only folder): as a file that nobody changes.
Result<std::unique_ptr<Database>> openReadOnly(const std::string &path, int64_t &version, FileKind &kind)
{
    auto database = Database::open(path, SQLITE_OPEN_READONLY);
    if (!database)
        return database.error();
    sqlite3_busy_timeout((*database)->handle(), readTimeout);
    auto found = identify(**database, version);
    if (!found && (sqlite3_errcode((*database)->handle()) & 0xff) == SQLITE_CANTOPEN) {
        struct stat log {};
        if (::stat((path + "-wal").c_str(), &log) == 0 && log.st_size > 0)
            return Error{
                Fault::Gateway,
                "the newest exchanges of " + path + " are in " + path
                    + "-wal, which cannot be read as long as nothing may be written beside it; copy both files into a "
                      "folder of yours"};
        std::string uri = "file:";
        for (const char c : path) {
            if (c == '?' || c == '#' || c == '%') {
                constexpr char digits[] = "0123456789abcdef";
                uri += {'%', digits[(c >> 4) & 15], digits[c & 15]};
            } else {
                uri += c;
            }
        }
        database = Database::open(uri + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
        if (!database)
            return database.error();
        found = identify(**database, version);
    }
    if (!found)
        return found.error();
    kind = *found;
    return database;
}

// Part of it is in the former way still (storage/former_rows.h).
bool isBeingMoved(Database &database)
{
    const auto there = database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'former_exchange'");
    if (!there || *there == 0)
        return false;
    const auto some = database.number("SELECT EXISTS (SELECT 1 FROM former_exchange)");
    return some && *some;
}

}  // namespace

Snapshot::Snapshot(Reader::Impl &impl) : database_(*impl.database)
{
    impl.interrupted = false;
    if (const Outcome begun = database_.run("BEGIN"); !begun)
        trouble_ = begun.error();
}

Snapshot::~Snapshot()
{
    // An interrupt that comes late may hit this, too, and the next call could not begin.
    for (int i = 0; i < mostRollbacks && sqlite3_get_autocommit(database_.handle()) == 0; ++i)
        sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

bool isBadRecording(const std::string &path)
{
    struct stat file {};
    if (::stat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode) || file.st_size == 0)
        return false;
    auto database = Database::open(path, SQLITE_OPEN_READONLY);
    if (!database)
        return false;
    int64_t version = 0;
    const auto kind = identify(**database, version);
    if (!kind)
        return (sqlite3_errcode((*database)->handle()) & 0xff) == SQLITE_NOTADB;
    return *kind == FileKind::Foreign || *kind == FileKind::Newer;
}

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::~Reader() = default;

Result<std::unique_ptr<Reader>> Reader::open(const std::string &path)
{
    if (::access(path.c_str(), F_OK) != 0)
        return Error{Fault::Client, "there is no recording " + path + " (" + std::strerror(errno) + ")"};
    if (::access(path.c_str(), R_OK) != 0)
        return Error{Fault::Client, "the recording " + path + " may not be read (" + std::strerror(errno) + ")"};
    int64_t version = 0;
    FileKind kind{};
    auto database = openReadOnly(path, version, kind);
    if (!database)
        return database.error();
    if (kind == FileKind::Foreign || kind == FileKind::Newer)
        return Error{Fault::Client, whyNot(kind, path, version)};
    if (kind == FileKind::Empty)
        return Error{Fault::Client, "the recording " + path + " is empty"};
    if (version < oldestRead)
        return Error{Fault::Client,
                     "the recording " + path
                         + " was written by an older Sluice; `sluice run --record` brings it up to date"};
    if (isBeingMoved(**database))
        return Error{
            Fault::Client,
            "the recording " + path
                + " was written by an older Sluice and is not whole until it has been brought up to date; if no "
                  "gateway is doing that now, `sluice run --record` does"};
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->database = database.take();
    if (const Outcome prepared = impl->prepare(); !prepared)
        return prepared.error();
    return std::unique_ptr<Reader>(new Reader(std::move(impl)));
}

Result<std::vector<int64_t>> Reader::Impl::ids(const recording::Filter &filter, Order order, int64_t after, size_t most)
{
    auto sql = FilterSql::compile(*database, filter);
    if (!sql)
        return sql.error();
    auto statement = Statement::prepare(*database, sql->orderedIds(order == Order::NewestFirst));
    if (!statement)
        return statement.error();
    sql->bind(*statement);
    std::vector<IdBounds> ranges = sql->ranges();
    if (order == Order::NewestFirst)
        std::reverse(ranges.begin(), ranges.end());
    std::vector<int64_t> out;
    for (IdBounds range : ranges) {
        if (after > 0 && order == Order::NewestFirst)
            range.highest = std::min(range.highest, after - 1);
        else if (after > 0)
            range.lowest = std::max(range.lowest, after + 1);
        if (range.lowest > range.highest)
            continue;
        const Resetting later(*statement);
        statement->bind(sql->firstFree(), range.lowest);
        statement->bind(sql->firstFree() + 1, range.highest);
        statement->bind(sql->firstFree() + 2, int64_t(most - out.size()));
        int code = SQLITE_ROW;
        while (!interrupted && (code = statement->step()) == SQLITE_ROW)
            out.push_back(statement->integer(0));
        if (code != SQLITE_DONE)
            return database->error(interrupted ? SQLITE_INTERRUPT : code);
        if (out.size() >= most)
            break;
    }
    return out;
}

Result<std::vector<int64_t>> Reader::ids(const recording::Filter &filter, Order order, int64_t after, size_t most)
{
    const Snapshot snapshot(*impl_);
    if (snapshot.trouble())
        return *snapshot.trouble();
    return impl_->ids(filter, order, after, most);
}

Result<std::vector<Row>> Reader::page(const PageRequest &request)
{
    const Snapshot snapshot(*impl_);
    if (snapshot.trouble())
        return *snapshot.trouble();
    const auto found =
        impl_->ids(request.filter, request.order, request.after, std::clamp<size_t>(request.limit, 1, mostPage));
    if (!found)
        return found.error();
    return impl_->rowsOf(*found, request.decisions);
}

Result<std::vector<Row>> Reader::rows(const std::vector<int64_t> &wanted)
{
    const Snapshot snapshot(*impl_);
    if (snapshot.trouble())
        return *snapshot.trouble();
    return impl_->rowsOf(wanted, false);
}

Result<journey::Exchange> Reader::exchange(int64_t id)
{
    const Snapshot snapshot(*impl_);
    if (snapshot.trouble())
        return *snapshot.trouble();
    journey::Exchange x;
    bool open = false;
    auto found = id < 0 ? impl_->readOpen(-id, x, open) : impl_->readExchange(id, x);
    if (!found)
        return found.error();
    if (!*found)
        return notFound(id);
    return x;
}

Result<int64_t> Reader::count(const recording::Filter &filter)
{
    const Snapshot snapshot(*impl_);
    if (snapshot.trouble())
        return *snapshot.trouble();
    if (filter.root().kind == recording::Term::Kind::All)
        return impl_->database->number("SELECT sum(rows) FROM span");
    auto sql = FilterSql::compile(*impl_->database, filter);
    if (!sql)
        return sql.error();
    auto statement = Statement::prepare(*impl_->database, "SELECT count(*) FROM (" + sql->ids() + ")");
    if (!statement)
        return statement.error();
    sql->bind(*statement);
    int64_t sum = 0;
    for (const IdBounds &range : sql->ranges()) {
        const Resetting later(*statement);
        statement->bind(sql->firstFree(), range.lowest);
        statement->bind(sql->firstFree() + 1, range.highest);
        if (impl_->interrupted)
            return impl_->database->error(SQLITE_INTERRUPT);
        if (const int code = statement->step(); code != SQLITE_ROW)
            return impl_->database->error(code);
        sum += statement->integer(0);
    }
    return sum;
}

Result<int64_t> Reader::lastId()
{
    return impl_->database->number("SELECT last FROM segment ORDER BY id DESC LIMIT 1");
}

Kept Reader::kept()
{
    return readKept(*impl_->database);
}

Result<std::vector<int64_t>> Reader::replaysOf(int64_t id)
{
    auto statement = Statement::prepare(
        *impl_->database,
        ("SELECT id FROM rare WHERE field = " + std::to_string(int(Fact::ReplayOf)) + " AND value = ?1 ORDER BY id")
            .c_str());
    if (!statement)
        return statement.error();
    statement->bind(1, id);
    std::vector<int64_t> out;
    int code = SQLITE_ROW;
    while ((code = statement->step()) == SQLITE_ROW)
        out.push_back(statement->integer(0));
    if (code != SQLITE_DONE)
        return impl_->database->error(code);
    return out;
}

Result<Done> Reader::setMark(int64_t id, int mark)
{
    if (mark < 0 || mark > 6)
        return Error{Fault::Client, "a mark is 1 to 6, or 0 for none"};
    if (!impl_->markWriter) {
        auto opened = Database::open(impl_->path, SQLITE_OPEN_READWRITE);
        if (!opened)
            return opened.error();
        sqlite3_busy_timeout((*opened)->handle(), 2000);
        // The log is the recorder's to fold in.
        if (const Outcome set = (*opened)->run("PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL"); !set)
            return set.error();
        impl_->markWriter = opened.take();
    }
    auto statement = Statement::prepare(
        *impl_->markWriter,
        mark == 0
            ? "DELETE FROM mark WHERE id = ?1"
            : "INSERT INTO mark (id, mark) SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM segment "
              "WHERE id BETWEEN ?1 - 63 AND ?1 AND last >= ?1) ON CONFLICT (id) DO UPDATE SET mark = excluded.mark");
    if (!statement)
        return statement.error();
    statement->bind(1, id);
    if (mark != 0)
        statement->bind(2, mark);
    if (const int code = statement->step(); code != SQLITE_DONE)
        return impl_->markWriter->error(code);
    if (mark != 0 && sqlite3_changes(impl_->markWriter->handle()) == 0)
        return notFound(id);
    return Done{};
}

void Reader::interrupt()
{
    impl_->interrupted = true;
    impl_->database->interrupt();
}

}  // namespace sluice::storage
