// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recording/placeholders.h"

#include "engine/base/ids.h"
#include "engine/http/characters.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

namespace sluice::recording {

namespace {

constexpr size_t mostKnown = 4096, mostFound = 64, longestKnown = 1024;
constexpr size_t mostMet = 256, longestMet = 16 << 10, mostMetBytes = 256 << 10;
constexpr size_t shortestFound = 6;  // a shorter one would be found everywhere

// Of \uNNNN, whose u stands at `at`; false: it is malformed.
bool readCode(std::string_view text, size_t at, unsigned &code)
{
    if (text.size() < at + 5 || text[at] != 'u')
        return false;
    code = 0;
    for (size_t i = at + 1; i < at + 5; ++i) {
        if (!http::is(http::kHexDigit, text[i]))
            return false;
        code = code * 16 + http::hexValue(text[i]);
    }
    return true;
}

char letterOf(char escape)
{
    switch (escape) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'b': return '\b';
    case 'f': return '\f';
    default: return escape;
    }
}

}  // namespace

size_t findPlaceholder(std::string_view text, size_t from, size_t &end)
{
    constexpr std::string_view begin = "{{secret:";
    for (size_t at = text.find(begin, from); at != text.npos; at = text.find(begin, at + 1)) {
        size_t i = at + begin.size();
        while (i < text.size() && http::is(http::kHexDigit, text[i]))
            ++i;
        if (i > at + begin.size() && text.substr(i, 2) == "}}") {
            end = i + 2;
            return at;
        }
    }
    return text.npos;
}

bool isPlaceholder(std::string_view text)
{
    size_t end = 0;
    return findPlaceholder(text, 0, end) == 0 && end == text.size();
}

std::string utf8(unsigned code)
{
    std::string out;
    if (code < 0x80) {
        out += char(code);
    } else if (code < 0x800) {
        out += char(0xc0 | (code >> 6));
        out += char(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        out += char(0xe0 | (code >> 12));
        out += char(0x80 | ((code >> 6) & 0x3f));
        out += char(0x80 | (code & 0x3f));
    } else {
        out += char(0xf0 | (code >> 18));
        out += char(0x80 | ((code >> 12) & 0x3f));
        out += char(0x80 | ((code >> 6) & 0x3f));
        out += char(0x80 | (code & 0x3f));
    }
    return out;
}

std::string jsonUnescaped(std::string_view text)
{
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        unsigned code = 0, low = 0;
        if (!readCode(text, ++i, code)) {
            out += letterOf(text[i]);
            continue;
        }
        i += 4;
        if (code >= 0xd800 && code < 0xdc00 && i + 1 < text.size() && text[i + 1] == '\\' && readCode(text, i + 2, low)
            && low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            i += 6;
        }
        out += utf8(code);
    }
    return out;
}

std::string Placeholders::made(std::string_view secret) const
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    HMAC(EVP_sha256(), key_.data(), int(key_.size()), reinterpret_cast<const unsigned char *>(secret.data()),
         secret.size(), mac, &length);
    return "{{secret:" + hex({reinterpret_cast<const char *>(mac), 6}) + "}}";
}

void Placeholders::remember(std::string_view secret, const std::string &placeholder)
{
    if (secret.size() < shortestFound || secret.size() > longestKnown || found_.size() >= mostFound)
        return;
    if (std::none_of(found_.begin(), found_.end(), [&](const Found &each) { return each.secret == secret; }))
        found_.push_back({std::string(secret), placeholder});
}

void Placeholders::meet(std::string_view secret, const std::string &placeholder, bool json)
{
    if (!wantMet_)
        return;
    for (const Met &each : met_) {
        if (each.json == json && each.placeholder == placeholder)
            return;
    }
    if (met_.size() >= mostMet || secret.size() > longestMet || metBytes_ + secret.size() > mostMetBytes) {
        dropped_ = true;
        return;
    }
    metBytes_ += secret.size();
    met_.push_back({std::string(secret), placeholder, json});
}

const std::string &Placeholders::of(std::string_view secret)
{
    const std::string &placeholder = known(secret);
    if (placeholder != secret)  // as of nothing, and of a placeholder
        meet(secret, placeholder, false);
    return placeholder;
}

const std::string &Placeholders::ofJson(std::string_view value)
{
    const std::string &placeholder = known(value);
    meet(value, placeholder, true);
    return placeholder;
}

const std::string &Placeholders::known(std::string_view secret)
{
    if (secret.empty() || isPlaceholder(secret))
        return last_ = std::string(secret);
    if (secret.size() > longestKnown)
        return last_ = made(secret);
    std::string key(secret);
    auto at = known_.find(key);
    if (at == known_.end()) {
        if (known_.size() >= mostKnown)
            known_.clear();
        at = known_.emplace(std::move(key), made(secret)).first;
    }
    remember(secret, at->second);
    return at->second;
}

const std::string &Placeholders::of(std::string_view secret, std::string_view written)
{
    const std::string &placeholder = of(secret);
    if (written != secret && !placeholder.empty())
        remember(written, placeholder);
    return placeholder;
}

// The leftmost, and of several there the longest: one secret may begin another.
const Placeholders::Found *Placeholders::firstIn(std::string_view text, size_t from, size_t &at) const
{
    const Found *first = nullptr;
    at = text.npos;
    for (const Found &each : found_) {
        const size_t where = text.find(each.secret, from);
        if (where == text.npos || where > at || (where == at && each.secret.size() < first->secret.size()))
            continue;
        at = where;
        first = &each;
    }
    return first;
}

bool Placeholders::replaceIn(std::string &text) const
{
    size_t where = 0;
    const Found *next = firstIn(text, 0, where);
    if (!next)
        return false;
    std::string out;
    size_t kept = 0, end = 0;
    for (size_t at = 0; next; next = firstIn(text, at, where)) {
        // A placeholder's own digits are no secret.
        size_t mark = findPlaceholder(text, at, end);
        while (mark < where && end <= where)
            mark = findPlaceholder(text, end, end);
        if (mark <= where && mark != text.npos) {
            at = end;
            continue;
        }
        out.append(text, kept, where - kept).append(next->placeholder);
        kept = at = where + next->secret.size();
    }
    if (kept == 0)
        return false;
    text = out.append(text, kept);
    return true;
}

}  // namespace sluice::recording
