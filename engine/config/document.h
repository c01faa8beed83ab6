// SPDX-License-Identifier: GPL-3.0-or-later
// Document: the text of a gateway file as a tree that knows where everything stands. YAML 1.2, one document, UTF-8.
// Values; any thread. Aliases are expanded (bounded); tags and merge keys are refused.
#pragma once

#include "engine/base/problem.h"
#include "engine/config/plan.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

constexpr size_t maxFileBytes = size_t(4) << 20;
constexpr size_t maxDepth = 64;
constexpr size_t maxNodes = 200'000;  // after aliases are expanded; keys are not counted
constexpr size_t npos = size_t(-1);

// Byte offsets into the text; `end` is one past the last. Quotes and brackets are inside.
struct Extent {
    size_t begin = npos, end = npos;
    bool known() const { return begin != npos; }
};

struct Key {
    std::string text;
    Place place;
    Extent extent;
};

struct Node {
    enum class Kind : uint8_t { Null, Scalar, Sequence, Mapping };
    enum class Style : uint8_t { Plain, SingleQuoted, DoubleQuoted, Literal, Folded, Flow, Block };

    Kind kind = Kind::Null;
    Style style = Style::Plain;
    bool aliased = false;  // stands somewhere else in the text: its extent is that of the alias
    // What substitute() (environment.h) made of a ${…} in its text. Replaced: a variable's value is in it; Secret: that of a secret or
    // a file, which is never shown. Later: a stand-in for one that was not looked up, or found. Broken: it named something that is not
    // there, or was a tag or an alias that is none, which was reported. The worst of several counts.
    enum class Reference : uint8_t { None, Replaced, Secret, Later, Broken };
    Reference reference = Reference::None;
    Place place;       // of an aliased node: of the original
    Extent extent;     // block collections: first key or dash to the end of the last value. Unknown: a missing value
    std::string text;  // of a scalar: what it means, quotes and escapes undone
    std::vector<Key> keys;  // of a mapping: one for each of `items`, no two alike
    std::vector<Node> items;

    bool isMapping() const { return kind == Kind::Mapping; }
    bool isSequence() const { return kind == Kind::Sequence; }
    bool isScalar() const { return kind == Kind::Scalar; }
    // Where `key` stands in keys and items; npos: not there, or no mapping.
    size_t indexOf(std::string_view key) const;
    const Node *find(std::string_view key) const;
};

// The same meaning: places and styles do not count; the order of a mapping's keys does not count either.
bool sameMeaning(const Node &, const Node &);

struct Document {
    // Null: empty, or broken. With problems it is fit to be checked, not to be edited: a key given twice holds what stands
    // under both, and what a tag or an alias without anchor stands for is Node::Reference::Broken.
    Node root;
    Problems
        problems;  // errors only. The first one of syntax ends the reading; keys given twice, tags and aliases do not
    bool broken = false;  // the reading ended early: there is no root
};

// Never throws, never reads a file. `fileName` goes into the problems.
Document parseDocument(std::string_view text, const std::string &fileName);

}  // namespace sluice::config
