// SPDX-License-Identifier: GPL-3.0-or-later
// The table `dictionary`: what the details of exchanges are packed against (packing.h). Each holds for the ids from its own
// on, until the next. They are made of earlier details, which are redacted; none is used for longer than an hour, so that
// nothing outlives retention by more than that. One thread an object.
#pragma once

#include "engine/base/moment.h"
#include "storage/packing.h"
#include "storage/sqlite.h"

#include <memory>
#include <optional>
#include <string>

namespace sluice::storage {

// For the writer, within a transaction of the caller.
class DictionaryWriter {
public:
    static Result<std::unique_ptr<DictionaryWriter>> create(Database &);
    // For this exchange; nothing: there is none yet.
    const Dictionary *current() const { return current_.get(); }
    // After exchange `id` was packed to `packed` bytes: makes a better one for those behind it, where that pays.
    // SQLITE_OK, or why not.
    int note(int64_t id, WallTime time, std::string_view detail, size_t packed);
    int forget();  // after a rollback: what the file has counts

private:
    DictionaryWriter() = default;
    int load();
    Statement latest_, insert_;
    std::unique_ptr<Dictionary> current_;
    WallTime made_{};
    int64_t last_ = 0, pause_ = 0;  // id of the last one made; how many exchanges it is left alone at least
};

// For readers.
class DictionaryReader {
public:
    explicit DictionaryReader(Database &database) : database_(&database) {}
    // Empty: there is none. Valid until the next call.
    std::string_view of(int64_t id);

private:
    Database *database_;
    int64_t first_ = 0, last_ = -1;  // the ids that bytes_ is known to hold for
    std::string bytes_;
};

}  // namespace sluice::storage
