// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/editor.h"

#include "engine/config/edit_value.h"
#include "engine/config/text.h"

namespace sluice::config {
namespace {

using Members = std::vector<std::pair<std::string, Value>>;

Error cannot(std::string what)
{
    return Error{Fault::Client, std::move(what), true};
}

Path under(Path path, Step step)
{
    path.push_back(std::move(step));
    return path;
}

// The value that makes the rest of a path, from `depth` on.
Value nested(const Path &path, size_t depth, Value value)
{
    for (size_t i = path.size(); i > depth; --i) {
        if (path[i - 1].isKey())
            value = Value(Members{{path[i - 1].key, std::move(value)}});
        else
            value = Value(std::vector<Value>{std::move(value)});
    }
    return value;
}

}  // namespace

Editor::Editor(std::string text) : text_(std::move(text))
{
    const size_t first = text_.find('\n');
    eol_ = first != std::string::npos && first > 0 && text_[first - 1] == '\r' ? "\r\n" : "\n";
}

Outcome Editor::read()
{
    Document document = parseDocument(text_, "the file");
    if (!document.problems.empty())
        return cannot(document.problems.front().text());
    root_ = std::move(document.root);
    return Done{};
}

Result<Editor::Found> Editor::find(const Path &path) const
{
    Found found{&root_, nullptr, 0, 0};
    for (const Step &step : path) {
        if (found.node->aliased)
            return cannot("an alias stands there; edit the value that it names, or write it out");
        const Node &node = *found.node;
        const size_t index = step.isKey() ? node.indexOf(step.key) : node.isSequence() ? step.index : npos;
        if (index >= node.items.size())
            break;
        found = {&node.items[index], &node, index, found.depth + 1};
    }
    return found;
}

Outcome Editor::set(const Path &path, const Value &value)
{
    if (const Outcome outcome = read(); !outcome)
        return outcome;
    const Result<Found> found = find(path);
    if (!found)
        return found.error();
    if (found->depth == path.size()) {
        if (found->node->aliased || found->node->kind == Node::Kind::Null || !sameMeaning(*found->node, nodeOf(value)))
            return found->parent || !path.empty() ? change(path, *found->node, value)
                                                  : cannot("the whole file cannot be replaced");
        return Done{};
    }
    const Step &next = path[found->depth];
    const Value rest = nested(path, found->depth + 1, value);
    if (found->node->kind == Node::Kind::Null && found->parent)
        return replace(*found, nested(path, found->depth, value));
    if (next.isKey() && (found->node->isMapping() || !found->parent))
        return addMember(*found, next.key, rest);
    if (!next.isKey() && found->node->isSequence() && next.index == found->node->items.size())
        return addItem(*found->node, next.index, rest);
    return cannot(next.isKey() ? "there is no mapping that could hold " + inQuotes(next.key)
                               : "there is no list with an item " + std::to_string(next.index));
}

Outcome Editor::change(const Path &path, const Node &node, const Value &value)
{
    const auto *members = std::get_if<Members>(&value.data);
    const auto *items = std::get_if<std::vector<Value>>(&value.data);
    if (!node.aliased && node.isMapping() && !node.items.empty() && members && !members->empty())
        return changeMembers(path, node, *members);
    if (!node.aliased && node.isSequence() && !node.items.empty() && items && !items->empty())
        return changeItems(path, node, *items);
    const Result<Found> found = find(path);
    return found ? replace(*found, value) : Outcome(found.error());
}

Outcome Editor::changeMembers(const Path &path, const Node &node, const Members &members)
{
    std::vector<std::string> gone;
    for (const Key &key : node.keys) {
        if (std::none_of(members.begin(), members.end(), [&](const auto &m) { return m.first == key.text; }))
            gone.push_back(key.text);
    }
    for (const auto &[key, value] : members) {
        if (const Outcome outcome = set(under(path, key), value); !outcome)
            return outcome;
    }
    for (const std::string &key : gone) {
        if (const Outcome outcome = remove(under(path, key)); !outcome)
            return outcome;
    }
    return Done{};
}

// Items that stay are not touched. What stands between two of them is changed item by item, from the back, so that the
// indices of what is still to do hold.
Outcome Editor::changeItems(const Path &path, const Node &node, const std::vector<Value> &items)
{
    const std::vector<ListGap> gaps = gapsBetween(node.items, items);
    for (auto gap = gaps.rbegin(); gap != gaps.rend(); ++gap) {
        const size_t before = gap->oldEnd - gap->oldBegin, after = gap->newEnd - gap->newBegin,
                     both = std::min(before, after);
        for (size_t i = before; i > both; --i) {
            if (const Outcome outcome = remove(under(path, gap->oldBegin + i - 1)); !outcome)
                return outcome;
        }
        for (size_t i = 0; i < after; ++i) {
            const size_t at = gap->oldBegin + i;
            const Value &value = items[gap->newBegin + i];
            if (const Outcome outcome = i < both ? set(under(path, at), value) : insert(path, at, value); !outcome)
                return outcome;
        }
    }
    return Done{};
}

Outcome Editor::replace(const Found &found, const Value &value)
{
    const Node &node = *found.node;
    if (!node.extent.known())
        return cannot("the place of the value is not clear");
    const bool flow = found.parent && found.parent->style == Node::Style::Flow;
    const auto *text = std::get_if<std::string>(&value.data);
    const std::string written = text && node.isScalar() ? scalarText(*text, flow, node.style) : flowText(value, flow);
    size_t begin = node.extent.begin;
    std::string space;
    if (found.parent && found.parent->isMapping()) {
        // A block below its key, and nothing behind the colon: the new value goes behind the colon.
        const size_t colon = afterColon(found.parent->keys[found.index]);
        const bool below = !node.aliased && node.style == Node::Style::Block && node.kind != Node::Kind::Scalar;
        if (below || node.extent.begin == node.extent.end) {
            begin = colon;
            space = " ";
        }
    }
    splice(begin, std::max(begin, node.extent.end), space + written);
    return Done{};
}

Outcome Editor::addMember(const Found &found, const std::string &key, const Value &value)
{
    const Node &node = *found.node;
    if (node.kind == Node::Kind::Null) {
        addLines(text_.size(), blockLines(key, value, eol_));
        return Done{};
    }
    if (!node.isMapping())
        return cannot("the file is not a mapping");
    const std::string member = scalarText(key, true) + ": ";
    if (node.items.empty()) {
        splice(node.extent.begin, node.extent.end, '{' + member + flowText(value, true) + '}');
        return Done{};
    }
    const size_t end = entryEnd(node, node.items.size() - 1);
    if (end == npos)
        return cannot("the end of the mapping is not clear");
    if (node.style == Node::Style::Flow) {
        splice(end, end, ", " + member + flowText(value, true));
        return Done{};
    }
    const size_t first = node.keys.front().extent.begin;
    const std::string indent(first - lineBegin(text_, first), ' ');
    addLines(belowComments(nextLine(text_, end), indent.size()),
             found.parent ? indent + member + flowText(value, false) + eol_ : blockLines(key, value, eol_));
    return Done{};
}

Outcome Editor::insert(const Path &path, size_t index, const Value &value)
{
    if (const Outcome outcome = read(); !outcome)
        return outcome;
    const Result<Found> found = find(path);
    if (!found)
        return found.error();
    if (found->depth != path.size() || !found->node->isSequence() || found->node->aliased
        || index > found->node->items.size())
        return cannot("there is no such place in a list");
    return addItem(*found->node, index, value);
}

Outcome Editor::addItem(const Node &list, size_t index, const Value &value)
{
    if (list.style != Node::Style::Flow)
        return addBlockItem(list, index, value);
    const std::string written = flowText(value, true);
    if (list.items.empty()) {
        splice(list.extent.begin, list.extent.end, '[' + written + ']');
        return Done{};
    }
    const bool last = index == list.items.size();
    const Extent &beside = list.items[last ? index - 1 : index].extent;
    if (!beside.known())
        return cannot("the place in the list is not clear");
    splice(last ? beside.end : beside.begin, last ? beside.end : beside.begin, last ? ", " + written : written + ", ");
    return Done{};
}

Outcome Editor::addBlockItem(const Node &list, size_t index, const Value &value)
{
    const size_t size = list.items.size();
    const bool last = index == size;
    const size_t dash = dashOf(list, last ? size - 1 : index), end = entryEnd(list, size - 1);
    if (dash == npos || end == npos)
        return cannot("the place in the list is not clear");
    const size_t column = dash - lineBegin(text_, dash);
    // As many blanks behind the dash as the others have.
    const size_t content = text_.find_first_not_of(' ', dash + 1);
    const size_t gap =
        content == std::string::npos || text_[content] == '\n' || text_[content] == '\r' ? 1 : content - dash - 1;
    const std::string first = std::string(column, ' ') + '-' + std::string(std::max<size_t>(gap, 1), ' ');
    const auto *members = std::get_if<Members>(&value.data);
    std::string lines = members && !members->empty()
        ? memberLines(*members, first, std::string(first.size(), ' '), eol_)
        : first + flowText(value, false) + eol_;
    // A blank line between the others: one here, too.
    const size_t lastDash = size > 1 ? dashOf(list, size - 1) : npos;
    if (lastDash != npos) {
        const size_t above = aboveComments(lineBegin(text_, lastDash), column);
        if (above > 0 && isBlankLine(lineBegin(text_, above - 1)))
            lines = last ? eol_ + lines : lines + eol_;
    }
    addLines(last ? belowComments(nextLine(text_, end), column) : aboveComments(lineBegin(text_, dash), column), lines);
    return Done{};
}

Outcome Editor::remove(const Path &path)
{
    if (const Outcome outcome = read(); !outcome)
        return outcome;
    const Result<Found> found = find(path);
    if (!found)
        return found.error();
    if (path.empty() || found->depth != path.size())
        return cannot("there is nothing to remove");
    const Node &parent = *found->parent;
    const size_t index = found->index, size = parent.items.size();
    if (size == 1) {
        const Result<Found> above = find(Path(path.begin(), path.end() - 1));
        return replace(*above, parent.isMapping() ? Value(Members{}) : Value(std::vector<Value>{}));
    }
    if (parent.style != Node::Style::Flow)
        return removeBlock(parent, index);
    const auto begin = [&](size_t i) {
        return parent.isMapping() ? parent.keys[i].extent.begin : parent.items[i].extent.begin;
    };
    const bool last = index + 1 == size;
    const size_t from = last ? entryEnd(parent, index - 1) : begin(index),
                 to = last ? entryEnd(parent, index) : begin(index + 1);
    if (from == npos || to == npos || from > to)
        return cannot("the place of the value is not clear");
    splice(from, to, "");
    return Done{};
}

}  // namespace sluice::config
