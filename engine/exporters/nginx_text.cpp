// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/exporters/nginx_text.h"

#include <algorithm>

namespace sluice::exporters::nginx {

namespace {
bool isWord(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
}  // namespace

std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '\\' || c == '"')
            out += '\\';
        out += c;
    }
    return out + '"';
}

std::string literal(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '$')
            out += "${sluice_dollar}";
        else
            out += c;
    }
    return quoted(out);
}

std::string escaped(std::string_view text)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        if (isWord(c) || c == '/' || c == '-' || c == '~' || c == '%' || c == '=' || c == '@' || c == ',' || c == ':') {
            out += c;
        } else if (c > 0x20 && c < 0x7f) {
            out += '\\';
            out += c;
        } else {
            out += "\\x";
            out += digits[uint8_t(c) >> 4];
            out += digits[uint8_t(c) & 15];
        }
    }
    return out;
}

std::string time(Nanos duration)
{
    return std::to_string((duration.count() + 999'999) / 1'000'000) + "ms";
}

std::string comment(std::string_view text)
{
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return uint8_t(c) < 0x20 || c == 0x7f; }, ' ');
    return out;
}

std::string fromRe2(std::string_view regex)
{
    const auto pastAscii = [](char c) { return uint8_t(c) >= 0x80; };
    const bool utf = std::any_of(regex.begin(), regex.end(), pastAscii) || regex.find("\\x{") != regex.npos
        || regex.find("\\p") != regex.npos || regex.find("\\P") != regex.npos;
    return (utf ? "(*UTF)" : "") + ("^(?:" + std::string(regex) + ")$");
}

bool plainRegex(std::string_view regex)
{
    constexpr std::string_view sameAfterBackslash = "dDwW./-+*?()[]{}|^$\\_";
    for (size_t i = 0; i < regex.size(); ++i) {
        const char c = regex[i];
        if (c == '\\') {
            if (++i == regex.size() || sameAfterBackslash.find(regex[i]) == sameAfterBackslash.npos)
                return false;
        } else if (c == '(' && i + 1 < regex.size() && regex[i + 1] == '?') {
            const std::string_view group = regex.substr(i + 2, 2);
            if (!group.starts_with(':') && group != "P<")
                return false;
        } else if (uint8_t(c) < 0x20 || uint8_t(c) >= 0x7f) {
            return false;
        }
    }
    return true;
}

std::string Names::unique(std::string_view wish)
{
    constexpr size_t longest = 40;
    std::string name;
    for (const char c : wish) {
        if (isWord(c) || c == '-')
            name += c;
        else if (!name.empty() && name.back() != '-')
            name += '-';
        if (name.size() == longest)
            break;
    }
    while (name.ends_with('-'))
        name.pop_back();
    while (name.starts_with('-'))
        name.erase(0, 1);
    if (name.empty())
        name = "x";
    std::string out = name;
    for (int number = 2; !taken_.insert(out).second; ++number)
        out = name + '-' + std::to_string(number);
    return out;
}

}  // namespace sluice::exporters::nginx
