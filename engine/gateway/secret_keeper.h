// SPDX-License-Identifier: GPL-3.0-or-later
// What a SecretStore does on its own thread: choosing between keychain and file, and the calls to both. Internal to secret_store.cpp.
#pragma once

#include "engine/gateway/keychain.h"
#include "engine/gateway/secret_file.h"

#include <optional>
#include <set>
#include <string>

namespace sluice::gateway {

class SecretKeeper {
public:
    using Clock = Keychain::Clock;
    using Names = std::set<std::string>;
    SecretKeeper(const std::string &folder, bool keychain) : file_(folder), keychain_(keychain) {}

    // Where secrets are kept, once a program; before anything else.
    Outcome choose(Clock::time_point until);
    const std::string &place() const { return place_; }
    // As SecretStore has them.
    Result<std::optional<Secret>> read(const std::string &name, Clock::time_point until);
    Outcome write(const std::string &name, const Secret &value, Clock::time_point until);
    Result<Secret> readOrWrite(const std::string &name, const Secret &value, Clock::time_point until);
    Result<bool> remove(const std::string &name, Clock::time_point until);
    Result<Names> names(Clock::time_point until);

private:
    Result<Names> index(Clock::time_point until);
    Outcome writeIndex(const Names &names, Clock::time_point until);

    SecretFile file_;
    bool keychain_;
    enum class Where { Unknown, InKeychain, InFile } where_ = Where::Unknown;
    std::string place_;
};

// The store's own entries.
bool isOurs(const std::string &name);

}  // namespace sluice::gateway
