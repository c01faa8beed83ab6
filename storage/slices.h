// SPDX-License-Identifier: GPL-3.0-or-later
// Latencies of one slice of time, and their percentiles: exact up to 256 of them, past that within 1/64 of the true value.
// Values; one thread. Memory: 2 KiB, then 16 KiB.
#pragma once

#include <cstdint>
#include <vector>

namespace sluice::storage {

class Latencies {
public:
    void add(int64_t nanos);
    uint64_t count() const { return count_; }
    int64_t longest() const { return longest_; }
    // By nearest rank: the smallest latency that `share` of them do not pass; 0 where there are none.
    int64_t percentile(double share);

private:
    void spread();
    static constexpr size_t exactly = 256;
    std::vector<int64_t> exact_;     // until there are too many
    std::vector<uint32_t> buckets_;  // 32 for each power of two; the value told is a bucket's middle
    uint64_t count_ = 0;
    int64_t longest_ = 0;
};

}  // namespace sluice::storage
