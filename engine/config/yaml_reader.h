// SPDX-License-Identifier: GPL-3.0-or-later
// YamlReader: libfyaml's events made into a tree of nodes, within the bounds of document.h. Internal to the room; one use.
#pragma once

#include "engine/config/document.h"

#include <libfyaml.h>

#include <optional>
#include <unordered_map>

namespace sluice::config {

class YamlReader {
public:
    // `text` must be UTF-8 and outlive this.
    YamlReader(std::string_view text, const std::string &fileName);
    ~YamlReader();
    YamlReader(const YamlReader &) = delete;
    YamlReader &operator=(const YamlReader &) = delete;

    // Null when there is nothing, or when it stopped.
    Node read();
    bool stopped() const { return stopped_; }
    Problems takeProblems() { return std::move(problems_); }

private:
    struct Frame {  // a collection that is being read
        Node node;
        std::string anchor;
        bool keyNext = true;                           // of a mapping: the next scalar is a key
        std::unordered_map<std::string, size_t> seen;  // keys → where in node.keys
        // Where the next value belongs instead of behind the others: to the key that was there before, or (npos) nowhere.
        std::optional<size_t> instead;
    };
    bool take(fy_event *);  // false: stop
    bool takeScalar(fy_event *);
    bool takeAlias(fy_event *);
    bool takeKey(fy_event *);
    bool open(fy_event *, Node::Kind);
    bool close(fy_event *);
    bool place(Node node, const std::string &anchor);  // puts a whole node where it belongs
    bool admit(size_t nodes, size_t depth, const Place &);
    bool checkTag(fy_event *);  // false: there is one, which was told
    void placeMissingValue(Node &) const;
    void tell(const Place &, std::string what, std::string hint = {});  // and go on
    bool fail(const Place &, std::string what, std::string hint = {});  // and stop: always false
    void explainSyntaxError();
    Place placeOf(const fy_event *) const;
    Extent extentOf(const fy_event *) const;
    bool expectsKey() const { return !frames_.empty() && frames_.back().node.isMapping() && frames_.back().keyNext; }

    std::string_view text_;
    std::string file_;
    fy_diag *diag_ = nullptr;
    fy_parser *parser_ = nullptr;
    std::vector<Frame> frames_;
    std::unordered_map<std::string, Node> anchors_;
    Node root_;
    size_t documents_ = 0;
    size_t nodes_ = 0;
    size_t joins_ = 0;
    bool stopped_ = false;
    Problems problems_;
};

}  // namespace sluice::config
