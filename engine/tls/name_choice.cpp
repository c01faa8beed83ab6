// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/tls/name_choice.h"

#include <algorithm>

namespace sluice::tls {

void NameChoice::add(const std::vector<std::string> &names)
{
    for (const std::string &name : names) {
        if (name.starts_with("*."))
            wildcard_.emplace(name.substr(1), count_);
        else
            exact_.emplace(name, count_);
    }
    ++count_;
}

size_t NameChoice::pick(std::string_view name) const
{
    std::string asked(name);
    std::transform(asked.begin(), asked.end(), asked.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    if (asked.ends_with('.'))
        asked.pop_back();
    if (const auto at = exact_.find(asked); at != exact_.end())
        return at->second;
    const size_t dot = asked.find('.');
    if (dot != asked.npos && dot > 0) {
        if (const auto at = wildcard_.find(asked.substr(dot)); at != wildcard_.end())
            return at->second;
    }
    return 0;
}

}  // namespace sluice::tls
