// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets in a file: where no keychain service runs. 0600 in a folder of 0700, written beside and renamed, a lock between programs.
// Refused: a file or folder of somebody else, or that others may read, or that is a link. One thread.
#pragma once

#include "engine/base/result.h"
#include "engine/base/secret.h"

#include <functional>
#include <map>
#include <string>

namespace sluice::gateway {

class SecretFile {
public:
    using Entries = std::map<std::string, Secret>;
    explicit SecretFile(std::string folder) : folder_(std::move(folder)) {}
    std::string path() const { return folder_ + "/secrets.json"; }
    // No file: no entries. Error: it may not be trusted, is damaged, or larger than 100 MiB.
    Result<Entries> read() const;
    // Reads, lets `edit` change the entries (false: it changed nothing) and writes, all under the lock. Waits for the lock for
    // 2 s at most.
    Outcome change(const std::function<Result<bool>(Entries &)> &edit);

private:
    Outcome makeFolder() const;
    Outcome write(const Entries &) const;
    std::string folder_;
};

}  // namespace sluice::gateway
