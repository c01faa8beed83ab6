// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/recorder.h"

#include "storage/exchange_codec.h"
#include "storage/former_rows.h"
#include "storage/migrations.h"
#include "storage/writer_thread.h"

#include <filesystem>

namespace sluice::storage {

namespace {

// Before the first table: both are for ever.
constexpr const char *newFile = "PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL;";
constexpr const char *everyTime =
    "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY; "
    "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864;";

}  // namespace

Outcome Recorder::Impl::open(const std::string &file)
{
    path = file;
    bool made = false;
    if (Outcome outcome = makeFile(path, made); !outcome)
        return outcome;
    auto opened = Database::open(path, SQLITE_OPEN_READWRITE);
    if (!opened)
        return opened.error();
    database = opened.take();
    sqlite3_busy_timeout(database->handle(), 5000);
    // Whose file it is first: beside a foreign one nothing is made.
    int64_t version = 0;
    auto kind = identify(*database, version);
    if (!kind)
        return kind.error();
    if (*kind == FileKind::Foreign || *kind == FileKind::Newer)
        return Error{Fault::Gateway, whyNot(*kind, path, version)};
    std::error_code error;
    const auto canonical = std::filesystem::canonical(path, error);
    auto taken = FileLock::take(error ? path : canonical.string());
    if (!taken)
        return taken.error();
    lock = taken.take();
    kind = identify(*database, version);
    if (!kind)
        return kind.error();
    if (*kind == FileKind::Empty) {
        if (Outcome outcome = database->run(newFile); !outcome)
            return outcome;
    }
    if (Outcome outcome = database->run("PRAGMA journal_mode = WAL"); !outcome)
        return outcome;
    if (Outcome outcome = database->run(everyTime); !outcome)
        return outcome;
    if (Outcome outcome = migrate(*database, version); !outcome)
        return outcome;
    return moveFormerRows(*database);
}

Recorder::Recorder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Recorder::~Recorder() = default;

Result<std::unique_ptr<Recorder>> Recorder::create(const std::string &path, const config::RecordSettings &settings,
                                                   Role role, SealingKeySource key)
{
    auto impl = std::make_unique<Impl>();
    if (const Outcome opened = impl->open(path); !opened)
        return opened.error();
    auto placeholders = placeholderKey();
    if (!placeholders)
        return placeholders.error();
    impl->key = *placeholders;
    auto writer = RowWriter::create(*impl->database);
    if (!writer)
        return writer.error();
    impl->writer = writer.take();
    auto streams = StreamWriter::create(*impl->database);
    if (!streams)
        return streams.error();
    impl->streams = streams.take();
    auto sealer = Sealer::create(*impl->database);
    if (!sealer)
        return sealer.error();
    impl->sealer = sealer.take();
    impl->keySource = std::move(key);
    auto retention = Retention::create(*impl->database);
    if (!retention)
        return retention.error();
    impl->retention = retention.take();
    const auto rows = impl->database->number("SELECT sum(rows) FROM span");
    const auto last = impl->database->number(
        "SELECT max((SELECT coalesce(max(last), 0) FROM segment WHERE id = (SELECT max(id) FROM segment)), "
        "(SELECT value FROM meta WHERE key = 'last_id'))");
    if (!rows || !last)
        return rows ? last.error() : rows.error();
    impl->rows = uint64_t(*rows);
    impl->lastId = *last;
    impl->settings = settings;
    impl->guest = role == Role::Guest;
    if (const Outcome recovered = impl->recover(); !recovered)
        return recovered.error();
    impl->start();
    return std::unique_ptr<Recorder>(new Recorder(std::move(impl)));
}

recording::Batch Recorder::push(recording::Batch batch)
{
    impl_->push(batch);
    return batch;
}

void Recorder::tell(std::vector<journey::StreamNews> news)
{
    impl_->tell(std::move(news));
}

Outcome Recorder::take(std::string_view handedOver)
{
    std::unique_ptr<journey::Exchange> exchange = decodeExchange(handedOver);
    if (!exchange)
        return Error{Fault::Client, "that is no exchange, or one of another version of sluice"};
    recording::Batch batch;
    batch.push_back(std::move(exchange));
    impl_->push(batch);
    return Done{};
}

recording::SinkStats Recorder::stats() const
{
    const std::lock_guard guard(impl_->mutex);
    recording::SinkStats stats;
    stats.rows = impl_->rows;
    stats.bytes = impl_->bytes;
    stats.shed = impl_->shed;
    stats.shedMessages = impl_->shedMessages;
    stats.queued = impl_->queuedRows + impl_->underWay;
    stats.lastId = impl_->lastId;
    stats.trouble = impl_->writeTrouble.empty() ? impl_->shedTrouble : impl_->writeTrouble;
    stats.unsealed = impl_->unsealed;
    return stats;
}

const std::string &Recorder::path() const
{
    return impl_->path;
}

void Recorder::setSettings(const config::RecordSettings &settings)
{
    {
        const std::lock_guard guard(impl_->mutex);
        impl_->settings = settings;
        ++impl_->settingsRevision;
    }
    impl_->wake.notify_all();
}

void Recorder::setDescriptorSets(std::vector<std::pair<std::string, std::string>> sets)
{
    {
        const std::lock_guard guard(impl_->mutex);
        impl_->descriptorSets = std::move(sets);
        ++impl_->settingsRevision;
    }
    impl_->wake.notify_all();
}

void Recorder::setSocket(const std::string &socket)
{
    {
        const std::lock_guard guard(impl_->mutex);
        impl_->socket = socket;
        ++impl_->settingsRevision;
    }
    impl_->wake.notify_all();
}

void Recorder::onCommit(std::function<void(int64_t lastId)> callback)
{
    const std::lock_guard guard(impl_->mutex);
    impl_->committed = std::move(callback);
}

void Recorder::flush()
{
    std::unique_lock guard(impl_->mutex);
    const uint64_t target = impl_->accepted;
    ++impl_->flushing;
    impl_->wake.notify_all();
    impl_->settledChanged.wait(guard, [&] { return impl_->settled >= target || !impl_->writeTrouble.empty(); });
    --impl_->flushing;
}

}  // namespace sluice::storage
