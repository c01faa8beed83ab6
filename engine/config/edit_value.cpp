// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/edit_value.h"

#include "engine/config/text.h"

namespace sluice::config {
namespace {

using Members = std::vector<std::pair<std::string, Value>>;

bool isLetterOrDigit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Whether the text needs no quotes. Rather too strict: quotes never hurt.
bool isPlain(std::string_view text, bool flow)
{
    if (text.empty() || text.back() == ' ' || text.back() == ':' || text == "~" || text == "null" || text == "Null"
        || text == "NULL")
        return false;
    if (!isLetterOrDigit(text[0]) && std::string_view("/._~$+(=<^;").find(text[0]) == std::string_view::npos)
        return false;
    for (const char c : text) {
        if (uint8_t(c) < 0x20 || c == 0x7f || (flow && std::string_view(",[]{}").find(c) != std::string_view::npos))
            return false;
    }
    return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos && text != "...";
}

std::string doubleQuoted(std::string_view text)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += std::string("\\") + c;
        else if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (uint8_t(c) < 0x20 || c == 0x7f)
            out += std::string("\\x") + digits[uint8_t(c) >> 4] + digits[uint8_t(c) & 15];
        else
            out += c;
    }
    return out + '"';
}

std::string singleQuoted(std::string_view text)
{
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? std::string("''") : std::string(1, c);
    return out + "'";
}

bool isMappings(const Value &value)
{
    const auto *items = std::get_if<std::vector<Value>>(&value.data);
    return items && !items->empty() && std::all_of(items->begin(), items->end(), [](const Value &item) {
               const auto *members = std::get_if<Members>(&item.data);
               return members && !members->empty();
           });
}

}  // namespace

std::string scalarText(std::string_view text, bool flow, Node::Style like)
{
    if (like == Node::Style::DoubleQuoted)
        return doubleQuoted(text);
    const bool oneLine = std::all_of(text.begin(), text.end(), [](char c) { return uint8_t(c) >= 0x20 && c != 0x7f; });
    if (like == Node::Style::SingleQuoted && oneLine)
        return singleQuoted(text);
    return isPlain(text, flow) ? std::string(text) : doubleQuoted(text);
}

std::string flowText(const Value &value, bool flow)
{
    if (const auto *text = std::get_if<std::string>(&value.data))
        return scalarText(*text, flow);
    std::string out;
    if (const auto *items = std::get_if<std::vector<Value>>(&value.data)) {
        for (const Value &item : *items)
            out += (out.empty() ? "" : ", ") + flowText(item, true);
        return '[' + out + ']';
    }
    for (const auto &[key, member] : std::get<Members>(value.data))
        out += (out.empty() ? "" : ", ") + scalarText(key, true) + ": " + flowText(member, true);
    return '{' + out + '}';
}

std::string memberLines(const Members &members, const std::string &first, const std::string &indent,
                        const std::string &eol)
{
    std::string out;
    for (const auto &[key, value] : members)
        out += (out.empty() ? first : indent) + scalarText(key, true) + ": " + flowText(value, false) + eol;
    return out;
}

std::string blockLines(const std::string &key, const Value &value, const std::string &eol)
{
    const std::string name = scalarText(key, true) + ':';
    const auto *members = std::get_if<Members>(&value.data);
    if (members && !members->empty())
        return name + eol + memberLines(*members, "  ", "  ", eol);
    if (!isMappings(value))
        return name + ' ' + flowText(value, false) + eol;
    std::string out = name + eol;
    for (const Value &item : std::get<std::vector<Value>>(value.data))
        out += memberLines(std::get<Members>(item.data), "  - ", "    ", eol);
    return out;
}

