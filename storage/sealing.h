// SPDX-License-Identifier: GPL-3.0-or-later
// The table `sealed`: what placeholders stand for, under a key of this user's (AES-256-GCM, a random nonce each). The placeholder and the
// recording's own id are bound to each box, so that none can be moved to where it does not belong. One thread an object.
#pragma once

#include "engine/base/result.h"
#include "engine/base/secret.h"
#include "engine/recording/placeholders.h"
#include "engine/recording/unsealing.h"
#include "storage/sqlite.h"

#include <array>
#include <functional>
#include <memory>
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
    std::string key, nonce, box;
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
    void forget();
    const std::string &trouble() const { return trouble_; }

private:
    Sealer() = default;
    void enter(int64_t epoch);
    std::string recording_, keyId_, trouble_;
    Secret key_;
    Statement insert_;
    int64_t epoch_ = -1;
    std::unordered_map<std::string, int> known_;  // of this epoch: placeholder, kinds
    size_t bytes_ = 0;
};

// What a placeholder of this exchange stands for. Error: it was never sealed, or with another key, or is damaged.
Result<recording::Unsealed> unseal(Database &, std::string_view placeholder, int64_t id, const Secret &key);

}  // namespace sluice::storage
