// SPDX-License-Identifier: GPL-3.0-or-later
// Reader: looks into a recording while a gateway may be writing to it. Read-only, its own SQLite connection: one thread a
// reader. Never holds a read transaction between calls.
#pragma once

#include "engine/base/result.h"
#include "engine/journey/exchange.h"
#include "engine/recording/filter.h"
#include "engine/recording/unsealing.h"
#include "storage/kept_settings.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::storage {

// A row of a list: what fits on one line, no bodies, no heads.
struct Row {
    int64_t id = 0;
    WallTime time{};
    std::string method, host, path, query;
    int status = 0;
    Nanos latency{0};
    uint64_t requestBytes = 0, responseBytes = 0;  // content
    std::string client, user, route, service, endpoint, version, cache;
    int attempts = 0;
    std::string requestId, traceId;
    std::optional<Fault> failedBy;
    std::string failure;
    int64_t replayOf = 0;
    int mark = 0;                 // 1 to 6; 0: none
    journey::StreamFacts stream;  // its messages; without a key
    bool open = false;            // still going on: Reader::open()
    std::string decisions;        // JSON; only where asked for
};

// The messages of one exchange that are in the recording.
struct MessageSpan {
    uint64_t first = 0, last = 0;  // numbers; last 0: none
    uint64_t rows = 0;             // how many are there, where they were to be counted: it takes long
    bool open = false;             // more may come
};

enum class Order { OldestFirst, NewestFirst };

struct PageRequest {
    recording::Filter filter;
    Order order = Order::NewestFirst;
    int64_t after = 0;   // go on behind this id, in the order asked for; 0: from the start
    size_t limit = 200;  // 1 to 10,000
    bool decisions = false;
};

// Requests, errors and latencies of one slice of time (Dashboard, Services).
struct Slice {
    WallTime start{};
    std::string group;                                          // route, service or endpoint; empty: all together
    uint64_t requests = 0, clientErrors = 0, serverErrors = 0;  // 4xx; 5xx and failed
    Nanos p50{0}, p95{0}, p99{0}, longest{0};
    uint64_t bytes = 0;
};
enum class GroupBy { Nothing, Route, Service, Endpoint };

struct SliceRequest {
    recording::Filter filter;
    WallTime from{}, to{};
    Nanos step = std::chrono::seconds(1);  // at most 2,000 slices in all: a finer step is widened
    GroupBy group = GroupBy::Nothing;
};

// There is a file, and it is no recording that this version reads: no database, one of another program, or from a newer version.
bool isBadRecording(const std::string &path);

class Reader {
public:
    // Error: no such file, not a recording, written by a newer version, or by an older one and not brought up to date, or not all of it
    // yet; what() says which and what to do.
    static Result<std::unique_ptr<Reader>> open(const std::string &path);
    ~Reader();
    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;

    Result<std::vector<Row>> page(const PageRequest &);
    // The ids only, for models that hold ids and pages: at most `most`, in order, behind `after`.
    Result<std::vector<int64_t>> ids(const recording::Filter &, Order, int64_t after, size_t most);
    // Rows of these ids, in the order given; what has been pruned is left out.
    Result<std::vector<Row>> rows(const std::vector<int64_t> &ids);
    // Whole, secrets as placeholders.
    Result<journey::Exchange> exchange(int64_t id);
    // What a placeholder in this exchange or in one of its messages stands for, with this user's key (SealingKeySource); also of an open
    // one. Error: it was not sealed, with another key, or is damaged.
    Result<recording::Unsealed> unseal(std::string_view placeholder, int64_t id, const Secret &key);
    // A message as it went by, as far as it was kept; of one that is not redacted what messages() gives. Errors as of unseal(), and
    // where there is no such message (any more).
    Result<Secret> unsealMessage(int64_t exchange, uint64_t number, const Secret &key);
    Result<int64_t> count(const recording::Filter &);  // may scan; interrupt() ends it
    Result<int64_t> lastId();
    Result<std::vector<Slice>> slices(const SliceRequest &);
    // Exchanges that have messages and go on still, newest first, at most `most`. Their ids are negative and hold until the recording
    // is closed: exchange(), messages() and messageSpan() take them, also when the exchange has ended meanwhile.
    Result<std::vector<Row>> open(size_t most = 1000);
    // Messages of an exchange behind number `after`, in order; at most 10,000. `bytes`: at most so many of each.
    Result<std::vector<journey::Message>> messages(int64_t exchange, uint64_t after, size_t most,
                                                   size_t bytes = size_t(-1));
    Result<MessageSpan> messageSpan(int64_t exchange, bool count = false);
    // Schema of this service's gRPC messages, as its gateway had it last; empty: none.
    Result<std::string> descriptorSet(const std::string &service);
    // How the gateway that records here redacts, how much of a body it keeps, and where its control socket is.
    Kept kept();
    // Replays of this exchange, oldest first.
    Result<std::vector<int64_t>> replaysOf(int64_t id);
    // 1 to 6; 0 takes the mark away. Waits for a writer's transaction, 2 s at most.
    Result<Done> setMark(int64_t id, int mark);

    // From any thread: the call under way ends with an error soon.
    void interrupt();

    struct Impl;

private:
    explicit Reader(std::unique_ptr<Impl>);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::storage
