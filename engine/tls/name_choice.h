// SPDX-License-Identifier: GPL-3.0-or-later
// NameChoice: which of a listener's certificates a client gets by the server name it asks for (RFC 6066 section 3): that of
// the exact name, then that of a wildcard one label up (RFC 6125 section 6.4.3), then the first. Immutable once filled.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::tls {

class NameChoice {
public:
    // Names of the next certificate, in the file's order. The first that says a name has it.
    void add(const std::vector<std::string> &names);
    size_t size() const { return count_; }
    // `name`: as the client sent it, any case; empty: it sent none. Only when size() > 0.
    size_t pick(std::string_view name) const;

private:
    std::unordered_map<std::string, size_t> exact_, wildcard_;  // wildcard_: ".example.test"
    size_t count_ = 0;
};

}  // namespace sluice::tls