Node nodeOf(const Value &value)
{
    Node node;
    if (const auto *text = std::get_if<std::string>(&value.data)) {
        node.kind = Node::Kind::Scalar;
        node.text = *text;
    } else if (const auto *items = std::get_if<std::vector<Value>>(&value.data)) {
        node.kind = Node::Kind::Sequence;
        for (const Value &item : *items)
            node.items.push_back(nodeOf(item));
    } else {
        node.kind = Node::Kind::Mapping;
        for (const auto &[key, member] : std::get<Members>(value.data)) {
            node.keys.push_back({key, {}, {}});
            node.items.push_back(nodeOf(member));
        }
    }
    return node;
}

bool putValue(Node &root, const Path &path, const Value &value)
{
    Node *node = &root;
    for (const Step &step : path) {
        if (node->kind == Node::Kind::Null)
            node->kind = step.isKey() ? Node::Kind::Mapping : Node::Kind::Sequence;
        if (step.isKey() ? !node->isMapping() : !node->isSequence())
            return false;
        size_t index = step.isKey() ? node->indexOf(step.key) : step.index;
        if (index == npos || index == node->items.size()) {
            index = node->items.size();
            if (step.isKey())
                node->keys.push_back({step.key, {}, {}});
            node->items.emplace_back();
        }
        if (index > node->items.size())
            return false;
        node = &node->items[index];
    }
    *node = nodeOf(value);
    return true;
}

bool dropValue(Node &root, const Path &path)
{
    Node *node = &root;
    for (size_t i = 0; i < path.size(); ++i) {
        const Step &step = path[i];
        if (step.isKey() ? !node->isMapping() : !node->isSequence())
            return false;
        const size_t index = step.isKey() ? node->indexOf(step.key) : step.index;
        if (index >= node->items.size())
            return false;
        if (i + 1 < path.size()) {
            node = &node->items[index];
            continue;
        }
        if (step.isKey())
            node->keys.erase(node->keys.begin() + std::ptrdiff_t(index));
        node->items.erase(node->items.begin() + std::ptrdiff_t(index));
        return true;
    }
    return false;
}

std::vector<ListGap> gapsBetween(const std::vector<Node> &before, const std::vector<Value> &values)
{
    std::vector<Node> after;
    for (const Value &value : values)
        after.push_back(nodeOf(value));
    const size_t most = std::min(before.size(), after.size());
    size_t head = 0, tail = 0;
    while (head < most && sameMeaning(before[head], after[head]))
        ++head;
    while (tail < most - head && sameMeaning(before[before.size() - 1 - tail], after[after.size() - 1 - tail]))
        ++tail;
    const size_t rows = before.size() - head - tail, columns = after.size() - head - tail;
    if (rows == 0 && columns == 0)
        return {};
    constexpr size_t longest = 1000;
    if (rows > longest || columns > longest)
        return {{head, head + rows, head, head + columns}};
    // length[i][j]: of the longest common subsequence of what begins at i and at j.
    std::vector<std::vector<size_t>> length(rows + 1, std::vector<size_t>(columns + 1));
    const auto same = [&](size_t i, size_t j) { return sameMeaning(before[head + i], after[head + j]); };
    for (size_t i = rows; i-- > 0;) {
        for (size_t j = columns; j-- > 0;)
            length[i][j] = same(i, j) ? length[i + 1][j + 1] + 1 : std::max(length[i + 1][j], length[i][j + 1]);
    }
    std::vector<ListGap> gaps;
    ListGap gap{head, head, head, head};
    const auto finish = [&](size_t i, size_t j) {
        gap.oldEnd = head + i;
        gap.newEnd = head + j;
        if (gap.oldEnd > gap.oldBegin || gap.newEnd > gap.newBegin)
            gaps.push_back(gap);
    };
    size_t i = 0, j = 0;
    while (i < rows && j < columns) {
        if (same(i, j)) {
            finish(i, j);
            gap = {head + ++i, 0, head + ++j, 0};
        } else if (length[i + 1][j] >= length[i][j + 1]) {
            ++i;
        } else {
            ++j;
        }
    }
    finish(rows, columns);
    return gaps;
}

}  // namespace sluice::config
