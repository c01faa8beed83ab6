// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recording/match.h"

#include "engine/http/characters.h"
#include "engine/http/content_decoder.h"

#include <algorithm>

namespace sluice::recording {

namespace {

constexpr size_t mostDecoded = 16 << 20;

unsigned char lowered(char c)
{
    return static_cast<unsigned char>(http::lowerChar(c));
}

bool same(char a, char b, bool fold)
{
    return fold ? lowered(a) == lowered(b) : a == b;
}

bool foldsCase(std::string_view field)
{
    return field == "method" || field == "host" || field == "trace" || field == "request" || field == "failed"
        || field == "cache" || field == "breaker" || field == "client";
}

bool plainMatch(const Term &test, std::string_view value, bool fold)
{
    switch (test.op) {
    case Term::Op::Is: return fold ? http::equalsIgnoreCase(test.value, value) : test.value == value;
    case Term::Op::Glob: return globMatches(test.value, value, fold);
    case Term::Op::Contains: return containsFolded(value, test.value);
    default: return false;
    }
}

// host[:port] without the port; an IPv6 address keeps its brackets.
std::string_view withoutPort(std::string_view authority)
{
    const size_t colon = authority.rfind(':');
    if (colon == authority.npos || authority.find(']', colon) != authority.npos)
        return authority;
    return authority.substr(0, colon);
}

}  // namespace

FoldedSearch::FoldedSearch(std::string_view needle) : needle_(needle)
{
    std::transform(needle_.begin(), needle_.end(), needle_.begin(), http::lowerChar);
    skip_.fill(uint32_t(needle_.size()));
    for (size_t i = 0; i + 1 < needle_.size(); ++i) {
        const uint32_t step = uint32_t(needle_.size() - 1 - i);
        const char c = needle_[i];
        skip_[static_cast<unsigned char>(c)] = step;
        if (c >= 'a' && c <= 'z')
            skip_[static_cast<unsigned char>(c - 32)] = step;
    }
}

size_t FoldedSearch::find(std::string_view text, size_t from) const
{
    const size_t length = needle_.size();
    if (length == 0)
        return from <= text.size() ? from : npos;
    const char last = needle_[length - 1];
    for (size_t end = from + length - 1; end < text.size(); end += skip_[static_cast<unsigned char>(text[end])]) {
        if (http::lowerChar(text[end]) != last)
            continue;
        size_t i = length - 1;
        while (i > 0 && http::lowerChar(text[end - (length - i)]) == needle_[i - 1])
            --i;
        if (i == 0)
            return end + 1 - length;
    }
    return npos;
}

bool containsFolded(std::string_view text, std::string_view needle)
{
    if (needle.empty())
        return true;
    if (needle.size() > text.size())
        return false;
    if (text.size() > 512)  // below, the table costs more than it saves
        return FoldedSearch(needle).in(text);
    for (size_t i = 0; i + needle.size() <= text.size(); ++i) {
        if (lowered(text[i]) == lowered(needle[0]) && http::equalsIgnoreCase(text.substr(i, needle.size()), needle))
            return true;
    }
    return false;
}

bool globMatches(std::string_view pattern, std::string_view text, bool fold)
{
    if (pattern.ends_with("/**") && globMatches(pattern.substr(0, pattern.size() - 3), text, fold))
        return true;
    constexpr size_t none = size_t(-1);
    size_t p = 0, t = 0;
    size_t star = none, starText = 0;  // where to go on when the last `*` takes one more; likewise for `**`
    size_t deep = none, deepText = 0;
    while (t < text.size() || p < pattern.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            if (p + 1 < pattern.size() && pattern[p + 1] == '*') {
                p += 2;
                deep = p;
                deepText = t;
                star = none;
            } else {
                star = ++p;
                starText = t;
            }
            continue;
        }
        if (p < pattern.size() && t < text.size() && same(pattern[p], text[t], fold)) {
            ++p;
            ++t;
            continue;
        }
        // The last `*` first: what lies before it cannot gain by taking more (no `*` crosses a "/").
        if (star != none && starText < text.size() && text[starText] != '/') {
            t = ++starText;
            p = star;
        } else if (deep != none && deepText < text.size()) {
            t = ++deepText;
            p = deep;
            star = none;
        } else {
            return false;
        }
    }
    return true;
}

bool textMatches(const Term &test, std::string_view value)
{
    const bool fold = foldsCase(test.field);
    if (test.field == "trace" && test.op == Term::Op::Is)
        return value.size() >= test.value.size()
            && http::equalsIgnoreCase(value.substr(0, test.value.size()), test.value)
            && (!test.value.empty() || value.empty());
    if (plainMatch(test, value, fold))
        return true;
    return test.field == "host" && plainMatch(test, withoutPort(value), fold);
}

bool headersMatch(const Term &test, const http::HeaderList &headers)
{
    for (size_t at = headers.find(test.argument); at != http::HeaderList::npos;
         at = headers.find(test.argument, at + 1)) {
        if (test.op == Term::Op::Exists || plainMatch(test, headers[at].value, false))
            return true;
    }
    return false;
}

bool contentContains(std::string_view bytes, std::string_view coding, std::string_view needle)
{
    if (needle.empty())
        return true;
    if (bytes.empty())
        return false;
    if (coding.empty() || http::equalsIgnoreCase(coding, "identity"))
        return containsFolded(bytes, needle);
    return containsFolded(http::decodeContent(bytes, coding, mostDecoded).bytes, needle);
}

}  // namespace sluice::recording
