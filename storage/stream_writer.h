// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the messages of exchanges into an open recording while the exchanges go on, within a transaction of the caller. One thread.
//
// Bounds: 50,000 streams are open at once, further ones are not written; a stream keeps its newest 100,000 messages and an eighth
// of what the recording may hold, as nothing else of an open exchange can be pruned. Sealed secrets count, and go with the last message
// that needs them.
#pragma once

#include "engine/journey/exchange.h"
#include "storage/packing.h"
#include "storage/sealing.h"
#include "storage/sqlite.h"

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

namespace sluice::storage {

class StreamWriter {
public:
    static Result<std::unique_ptr<StreamWriter>> create(Database &);
    void setMostBytes(uint64_t recording);  // that the whole recording may hold

    // All: SQLITE_OK, or why not; then the caller rolls back and calls forget(). The news are redacted; `secrets` are theirs, in order.
    int write(const journey::StreamNews &, const std::vector<MessageSecrets> &secrets, Sealer &);
    // The exchange has been written: the stream, if it has one, is its own from now on.
    int close(const journey::Exchange &);
    void forget();     // after a rollback
    void committed();  // after a commit
    // Exchanges that were open when the recorder before this one ended, as far as they were known. `take` writes each and tells
    // SQLITE_OK and gives it its id; what was never told of is removed.
    int recover(const std::function<int(journey::Exchange &)> &take);

private:
    struct Open {
        int64_t row = 0;
        int64_t first = 1, last = 0;  // numbers of the messages in the file
        uint64_t bytes = 0;
    };
    explicit StreamWriter(Database &database) : database_(database) {}
    int open(uint64_t key, journey::Streaming kind, std::string_view head, Open *&out);
    int writeMessage(Open &, const journey::Message &);
    int shorten(Open &);
    int discard(int64_t row);
    int finish(int64_t row, int64_t exchange, const journey::StreamFacts &);
    int run(Statement &);
    void remember(uint64_t key);
    int64_t number(Statement &, int64_t parameter);

    Database &database_;
    Statement insert_, head_, message_, finish_, remove_, removeSealed_, bytes_, unclosed_, count_, lastTime_, discard_,
        headSealed_;
    Packer packer_;
    std::string packed_;
    uint64_t mostBytes_ = uint64_t(64) << 20;
    std::unordered_map<uint64_t, Open> open_;
    std::unordered_map<uint64_t, std::optional<Open>> before_;  // what this transaction changed, as it was
};

}  // namespace sluice::storage
