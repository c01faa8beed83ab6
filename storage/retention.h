// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps a recording within its bounds by taking away the oldest exchanges, a small step at a time. One thread: the writer's.
#pragma once

#include "engine/base/moment.h"
#include "storage/sqlite.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace sluice::storage {

struct Bounds {
    uint64_t bytes = 0;  // of the file's used pages; at least 1 MiB is kept
    Nanos age{0};
};

class Retention {
public:
    static Result<std::unique_ptr<Retention>> create(Database &);
    struct Step {
        int code = SQLITE_OK;  // what SQLite said
        int64_t rows = 0;      // taken away
        bool more = false;     // there is more to take away: call again
    };
    // Takes away at most 1,000 exchanges and about 16 MiB, whole segments, in a transaction of its own. `newest` is the highest id, which
    // always stays, with those in its segment.
    Step step(const Bounds &, WallTime now, int64_t newest);
    // Gives a little of the file's unused room back to the disk, when there is much of it. True: there is more.
    bool shrink();

private:
    explicit Retention(Database &database) : database_(database) {}
    int64_t excess(const Bounds &);  // bytes
    int64_t tooOld(WallTime before, int64_t newest);
    struct Range {
        int64_t from = 0, to = -1;
    };
    Range rows(int64_t first, int64_t last, int64_t bytes);
    int run(Statement &, int64_t first, std::optional<int64_t> second = {});
    int removeRare(int64_t from, int64_t to, int64_t &rows);
    int removeTraces(int64_t from, int64_t to);
    int removeStreams(int64_t from, int64_t to);
    Step remove(int64_t from, int64_t to, int64_t newest);
    int64_t one(Statement &);

    Database &database_;
    Statement pages_, free_, some_, oldSpan_, first_;
    Statement stream_, streamMessages_, streamSealed_, streams_;
    Statement columns_, rare_, segments_, details_, bodies_, marks_, spans_, shorten_, blocks_, names_, sealed_,
        lastId_;
};

}  // namespace sluice::storage
