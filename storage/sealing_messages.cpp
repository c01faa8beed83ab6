// SPDX-License-Identifier: GPL-3.0-or-later
// The table `stream_sealed`: the secrets of messages, and those of exchanges while they are open.
#include "storage/sealing.h"

#include <algorithm>

namespace sluice::storage {

namespace {

constexpr int64_t ofHead = 0xffffffff;
constexpr uint64_t rowBytes = 64;  // beside its box
constexpr const char *whyRefused = "OpenSSL refused to seal";

// As stream_sealed.name has it.
std::string nameOf(uint64_t number)
{
    std::string out(8, '\0');
    for (size_t i = out.size(); i-- > 0; number >>= 8)
        out[i] = char(number & 0xff);
    return out;
}

}  // namespace

size_t MessageSecrets::bytes() const
{
    size_t sum = sizeof *this + original.capacity();
    for (const recording::Placeholders::Met &met : secrets)
        sum += sizeof met + met.secret.capacity() + met.placeholder.capacity();
    return sum;
}

Outcome Sealer::prepareMessages(Database &database)
{
    connection_ = database.handle();
    auto use = Statement::prepare(database,
                                  "UPDATE stream_sealed SET last = max(last, ?3) WHERE stream = ?1 AND name = ?2 AND "
                                  "kinds & ?4 AND key = ?5",
                                  true);
    auto insert =
        Statement::prepare(database,
                           "INSERT INTO stream_sealed (stream, name, last, kinds, key, nonce, box) VALUES (?1, ?2, ?3, "
                           "?4, ?5, ?6, ?7) ON CONFLICT (stream, name) DO UPDATE SET last = max(last, excluded.last), "
                           "kinds = kinds | excluded.kinds, key = excluded.key, nonce = excluded.nonce, box = "
                           "excluded.box",
                           true);
    if (!use || !insert)
        return use ? insert.error() : use.error();
    messageUse_ = use.take();
    messageInsert_ = insert.take();
    return Done{};
}

int Sealer::insertForMessage(int64_t stream, std::string_view name, int64_t last, int kinds, const Box &box,
                             uint64_t &bytes)
{
    const Resetting later(messageInsert_);
    messageInsert_.bind(1, stream);
    messageInsert_.bindBlob(2, name);
    messageInsert_.bind(3, last);
    messageInsert_.bind(4, kinds);
    messageInsert_.bindBlob(5, keyId_);
    messageInsert_.bindBlob(6, box.nonce);
    messageInsert_.bindBlob(7, box.bytes);
    bytes += box.bytes.size() + rowBytes;
    const int code = messageInsert_.step();
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// The secrets first, each of them once a stream: what came before only learns that it is needed longer.
int Sealer::writeMessage(int64_t stream, const MessageSecrets &message, uint64_t &bytes)
{
    if (!hasKey())
        return SQLITE_OK;
    const int64_t last = message.number == 0 ? ofHead : int64_t(message.number);
    for (const recording::Placeholders::Met &met : message.secrets) {
        const std::string name = packedPlaceholder(met.placeholder);
        const int kind = met.json ? sealedAsJson : sealedAsText;
        {
            const Resetting later(messageUse_);
            messageUse_.bind(1, stream);
            messageUse_.bindBlob(2, name);
            messageUse_.bind(3, last);
            messageUse_.bind(4, kind);
            messageUse_.bindBlob(5, keyId_);
            if (const int code = messageUse_.step(); code != SQLITE_DONE)
                return code;
        }
        if (sqlite3_changes(connection_) > 0)
            continue;
        const Box box = sealed(key_, contextOfSecret(name, recording_), met.secret);
        if (box.empty()) {
            trouble_ = whyRefused;
            continue;
        }
        if (const int code = insertForMessage(stream, name, last, kind, box, bytes); code != SQLITE_OK)
            return code;
    }
    if (message.original.empty())
        return SQLITE_OK;
    const Box box = sealed(key_, contextOfMessage(stream, message.number, recording_), message.original);
    if (box.empty()) {
        trouble_ = whyRefused;
        return SQLITE_OK;
    }
    return insertForMessage(stream, nameOf(message.number), last, 0, box, bytes);
}

Result<std::optional<Secret>> unsealOriginal(Database &database, int64_t stream, uint64_t number, const Secret &key)
{
    const Result<std::string> recording = recordingId(database);
    if (!recording)
        return recording.error();
    auto statement = Statement::prepare(
        database, "SELECT kinds, key, nonce, box FROM stream_sealed WHERE stream = ?1 AND name = ?2");
    if (!statement && sqlite3_errcode(database.handle()) == SQLITE_ERROR)  // a file of a former version
        return std::optional<Secret>();
    if (!statement)
        return statement.error();
    const std::string name = nameOf(number);
    statement->bind(1, stream);
    statement->bindBlob(2, name);
    const int code = statement->step();
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return database.error(code);
    if (code == SQLITE_DONE)
        return std::optional<Secret>();
    Unopened unopened;
    std::string text;
    if (!unopened.open(*statement, key, contextOfMessage(stream, number, *recording), text))
        return unopened.why();
    return std::optional<Secret>(Secret(std::move(text)));
}

}  // namespace sluice::storage
