// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/writer_thread.h"

#include "engine/base/background.h"
#include "storage/exchange_image.h"
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
constexpr size_t batchRows = 512;  // the more, the fewer index pages a row is charged with
constexpr uint64_t batchBytes = 32 << 20;
constexpr milliseconds gather{100};
constexpr milliseconds idle{60'000};  // how often age is looked at when nothing comes
constexpr milliseconds quiet{500};    // nothing came for so long: the log is folded into the file
constexpr milliseconds firstRetry{100}, longestRetry{2000};
constexpr int checkpointPages = 2000, urgentPages = 32'768;  // of 8 KiB
constexpr size_t mostInPiece = 64;                           // images handed over together
constexpr uint64_t largeBodies = 32 << 10;                   // from here on moving costs less than copying
constexpr size_t mostSpare = 64, mostSpareBytes = 1 << 20;   // strings for images that are kept, and each of them
constexpr int pruneSteps = 6;                                // between two batches

uint64_t weight(const journey::Exchange &x)
{
    return 4096 + x.requestBody.bytes.capacity() + x.responseBody.bytes.capacity();
}

bool isLarge(const journey::Exchange &x)
{
    return x.requestBody.bytes.size() + x.responseBody.bytes.size() > largeBodies;
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

uint64_t Recorder::Impl::Waiting::bytes() const
{
    if (!news)
        return large ? weight(*large) : images.size();
    uint64_t sum = 512 + (news->opened ? 4096 : 0);
    for (const journey::Message &message : news->messages)
        sum += sizeof message + message.bytes.capacity();
    return sum;
}

TextBlock Recorder::Impl::emptyImages()
{
    const std::lock_guard guard(mutex);
    if (spare.empty())
        return {};
    TextBlock out = std::move(spare.back());
    spare.pop_back();
    return out;
}

void Recorder::Impl::push(recording::Batch &batch)
{
    std::vector<Waiting> pieces;
    for (auto &exchange : batch) {
        if (!exchange)
            continue;
        if (isLarge(*exchange)) {
            pieces.push_back({{}, std::move(exchange), {}, 1});
            continue;
        }
        if (pieces.empty() || pieces.back().large || pieces.back().rows >= mostInPiece)
            pieces.push_back({emptyImages(), nullptr, {}, 0});
        appendImage(pieces.back().images, *exchange);
        ++pieces.back().rows;
    }
    std::erase(batch, nullptr);
    enqueue(std::move(pieces));
}

void Recorder::Impl::enqueue(std::vector<Waiting> pieces)
{
    bool notify = false;
    const auto drop = [this](std::atomic<uint64_t> &count, uint64_t some, const char *what) {
        shedTrouble = "more comes than the disk takes: " + std::to_string(count.fetch_add(some) + some) + what
            + " were not recorded";
    };
    {
        const std::lock_guard guard(mutex);
        const size_t before = queuedRows;
        for (Waiting &piece : pieces) {
            const uint64_t weighs = piece.bytes();
            if (queuedRows + piece.rows > mostQueued || queuedBytes + weighs > mostQueuedBytes || stopping) {
                if (piece.news)
                    drop(shedMessages, piece.news->messages.size(), " messages");
                else
                    drop(shed, piece.rows, " exchanges");
                continue;  // freed outside the lock
            }
            queuedBytes += weighs;
            queuedRows += piece.rows;
            accepted += piece.rows;
            queue.push_back(std::move(piece));
        }
        if (before == 0 && queuedRows > 0)
            firstArrival = Clock::now();
        notify = queuedRows > 0 && (before == 0 || (before < batchRows && queuedRows >= batchRows));
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
    goBehindOthers();
    for (;;) {
        bool done = false, calm = false;
        std::vector<TextBlock> unwanted;  // freed outside the lock
        {
            std::unique_lock guard(mutex);
            const milliseconds pause = moreToPrune ? milliseconds(0) : walPages > 0 ? quiet : idle;
            const auto wanted = [&] { return stopping || flushing > 0 || settingsRevision != seenRevision; };
            calm = !wake.wait_for(guard, pause, [&] { return wanted() || !queue.empty(); }) && !moreToPrune;
            if (!queue.empty())
                wake.wait_until(guard, firstArrival + gather, [&] { return wanted() || queuedRows >= batchRows; });
            done = stopping && queue.empty();
            if (calm && pause == idle)
                unwanted.swap(spare);
        }
        adoptSettings();
        if (done)
            return;
        Batch batch = take();
        if (!batch.entries.empty())
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
    std::vector<std::pair<std::string, std::string>> sets;
    {
        const std::lock_guard guard(mutex);
        if (settingsRevision == seenRevision)
            return;
        sets.swap(descriptorSets);
        seenRevision = settingsRevision;
        fresh = settings;
        place = socket;
    }
    redactor = std::make_unique<recording::Redactor>(fresh, key);
    redactor->wantSecrets(true);
    bounds = {fresh.keepBytes, fresh.keepAge};
    streams->setMostBytes(fresh.keepBytes);
    moreToPrune = true;
    if (guest)
        return;
    Outcome kept = writeKept(*database, fresh, place);
    if (kept && !sets.empty())
        kept = writeDescriptorSets(sets);
    if (!kept) {
        const std::lock_guard guard(mutex);
        writeTrouble = kept.error().what;  // until something can be written
    }
}

Recorder::Impl::Batch Recorder::Impl::take()
{
    Batch batch;
    size_t taking = 0;
    {
        const std::lock_guard guard(mutex);
        uint64_t taken = 0;
        while (!queue.empty() && taking < batchRows && taken < batchBytes) {
            Waiting &piece = queue.front();
            taken += piece.bytes();
            taking += piece.rows;
            queuedBytes -= piece.bytes();
            queuedRows -= piece.rows;
            batch.pieces.push_back(std::move(piece));
            queue.pop_front();
        }
        underWay = taking;
    }
    batch.entries.reserve(taking);
    for (Waiting &piece : batch.pieces) {
        if (piece.news)
            batch.entries.push_back({{}, nullptr, &*piece.news});
        if (piece.large)
            batch.entries.push_back({{}, piece.large.get(), nullptr});
        for (std::string_view images = piece.images.view(); !images.empty();)
            batch.entries.push_back({takeImage(images), nullptr, nullptr});
    }
    return batch;
}

int Recorder::Impl::tryWrite(Batch &batch, size_t &culprit)
{
    culprit = batch.entries.size();
    int code = SQLITE_OK;
    if (!database->run("BEGIN IMMEDIATE"))
        return sqlite3_extended_errcode(database->handle());
    int64_t id = lastId;
    for (size_t i = 0; i < batch.entries.size() && code == SQLITE_OK; ++i) {
        code = write(batch.entries[i], id);
        if (isItsOwnFault(code))
            culprit = i;
    }
    if (code == SQLITE_OK)
        code = writer->endBatch();
    if (code == SQLITE_OK && !database->run("COMMIT"))
        code = sqlite3_extended_errcode(database->handle());
    if (code == SQLITE_OK) {
        lastId = id;
        streams->committed();
        return code;
    }
    sqlite3_exec(database->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    writer->forget();
    streams->forget();
    sealer->forget();
    return code;
}

void Recorder::Impl::write(Batch &batch)
{
    std::vector<Entry> &entries = batch.entries;
    size_t givenUp = 0;
    for (milliseconds pause = firstRetry; !entries.empty(); pause = std::min(pause * 2, longestRetry)) {
        size_t culprit = 0;
        const int code = tryWrite(batch, culprit);
        if (code == SQLITE_OK)
            break;
        if (code == needsKey) {
            findKey();
            pause = firstRetry / 2;
            continue;
        }
        if (culprit < entries.size()) {
            entries.erase(entries.begin() + std::ptrdiff_t(culprit));
            ++givenUp;
            continue;
        }
        {
            const std::lock_guard guard(mutex);
            writeTrouble = database->error(code).what;
        }
        settledChanged.notify_all();
        if (!waitToRetry(pause)) {
            givenUp += entries.size();
            lost += entries.size();
            whyLost = database->error(code).what;
            entries.clear();
        }
    }
    if (sealer->hasKey())
        tellUnsealed(droppedSecrets ? "an exchange held more secrets than are sealed" : sealer->trouble());
    secretsOfMessages = 0;
    droppedSecrets = false;
    const auto exchanges = std::count_if(entries.begin(), entries.end(), [](const Entry &e) { return !e.news; });
    settle(entries.size(), size_t(exchanges), givenUp);
    keepSpare(batch);
}

void Recorder::Impl::keepSpare(Batch &batch)
{
    const std::lock_guard guard(mutex);
    for (Waiting &piece : batch.pieces) {
        if (piece.images.capacity() == 0 || piece.images.capacity() > mostSpareBytes || spare.size() >= mostSpare)
            continue;
        piece.images.clear();
        spare.push_back(std::move(piece.images));
    }
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

void Recorder::Impl::settle(size_t written, size_t exchanges, size_t givenUp)
{
    std::function<void(int64_t)> tell;
    rows += exchanges;
    {
        const std::lock_guard guard(mutex);
        shed += givenUp;
        settled += written + givenUp;
        underWay = 0;
        if (written > 0)
            writeTrouble.clear();
        if (shed == seenShed && queuedRows < batchRows)  // it keeps up again
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
