// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/json.h"

#include <charconv>
#include <cmath>

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

}  // namespace

void appendJson(std::string &out, std::string_view text)
{
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

JsonObject &JsonObject::add(std::string_view key, double value)
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

std::string &JsonObject::name(std::string_view key)
{
    if (!std::exchange(first_, false))
        out_ += ',';
    appendJson(out_, key);
    out_ += ':';
    return out_;
}

}  // namespace sluice
