// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/check.h"

#include "engine/config/text.h"
#include "engine/config/values.h"

#include <algorithm>
#include <tuple>

namespace sluice::config {
namespace {

constexpr size_t maxProblems = 1000;

// What it means that a key is not in effect, where that is more than its absence. `node`: the mapping that holds it.
std::string consequence(std::string_view key, const Node &node)
{
    if (key == "auth" || key == "aggregate")
        return "until it is, this route answers 503";
    if (key == "versions" && !node.find("service"))
        return "until it is, this route answers 503";
    if (key == "tls" || key == "credentials")
        return "until it is, this service answers 503";
    if (key == "discover")
        return node.find("endpoints") ? "the endpoints in this file are used" : "until it is, this service answers 503";
    return {};
}

class Checker {
public:
    Checker(const Names &names, const MissingSecrets &missing, Report &report)
        : names_(names), missing_(missing), report_(report)
    {}

    // `label` is how a message calls the value: 'weight', or "an item of 'methods'". `inside`: the nearest named key.
    void check(const Node &node, const SchemaNode &expected, const std::string &label, const std::string &inside)
    {
        if (node.reference == Node::Reference::Broken)
            return;
        const Row *way = wayFor(node, expected);
        if (!way) {
            report_.error(node.place, label + " must be " + expectations(expected) + ", not " + shape(node));
            return;
        }
        switch (way->type) {
        case Type::Group: checkGroup(node, expected, inside); break;
        case Type::Table: checkTable(node, expected, *way, inside); break;
        case Type::List: checkList(node, expected, *way, label, inside); break;
        case Type::Any: break;
        default: checkValue(node, expected, *way, label); break;
        }
    }

    void checkGroup(const Node &node, const SchemaNode &expected, const std::string &inside)
    {
        for (size_t i = 0; i < node.items.size(); ++i) {
            const Key &key = node.keys[i];
            const SchemaNode *child = expected.child(key.text);
            if (!child) {
                unknown(key, expected, inside);
                continue;
            }
            const bool first = expected.inEffect && !child->inEffect;
            if (first)
                report_.warning(key.place, inQuotes(key.text) + " is not in effect yet", consequence(key.text, node));
            check(node.items[i], *child, inQuotes(key.text), key.text);
        }
        for (const auto &child : expected.children) {
            if (child->required && node.indexOf(child->name) == npos)
                report_.error(node.place,
                              inQuotes(child->name) + " is missing" + (inside.empty() ? "" : " in " + inQuotes(inside)),
                              "it is " + expectations(*child) + ": " + child->ways.front()->help);
        }
    }

private:
    // Which way of writing the value fits its shape.
    static const Row *wayFor(const Node &node, const SchemaNode &expected)
    {
        if (const Row *any = expected.way(Type::Any))
            return any;
        const Row *scalar = nullptr;
        for (const Row *row : expected.ways) {
            const bool mapping = row->type == Type::Group || row->type == Type::Table;
            if ((node.isMapping() && mapping) || (node.isSequence() && row->type == Type::List))
                return row;
            if (!mapping && row->type != Type::List && !scalar)
                scalar = row;
        }
        return node.isScalar() ? scalar : nullptr;
    }

    void checkTable(const Node &node, const SchemaNode &expected, const Row &row, const std::string &inside)
    {
        const SchemaNode &child = *expected.special("*");
        for (size_t i = 0; i < node.items.size(); ++i) {
            const Key &key = node.keys[i];
            checkTableKey(key, row, inside);
            check(node.items[i], child, inQuotes(key.text), key.text);
        }
    }

    void checkTableKey(const Key &key, const Row &row, const std::string &inside)
    {
        const std::string_view kind = row.bounds;
        if (kind == "text")
            return;
        const Type type = kind == "name" ? Type::Name : kind == "method" ? Type::Method : Type::Token;
        const Row keyRow{row.key, type, "", "", true, ""};
        if (const Complaint wrong = checkScalar(keyRow, key.text, names_); !wrong.fine())
            report_.error(key.place,
                          "the key " + inQuotes(key.text) + " in " + inQuotes(inside) + " is not "
                              + std::string(typeName(type)),
                          wrong.hint);
    }

    void checkList(const Node &node, const SchemaNode &expected, const Row &row, const std::string &label,
                   const std::string &inside)
    {
        const std::string_view bounds = row.bounds;
        uint64_t least = 0, most = maxNodes;
        parseWhole(bounds.substr(0, bounds.find("..")), least);
        parseWhole(bounds.substr(bounds.find("..") + 2), most);
        if (node.items.size() < least)
            report_.error(node.place, label + " is an empty list", "leave it out, or name at least one");
        if (node.items.size() > most)
            report_.error(node.place, label + " has more than " + std::to_string(most) + " items");
        const SchemaNode &child = *expected.special("[]");
        for (const Node &item : node.items)
            check(item, child, "an item of " + inQuotes(inside), inside);
    }

