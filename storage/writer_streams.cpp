// SPDX-License-Identifier: GPL-3.0-or-later
// What the recorder does for exchanges that are under way, and for those that an earlier one left so.
#include "storage/exchange_image.h"
#include "storage/writer_thread.h"

namespace sluice::storage {

namespace {
// Of a batch: twice what its messages may have, as a secret is kept with its placeholder. Further ones are placeholders only.
constexpr size_t mostSecretsOfMessages = 64 << 20;
}  // namespace

void Recorder::Impl::tell(std::vector<journey::StreamNews> news)
{
    std::vector<Waiting> pieces;
    pieces.reserve(news.size());
    for (journey::StreamNews &each : news)
        pieces.push_back({{}, nullptr, std::move(each), 1});
    enqueue(std::move(pieces));
}

int Recorder::Impl::write(Entry &entry, int64_t &id)
{
    if (entry.news)
        return writeNews(entry);
    const int code = writeOne(entry, ++id);
    return code == SQLITE_OK ? streams->close(entry.large ? *entry.large : current) : code;
}

int Recorder::Impl::writeNews(Entry &entry)
{
    if (!entry.redacted)
        redactNews(entry);
    entry.redacted = true;
    if (!entry.ofMessages.empty() && mayFindKey())
        return needsKey;
    return streams->write(*entry.news, entry.ofMessages, *sealer);
}

void Recorder::Impl::redactNews(Entry &entry)
{
    if (entry.news->opened) {
        redactor->redact(*entry.news->opened);
        droppedSecrets |= redactor->droppedSecrets();
        keepSecrets(entry, 0);
    }
    for (journey::Message &message : entry.news->messages) {
        redactor->redact(message);
        keepSecrets(entry, message.number);
    }
}

// Of what was redacted last. Until the transaction is through: it may have to begin anew.
void Recorder::Impl::keepSecrets(Entry &entry, uint64_t number)
{
    MessageSecrets found{number, {}, redactor->takeOriginal()};
    if (found.original.empty() && redactor->secrets().empty())
        return;
    found.secrets = redactor->secrets();
    secretsOfMessages += found.bytes();
    if (secretsOfMessages <= mostSecretsOfMessages)
        entry.ofMessages.push_back(std::move(found));
    else
        droppedSecrets = true;
}

// What an earlier recorder left open: before the thread starts.
Outcome Recorder::Impl::recover()
{
    if (Outcome begun = database->run("BEGIN IMMEDIATE"); !begun)
        return begun;
    int64_t id = lastId;
    int code = streams->recover([&](journey::Exchange &x) {
        ++rows;
        return writer->write(x, ++id);
    });
    if (code == SQLITE_OK)
        code = writer->endBatch();
    if (code == SQLITE_OK)
        code = database->run("COMMIT") ? SQLITE_OK : sqlite3_extended_errcode(database->handle());
    if (code == SQLITE_OK) {
        lastId = id;
        return Done{};
    }
    const Error why = database->error(code);
    sqlite3_exec(database->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    return why;
}

Outcome Recorder::Impl::writeDescriptorSets(const std::vector<std::pair<std::string, std::string>> &sets)
{
    auto statement =
        Statement::prepare(*database, "INSERT OR REPLACE INTO descriptor_set (service, bytes) VALUES (?1, ?2)");
    if (!statement)
        return statement.error();
    for (const auto &[service, set] : sets) {
        statement->bind(1, service);
        statement->bindBlob(2, set);
        if (const int code = statement->step(); code != SQLITE_DONE)
            return database->error(code);
        statement->reset();
    }
    return Done{};
}

}  // namespace sluice::storage
