// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/json.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace sluice {

namespace {

// Length of the well-formed UTF-8 sequence at the front (Unicode table 3-7); 0: there is none.
size_t sequence(std::string_view text)
{
    const auto at = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto tail = [&](size_t i) { return (at(i) & 0xc0) == 0x80; };
    const unsigned c = at(0);
    if (c >= 0xc2 && c <= 0xdf)
        return tail(1) ? 2 : 0;
    if (c >= 0xe0 && c <= 0xef) {
        const unsigned low = c == 0xe0 ? 0xa0 : 0x80, high = c == 0xed ? 0x9f : 0xbf;
        return at(1) >= low && at(1) <= high && tail(2) ? 3 : 0;
    }
    if (c >= 0xf0 && c <= 0xf4) {
        const unsigned low = c == 0xf0 ? 0x90 : 0x80, high = c == 0xf4 ? 0x8f : 0xbf;
        return at(1) >= low && at(1) <= high && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

void appendEscape(std::string &out, unsigned char c)
{
    switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
        out += "\\u00";
        out += "0123456789abcdef"[c >> 4];
        out += "0123456789abcdef"[c & 15];
    }
}

constexpr size_t shortText = 126;

// Printable ASCII without quotes and backslashes, as nearly all that is written here. Eight bytes at a time.
bool isPlain(std::string_view text)
{
    constexpr uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    const auto zero = [](uint64_t v) { return (v - ones) & ~v & highs; };
    const char *at = text.data();
    size_t left = text.size();
    uint64_t bad = 0;
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t v = 0;
        std::memcpy(&v, at, 8);
        // High bit set, below 0x20, a quote, a backslash, DEL. Below 0x20 is exact where no high bit is set.
        bad |= (v & highs) | ((v - ones * 0x20) & ~v & highs) | zero(v ^ (ones * '"')) | zero(v ^ (ones * '\\'))
            | zero(v ^ (ones * 0x7f));
    }
    for (; left > 0; --left, ++at) {
        const unsigned char c = static_cast<unsigned char>(*at);
        bad |= c < 0x20 || c >= 0x7f || c == '"' || c == '\\';
    }
    return bad == 0;
}

}  // namespace

void appendJson(std::string &out, std::string_view text)
{
    if (text.size() <= shortText && isPlain(text)) {
        char quoted[shortText + 2];
        quoted[0] = '"';
        std::memcpy(quoted + 1, text.data(), text.size());
        quoted[text.size() + 1] = '"';
        out.append(quoted, text.size() + 2);
        return;
    }
    out += '"';
    size_t plain = 0;  // start of what can be copied as it stands
    for (size_t i = 0; i < text.size();) {
        const unsigned char c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            ++i;
            continue;
        }
        const size_t length = c < 0x80 ? 0 : sequence(text.substr(i));
        if (length) {
            i += length;
            continue;
        }
        out.append(text, plain, i - plain);
        if (c < 0x80)
            appendEscape(out, c);
        else
            out += "\xef\xbf\xbd";
        plain = ++i;
    }
    out.append(text, plain);
    out += '"';
}

JsonObject &JsonObject::add(JsonKey key, double value)
{
    name(key);
    char text[32];
    if (!std::isfinite(value)) {
        out_ += "null";
    } else {
        const auto end = std::to_chars(text, text + sizeof text, value).ptr;
        out_.append(text, end);
    }
    return *this;
}

std::string &JsonObject::name(JsonKey key)
{
    const std::string_view name = key.text();
    if (!key.plain()) {
        if (!std::exchange(first_, false))
            out_ += ',';
        appendJson(out_, name);
        out_ += ':';
        return out_;
    }
    char text[64];
    char *end = text;
    if (!std::exchange(first_, false))
        *end++ = ',';
    *end++ = '"';
    std::memcpy(end, name.data(), name.size());
    end += name.size();
    *end++ = '"';
    *end++ = ':';
    out_.append(text, size_t(end - text));
    return out_;
}

}  // namespace sluice
