// SPDX-License-Identifier: GPL-3.0-or-later
// Collects the differences of one comparison, bounded. One thread.
#pragma once

#include "engine/replay/compare.h"

#include <string_view>

namespace sluice::replay {

class Differences {
public:
    static constexpr size_t most = 200, mostNoise = 100,
                            mostText = 200;  // a flood of noise leaves room for what matters
    void add(std::string where, std::string_view before, std::string_view after, bool noise);
    // Nothing that would be added changes the outcome any more.
    bool full() const { return different_ >= most - mostNoise && list_.size() >= most; }
    bool different() const { return different_ > 0; }
    bool noise() const { return noise_ > 0; }
    Comparison take();

private:
    std::vector<Difference> list_;
    size_t different_ = 0, noise_ = 0;
};

// Shortened to Differences::mostText bytes, at the end of a character.
std::string shortened(std::string_view text);

}  // namespace sluice::replay
