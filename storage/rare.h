// SPDX-License-Identifier: GPL-3.0-or-later
// The table `rare`: values that are looked for most and that few exchanges have, with the ids of these.
#pragma once

#include "storage/blocks.h"

#include <array>
#include <cstdint>

namespace sluice::storage {

struct RareField {
    Fact field;
    int64_t lowest;  // value that is written
};
constexpr int64_t firstError = 400, firstSlow = 8;  // 8: 128 ms (storage/row_keys.h)
constexpr std::array rareFields{RareField{Fact::Status, firstError}, RareField{Fact::LatencyClass, firstSlow},
                                RareField{Fact::Bits, 1}};

// Calls `each(field, value)` for what is written of an exchange.
template<class Each>
void forEachRare(const FactValues &facts, int64_t replayOf, Each each)
{
    for (const RareField &rare : rareFields) {
        if (facts[size_t(rare.field)] >= rare.lowest)
            each(rare.field, facts[size_t(rare.field)]);
    }
    if (replayOf != 0)
        each(Fact::ReplayOf, replayOf);
}

}  // namespace sluice::storage
