// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/routing/table.h"

#include <algorithm>

namespace sluice::routing {

namespace {
constexpr size_t fewRegexes = 4;  // up to so many are quicker asked one by one
// What the automaton of a node's set may take, in bytes: some for each expression, and no more than most.
constexpr int64_t setBase = 8 << 20, setEach = 16 << 10, setMost = 64 << 20;
}  // namespace

void Edges::add(uint32_t parent, std::string_view segment, uint32_t child)
{
    const auto put = [this](Slot slot) {
        size_t at = hash(slot.parent, slot.segment) & mask_;
        while (slots_[at].child != none)
            at = (at + 1) & mask_;
        slots_[at] = std::move(slot);
    };
    if (++used_ * 2 > slots_.size()) {
        std::vector<Slot> old(slots_.size() * 2);
        old.swap(slots_);
        mask_ = slots_.size() - 1;
        for (Slot &slot : old) {
            if (slot.child != none)
                put(std::move(slot));
        }
    }
    put({std::string(segment), parent, child});
}

uint32_t Router::Table::addNode()
{
    nodes.emplace_back();
    return uint32_t(nodes.size() - 1);
}

uint32_t Router::Table::rootOf(Roots &roots, const std::string &host)
{
    const auto found = roots.find(host);
    return found != roots.end() ? found->second : roots.emplace(host, addNode()).first->second;
}

void Router::Table::insert(uint32_t root, uint32_t route)
{
    uint32_t at = root;
    for (const PathPattern::Part &part : routes[route].path.parts) {
        switch (part.kind) {
        case PathPattern::Kind::Literal: {
            uint32_t child = edges.find(at, part.text);
            if (child == Edges::none) {
                child = addNode();
                edges.add(at, part.text, child);
                nodes[at].literals = true;
            }
            at = child;
            break;
        }
        case PathPattern::Kind::Any:
            if (nodes[at].any == Edges::none) {
                const uint32_t child = addNode();
                nodes[at].any = child;
            }
            at = nodes[at].any;
            break;
        case PathPattern::Kind::Regex: nodes[at].regexes.push_back(route); return;
        case PathPattern::Kind::Rest: nodes[at].rest.push_back(route); return;
        }
    }
    nodes[at].exact.push_back(route);
}

void Router::Table::build()
{
    for (uint32_t i = 0; i < routes.size(); ++i) {
        if (routes[i].hosts.empty()) {
            if (anyHost == Edges::none)
                anyHost = addNode();
            insert(anyHost, i);
        }
        for (const HostPattern &host : routes[i].hosts)
            insert(rootOf(host.wildcard ? wildcardHosts : exactHosts, host.text), i);
    }
    for (Node &node : nodes) {
        for (std::vector<uint32_t> *list : {&node.exact, &node.regexes, &node.rest})
            std::sort(list->begin(), list->end(), [this](uint32_t a, uint32_t b) { return before(a, b); });
        if (node.regexes.size() > fewRegexes)
            compileSet(node);
    }
}

bool Router::Table::before(uint32_t a, uint32_t b) const
{
    const CompiledRoute &x = routes[a], &y = routes[b];
    if (x.methods.any() != y.methods.any())
        return y.methods.any();
    if (x.headers.size() != y.headers.size())
        return x.headers.size() > y.headers.size();
    if (x.query.size() != y.query.size())
        return x.query.size() > y.query.size();
    return a < b;
}

void Router::Table::compileSet(Node &node)
{
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(std::min(setMost, setBase + int64_t(node.regexes.size()) * setEach));
    auto set = std::make_unique<re2::RE2::Set>(options, re2::RE2::ANCHOR_BOTH);
    for (const uint32_t route : node.regexes) {
        if (set->Add(routes[route].path.regex->pattern(), nullptr) < 0)
            return;
    }
    if (set->Compile())
        node.set = std::move(set);
}

bool Router::Table::askSet(const Node &node, std::string_view path, std::vector<int> &hits)
{
    re2::RE2::Set::ErrorInfo error;
    if (node.set->Match(re2::StringPiece(path.data(), path.size()), &hits, &error)) {
        std::sort(hits.begin(), hits.end());
        return true;
    }
    return error.kind == re2::RE2::Set::kNoError;
}

}  // namespace sluice::routing
