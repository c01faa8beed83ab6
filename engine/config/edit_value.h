// SPDX-License-Identifier: GPL-3.0-or-later
// Values as YAML text and as nodes. Internal to the room; pure.
#pragma once

#include "engine/config/edit.h"

namespace sluice::config {

// A scalar so that it is read back as this text. `like`: the quotes to use if they can hold it. `flow`: inside [] or {}.
std::string scalarText(std::string_view text, bool flow, Node::Style like = Node::Style::Plain);
// The value in one line.
std::string flowText(const Value &, bool flow);
// Lines for a mapping's members, each behind `indent`, or behind `first` for the first one. Ends with `eol`.
std::string memberLines(const std::vector<std::pair<std::string, Value>> &, const std::string &first,
                        const std::string &indent, const std::string &eol);
// "key: value" as lines; lists of mappings and mappings in block style below it.
std::string blockLines(const std::string &key, const Value &, const std::string &eol);

// What the value means.
Node nodeOf(const Value &);
// The tree as it is to be after the value was put at the path. False: the path leads through something else.
bool putValue(Node &root, const Path &, const Value &);
bool dropValue(Node &root, const Path &);

// What two lists do not share, between what they do: half-open ranges of indices, in order.
struct ListGap {
    size_t oldBegin, oldEnd, newBegin, newEnd;
};
// By the longest common subsequence; for lists too long for that (over a thousand), all between equal ends is one gap.
std::vector<ListGap> gapsBetween(const std::vector<Node> &, const std::vector<Value> &);

}  // namespace sluice::config
