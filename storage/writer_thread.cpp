// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/writer_thread.h"

#include "storage/kept_settings.h"

#include <pthread.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace sluice::storage {

namespace {

using std::chrono::milliseconds;

constexpr size_t mostQueued = 50'000;
constexpr uint64_t mostQueuedBytes = 256 << 20;
constexpr size_t batchRows = 4000;  // the more, the fewer index pages a row is charged with
constexpr uint64_t batchBytes = 32 << 20;
constexpr milliseconds gather{100};
constexpr milliseconds idle{60'000};  // how often age is looked at when nothing comes
constexpr milliseconds quiet{500};    // nothing came for so long: the log is folded into the file
constexpr milliseconds firstRetry{100}, longestRetry{2000};
constexpr int checkpointPages = 2000, urgentPages = 32'768;  // of 8 KiB
constexpr size_t mostUsed = 2000, mostGivenBack = 256;       // exchanges kept for another request: some 15 MiB
constexpr uint64_t mostUsedBytes = 40'960;                   // each
constexpr int pruneSteps = 6;                                // between two batches

uint64_t weight(const journey::Exchange &x)
{
    return 4096 + x.requestBody.bytes.capacity() + x.responseBody.bytes.capacity();
}

// The exchange cannot be written, whatever the disk does.
bool isItsOwnFault(int code)
{
    return (code & 0xff) == SQLITE_TOOBIG || (code & 0xff) == SQLITE_CONSTRAINT || (code & 0xff) == SQLITE_MISMATCH;
}

int noteWal(void *pages, sqlite3 *, const char *, int count)
{
    *static_cast<int *>(pages) = count;
    return SQLITE_OK;
}

WallTime wallTime()
{
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

void Recorder::Impl::push(recording::Batch batch)
{
    recording::Batch dropped;  // freed outside the lock
    bool notify = false;
    {
        const std::lock_guard guard(mutex);
        const bool wasEmpty = queue.empty();
        const size_t before = queue.size();
        for (auto &exchange : batch) {
            const uint64_t bytesOfIt = exchange ? weight(*exchange) : 0;
            if (!exchange)
                continue;
            if (queue.size() >= mostQueued || queuedBytes + bytesOfIt > mostQueuedBytes || stopping) {
                dropped.push_back(std::move(exchange));
                continue;
            }
            queuedBytes += bytesOfIt;
            queue.push_back({std::move(exchange), bytesOfIt});
            ++accepted;
        }
        if (wasEmpty && !queue.empty())
            firstArrival = Clock::now();
        notify = !queue.empty() && (wasEmpty || (before < batchRows && queue.size() >= batchRows));
        if (!dropped.empty()) {
            const uint64_t all = shed.fetch_add(dropped.size()) + dropped.size();
            shedTrouble = "more comes than the disk takes: " + std::to_string(all) + " exchanges were not recorded";
        }
    }
    if (notify)
        wake.notify_one();
}

void Recorder::Impl::start()
{
    sqlite3_wal_hook(database->handle(), noteWal, &walPages);
    measure();
    thread = std::thread([this] { run(); });
}

Recorder::Impl::~Impl()
{
    {
        const std::lock_guard guard(mutex);
        stopping = true;
    }
    wake.notify_all();
    if (thread.joinable())
        thread.join();
    // Nobody asks for stats() any more.
    if (lost > 0)
        std::fprintf(stderr, "sluice: %llu exchanges could not be recorded: %s\n",
                     static_cast<unsigned long long>(lost), whyLost.c_str());
}

void Recorder::Impl::run()
{
    pthread_setname_np(pthread_self(), "recorder");
    for (;;) {
        bool done = false, calm = false;
        recording::Batch unwanted;  // freed outside the lock
        {
            std::unique_lock guard(mutex);
            const milliseconds pause = moreToPrune ? milliseconds(0) : walPages > 0 ? quiet : idle;
            const auto wanted = [&] { return stopping || flushing > 0 || settingsRevision != seenRevision; };
            calm = !wake.wait_for(guard, pause, [&] { return wanted() || !queue.empty(); }) && !moreToPrune;
            if (!queue.empty())
                wake.wait_until(guard, firstArrival + gather, [&] { return wanted() || queue.size() >= batchRows; });
            done = stopping && queue.empty();
            if (calm && pause == idle)
                unwanted.swap(used);
        }
        adoptSettings();
        if (done)
            return;
        recording::Batch batch = take();
        if (!batch.empty())
            write(batch);
        prune();
        checkpoint(calm);
        measure();
    }
}

void Recorder::Impl::adoptSettings()
{
    config::RecordSettings fresh;
    std::string place;
    {
        const std::lock_guard guard(mutex);
        if (settingsRevision == seenRevision)
            return;
        seenRevision = settingsRevision;
        fresh = settings;
        place = socket;
    }
    redactor = std::make_unique<recording::Redactor>(fresh, key);
    bounds = {fresh.keepBytes, fresh.keepAge};
    moreToPrune = true;
    if (guest)
        return;
    if (const Outcome kept = writeKept(*database, fresh, place); !kept) {
        const std::lock_guard guard(mutex);
        writeTrouble = kept.error().what;  // until something can be written
    }
}

recording::Batch Recorder::Impl::take()
{
    recording::Batch batch;
    const std::lock_guard guard(mutex);
    uint64_t taken = 0;
    while (!queue.empty() && batch.size() < batchRows && taken < batchBytes) {
        taken += queue.front().bytes;
        queuedBytes -= queue.front().bytes;
        batch.push_back(std::move(queue.front().exchange));
        queue.pop_front();
    }
    underWay = batch.size();
    return batch;
}

int Recorder::Impl::tryWrite(recording::Batch &batch, size_t &culprit)
{
    culprit = batch.size();
    int code = SQLITE_OK;
    if (!database->run("BEGIN IMMEDIATE"))
        return sqlite3_extended_errcode(database->handle());
    int64_t id = lastId;
    for (size_t i = 0; i < batch.size() && code == SQLITE_OK; ++i) {
        code = writer->write(*batch[i], ++id);
        if (isItsOwnFault(code))
            culprit = i;
    }
    if (code == SQLITE_OK)
        code = writer->endBatch();
    if (code == SQLITE_OK && !database->run("COMMIT"))
        code = sqlite3_extended_errcode(database->handle());
    if (code == SQLITE_OK) {
        lastId = id;
        return code;
    }
    sqlite3_exec(database->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    writer->forget();
    return code;
}

void Recorder::Impl::write(recording::Batch &batch)
{
    for (auto &exchange : batch)
        redactor->redact(*exchange);
    size_t givenUp = 0;
    for (milliseconds pause = firstRetry; !batch.empty(); pause = std::min(pause * 2, longestRetry)) {
        size_t culprit = 0;
        const int code = tryWrite(batch, culprit);
        if (code == SQLITE_OK)
            break;
        if (culprit < batch.size()) {
            batch.erase(batch.begin() + std::ptrdiff_t(culprit));
            ++givenUp;
            continue;
        }
        {
            const std::lock_guard guard(mutex);
            writeTrouble = database->error(code).what;
        }
        settledChanged.notify_all();
        if (!waitToRetry(pause)) {
            givenUp += batch.size();
            lost += batch.size();
            whyLost = database->error(code).what;
            batch.clear();
        }
    }
    settle(batch.size(), givenUp);
    keepUsed(batch);
}

void Recorder::Impl::keepUsed(recording::Batch &batch)
{
    std::erase_if(batch, [](const auto &exchange) { return weight(*exchange) > mostUsedBytes; });
    const std::lock_guard guard(mutex);
    while (!batch.empty() && used.size() < mostUsed) {
        used.push_back(std::move(batch.back()));
        batch.pop_back();
    }
}

recording::Batch Recorder::Impl::giveBack()
{
    const std::lock_guard guard(mutex);
    const auto from = used.end() - std::ptrdiff_t(std::min(used.size(), mostGivenBack));
    recording::Batch out(std::make_move_iterator(from), std::make_move_iterator(used.end()));
    used.erase(from, used.end());
    return out;
}

// False: there is no time for another try.
bool Recorder::Impl::waitToRetry(milliseconds pause)
{
    std::unique_lock guard(mutex);
    if (stopping)
        return false;
    wake.wait_for(guard, pause, [&] { return stopping; });
    return true;
}

void Recorder::Impl::settle(size_t written, size_t givenUp)
{
    std::function<void(int64_t)> tell;
    rows += written;
    {
        const std::lock_guard guard(mutex);
        shed += givenUp;
        settled += written + givenUp;
        underWay = 0;
        if (written > 0)
            writeTrouble.clear();
        if (shed == seenShed)
            shedTrouble.clear();
        seenShed = shed;
        tell = committed;
    }
    settledChanged.notify_all();
    if (tell && written > 0)
        tell(lastId);
}

void Recorder::Impl::prune()
{
    moreToPrune = true;
    for (int i = 0; i < pruneSteps && moreToPrune; ++i) {
        const Retention::Step step = retention->step(bounds, wallTime(), lastId);
        rows -= std::min<uint64_t>(rows, uint64_t(step.rows));
        moreToPrune = step.more && step.code == SQLITE_OK;
    }
    if (!moreToPrune && retention->shrink())
        moreToPrune = true;
}

// After the commit has been told: the fsync in it must not delay what readers see. `calm`: also the little that there is, as the file
// may be copied without its log.
void Recorder::Impl::checkpoint(bool calm)
{
    if (walPages < (calm ? 1 : checkpointPages))
        return;
    const bool urgent = walPages >= urgentPages;
    // Urgent: readers that overlap for ever would let the log grow for ever, so new ones wait for 100 ms at most.
    if (urgent)
        sqlite3_busy_timeout(database->handle(), 100);
    int all = 0, folded = 0;
    sqlite3_wal_checkpoint_v2(database->handle(), nullptr,
                              urgent ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, &all, &folded);
    if (urgent)
        sqlite3_busy_timeout(database->handle(), 5000);
    walPages = calm && folded < all ? 1 : 0;  // a reader is in the way: once more
}

void Recorder::Impl::measure()
{
    uint64_t sum = 0;
    for (const char *suffix : {"", "-wal"}) {
        std::error_code error;
        const auto size = std::filesystem::file_size(path + suffix, error);
        sum += error ? 0 : uint64_t(size);
    }
    bytes = sum;
}

}  // namespace sluice::storage
