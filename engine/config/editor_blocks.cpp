// SPDX-License-Identifier: GPL-3.0-or-later
// Editor's work on whole lines: where entries of block mappings and lists begin and end, and cutting and moving them.
#include "engine/config/editor.h"

#include "engine/config/text.h"

namespace sluice::config {
namespace {

Error unclear()
{
    return Error{Fault::Client, "the lines of the value are not clear; edit the text by hand", true};
}

struct Piece {
    size_t begin, end;
};

// `pieces` in their new order, with what stood between them left where it was.
std::string rearranged(const std::string &text, std::vector<Piece> pieces, size_t from, size_t to)
{
    std::vector<std::string> between;
    for (size_t i = 1; i < pieces.size(); ++i)
        between.push_back(text.substr(pieces[i - 1].end, pieces[i].begin - pieces[i - 1].end));
    const Piece moved = pieces[from];
    pieces.erase(pieces.begin() + std::ptrdiff_t(from));
    pieces.insert(pieces.begin() + std::ptrdiff_t(to), moved);
    std::string out;
    for (size_t i = 0; i < pieces.size(); ++i)
        out += (i ? between[i - 1] : "") + text.substr(pieces[i].begin, pieces[i].end - pieces[i].begin);
    return out;
}

}  // namespace

// Lines go in at the beginning of a line; where the text's last line has no end, it gets one.
void Editor::addLines(size_t at, std::string lines)
{
    if (at == text_.size() && !text_.empty() && text_.back() != '\n')
        lines = eol_ + lines;
    splice(at, at, lines);
}

size_t Editor::afterColon(const Key &key) const
{
    const size_t colon = text_.find_first_not_of(" \t", key.extent.end);
    return colon != std::string::npos && text_[colon] == ':' ? colon + 1 : key.extent.end;
}

size_t Editor::entryEnd(const Node &parent, size_t index) const
{
    const Node &node = parent.items[index];
    if (!node.extent.known())
        return npos;
    return parent.isMapping() ? std::max(node.extent.end, afterColon(parent.keys[index])) : node.extent.end;
}

size_t Editor::dashOf(const Node &list, size_t index) const
{
    const Node &item = list.items[index];
    if (!list.extent.known() || !item.extent.known())
        return npos;
    const size_t column = list.extent.begin - lineBegin(text_, list.extent.begin);
    // The dash may stand some lines above its item: "-", a comment, then the first key.
    size_t line = lineBegin(text_, item.extent.begin);
    for (int tries = 0; tries < 100; ++tries) {
        const size_t at = line + column;
        if (at < text_.size() && text_[at] == '-' && at < item.extent.begin + 1 && startsLine(at))
            return at;
        if (line == 0)
            break;
        line = lineBegin(text_, line - 1);
        const size_t content = text_.find_first_not_of(' ', line);
        if (content != std::string::npos && content > at)
            break;
    }
    return npos;
}

size_t Editor::aboveComments(size_t line, size_t indent) const
{
    while (line > 0) {
        const size_t above = lineBegin(text_, line - 1);
        const size_t content = text_.find_first_not_of(' ', above);
        if (content == std::string::npos || text_[content] != '#' || content - above > indent)
            break;
        line = above;
    }
    return line;
}

size_t Editor::belowComments(size_t line, size_t indent) const
{
    while (line < text_.size()) {
        const size_t content = text_.find_first_not_of(' ', line);
        if (content == std::string::npos || text_[content] != '#' || content - line <= indent)
            break;
        line = nextLine(text_, line);
    }
    return line;
}

bool Editor::isBlankLine(size_t line) const
{
    const size_t end = lineEnd(text_, line);
    return line < text_.size() && text_.find_first_not_of(" \t", line) >= end;
}

bool Editor::startsLine(size_t offset) const
{
    return text_.find_first_not_of(' ', lineBegin(text_, offset)) == offset;
}

Outcome Editor::removeBlock(const Node &parent, size_t index)
{
    const size_t end = entryEnd(parent, index);
    const size_t begin = parent.isMapping() ? parent.keys[index].extent.begin : dashOf(parent, index);
    if (end == npos || begin == npos)
        return unclear();
    if (startsLine(begin)) {
        size_t from = lineBegin(text_, begin), to = nextLine(text_, end);
        // Of the blank lines around an item of a list, the one behind goes with it.
        if (parent.isSequence() && from > 0 && isBlankLine(lineBegin(text_, from - 1)) && isBlankLine(to))
            to = nextLine(text_, to);
        if (to == text_.size() && text_.back() != '\n' && from > 0)
            from = lineEnd(text_, lineBegin(text_, from - 1));
        splice(from, to, "");
        return Done{};
    }
    // The first key behind a dash: the next one takes its place, unless comments stand between them.
    if (!parent.isMapping() || index + 1 >= parent.keys.size())
        return unclear();
    const size_t next = parent.keys[index + 1].extent.begin;
    const size_t after = nextLine(text_, end);
    if (after <= next && text_.find('#', after) < next) {
        size_t from = begin;
        while (from > 0 && text_[from - 1] == ' ')
            --from;
        splice(from, lineEnd(text_, end), "");
    } else {
        splice(begin, next, "");
    }
    return Done{};
}

Outcome Editor::move(const Path &path, size_t from, size_t to)
{
    if (const Outcome outcome = read(); !outcome)
        return outcome;
    const Result<Found> found = find(path);
    if (!found)
        return found.error();
    const Node &list = *found->node;
    if (found->depth != path.size() || !list.isSequence() || list.aliased || std::max(from, to) >= list.items.size())
        return Error{Fault::Client, "there is no such item in a list", true};
    if (from == to)
        return Done{};
    return list.style == Node::Style::Flow ? moveFlow(list, from, to) : moveBlock(list, from, to);
}

Outcome Editor::moveFlow(const Node &list, size_t from, size_t to)
{
    const size_t low = std::min(from, to), high = std::max(from, to);
    std::vector<Piece> pieces;
    for (size_t i = low; i <= high; ++i) {
        if (!list.items[i].extent.known())
            return unclear();
        pieces.push_back({list.items[i].extent.begin, list.items[i].extent.end});
    }
    const Piece whole{pieces.front().begin, pieces.back().end};
    splice(whole.begin, whole.end, rearranged(text_, pieces, from - low, to - low));
    return Done{};
}

// An item moves with the comment lines directly above it, and with those below that are indented deeper than its dash.
Outcome Editor::moveBlock(const Node &list, size_t from, size_t to)
{
    const bool ended = text_.back() == '\n';
    if (!ended)
        text_ += eol_;
    const size_t low = std::min(from, to), high = std::max(from, to);
    std::vector<Piece> pieces;
    for (size_t i = low; i <= high; ++i) {
        const size_t dash = dashOf(list, i), last = entryEnd(list, i);
        if (dash == npos || last == npos)
            return unclear();
        const size_t column = dash - lineBegin(text_, dash);
        pieces.push_back({aboveComments(lineBegin(text_, dash), column), belowComments(nextLine(text_, last), column)});
        if (pieces.size() > 1 && pieces.back().begin < pieces[pieces.size() - 2].end)
            return unclear();
    }
    const Piece whole{pieces.front().begin, pieces.back().end};
    splice(whole.begin, whole.end, rearranged(text_, pieces, from - low, to - low));
    if (!ended)
        text_.resize(text_.size() - eol_.size());
    return Done{};
}

}  // namespace sluice::config
