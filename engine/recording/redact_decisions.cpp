// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/json.h"
#include "engine/recording/placeholders.h"

namespace sluice::recording {

namespace {

// One past the closing quote of a string of our own writing.
size_t endOfString(std::string_view json, size_t at)
{
    for (++at; at < json.size() && json[at] != '"'; ++at)
        at += json[at] == '\\';
    return std::min(at + 1, json.size());
}

}  // namespace

bool Placeholders::replaceInDecisions(std::string &json) const
{
    constexpr size_t ofDecision = 2;  // within the array and its object: deeper are the facts
    std::string out;
    std::string_view key;
    size_t kept = 0, depth = 0;
    const std::string_view all = json;
    for (size_t at = 0; at < all.size();) {
        const char c = all[at];
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        if (c != '"') {
            ++at;
            continue;
        }
        const size_t begin = at;
        at = endOfString(all, begin);
        const std::string_view inner = all.substr(begin + 1, at - begin - 2);
        if (at < all.size() && all[at] == ':') {
            key = inner;
            continue;
        }
        std::string plain;
        if ((depth == ofDecision && (key == "stage" || key == "outcome")) || !replaceIn(plain = jsonUnescaped(inner)))
            continue;
        out += all.substr(kept, begin - kept);
        appendJson(out, plain);
        kept = at;
    }
    if (kept == 0)
        return false;
    out += all.substr(kept);
    json = std::move(out);
    return true;
}

}  // namespace sluice::recording
