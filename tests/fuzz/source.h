// SPDX-License-Identifier: GPL-3.0-or-later
// Source: the fuzzer's bytes, taken bit by bit for decisions, numbers and texts. When they run out it gives zeros.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace fuzz {

inline void require(bool truth)
{
    if (!truth)
        std::abort();
}

class Source {
public:
    Source(const uint8_t *data, size_t size) : rest_(reinterpret_cast<const char *>(data), size) {}

    bool empty() const { return rest_.empty(); }
    uint8_t byte()
    {
        if (rest_.empty())
            return 0;
        const auto out = uint8_t(rest_.front());
        rest_.remove_prefix(1);
        return out;
    }
    unsigned below(unsigned limit) { return byte() % limit; }
    // At most 255 bytes, as the first one says.
    std::string text()
    {
        const size_t size = std::min<size_t>(byte(), rest_.size());
        std::string out(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return out;
    }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

}  // namespace fuzz
