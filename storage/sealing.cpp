// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/sealing.h"

#include <openssl/rand.h>

namespace sluice::storage {

namespace {

constexpr size_t mostSecrets = 16'384, mostBytes = 32 << 20;
constexpr std::string_view insertSql =
    "INSERT INTO sealed (epoch, placeholder, kinds, key, nonce, box) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT "
    "(epoch, "
    "placeholder) DO UPDATE SET kinds = kinds | excluded.kinds, key = excluded.key, nonce = excluded.nonce, box = "
    "excluded.box";

// The newest first; there are as many look-ups as epochs, as the table has no index of placeholders.
constexpr const char *elsewhereSql =
    "WITH RECURSIVE e (epoch) AS (SELECT max(epoch) FROM sealed UNION ALL SELECT (SELECT max(epoch) FROM sealed WHERE "
    "epoch < e.epoch) FROM e WHERE e.epoch IS NOT NULL) SELECT s.kinds, s.key, s.nonce, s.box FROM e CROSS JOIN sealed "
    "s "
    "ON s.epoch = e.epoch AND s.placeholder = ?1 WHERE e.epoch <> ?2";

}  // namespace

Secret makeSealingKey()
{
    std::string bytes(sealingKeyBytes, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char *>(bytes.data()), int(sealingKeyBytes)) != 1)
        bytes.clear();
    return Secret(std::move(bytes));
}

Result<std::unique_ptr<Sealer>> Sealer::create(Database &database)
{
    std::unique_ptr<Sealer> sealer(new Sealer);
    Result<std::string> id = recordingId(database);
    auto insert = Statement::prepare(database, insertSql, true);
    if (!id || !insert)
        return id ? insert.error() : id.error();
    sealer->recording_ = id.take();
    sealer->insert_ = insert.take();
    if (const Outcome prepared = sealer->prepareMessages(database); !prepared)
        return prepared.error();
    return sealer;
}

void Sealer::setKey(const Secret &key)
{
    if (key.size() != sealingKeyBytes)
        return;
    key_ = key;
    keyId_ = idOf(key);
    forget();
}

void Sealer::forget()
{
    epoch_ = -1;
    known_.clear();
    bytes_ = 0;
}

// What a file has of this epoch from before counts anew: the bounds are against growing without end, no more.
void Sealer::enter(int64_t epoch)
{
    if (epoch == epoch_)
        return;
    forget();
    epoch_ = epoch;
    trouble_.clear();
}

std::vector<SealedSecret> Sealer::seal(const std::vector<recording::Placeholders::Met> &secrets, int64_t id)
{
    std::vector<SealedSecret> out;
    if (!hasKey())
        return out;
    enter(id >> sealedEpochBits);
    for (const recording::Placeholders::Met &met : secrets) {
        std::string placeholder = packedPlaceholder(met.placeholder);
        const int kind = met.json ? sealedAsJson : sealedAsText;
        const auto at = known_.find(placeholder);
        if (placeholder.empty() || (at != known_.end() && (at->second & kind)))
            continue;
        if (known_.size() >= mostSecrets || bytes_ + met.secret.size() > mostBytes) {
            trouble_ = "more different secrets come than are sealed; further ones are placeholders only";
            continue;
        }
        SealedSecret made{placeholder, kind, keyId_,
                          sealed(key_, contextOfSecret(placeholder, recording_), met.secret)};
        if (made.box.empty()) {
            trouble_ = "OpenSSL refused to seal";
            continue;
        }
        known_[std::move(placeholder)] |= kind;
        bytes_ += met.secret.size();
        out.push_back(std::move(made));
    }
    return out;
}

int Sealer::write(const std::vector<SealedSecret> &secrets, int64_t id)
{
    for (const SealedSecret &each : secrets) {
        insert_.bind(1, id >> sealedEpochBits);
        insert_.bindBlob(2, each.placeholder);
        insert_.bind(3, each.kinds);
        insert_.bindBlob(4, each.key);
        insert_.bindBlob(5, each.box.nonce);
        insert_.bindBlob(6, each.box.bytes);
        const int code = insert_.step();
        insert_.reset();
        if (code != SQLITE_DONE)
            return code;
    }
    return SQLITE_OK;
}

Result<recording::Unsealed> unseal(Database &database, std::string_view placeholder, int64_t id, int64_t stream,
                                   const Secret &key)
{
    const std::string wanted = packedPlaceholder(placeholder);
    const Result<std::string> recording = recordingId(database);
    if (!recording)
        return recording.error();
    const int64_t epoch = id > 0 ? id >> sealedEpochBits : -1;
    const struct {
        int64_t place;
        bool any;
        const char *sql;
    } places[] = {
        {epoch, id > 0, "SELECT kinds, key, nonce, box FROM sealed WHERE placeholder = ?1 AND epoch = ?2"},
        {stream, stream > 0, "SELECT kinds, key, nonce, box FROM stream_sealed WHERE name = ?1 AND stream = ?2"},
        {epoch, true, elsewhereSql},
    };
    Unopened unopened;
    for (const auto &each : places) {
        if (!each.any || wanted.empty())
            continue;
        auto statement = Statement::prepare(database, each.sql);
        if (!statement && sqlite3_errcode(database.handle()) == SQLITE_ERROR)  // a file of a former version
            continue;
        if (!statement)
            return statement.error();
        statement->bindBlob(1, wanted);
        statement->bind(2, each.place);
        int code = SQLITE_ROW;
        while ((code = statement->step()) == SQLITE_ROW) {
            std::string text;
            const int64_t kinds = statement->integer(0);
            if (unopened.open(*statement, key, contextOfSecret(wanted, *recording), text))
                return recording::Unsealed{Secret(std::move(text)), (kinds & sealedAsText) != 0,
                                           (kinds & sealedAsJson) != 0};
        }
        if (code != SQLITE_DONE)
            return database.error(code);
    }
    return unopened.why();
}

}  // namespace sluice::storage
