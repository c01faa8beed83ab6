// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/dictionaries.h"

#include <algorithm>

namespace sluice::storage {

namespace {
constexpr size_t mostBytes = 24 * 1024, mostOfOne = 8 * 1024;
constexpr int64_t firstPause = 16, longestPause = 4096;  // doubled each time: what does not pack well costs little
constexpr auto longestUse = std::chrono::hours(1);
}  // namespace

Result<std::unique_ptr<DictionaryWriter>> DictionaryWriter::create(Database &database)
{
    std::unique_ptr<DictionaryWriter> writer(new DictionaryWriter);
    auto latest = Statement::prepare(database, "SELECT id, time, bytes FROM dictionary ORDER BY id DESC LIMIT 1", true);
    auto insert =
        Statement::prepare(database, "INSERT OR REPLACE INTO dictionary (id, time, bytes) VALUES (?1, ?2, ?3)", true);
    if (!latest || !insert)
        return latest ? insert.error() : latest.error();
    writer->latest_ = latest.take();
    writer->insert_ = insert.take();
    if (const int code = writer->load(); code != SQLITE_OK)
        return database.error(code);
    return writer;
}

int DictionaryWriter::load()
{
    const Resetting later(latest_);
    current_.reset();
    made_ = WallTime();
    last_ = 0;
    pause_ = firstPause;
    const int code = latest_.step();
    if (code == SQLITE_ROW) {
        last_ = latest_.integer(0);
        made_ = WallTime(std::chrono::microseconds(latest_.integer(1)));
        current_ = std::make_unique<Dictionary>(std::string(latest_.text(2)));
    }
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

int DictionaryWriter::note(int64_t id, WallTime time, std::string_view detail, size_t packed)
{
    // Also when the clock was ahead: no dictionary is for ever.
    const bool old = !current_ || time - made_ > longestUse || made_ - time > longestUse;
    const bool poor = packed * 3 > detail.size() && id - last_ >= pause_;
    if (!old && !poor)
        return SQLITE_OK;
    std::string bytes = old ? std::string() : current_->bytes();
    bytes += detail.substr(0, mostOfOne);
    if (bytes.size() > mostBytes)
        bytes.erase(0, bytes.size() - mostBytes);
    insert_.bind(1, id + 1);
    insert_.bind(2, old ? time.time_since_epoch().count() : made_.time_since_epoch().count());
    insert_.bindBlob(3, bytes);
    const int code = insert_.step();
    insert_.reset();
    if (code != SQLITE_DONE)
        return code;
    current_ = std::make_unique<Dictionary>(std::move(bytes));
    made_ = old ? time : made_;
    pause_ = old ? firstPause : std::min(pause_ * 2, longestPause);
    last_ = id + 1;
    return SQLITE_OK;
}

int DictionaryWriter::forget()
{
    return load();
}

std::string_view DictionaryReader::of(int64_t id)
{
    if (id >= first_ && id <= last_)
        return bytes_;
    auto statement = Statement::prepare(*database_,
                                        "SELECT d.id, d.bytes, (SELECT min(n.id) FROM dictionary n WHERE n.id > d.id) "
                                        "FROM dictionary d WHERE d.id <= ?1 "
                                        "ORDER BY d.id DESC LIMIT 1");
    bytes_.clear();
    first_ = last_ = id;
    if (!statement)
        return bytes_;
    statement->bind(1, id);
    if (statement->step() != SQLITE_ROW)
        return bytes_;
    first_ = statement->integer(0);
    bytes_ = statement->text(1);
    const int64_t next = statement->integer(2);  // 0: none yet, but one may come for what is newer than `id`
    last_ = next > 0 ? next - 1 : id;
    return bytes_;
}

}  // namespace sluice::storage
