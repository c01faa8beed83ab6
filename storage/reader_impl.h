// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the reader share. Internal to storage/.
#pragma once

#include "storage/filter_sql.h"
#include "storage/names.h"
#include "storage/reader.h"

namespace sluice::storage {

struct Reader::Impl {
    std::string path;
    std::unique_ptr<Database> database;
    std::unique_ptr<Database> markWriter;  // opened when the first mark is set
    NameReader names;
    Statement row, message, stream, streamRow;
    std::atomic<bool> interrupted{false};

    Outcome prepare();
    Row readRow(const Statement &);
    Result<std::vector<int64_t>> ids(const recording::Filter &, Order, int64_t after, size_t most);
    Result<std::vector<Row>> rowsOf(const std::vector<int64_t> &, bool decisions);
    // False: there is no such exchange.
    Result<bool> readExchange(int64_t id, journey::Exchange &);
    // The row of `stream` of this exchange, or of one that is open; 0: it has none.
    int64_t streamOf(int64_t id);
    int readStream(int64_t row, journey::StreamFacts &, int64_t &exchange);
    Result<bool> readOpen(int64_t row, journey::Exchange &, bool &open);
    Result<std::vector<journey::Message>> messages(int64_t exchange, uint64_t after, size_t most, size_t bytes);
    Result<recording::Unsealed> unseal(std::string_view placeholder, int64_t id, const Secret &key);
};

// One snapshot for all statements of a call; never outlives it.
class Snapshot {
public:
    explicit Snapshot(Reader::Impl &impl);
    ~Snapshot();
    Snapshot(const Snapshot &) = delete;
    Snapshot &operator=(const Snapshot &) = delete;
    // Why the call cannot go on; call after compiling and after each loop.
    std::optional<Error> trouble() const { return trouble_; }

private:
    Database &database_;
    std::optional<Error> trouble_;
};

}  // namespace sluice::storage
