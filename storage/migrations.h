// SPDX-License-Identifier: GPL-3.0-or-later
// The schema's steps: the n-th text makes version n of version n - 1. Numbers stand in files: add, never change.
#pragma once

#include "storage/sqlite.h"

#include <span>
#include <string_view>

namespace sluice::storage {

// PRAGMA application_id of a recording: "Slce".
constexpr int64_t applicationId = 0x536c6365;

std::span<const std::string_view> migrations();

enum class FileKind { Empty, Recording, Newer, Foreign };
// What lies under this connection. `version`: its user_version.
Result<FileKind> identify(Database &, int64_t &version);
// The sentence for people where the kind is Newer or Foreign.
std::string whyNot(FileKind, const std::string &path, int64_t version);

// Brings an empty file or an older recording to the newest version, each step in a transaction of its own.
Outcome migrate(Database &, int64_t version);

}  // namespace sluice::storage
