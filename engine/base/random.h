// SPDX-License-Identifier: GPL-3.0-or-later
// Random: a seeded xoshiro256** stream. The same seed gives the same run; a World owns one a worker.
// Not for keys or secrets. One thread.
#pragma once

#include <bit>
#include <cstdint>

namespace sluice {

__extension__ typedef unsigned __int128 Wide;

class Random {
public:
    explicit Random(uint64_t seed)
    {
        for (uint64_t &word : state_) {  // splitmix64, so that no seed gives the all-zero state
            seed += 0x9e3779b97f4a7c15;
            uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            word = z ^ (z >> 31);
        }
    }

    uint64_t next()
    {
        const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const uint64_t t = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= t;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    // Uniform in [0, bound); 0 for bound 0.
    uint64_t below(uint64_t bound) { return uint64_t((static_cast<Wide>(next()) * bound) >> 64); }
    // Uniform in [0, 1).
    double unit() { return double(next() >> 11) * 0x1.0p-53; }

private:
    uint64_t state_[4];
};

}  // namespace sluice
