// SPDX-License-Identifier: GPL-3.0-or-later
// The tables `sealed` and `stream_sealed`: what placeholders in exchanges and in their messages stand for, under a key of this user's
// (storage/boxes.h). The placeholder and the recording's own id are bound to each box. One thread an object.
#pragma once

#include "engine/base/result.h"
#include "engine/base/secret.h"
#include "engine/journey/message.h"
#include "engine/recording/placeholders.h"
#include "engine/recording/unsealing.h"
#include "storage/boxes.h"
#include "storage/sqlite.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::storage {

// 32 random bytes. Error: there is none at present. May block for some seconds; never called on a worker.
using SealingKeySource = std::function<Result<Secret>()>;
Secret makeSealingKey();

constexpr int sealedEpochBits = 12;  // exchange id >> this

// Ready to be written; no secret in clear.
struct SealedSecret {
    std::string placeholder;  // 6 bytes
    int kinds = 0;
    std::string key;
    Box box;
};

// What is to be sealed of one message, in clear.
struct MessageSecrets {
    uint64_t number = 0;  // 0: of the head of its exchange
    std::vector<recording::Placeholders::Met> secrets;
    std::string original;  // recording::Redactor::takeOriginal()
    size_t bytes() const;  // that it takes in memory, about
};

class Sealer {
public:
    // Bounds of an epoch: 16,384 secrets, 32 MiB; further ones stay placeholders, and trouble() says so.
    static Result<std::unique_ptr<Sealer>> create(Database &);
    // A key of another length than 32 bytes is none.
    void setKey(const Secret &key);
    bool hasKey() const { return !key_.empty(); }
    // For an exchange with this id; those that its epoch has already are left out.
    std::vector<SealedSecret> seal(const std::vector<recording::Placeholders::Met> &, int64_t id);
    // SQLITE_OK, or why not; then the caller rolls back and calls forget().
    int write(const std::vector<SealedSecret> &, int64_t id);
    // Seals and writes what is kept with this row of `stream`; nothing, as long as there is no key. `bytes` grows by what it takes in
    // the file. Bounds are the stream's (storage/stream_writer.h). Codes as of write().
    int writeMessage(int64_t stream, const MessageSecrets &, uint64_t &bytes);
    void forget();
    const std::string &trouble() const { return trouble_; }

private:
    Sealer() = default;
    void enter(int64_t epoch);
    Outcome prepareMessages(Database &);
    int insertForMessage(int64_t stream, std::string_view name, int64_t last, int kinds, const Box &, uint64_t &bytes);
    std::string recording_, keyId_, trouble_;
    Secret key_;
    Statement insert_, messageUse_, messageInsert_;
    sqlite3 *connection_ = nullptr;
    int64_t epoch_ = -1;
    std::unordered_map<std::string, int> known_;  // of this epoch: placeholder, kinds
    size_t bytes_ = 0;
};

// What a placeholder stands for in this exchange (0: it goes on still) or in its messages (`stream`: their row in that table; 0: none).
// What its epoch has comes first, then what its stream has, then what any epoch has: a replay past the gateway has its secrets in an
// earlier one. Error: it was never sealed, or with another key, or is damaged.
Result<recording::Unsealed> unseal(Database &, std::string_view placeholder, int64_t id, int64_t stream,
                                   const Secret &key);
// The content of a message that was sealed whole; nothing: it was not.
Result<std::optional<Secret>> unsealOriginal(Database &, int64_t stream, uint64_t number, const Secret &key);

}  // namespace sluice::storage
