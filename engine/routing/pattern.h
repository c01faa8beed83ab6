// SPDX-License-Identifier: GPL-3.0-or-later
// The path pattern of one route, taken apart; and the walk through the segments of a path. Values; any thread.
// Both sides are normalised alike (http/uri.h) before they come here: a segment is compared byte for byte.
#pragma once

#include "engine/base/result.h"
#include "engine/routing/router.h"

#include <memory>
#include <re2/re2.h>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::routing {

constexpr size_t maxPatternBytes = 4096;   // a path pattern or a regular expression; longer: refused
constexpr size_t maxPatternSegments = 64;  // so the trie is at most so deep
constexpr int maxRegexGroups = 32;
constexpr int64_t maxRegexMemory = 1 << 20;  // bytes one compiled expression and its automaton may take (RE2 max_mem)

using RegexPtr = std::shared_ptr<const re2::RE2>;
// Quiet, bounded. Nothing: `error` says why.
RegexPtr compileRegex(std::string_view text, std::string &error);
bool matchesWhole(const re2::RE2 &, std::string_view text);

// The segments of a path that begins with "/": "/a/" has "a" and "".
class SegmentWalk {
public:
    static constexpr size_t done = size_t(-1);
    explicit SegmentWalk(std::string_view path, size_t at = 1) : path_(path), at_(at) {}
    bool atEnd() const { return at_ == done; }
    size_t place() const { return at_; }  // where this segment begins; done at the end
    std::string_view segment() const { return path_.substr(at_, end() - at_); }
    std::string_view rest() const { return atEnd() ? std::string_view() : path_.substr(at_); }
    SegmentWalk next() const
    {
        const size_t slash = end();
        return SegmentWalk(path_, slash == path_.size() ? done : slash + 1);
    }

private:
    size_t end() const
    {
        const size_t slash = path_.find('/', at_);
        return slash == path_.npos ? path_.size() : slash;
    }
    std::string_view path_;
    size_t at_;
};

struct PathPattern {
    // In the order of precedence at one segment. Regex stands for all that comes after the expression's literal
    // segments.
    enum class Kind : uint8_t { Literal, Any, Regex, Rest };
    struct Part {
        Kind kind = Kind::Literal;
        std::string text;  // the literal; or the name of the capture, empty for `*`
    };
    std::string written;
    std::vector<Part> parts;  // Regex and Rest only last
    RegexPtr regex;           // with a part Regex
    bool captures = false;    // a match makes captures

    // Error: what() is the sentence that checkPathPattern gives.
    static Result<PathPattern> parse(std::string_view pattern);
    bool matches(std::string_view path) const;
    // Only for a path that matches.
    std::vector<Capture> capture(std::string_view path) const;
    // The names that capture() gives.
    std::vector<std::string> captureNames() const;
};

// The text that everything begins with that the expression matches as a whole; may be shorter than it could be.
std::string literalPrefix(std::string_view regex);

}  // namespace sluice::routing
