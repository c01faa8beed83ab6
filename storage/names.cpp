// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/names.h"

namespace sluice::storage {

namespace {
constexpr size_t mostWritten = 50'000, mostRead = 100'000;
}

Result<NameWriter> NameWriter::create(Database &database)
{
    NameWriter names;
    names.database_ = &database;
    auto find = Statement::prepare(database, "SELECT id, last_epoch FROM name WHERE kind = ?1 AND text = ?2", true);
    auto insert = Statement::prepare(database, "INSERT INTO name (kind, text, last_epoch) VALUES (?1, ?2, ?3)", true);
    auto touch = Statement::prepare(database, "UPDATE name SET last_epoch = ?2 WHERE id = ?1", true);
    for (const auto *each : {&find, &insert, &touch}) {
        if (!*each)
            return each->error();
    }
    names.find_ = find.take();
    names.insert_ = insert.take();
    names.touch_ = touch.take();
    return names;
}

int64_t NameWriter::number(NameKind kind, std::string_view text, int64_t epoch)
{
    if (text.empty())
        return 0;
    auto &known = known_[size_t(kind)];
    const auto at = known.find(text);
    if (at != known.end() && at->second.epoch == epoch)
        return at->second.id;
    // Once an epoch each is looked up anew: retention may have taken it away.
    Known fresh{};
    if (look(kind, text, epoch, fresh) < 0)
        return -1;
    if (at != known.end()) {
        at->second = fresh;
        return fresh.id;
    }
    if (known.size() >= mostWritten)
        known.clear();
    known.emplace(std::string(text), fresh);
    return fresh.id;
}

int64_t NameWriter::look(NameKind kind, std::string_view text, int64_t epoch, Known &out)
{
    find_.bind(1, int64_t(kind));
    find_.bind(2, text);
    const int found = find_.step();
    out = found == SQLITE_ROW ? Known{find_.integer(0), find_.integer(1)} : Known{-1, epoch};
    find_.reset();
    if (found == SQLITE_ROW)
        return out.epoch == epoch || touch(out, epoch) ? out.id : -1;
    if (found != SQLITE_DONE)
        return -1;
    insert_.bind(1, int64_t(kind));
    insert_.bind(2, text);
    insert_.bind(3, epoch);
    const int done = insert_.step();
    insert_.reset();
    if (done != SQLITE_DONE)
        return -1;
    out.id = sqlite3_last_insert_rowid(database_->handle());
    return out.id;
}

bool NameWriter::touch(Known &known, int64_t epoch)
{
    touch_.bind(1, known.id);
    touch_.bind(2, epoch);
    const int done = touch_.step();
    touch_.reset();
    known.epoch = epoch;
    return done == SQLITE_DONE;
}

void NameWriter::forget()
{
    for (auto &known : known_)
        known.clear();
}

Result<NameReader> NameReader::create(Database &database)
{
    auto find = Statement::prepare(database, "SELECT text FROM name WHERE id = ?1", true);
    if (!find)
        return find.error();
    NameReader names;
    names.find_ = find.take();
    return names;
}

const std::string &NameReader::text(int64_t id)
{
    if (id == 0)
        return none_;
    if (const auto at = known_.find(id); at != known_.end())
        return at->second;
    const Resetting later(find_);
    find_.bind(1, id);
    if (find_.step() != SQLITE_ROW)
        return none_;
    if (known_.size() >= mostRead)
        known_.clear();
    return known_.emplace(id, std::string(find_.text(0))).first->second;
}

}  // namespace sluice::storage
