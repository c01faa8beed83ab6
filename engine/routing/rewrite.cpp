// SPDX-License-Identifier: GPL-3.0-or-later
// The path that goes on to the upstream. Captures are cuts of a normalised path, but put together anew they could make
// a segment that climbs ("." + "."), or a "//" in front that an upstream reads as an authority: neither leaves here.
#include "engine/http/uri.h"
#include "engine/routing/pattern.h"

#include <algorithm>

namespace sluice::routing {

namespace {
constexpr char digits[] = "0123456789ABCDEF";

bool isHex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// RFC 3986 section 3.3: what stands in a path as it is.
bool isPathCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
        || std::string_view("-._~!$&'()*+,;=:@/").find(c) != std::string_view::npos;
}

std::string encoded(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool code = c == '%' && i + 2 < text.size() && isHex(text[i + 1]) && isHex(text[i + 2]);
        if (code || isPathCharacter(c)) {
            out += c;
        } else {
            out += '%';
            out += digits[uint8_t(c) >> 4];
            out += digits[uint8_t(c) & 15];
        }
    }
    return out;
}

// "." or "..", also escaped, beside an escaped slash or backslash, or with parameters ("..;x"): some server climbs by
// it.
bool climbs(std::string_view segment)
{
    if (segment.find('.') == segment.npos && segment.find('%') == segment.npos)
        return false;
    const std::string plain = http::percentDecode(segment);
    for (size_t at = 0; at <= plain.size();) {
        const size_t end = std::min(plain.find_first_of("/\\", at), plain.size());
        const std::string_view piece = std::string_view(plain).substr(at, end - at);
        const std::string_view name = piece.substr(0, piece.find(';'));
        if (name == "." || name == "..")
            return true;
        at = end + 1;
    }
    return false;
}

// Begins with one "/", has no segment of dots: such a one is left out, it moves nowhere.
std::string inert(std::string_view path)
{
    std::string out;
    out.reserve(path.size() + 1);
    const size_t first = path.find_first_not_of('/');
    if (first == path.npos)
        return "/";
    const std::string text = "/" + std::string(path.substr(first));
    for (SegmentWalk walk(text); !walk.atEnd(); walk = walk.next()) {
        const bool dots = climbs(walk.segment());
        if (dots && !walk.next().atEnd())
            continue;
        // Nor may leaving one out bring an empty segment to the front.
        if (out == "/")
            out.clear();
        out += '/';
        if (!dots)
            out += walk.segment();
    }
    return out;
}

std::string stripped(std::string_view prefix, std::string_view path)
{
    while (prefix.ends_with('/'))
        prefix.remove_suffix(1);
    if (!path.starts_with(prefix) || (path.size() > prefix.size() && path[prefix.size()] != '/'))
        return std::string(path);
    return std::string(path.substr(prefix.size()));
}

std::string_view valueOf(std::string_view name, const std::vector<Capture> &captures)
{
    const auto found = std::find_if(captures.begin(), captures.end(), [&](const Capture &c) { return c.name == name; });
    return found == captures.end() ? std::string_view() : std::string_view(found->value);
}

std::string filled(std::string_view shape, std::string_view path, const std::vector<Capture> &captures)
{
    std::string out;
    for (size_t at = 0; at < shape.size();) {
        const size_t open = std::min(shape.find('{', at), shape.size());
        out += shape.substr(at, open - at);
        const size_t close = shape.find('}', open);
        if (open == shape.size() || close == shape.npos) {
            out += shape.substr(open);
            break;
        }
        const std::string_view name = shape.substr(open + 1, close - open - 1);
        const std::string_view value = valueOf(name, captures);
        // "/x/{**}" for a path that ends where ** begins: "/x", as "/x/" is for one that ends with "/". "/x/{**}/y":
        // "/x/y".
        const bool last = close + 1 == shape.size();
        if (name == "**" && value.empty() && out.ends_with('/')
            && (last ? !path.ends_with('/') : shape[close + 1] == '/'))
            out.pop_back();
        out += value;
        at = close + 1;
    }
    return out;
}

std::string checkShape(std::string_view shape, const std::vector<std::string> &names)
{
    if (!shape.starts_with('/'))
        return "the new path begins with `/`";
    if (shape.find_first_of("?#") != shape.npos)
        return "the new path has no `?` and no `#`: the query goes on as it came";
    for (size_t at = shape.find_first_of("{}"); at != shape.npos; at = shape.find_first_of("{}", at)) {
        if (shape[at] == '}')
            return "`}` was never opened in the new path";
        const size_t close = shape.find('}', at);
        if (close == shape.npos)
            return "`" + std::string(shape.substr(at)) + "` is never closed in the new path";
        const std::string_view name = shape.substr(at + 1, close - at - 1);
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            std::string out =
                "the new path names `{" + std::string(name) + "}`, which the route's path does not capture; ";
            if (names.empty())
                return out + "it captures nothing";
            out += "it captures";
            for (size_t i = 0; i < names.size(); ++i)
                out += (i > 0 ? ", `{" : " `{") + names[i] + "}`";
            return out;
        }
        at = close + 1;
    }
    for (SegmentWalk walk(shape); !walk.atEnd(); walk = walk.next()) {
        if (climbs(walk.segment()))
            return "the new path has no `.` and `..` segments";
    }
    return "";
}

std::string checkStrip(std::string_view prefix, const PathPattern &pattern)
{
    if (!prefix.starts_with('/'))
        return "the prefix to strip begins with `/`";
    if (prefix.find_first_of("{}*?#~") != prefix.npos)
        return "the prefix to strip is plain text; for captures use a new path";
    while (prefix.size() > 1 && prefix.ends_with('/'))
        prefix.remove_suffix(1);
    SegmentWalk walk(prefix);
    for (const PathPattern::Part &part : pattern.parts) {
        if (walk.atEnd() || prefix == "/" || part.kind != PathPattern::Kind::Literal)
            return "";
        if (part.text != walk.segment())
            return "the route's path never begins with the prefix to strip, `" + std::string(prefix) + "`";
        walk = walk.next();
    }
    return walk.atEnd() ? "" : "the route's path is shorter than the prefix to strip, `" + std::string(prefix) + "`";
}
}  // namespace

std::string checkRewrite(const RewriteSettings &rewrite, std::string_view pattern)
{
    if (!rewrite.stripPrefix.empty() && !rewrite.path.empty())
        return "either a prefix is stripped or the path is made anew, not both";
    const Result<PathPattern> parsed = PathPattern::parse(pattern);
    if (!parsed)
        return parsed.error().what;
    if (!rewrite.path.empty())
        return checkShape(rewrite.path, parsed->captureNames());
    return rewrite.stripPrefix.empty() ? "" : checkStrip(rewrite.stripPrefix, *parsed);
}

std::string rewritten(const RewriteSettings &rewrite, std::string_view path, const std::vector<Capture> &captures)
{
    if (!rewrite.path.empty())
        return inert(encoded(filled(rewrite.path, path, captures)));
    if (!rewrite.stripPrefix.empty()) {
        const std::string rest = stripped(rewrite.stripPrefix, path);
        return rest == path ? rest : inert(rest);
    }
    return std::string(path);
}

}  // namespace sluice::routing