    void checkValue(const Node &node, const SchemaNode &expected, const Row &row, const std::string &label)
    {
        const bool secret = node.reference == Node::Reference::Secret, later = node.reference == Node::Reference::Later;
        if ((secret || later) && !mayBeSecret(expected)) {
            report_.error(node.place, label + " cannot come from a secret or a file, as it is shown in status and logs",
                          "write the value here, or as ${env:NAME}");
            return;
        }
        if (later && expected.inEffect)
            tellMissing(node, row.type == Type::File);
        if (later)
            return;
        if (secret && row.type == Type::File && !node.text.starts_with("-----BEGIN")) {
            report_.error(node.place, label + " must be PEM text where it comes from a secret or a file, and it is not",
                          "keep the key itself: sluice secret set NAME --from-file key.pem");
            return;
        }
        Complaint wrong;
        for (const Row *way : expected.ways) {
            if (way->type == Type::Group || way->type == Type::Table || way->type == Type::List)
                continue;
            const Complaint found = checkScalar(*way, node.text, names_);
            if (found.fine())
                return;
            if (wrong.fine())
                wrong = found;
        }
        if (expected.ways.size() > 1 && row.type == Type::Choice && expected.ways[1]->type != Type::List)
            wrong = {"must be " + expectations(expected) + ", not " + inQuotes(node.text), {}};
        // A variable may hold a secret too: its value is not shown.
        if (node.reference == Node::Reference::Replaced || secret)
            wrong = {"must be " + expectations(expected) + ", which the " + (secret ? "secret" : "variable")
                         + " in it does not give",
                     {}};
        report_.error(node.place, label + ' ' + wrong.what, wrong.hint);
    }

    void tellMissing(const Node &node, bool asFile)
    {
        const auto at = missing_.find({node.place.line, node.place.column});
        if (at == missing_.end())
            return;
        Problem problem = at->second;
        if (asFile)
            problem.severity = Problem::Severity::Warning;
        report_.add(Problems{std::move(problem)});
    }

    // What no status, log, decision or explanation shows.
    static bool mayBeSecret(const SchemaNode &expected)
    {
        return std::any_of(expected.ways.begin(), expected.ways.end(), [&](const Row *way) {
            return way->type == Type::Text || way->type == Type::Url
                || (way->type == Type::File && expected.name.ends_with("key"));
        });
    }

    void unknown(const Key &key, const SchemaNode &expected, const std::string &inside)
    {
        std::vector<std::string> known;
        for (const auto &child : expected.children) {
            if (child->name != "*")
                known.push_back(child->name);
        }
        std::string hint = nearestHint(key.text, known);
        if (key.text == "<<")
            hint = "YAML 1.2 has no merge keys; write the keys out";
        report_.error(key.place,
                      "unknown key " + inQuotes(key.text) + (inside.empty() ? "" : " in " + inQuotes(inside)), hint);
    }

    static std::string expectations(const SchemaNode &expected)
    {
        std::string out;
        for (const Row *row : expected.ways)
            out += (out.empty() ? "" : " or ") + expectation(*row);
        return out;
    }

    static std::string shape(const Node &node)
    {
        switch (node.kind) {
        case Node::Kind::Null: return "empty";
        case Node::Kind::Sequence: return "a list";
        case Node::Kind::Mapping: return "a mapping";
        case Node::Kind::Scalar: break;
        }
        return node.reference == Node::Reference::None ? inQuotes(node.text) : "a text";
    }

    const Names &names_;
    const MissingSecrets &missing_;
    Report &report_;
};

}  // namespace

void Report::add(Problem problem)
{
    // A hint is a sentence of its own behind the full stop.
    if (!problem.hint.empty() && problem.hint[0] >= 'a' && problem.hint[0] <= 'z')
        problem.hint[0] = char(problem.hint[0] - 32);
    const bool firstError = problem.severity == Problem::Severity::Error && !errors_;
    errors_ = errors_ || firstError;
    if (problems_.size() < maxProblems || firstError)
        problems_.push_back(std::move(problem));
    else
        ++more_;
}

void Report::error(const Place &place, std::string what, std::string hint)
{
    add({Problem::Severity::Error, file_, place.line, place.column, std::move(what), std::move(hint)});
}

void Report::warning(const Place &place, std::string what, std::string hint)
{
    add({Problem::Severity::Warning, file_, place.line, place.column, std::move(what), std::move(hint)});
}

void Report::add(Problems problems)
{
    for (Problem &problem : problems)
        add(std::move(problem));
}

Problems Report::take()
{
    std::stable_sort(problems_.begin(), problems_.end(), [](const Problem &a, const Problem &b) {
        return std::tie(a.line, a.column, a.severity) < std::tie(b.line, b.column, b.severity);
    });
    if (more_ > 0) {
        const auto severity = errors_ ? Problem::Severity::Error : Problem::Severity::Warning;
        const Problem &last = problems_.back();
        problems_.push_back(
            {severity, file_, last.line, last.column, std::to_string(more_) + " more problems are not listed", {}});
    }
    return std::move(problems_);
}

Names namesOf(const Node &root)
{
    const auto keysOf = [&](std::string_view key) -> std::optional<std::vector<std::string>> {
        std::vector<std::string> out;
        if (const Node *table = root.find(key)) {
            if (table->reference == Node::Reference::Broken)
                return std::nullopt;
            for (const Key &name : table->keys)
                out.push_back(name.text);
            std::sort(out.begin(), out.end());
        }
        return out;
    };
    return {keysOf("services"), keysOf("authenticators"), keysOf("limits")};
}

void checkDocument(const Node &root, const Names &names, const MissingSecrets &missing, Report &report)
{
    Checker(names, missing, report).checkGroup(root, schemaRoot(), {});
}

}  // namespace sluice::config
