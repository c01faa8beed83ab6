// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/conversation/http1_cases.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace cases {

namespace {

[[noreturn]] void malformed(const std::string &what)
{
    std::fprintf(stderr, "the list of cases is malformed: %s\n", what.c_str());
    std::abort();
}

// `at` stands behind "\{"; one past the "}" that belongs to it.
size_t pastBrace(std::string_view text, size_t at)
{
    for (int depth = 1; at < text.size(); ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) {
            depth += text[++at] == '{';
        } else if (text[at] == '}' && --depth == 0) {
            return at + 1;
        }
    }
    malformed("a brace is not closed: " + std::string(text));
}

std::string repeated(std::string_view inner)
{
    const size_t star = inner.rfind('*');
    if (star == inner.npos)
        malformed("nothing says how often: " + std::string(inner));
    const std::string once = unescaped(inner.substr(0, star));
    std::string out;
    for (int left = std::atoi(std::string(inner.substr(star + 1)).c_str()); left > 0; --left)
        out += once;
    return out;
}

// "NAME (RFC SECTION): OUTCOME"
Case begun(const std::string &line)
{
    const size_t open = line.rfind(" (RFC "), close = line.find("): ", open);
    if (open == line.npos || close == line.npos)
        malformed(line);
    Case out;
    out.name = line.substr(0, open);
    out.section = line.substr(open + 6, close - open - 6);
    out.outcome = line.substr(close + 3);
    return out;
}

}  // namespace

std::string Case::told(std::string_view word) const
{
    for (const std::string &line : behind) {
        if (line.starts_with(word) && line.size() > word.size() && line[word.size()] == ' ')
            return line.substr(word.size() + 1);
    }
    return {};
}

std::string unescaped(std::string_view text, bool *ends)
{
    std::string out;
    for (size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\') {
            out += text[at];
            continue;
        }
        switch (text[++at]) {
        case 'r': out += '\r'; break;
        case 'n': out += '\n'; break;
        case 't': out += '\t'; break;
        case '0': out += '\0'; break;
        case '\\': out += '\\'; break;
        case 'x':
            out += char(std::strtol(std::string(text.substr(at + 1, 2)).c_str(), nullptr, 16));
            at += 2;
            break;
        case '{': {
            const size_t end = pastBrace(text, at + 1);
            const std::string_view inner = text.substr(at + 1, end - at - 2);
            if (inner == "end" && ends)
                *ends = true;
            else
                out += repeated(inner);
            at = end - 1;
            break;
        }
        default: malformed("an escape that is none: " + std::string(text));
        }
    }
    return out;
}

std::string escaped(std::string_view bytes)
{
    std::string out;
    for (const char c : bytes.substr(0, 300)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\r')
            out += "\\r";
        else if (c == '\n')
            out += "\\n";
        else if (byte >= 0x20 && byte < 0x7f)
            out += c;
        else {
            char text[5];
            std::snprintf(text, sizeof text, "\\x%02x", byte);
            out += text;
        }
    }
    return bytes.size() > 300 ? out + "…" : out;
}

std::vector<Case> read(const std::string &name)
{
    std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/tests/conversation/" + name);
    if (!file)
        malformed("it is not there: " + name);
    std::vector<Case> out;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#')
            continue;
        if (line.front() != ' ')
            out.push_back(begun(line));
        else if (out.empty() || !line.starts_with("  "))
            malformed(line);
        else if (line.starts_with("  > "))
            out.back().behind.push_back(line.substr(4));
        else
            out.back().raw += unescaped(std::string_view(line).substr(2), &out.back().ends);
    }
    return out;
}

std::vector<std::string> parted(const std::string &text)
{
    std::vector<std::string> out;
    for (size_t at = 0; at <= text.size();) {
        const size_t end = std::min(text.find(", ", at), text.size());
        out.push_back(text.substr(at, end - at));
        at = end + 2;
    }
    return out;
}

}  // namespace cases
