// SPDX-License-Identifier: GPL-3.0-or-later
// The recorder's own thread and the queue before it. Internal to storage/.
#pragma once

#include "storage/files.h"
#include "storage/recorder.h"
#include "storage/retention.h"
#include "storage/row_writer.h"
#include "storage/stream_writer.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace sluice::storage {

struct Recorder::Impl {
    static constexpr int needsKey = -1;  // no code of SQLite's
    using Clock = std::chrono::steady_clock;
    // Some exchanges as images, or one that is too large to be copied, or news of one that is under way.
    struct Waiting {
        TextBlock images;
        std::unique_ptr<journey::Exchange> large;
        std::optional<journey::StreamNews> news;
        size_t rows;
        uint64_t bytes() const;
    };
    struct Entry {
        std::string_view image;
        journey::Exchange *large;
        journey::StreamNews *news = nullptr;
        // Of a large one and of news, which are redacted in their place: another try finds no secrets in them any more.
        bool redacted = false;
        std::vector<recording::Placeholders::Met> secrets = {};
        std::vector<MessageSecrets> ofMessages = {};
    };
    struct Batch {
        std::vector<Waiting> pieces;
        std::vector<Entry> entries;
    };

    std::string path;
    FileLock lock;
    recording::PlaceholderKey key{};
    std::unique_ptr<Database> database;
    std::unique_ptr<RowWriter> writer;
    std::unique_ptr<StreamWriter> streams;
    std::unique_ptr<Retention> retention;
    std::unique_ptr<Sealer> sealer;
    SealingKeySource keySource;

    // Shared, under `mutex`.
    mutable std::mutex mutex;
    std::condition_variable wake, settledChanged;
    std::deque<Waiting> queue;
    uint64_t queuedBytes = 0;
    size_t queuedRows = 0;
    Clock::time_point firstArrival{};
    uint64_t accepted = 0, settled = 0;  // exchanges that came in; of these: on disk, or given up
    int flushing = 0;
    bool stopping = false;
    config::RecordSettings settings;
    std::string socket;
    std::vector<std::pair<std::string, std::string>> descriptorSets;  // not written yet
    uint64_t settingsRevision = 1;
    std::function<void(int64_t)> committed;
    std::string writeTrouble, shedTrouble, unsealed;
    uint64_t underWay = 0;         // taken from the queue, not yet settled
    std::vector<TextBlock> spare;  // for further images

    std::atomic<uint64_t> rows{0}, bytes{0}, shed{0}, shedMessages{0};
    std::atomic<int64_t> lastId{0};

    // The writer's own.
    std::unique_ptr<recording::Redactor> redactor;
    journey::Exchange current;  // the one that is being written
    Bounds bounds;
    Clock::time_point askAgain{};  // for the key
    size_t secretsOfMessages = 0;  // bytes that the batch under way holds in clear
    bool droppedSecrets = false;   // in it
    uint64_t seenRevision = 0, seenShed = 0;
    uint64_t lost = 0;  // given up at the end, for `whyLost`
    std::string whyLost;
    int walPages = 0;
    bool moreToPrune = true;
    bool guest = false;
    std::thread thread;

    ~Impl();
    Outcome open(const std::string &file);
    void start();
    // What is left in the batch is the caller's.
    void push(recording::Batch &);
    void tell(std::vector<journey::StreamNews>);
    Outcome recover();
    Outcome writeDescriptorSets(const std::vector<std::pair<std::string, std::string>> &);
    TextBlock emptyImages();
    void enqueue(std::vector<Waiting> pieces);

    void run();
    Batch take();
    void adoptSettings();
    void write(Batch &);
    // SQLITE_OK, `needsKey`, or why not; `culprit` is the entry that can never be written.
    int tryWrite(Batch &, size_t &culprit);
    int writeOne(Entry &, int64_t id);
    bool mayFindKey() const { return !sealer->hasKey() && Clock::now() >= askAgain; }
    void findKey();
    void tellUnsealed(const std::string &why);
    bool waitToRetry(std::chrono::milliseconds);
    int write(Entry &, int64_t &id);
    int writeNews(Entry &);
    void redactNews(Entry &);
    void keepSecrets(Entry &, uint64_t number);
    void settle(size_t written, size_t exchanges, size_t given_up);
    void keepSpare(Batch &);
    void prune();
    void checkpoint(bool calm);
    void measure();
};

}  // namespace sluice::storage
