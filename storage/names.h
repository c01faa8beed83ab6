// SPDX-License-Identifier: GPL-3.0-or-later
// The table `name`: texts that come again and again, as numbers. 0 is the empty text. One thread an object.
#pragma once

#include "storage/sqlite.h"

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sluice::storage {

// They stand in files: add, never change.
enum class NameKind : uint8_t { Method = 1, Host, Client, User, Route, Service, Endpoint, Version, Cache, Breaker };
constexpr size_t nameKinds = 11;

struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// For the writer. Bounds: 50,000 texts of a kind are remembered; past that they are looked up anew.
class NameWriter {
public:
    static Result<NameWriter> create(Database &);
    // -1: the database refused. `epoch` is the exchange's id >> 16.
    int64_t number(NameKind, std::string_view text, int64_t epoch);
    // After a rollback: what was added is not there.
    void forget();

private:
    struct Known {
        int64_t id, epoch;
    };
    int64_t look(NameKind, std::string_view text, int64_t epoch, Known &);
    bool touch(Known &, int64_t epoch);
    std::array<std::unordered_map<std::string, Known, TextHash, std::equal_to<>>, nameKinds> known_;
    Database *database_ = nullptr;
    Statement find_, insert_, touch_;
};

// For readers. Bounds: 100,000 texts are remembered.
class NameReader {
public:
    static Result<NameReader> create(Database &);
    // Empty for 0 and for one that has gone.
    const std::string &text(int64_t id);

private:
    std::unordered_map<int64_t, std::string> known_;
    std::string none_;
    Statement find_;
};

}  // namespace sluice::storage
