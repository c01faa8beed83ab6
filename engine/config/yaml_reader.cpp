// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/yaml_reader.h"

#include "engine/config/text.h"
#include "engine/config/yaml_errors.h"

#include <unordered_set>

namespace sluice::config {
namespace {

constexpr size_t mostJoins = 100;  // each looks at all the keys that stand there

std::string tokenText(fy_token *token)
{
    size_t length = 0;
    const char *text = token ? fy_token_get_text(token, &length) : nullptr;
    return text ? std::string(text, length) : std::string();
}

Node::Style styleOf(fy_token *token)
{
    switch (token ? fy_token_scalar_style(token) : FYSS_PLAIN) {
    case FYSS_SINGLE_QUOTED: return Node::Style::SingleQuoted;
    case FYSS_DOUBLE_QUOTED: return Node::Style::DoubleQuoted;
    case FYSS_LITERAL: return Node::Style::Literal;
    case FYSS_FOLDED: return Node::Style::Folded;
    default: return Node::Style::Plain;
    }
}

bool isNullText(const std::string &text)
{
    return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

// How deep a tree is and how many nodes it has.
void measure(const Node &node, size_t depth, size_t &deepest, size_t &count)
{
    ++count;
    deepest = std::max(deepest, depth);
    for (const Node &item : node.items)
        measure(item, depth + 1, deepest, count);
}

// What stands under a key that was given before is checked like the rest, so that its names are known: new keys and items
// go behind the old ones, all else is left out.
void join(Node &old, Node more)
{
    if (old.kind != more.kind)
        return;
    std::unordered_set<std::string> known;
    for (const Key &key : old.keys)
        known.insert(key.text);
    for (size_t i = 0; i < more.items.size(); ++i) {
        if (old.isMapping()) {
            if (!known.insert(more.keys[i].text).second)
                continue;
            old.keys.push_back(std::move(more.keys[i]));
        }
        old.items.push_back(std::move(more.items[i]));
    }
}

}  // namespace

YamlReader::YamlReader(std::string_view text, const std::string &fileName) : text_(text), file_(fileName)
{
    fy_diag_cfg diagnostics;
    fy_diag_cfg_default(&diagnostics);
    diagnostics.fp = nullptr;
    diag_ = fy_diag_create(&diagnostics);
    if (diag_)
        fy_diag_set_collect_errors(diag_, true);
    fy_parse_cfg settings{};
    settings.flags = fy_parse_cfg_flags(FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2);
    settings.diag = diag_;
    parser_ = fy_parser_create(&settings);
}

YamlReader::~YamlReader()
{
    if (parser_)
        fy_parser_destroy(parser_);
    if (diag_)
        fy_diag_destroy(diag_);
}

Node YamlReader::read()
{
    if (!parser_ || fy_parser_set_string(parser_, text_.data(), text_.size()) != 0) {
        fail({1, 1}, "the YAML reader could not start");
        return {};
    }
    bool ended = false;
    while (fy_event *event = fy_parser_parse(parser_)) {
        ended = event->type == FYET_STREAM_END;
        const bool goOn = take(event);
        fy_parser_event_free(parser_, event);
        if (!goOn)
            return {};
    }
    if (!ended)
        explainSyntaxError();
    return std::move(root_);
}

bool YamlReader::take(fy_event *event)
{
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (++documents_ > 1) {
            return fail(placeOf(event), "a second document begins here",
                        "a gateway file is one YAML document; remove the '---' between them");
        }
        return true;
    case FYET_SCALAR: return expectsKey() ? takeKey(event) : takeScalar(event);
    case FYET_ALIAS: return takeAlias(event);
    case FYET_MAPPING_START: return open(event, Node::Kind::Mapping);
    case FYET_SEQUENCE_START: return open(event, Node::Kind::Sequence);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END: return close(event);
    default: return true;
    }
}

bool YamlReader::takeKey(fy_event *event)
{
    Frame &frame = frames_.back();
    Key key{tokenText(fy_event_get_token(event)), placeOf(event), extentOf(event)};
    checkTag(event);
    frame.keyNext = false;
    if (!key.extent.known() || key.text.empty()) {
        tell(key.extent.known() ? key.place : frame.node.place, "a key that is empty");
        frame.instead = npos;
        return true;
    }
    const auto [seen, fresh] = frame.seen.emplace(key.text, frame.node.keys.size());
    if (!fresh) {
        tell(key.place, "the key " + inQuotes(key.text) + " is given twice",
             "the first is in line " + std::to_string(frame.node.keys[seen->second].place.line));
        frame.instead = seen->second;
        return true;
    }
    frame.node.keys.push_back(std::move(key));
    return true;
}

bool YamlReader::takeScalar(fy_event *event)
{
    fy_token *token = fy_event_get_token(event);
    Node node;
    node.text = tokenText(token);
    node.style = styleOf(token);
    node.place = placeOf(event);
    node.extent = extentOf(event);
    if (!checkTag(event))
        node.reference = Node::Reference::Broken;  // who knows what it was to mean
    const bool null = node.style == Node::Style::Plain && isNullText(node.text);
    node.kind = null ? Node::Kind::Null : Node::Kind::Scalar;
    if (null)
        node.text.clear();
    if (!node.extent.known())
        placeMissingValue(node);
    if (!admit(1, frames_.size(), node.place))
        return false;
    return place(std::move(node), tokenText(fy_event_get_anchor_token(event)));
}

bool YamlReader::takeAlias(fy_event *event)
{
    const std::string name = tokenText(fy_event_get_token(event));
    Place here = placeOf(event);
    here.column -= 1;  // libfyaml's mark is behind the '*'
    if (expectsKey()) {
        tell(here, "an alias as a key", "write the key out");
        frames_.back().keyNext = false;
        frames_.back().instead = npos;
        return true;
    }
    const auto found = anchors_.find(name);
    Node node;
    if (found != anchors_.end()) {
        size_t deepest = 0, count = 0;
        measure(found->second, frames_.size(), deepest, count);
        if (!admit(count, deepest, here))
            return false;
        node = found->second;
    } else {
        tell(here, "the alias '*" + name + "' has no anchor before it", "define it with '&" + name + "' first");
        if (!admit(1, frames_.size(), here))
            return false;
        node.place = here;
        node.reference = Node::Reference::Broken;
    }
    node.aliased = true;
    node.extent = extentOf(event);
    node.extent.begin -= 1;
    return place(std::move(node), {});
}

bool YamlReader::open(fy_event *event, Node::Kind kind)
{
    Frame frame;
    frame.node.kind = kind;
    frame.node.place = placeOf(event);
    frame.node.extent = extentOf(event);
    frame.node.style = fy_event_get_node_style(event) == FYNS_FLOW ? Node::Style::Flow : Node::Style::Block;
    frame.anchor = tokenText(fy_event_get_anchor_token(event));
    if (expectsKey())
        return fail(frame.node.place, "a key that is a list or a mapping",
                    "keys are plain words; quote values that begin with '{' or '['");
    checkTag(event);
    if (!admit(1, frames_.size(), frame.node.place))
        return false;
    frames_.push_back(std::move(frame));
    return true;
}

bool YamlReader::close(fy_event *event)
{
    Node node = std::move(frames_.back().node);
    const std::string anchor = std::move(frames_.back().anchor);
    frames_.pop_back();
    if (node.style == Node::Style::Flow) {
        node.extent.end = extentOf(event).end;
    } else {
        // libfyaml ends a block where the next thing begins; here it ends with its last value.
        if (!node.keys.empty())
            node.extent.begin = node.keys.front().extent.begin;
        if (!node.items.empty() && node.items.back().extent.known())
            node.extent.end = node.items.back().extent.end;
    }
    return place(std::move(node), anchor);
}

bool YamlReader::place(Node node, const std::string &anchor)
{
    if (!anchor.empty()) {
        size_t deepest = 0, count = 0;
        measure(node, frames_.size(), deepest, count);
        if (!admit(count, deepest, node.place))
            return false;
        anchors_[anchor] = node;
    }
    if (frames_.empty()) {
        root_ = std::move(node);
        return true;
    }
    Frame &frame = frames_.back();
    frame.keyNext = true;
    const std::optional<size_t> instead = std::exchange(frame.instead, std::nullopt);
    if (!instead)
        frame.node.items.push_back(std::move(node));
    else if (*instead != npos && joins_++ < mostJoins)
        join(frame.node.items[*instead], std::move(node));
    return true;
}

bool YamlReader::admit(size_t nodes, size_t depth, const Place &here)
{
    nodes_ += nodes;
    if (nodes_ > maxNodes)
        return fail(here, "more than " + std::to_string(maxNodes) + " values",
                    "aliases count as often as they are used");
    return depth < maxDepth || fail(here, "nested deeper than " + std::to_string(maxDepth) + " levels");
}

bool YamlReader::checkTag(fy_event *event)
{
    if (!fy_event_get_tag_token(event))
        return true;
    tell(placeOf(event), "a YAML tag ('!…')", "gateway files need none; quote a value that begins with '!'");
    return false;
}

// "key:" with nothing behind it: the value stands, empty, right behind the colon.
void YamlReader::placeMissingValue(Node &node) const
{
    if (frames_.empty())
        return;
    const Frame &frame = frames_.back();
    node.place = frame.node.place;
    if (!frame.node.isMapping() || frame.instead)
        return;
    const Key &key = frame.node.keys.back();
    node.place = key.place;
    size_t at = key.extent.end;
    while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t'))
        ++at;
    if (at < text_.size() && text_[at] == ':')
        node.extent = {at + 1, at + 1};
    else
        node.extent = {key.extent.end, key.extent.end};
}

Place YamlReader::placeOf(const fy_event *event) const
{
    const fy_mark *mark = fy_event_start_mark(const_cast<fy_event *>(event));
    if (!mark)
        return frames_.empty() ? Place{1, 1} : frames_.back().node.place;
    const fy_token *token = fy_event_get_token(const_cast<fy_event *>(event));
    const Node::Style style = event->type == FYET_SCALAR ? styleOf(const_cast<fy_token *>(token)) : Node::Style::Plain;
    const bool quote = style == Node::Style::SingleQuoted || style == Node::Style::DoubleQuoted;
    return {mark->line + 1, mark->column + 1 - quote};
}

Extent YamlReader::extentOf(const fy_event *event) const
{
    const fy_mark *begin = fy_event_start_mark(const_cast<fy_event *>(event));
    const fy_mark *end = fy_event_end_mark(const_cast<fy_event *>(event));
    if (!begin || !end)
        return {};
    Extent extent{std::min(begin->input_pos, text_.size()), std::min(end->input_pos, text_.size())};
    if (event->type != FYET_SCALAR)
        return extent;
    switch (styleOf(fy_event_get_token(const_cast<fy_event *>(event)))) {
    case Node::Style::SingleQuoted:
    case Node::Style::DoubleQuoted: return {extent.begin - 1, extent.end + 1};
    case Node::Style::Literal:
    case Node::Style::Folded: {
        // From the '|' or '>' to the end of the last line with content.
        const size_t mark = text_.find_last_of("|>", extent.begin == 0 ? 0 : extent.begin - 1);
        extent.begin = mark == std::string_view::npos ? extent.begin : mark;
        while (extent.end > extent.begin
               && (text_[extent.end - 1] == '\n' || text_[extent.end - 1] == '\r' || text_[extent.end - 1] == ' '))
            --extent.end;
        return extent;
    }
    default: return extent;
    }
}

bool YamlReader::fail(const Place &here, std::string what, std::string hint)
{
    tell(here, std::move(what), std::move(hint));
    stopped_ = true;
    return false;
}

void YamlReader::tell(const Place &here, std::string what, std::string hint)
{
    problems_.push_back({Problem::Severity::Error, file_, here.line, here.column, std::move(what), std::move(hint)});
}

void YamlReader::explainSyntaxError()
{
    void *position = nullptr;
    stopped_ = true;
    const fy_diag_error *error = fy_diag_errors_iterate(diag_, &position);
    if (error && error->msg)
        problems_.push_back(explainYamlError(text_, file_, {error->line, error->column}, error->msg));
    else
        fail({1, 1}, "not readable as YAML");
}

}  // namespace sluice::config
