// SPDX-License-Identifier: GPL-3.0-or-later
// Editor: the single cuts of which edits are made. Each call reads the text anew, makes one cut (or, for mappings and lists, one
// for each difference) and keeps the new text. Internal to the room; edit.cpp checks what came out.
#pragma once

#include "engine/config/edit.h"

namespace sluice::config {

class Editor {
public:
    explicit Editor(std::string text);

    Outcome set(const Path &, const Value &);
    Outcome insert(const Path &list, size_t index, const Value &);  // a new item before the one at `index`
    Outcome remove(const Path &);
    Outcome move(const Path &list, size_t from, size_t to);
    std::string takeText() { return std::move(text_); }

private:
    struct Found {
        const Node *node = nullptr;    // the deepest that exists on the path
        const Node *parent = nullptr;  // the collection that holds it; nothing for the root
        size_t index = 0;              // in it
        size_t depth = 0;              // how many steps were gone
    };
    Outcome read();
    Result<Found> find(const Path &) const;

    Outcome change(const Path &, const Node &, const Value &);
    Outcome changeMembers(const Path &, const Node &, const std::vector<std::pair<std::string, Value>> &);
    Outcome changeItems(const Path &, const Node &, const std::vector<Value> &);
    Outcome replace(const Found &, const Value &);
    Outcome addMember(const Found &, const std::string &key, const Value &);
    Outcome addItem(const Node &list, size_t index, const Value &);
    Outcome addBlockItem(const Node &list, size_t index, const Value &);
    Outcome removeBlock(const Node &parent, size_t index);
    Outcome moveBlock(const Node &list, size_t from, size_t to);
    Outcome moveFlow(const Node &list, size_t from, size_t to);

    void splice(size_t begin, size_t end, const std::string &with) { text_.replace(begin, end - begin, with); }
    void addLines(size_t at, std::string lines);
    size_t entryEnd(const Node &parent, size_t index) const;  // past its last byte; npos: unknown
    size_t dashOf(const Node &list, size_t index) const;      // npos: not found, or not first in its line
    size_t aboveComments(size_t line, size_t indent) const;   // begin of the comment lines directly above
    size_t belowComments(size_t line, size_t indent) const;   // past the comment lines that are indented deeper
    bool isBlankLine(size_t line) const;
    bool startsLine(size_t offset) const;  // only blanks before it in its line
    size_t afterColon(const Key &) const;

    std::string text_, eol_;
    Node root_;
};

}  // namespace sluice::config
