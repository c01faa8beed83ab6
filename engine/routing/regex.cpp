// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/routing/pattern.h"

namespace sluice::routing {

namespace {
bool isLetterOrDigit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The index after a class that begins at `at` ("[^]a[:digit:]\]]").
size_t afterClass(std::string_view regex, size_t at)
{
    ++at;
    if (at < regex.size() && regex[at] == '^')
        ++at;
    for (bool first = true; at < regex.size(); first = false) {
        if (regex[at] == ']' && !first)
            return at + 1;
        if (regex[at] == '[' && at + 1 < regex.size() && regex[at + 1] == ':') {
            const size_t close = regex.find(":]", at + 2);
            at = close == regex.npos ? at + 1 : close + 2;
        } else {
            at += regex[at] == '\\' ? 2 : 1;
        }
    }
    return regex.size();
}

// True also where it is not sure (\Q quoting).
bool mayHaveAlternatives(std::string_view regex)
{
    int depth = 0;
    for (size_t i = 0; i < regex.size();) {
        switch (regex[i]) {
        case '\\':
            if (i + 1 < regex.size() && regex[i + 1] == 'Q')
                return true;
            i += 2;
            continue;
        case '[': i = afterClass(regex, i); continue;
        case '(': ++depth; break;
        case ')': --depth; break;
        case '|':
            if (depth == 0)
                return true;
            break;
        }
        ++i;
    }
    return false;
}
}  // namespace

RegexPtr compileRegex(std::string_view text, std::string &error)
{
    if (text.empty()) {
        error = "the regular expression is empty";
        return {};
    }
    if (text.size() > maxPatternBytes) {
        error = "the regular expression is longer than " + std::to_string(maxPatternBytes) + " bytes";
        return {};
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(maxRegexMemory);
    auto regex = std::make_shared<const re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
    if (!regex->ok()) {
        error = "the regular expression cannot be read: " + regex->error();
        if (!regex->error_arg().empty() && regex->error().find(regex->error_arg()) == std::string::npos)
            error += " at `" + regex->error_arg() + "`";
        if (regex->error_code() == re2::RE2::ErrorBadPerlOp || regex->error_code() == re2::RE2::ErrorBadEscape)
            error += " (RE2 has no look-around and no back-references)";
        return {};
    }
    if (regex->NumberOfCapturingGroups() > maxRegexGroups) {
        error = "the regular expression has more than " + std::to_string(maxRegexGroups)
            + " groups; write (?:…) where "
              "nothing need be captured";
        return {};
    }
    return regex;
}

bool matchesWhole(const re2::RE2 &regex, std::string_view text)
{
    return regex.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

std::string literalPrefix(std::string_view regex)
{
    std::string out;
    if (mayHaveAlternatives(regex))
        return out;
    constexpr std::string_view special = ".[](){}*+?|^$";
    for (size_t i = regex.starts_with('^') ? 1 : 0; i < regex.size();) {
        char c = regex[i++];
        if (c == '\\') {
            if (i == regex.size() || isLetterOrDigit(regex[i]))
                break;  // a class, an anchor, a code
            c = regex[i++];
        } else if (special.find(c) != special.npos) {
            break;
        }
        const char after = i < regex.size() ? regex[i] : '\0';
        // A repetition would take the whole of a character of several bytes; and it reaches over flags: "a(?i)?".
        const bool flags =
            regex.substr(i).starts_with("(?") && i + 2 < regex.size() && regex[i + 2] != ':' && regex[i + 2] != 'P';
        if (c < 0x20 || after == '*' || after == '?' || after == '{' || flags)
            break;
        out += c;
        if (after == '+')
            break;
    }
    return out;
}

std::string checkRegex(std::string_view regex)
{
    std::string error;
    (void)compileRegex(regex, error);
    return error;
}

}  // namespace sluice::routing
