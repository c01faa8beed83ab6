// SPDX-License-Identifier: GPL-3.0-or-later
// The files around a recording: folders, the writer's lock, the key of the placeholders. Any thread.
#pragma once

#include "engine/base/result.h"
#include "engine/recording/redaction.h"

#include <string>
#include <utility>

namespace sluice::storage {

// $XDG_DATA_HOME/sluice, or ~/.local/share/sluice
std::string dataFolder();
// Makes the folder of this file (0700) where it is missing, and the file (0600). `made`: it was not there.
Outcome makeFile(const std::string &path, bool &made);

// The 32 bytes of dataFolder()/placeholder.key (0600), made from the system's random source when they are missing.
Result<recording::PlaceholderKey> placeholderKey();

// PATH.lock, held while it lives; the kernel lets go of it when the process dies. The file stays.
class FileLock {
public:
    // Error: another process (or another recorder of this one) has it.
    static Result<FileLock> take(const std::string &path);
    FileLock() = default;
    FileLock(FileLock &&other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    FileLock &operator=(FileLock &&other) noexcept
    {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~FileLock();

private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

}  // namespace sluice::storage
