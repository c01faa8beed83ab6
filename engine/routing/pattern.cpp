// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/routing/pattern.h"

#include <algorithm>

namespace sluice::routing {

namespace {
using Kind = PathPattern::Kind;

Error mistake(std::string what)
{
    return {Fault::Gateway, std::move(what), false};
}
std::string quoted(std::string_view text)
{
    return "`" + std::string(text) + "`";
}

bool isCaptureName(std::string_view name)
{
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !name.empty() && name.size() <= 64 && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '-';
    });
}

Result<PathPattern::Part> parseCapture(std::string_view segment)
{
    const size_t open = segment.find('{'), close = segment.find('}');
    if (open == segment.npos || close < open)
        return mistake("`}` was never opened in " + quoted(segment));
    if (close == segment.npos)
        return mistake(quoted(segment.substr(open)) + " is never closed");
    const std::string_view name = segment.substr(open + 1, close - open - 1);
    if (name.empty())
        return mistake("`{}` has no name");
    if (name.find('*') != name.npos)
        return mistake(quoted(segment)
                       + ": to match all that follows, end the path with `/**`; a rewrite calls it `{**}`");
    if (!isCaptureName(name))
        return mistake(quoted(segment.substr(open, close + 1 - open))
                       + ": a capture's name is made of letters, digits, `_` and "
                         "`-`, begins with a letter or `_`, and has at most 64 of them");
    if (segment.size() != name.size() + 2)
        return mistake(quoted(segment)
                       + ": a capture is a whole segment; for a part of one use a regular expression (`~`)");
    return PathPattern::Part{Kind::Any, std::string(name)};
}

Result<PathPattern::Part> parseSegment(std::string_view segment, bool last)
{
    if (segment == "**") {
        if (!last)
            return mistake("`**` may stand only at the end");
        return PathPattern::Part{Kind::Rest, "**"};
    }
    if (segment == "*")
        return PathPattern::Part{Kind::Any, ""};
    if (segment.find_first_of("{}") != segment.npos)
        return parseCapture(segment);
    if (segment.find("**") != segment.npos)
        return mistake(quoted(segment) + ": `**` is a segment of its own, as in `/files/**`");
    if (segment.find('*') != segment.npos)
        return mistake(quoted(segment) + ": `*` is a whole segment; for a part of one use a regular expression (`~`)");
    if (segment == "." || segment == "..")
        return mistake(quoted(segment) + " never arrives: paths are normalised before they are matched");
    for (const char c : segment) {
        if (c == '?')
            return mistake("`?` ends the path; match the query with `query`");
        if (c == '#')
            return mistake("`#` never arrives: a fragment stays with the client");
        if (uint8_t(c) <= 0x20 || c == 0x7f)
            return mistake("a space or control character in a path is written with its percent-code, as `%20`");
    }
    return PathPattern::Part{Kind::Literal, std::string(segment)};
}

Result<PathPattern> parseRegex(std::string_view written)
{
    PathPattern out;
    out.written = written;
    std::string error;
    out.regex = compileRegex(written.substr(1), error);
    if (!out.regex)
        return mistake(error);
    // Only whole segments; what stands after the last "/" belongs to the expression.
    const std::string prefix = literalPrefix(written.substr(1));
    const size_t end = prefix.starts_with('/') ? prefix.rfind('/') : 0;
    for (SegmentWalk walk(std::string_view(prefix).substr(0, end), end > 0 ? 1 : SegmentWalk::done); !walk.atEnd();
         walk = walk.next()) {
        if (out.parts.size() == maxPatternSegments)
            break;
        out.parts.push_back({Kind::Literal, std::string(walk.segment())});
    }
    out.parts.push_back({Kind::Regex, ""});
    out.captures = out.regex->NumberOfCapturingGroups() > 0;
    return out;
}
}  // namespace

Result<PathPattern> PathPattern::parse(std::string_view pattern)
{
    if (pattern.empty())
        return mistake("the path is empty; `/` is the root, `/**` is every path");
    if (pattern.size() > maxPatternBytes)
        return mistake("the path is longer than " + std::to_string(maxPatternBytes) + " bytes");
    if (pattern[0] == '~')
        return parseRegex(pattern);
    if (pattern[0] != '/')
        return mistake("a path begins with `/`, or with `~` where it is a regular expression");
    PathPattern out;
    out.written = pattern;
    for (SegmentWalk walk(pattern); !walk.atEnd(); walk = walk.next()) {
        if (out.parts.size() == maxPatternSegments)
            return mistake("the path has more than " + std::to_string(maxPatternSegments) + " segments");
        Result<Part> part = parseSegment(walk.segment(), walk.next().atEnd());
        if (!part)
            return part.error();
        const bool named = part->kind == Kind::Any && !part->text.empty();
        if (named && std::any_of(out.parts.begin(), out.parts.end(), [&](const Part &p) {
                return p.kind == Kind::Any && p.text == part->text;
            }))
            return mistake("`{" + part->text + "}` stands there twice");
        out.captures = out.captures || named || part->kind == Kind::Rest;
        out.parts.push_back(part.take());
    }
    return out;
}

bool PathPattern::matches(std::string_view path) const
{
    if (regex)
        return path.starts_with('/') && matchesWhole(*regex, path);
    if (!path.starts_with('/'))
        return false;
    SegmentWalk walk(path);
    for (const Part &part : parts) {
        if (part.kind == Kind::Rest)
            return true;
        if (walk.atEnd() || (part.kind == Kind::Any ? walk.segment().empty() : walk.segment() != part.text))
            return false;
        walk = walk.next();
    }
    return walk.atEnd();
}

std::vector<Capture> PathPattern::capture(std::string_view path) const
{
    std::vector<Capture> out;
    if (!captures)
        return out;
    if (regex) {
        re2::StringPiece groups[maxRegexGroups + 1];
        const int count = regex->NumberOfCapturingGroups();
        regex->Match(re2::StringPiece(path.data(), path.size()), 0, path.size(), re2::RE2::ANCHOR_BOTH, groups,
                     count + 1);
        out.reserve(size_t(count));
        for (int i = 1; i <= count; ++i)
            out.push_back({std::to_string(i), std::string(groups[i].data(), groups[i].size())});
        for (const auto &[name, index] : regex->NamedCapturingGroups())
            out.push_back({name, out[size_t(index - 1)].value});
        return out;
    }
    SegmentWalk walk(path);
    for (const Part &part : parts) {
        if (part.kind == Kind::Rest)
            out.push_back({"**", std::string(walk.rest())});
        else if (part.kind == Kind::Any && !part.text.empty())
            out.push_back({part.text, std::string(walk.segment())});
        if (!walk.atEnd())
            walk = walk.next();
    }
    return out;
}

std::vector<std::string> PathPattern::captureNames() const
{
    std::vector<std::string> out;
    for (const Part &part : parts) {
        if (part.kind == Kind::Rest || (part.kind == Kind::Any && !part.text.empty()))
            out.push_back(part.text);
    }
    if (regex) {
        for (int i = 1; i <= regex->NumberOfCapturingGroups(); ++i)
            out.push_back(std::to_string(i));
        for (const auto &[name, index] : regex->NamedCapturingGroups())
            out.push_back(name);
    }
    return out;
}

std::string checkPathPattern(std::string_view pattern)
{
    const Result<PathPattern> parsed = PathPattern::parse(pattern);
    return parsed ? std::string() : parsed.error().what;
}

}  // namespace sluice::routing
