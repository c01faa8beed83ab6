// SPDX-License-Identifier: GPL-3.0-or-later
// SecretStore: this user's secrets by name: in the desktop's keychain (Secret Service, KWallet) where such a service runs, else in a file
// that only this user may read. Which of both is decided at the first call and told by place().
// One object a program: the keychain's library keeps state of its own. Any thread; the work is done on a thread of the store's,
// as the keychain answers when it likes: every call says how long it waits, and a service that never answers costs just that.
// Needs a QCoreApplication that outlives it, as soon as a keychain is asked.
// Bounds: names of 128 bytes, values of 64 KiB, 1,000 names.
#pragma once

#include "engine/base/moment.h"
#include "engine/base/result.h"
#include "engine/base/secret.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace sluice::gateway {

struct SecretStoreOptions {
    std::string folder;    // of the file, "secrets.json"; made (0700) when it is needed
    bool keychain = true;  // false: never ask for one, always the file
};

// The options of a program: SLUICE_SECRETS=file keeps everything in the file.
SecretStoreOptions secretStoreOptions(std::string folder);

// The store's own entries; people cannot name them.
inline constexpr const char *localCaEntry = "sluice:local-ca", *sealingKeyEntry = "sluice:sealing-key";

// 1 to 128 letters, digits, '-', '_', '.'. Empty: it is one, else what is wrong, as "must be …".
std::string secretNameComplaint(const std::string &name);

// How long a call may take: a program that nobody waits for; a verb, whose user may have to unlock the keychain first.
inline constexpr Millis soon{3'000}, patient{60'000};

class SecretStore {
public:
    explicit SecretStore(SecretStoreOptions);
    ~SecretStore();  // lets a call under way go on for a second, then leaves it alone
    SecretStore(const SecretStore &) = delete;
    SecretStore &operator=(const SecretStore &) = delete;

    // Errors are for when the store cannot be reached in time, or is damaged, or may be read by others: a sentence with its place.
    // Nothing: there is none. `stop`: whoever asks it to stop is answered with an error at once.
    Result<std::optional<Secret>> read(const std::string &name, Millis within, const std::stop_token &stop = {});
    Outcome write(const std::string &name, const Secret &value, Millis within);  // instead of one before
    // What is there already, else `value`, which is written: two programs that begin at once end with one.
    Result<Secret> readOrWrite(const std::string &name, const Secret &value, Millis within);
    Result<bool> remove(const std::string &name, Millis within);  // false: there was none
    Result<std::vector<std::string>> names(Millis within);        // sorted; without the store's own

    // "in the keychain", "in FILE, as no keychain service runs here". Empty: no call has been answered yet.
    std::string place() const;
    const std::string &folder() const;

    struct Impl;

private:
    std::shared_ptr<Impl> impl_;
};

// The key of sealed secrets, to unseal them; an Error also where this user has none.
Result<Secret> sealingKey(SecretStore &store, Millis within, const std::stop_token &stop = {});

}  // namespace sluice::gateway
