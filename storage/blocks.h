// SPDX-License-Identifier: GPL-3.0-or-later
// The table `block`: which values of a field occur in which run of 128 ids (a block), and which of these have it, a bit each. It takes
// the place of indexes on fields that have few values: a row a block and value instead of one an exchange. One thread an object.
#pragma once

#include "storage/names.h"

#include <array>
#include <cstdint>
#include <vector>

namespace sluice::storage {

// They stand in files: add, never change. A NameKind is the Fact of the same number.
enum class Fact : uint8_t { None = 0, FirstName = 1, LastName = 10, Status, LatencyClass, Bits, FailedBy, ReplayOf };
constexpr size_t factCount = 15;  // without ReplayOf, which is in the table rare alone
constexpr int blockBits = 7;
constexpr Fact factOf(NameKind kind)
{
    return Fact(kind);
}

// The values of one exchange, by Fact; the first is not used.
using FactValues = std::array<int64_t, factCount>;

// For the writer, within a transaction of the caller. Bound: 128 values a field are held.
class BlockWriter {
public:
    static Result<BlockWriter> create(Database &);
    // SQLITE_OK, or why not. Ids rise.
    int note(int64_t id, const FactValues &);
    int flush();    // before each commit
    void forget();  // after a rollback

private:
    struct Value {
        int64_t value;
        uint64_t low = 0, high = 0;  // the ids that have it, since this object came to the block
        bool written = false;        // as it is
    };
    int64_t block_ = -1;
    std::array<std::vector<Value>, factCount> known_;  // what the block has; the latest last
    Statement insert_;
};

}  // namespace sluice::storage
