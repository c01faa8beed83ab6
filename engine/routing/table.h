// SPDX-License-Identifier: GPL-3.0-or-later
// Router::Table: the compiled routes. A trie of path segments for each host pattern that any route names, whose edges
// all lie in one hash table; regular expressions hang at the node that their literal segments lead to. Immutable once
// built.
#pragma once

#include "engine/routing/conditions.h"

#include <re2/set.h>
#include <unordered_map>

namespace sluice::routing {

// Child of (node, literal segment). Open addressing, built once, at most half full.
class Edges {
public:
    static constexpr uint32_t none = uint32_t(-1);
    uint32_t find(uint32_t parent, std::string_view segment) const
    {
        for (size_t at = hash(parent, segment) & mask_; slots_[at].child != none; at = (at + 1) & mask_) {
            if (slots_[at].parent == parent && slots_[at].segment == segment)
                return slots_[at].child;
        }
        return none;
    }
    void add(uint32_t parent, std::string_view segment, uint32_t child);

private:
    struct Slot {
        std::string segment;
        uint32_t parent = 0, child = none;
    };
    static size_t hash(uint32_t parent, std::string_view segment)
    {
        return (std::hash<std::string_view>()(segment) ^ parent) * 0x9e3779b97f4a7c15 >> 20;
    }
    std::vector<Slot> slots_ = std::vector<Slot>(16);
    size_t mask_ = 15, used_ = 0;
};

struct Node {
    // Routes whose pattern ends here, goes on with an expression, or with `**`; each in order of precedence.
    std::vector<uint32_t> exact, regexes, rest;
    uint32_t any = Edges::none;          // child for `*` and {name}
    bool literals = false;               // has children in Edges
    std::unique_ptr<re2::RE2::Set> set;  // of `regexes`, where there are many; an answer is an index there
};

struct Router::Table {
    struct TextHash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };
    using Roots = std::unordered_map<std::string, uint32_t, TextHash, std::equal_to<>>;

    std::vector<CompiledRoute> routes;  // by the index given to create()
    std::vector<Node> nodes;
    Edges edges;
    Roots exactHosts, wildcardHosts;  // host, or ".suffix" → root
    uint32_t anyHost = Edges::none;

    void build();
    // Of two routes in one list of a node: true where `a` is asked first.
    bool before(uint32_t a, uint32_t b) const;

    // Calls visit(route) for every route whose host and path match, by precedence, until it answers true. A route of
    // several hosts may come more than once.
    template<class Visit>
    bool walk(std::string_view host, std::string_view path, Visit &&visit) const
    {
        if (!path.starts_with('/'))
            return false;
        host = comparable(host);
        if (!exactHosts.empty()) {
            const auto found = exactHosts.find(host);
            if (found != exactHosts.end() && descend(found->second, SegmentWalk(path), path, visit))
                return true;
        }
        if (!wildcardHosts.empty()) {
            for (size_t dot = host.find('.', 1); dot != host.npos; dot = host.find('.', dot + 1)) {
                const auto found = wildcardHosts.find(host.substr(dot));
                if (found != wildcardHosts.end() && descend(found->second, SegmentWalk(path), path, visit))
                    return true;
            }
        }
        return anyHost != Edges::none && descend(anyHost, SegmentWalk(path), path, visit);
    }

private:
    // No deeper than maxPatternSegments.
    template<class Visit>
    bool descend(uint32_t index, SegmentWalk walk, std::string_view path, Visit &visit) const
    {
        const Node &node = nodes[index];
        if (walk.atEnd()) {
            if (visitAll(node.exact, visit))
                return true;
        } else {
            const std::string_view segment = walk.segment();
            if (node.literals) {
                const uint32_t child = edges.find(index, segment);
                if (child != Edges::none && descend(child, walk.next(), path, visit))
                    return true;
            }
            if (node.any != Edges::none && !segment.empty() && descend(node.any, walk.next(), path, visit))
                return true;
            if (!node.regexes.empty() && visitRegexes(node, path, visit))
                return true;
        }
        return visitAll(node.rest, visit);
    }

    template<class Visit>
    static bool visitAll(const std::vector<uint32_t> &list, Visit &visit)
    {
        for (const uint32_t route : list) {
            if (visit(route))
                return true;
        }
        return false;
    }

    template<class Visit>
    bool visitRegexes(const Node &node, std::string_view path, Visit &visit) const
    {
        std::vector<int> hits;
        if (node.set && askSet(node, path, hits)) {
            for (const int hit : hits) {
                if (visit(node.regexes[size_t(hit)]))
                    return true;
            }
            return false;
        }
        for (const uint32_t route : node.regexes) {
            if (matchesWhole(*routes[route].path.regex, path) && visit(route))
                return true;
        }
        return false;
    }

    // False: the set ran out of memory, ask the expressions one by one.
    static bool askSet(const Node &node, std::string_view path, std::vector<int> &hits);
    uint32_t addNode();
    uint32_t rootOf(Roots &, const std::string &host);
    void insert(uint32_t root, uint32_t route);
    void compileSet(Node &);
};

}  // namespace sluice::routing
