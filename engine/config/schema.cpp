// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/schema.h"

namespace sluice::config {
namespace {

struct TypeWords {
    Type type;
    std::string_view shortly;  // for the listing
    std::string_view name;     // after "must be"
};

constexpr TypeWords words[] = {
    {Type::Group, "mapping", "a mapping"},
    {Type::Table, "mapping", "a mapping"},
    {Type::List, "list", "a list"},
    {Type::Text, "text", "a text"},
    {Type::Whole, "whole number", "a whole number"},
    {Type::Number, "number", "a number"},
    {Type::Boolean, "true or false", "true or false"},
    {Type::Duration, "duration", "a duration (300ms, 5s, 2m, 8h, 7d)"},
    {Type::Size, "size", "a size (512KiB, 1MiB, 2GiB)"},
    {Type::Percent, "percentage", "a percentage (20%)"},
    {Type::Rate, "rate", "a rate (10/s, 100/m)"},
    {Type::Date, "date", "a date (2026-06-01)"},
    {Type::Status, "status", "a status code"},
    {Type::Choice, "one of", "one of"},
    {Type::Any, "anything", "a value"},
    {Type::Listen, "URL to listen on", "a URL to listen on (http://127.0.0.1:8080)"},
    {Type::Endpoint, "URL of an endpoint", "a URL (http://127.0.0.1:3000)"},
    {Type::Url, "URL", "a URL"},
    {Type::RedisUrl, "Redis URL", "a Redis URL (redis://127.0.0.1:6379/0)"},
    {Type::Address, "address and port", "an address with a port (127.0.0.1:53)"},
    {Type::Cidr, "network", "a network (10.0.0.0/8) or an address"},
    {Type::File, "file name", "a file name"},
    {Type::Method, "method", "a method (GET)"},
    {Type::Token, "token", "a name without blanks"},
    {Type::Name, "name", "a name"},
    {Type::Path, "path pattern", "a path pattern (/api/users/**)"},
    {Type::Prefix, "path", "a path that begins with '/'"},
    {Type::Rewrite, "path", "a path that begins with '/'"},
    {Type::Host, "host name", "a host name"},
    {Type::FieldValue, "value", "a value, '*' or '~regex'"},
    {Type::LimitKey, "limit key", "client_ip, user, api_key, route, global, header:NAME or query:NAME"},
    {Type::Origin, "origin", "an origin (https://shop.example)"},
    {Type::Condition, "condition", "a condition (p99 > 500ms, error_rate > 5%)"},
    {Type::Service, "service", "the name of a service"},
    {Type::Authenticator, "authenticator", "the name of an authenticator"},
    {Type::Limit, "limit", "the name of a limit"},
    {Type::VersionName, "version", "the name of a version"},
};

const TypeWords &wordsOf(Type type)
{
    for (const TypeWords &w : words) {
        if (w.type == type)
            return w;
    }
    return words[0];
}

// "services.*.endpoints[]!" → services, *, endpoints, []
std::vector<std::string> steps(std::string_view key, bool &required)
{
    required = !key.empty() && key.back() == '!';
    if (required)
        key.remove_suffix(1);
    std::vector<std::string> out;
    while (!key.empty()) {
        const size_t end = std::min(key.find('.'), key.find('[', key[0] == '[' ? 1 : 0));
        std::string_view step = key.substr(0, end);
        key.remove_prefix(std::min(key.size(), end == std::string_view::npos ? key.size() : end + (key[end] == '.')));
        out.emplace_back(step);
    }
    return out;
}

SchemaNode build()
{
    SchemaNode root;
    for (const Row &row : schemaRows()) {
        SchemaNode *node = &root;
        bool required = false;
        for (const std::string &step : steps(row.key, required)) {
            SchemaNode *next = nullptr;
            for (const auto &child : node->children) {
                if (child->name == step)
                    next = child.get();
            }
            if (!next) {
                node->children.push_back(std::make_unique<SchemaNode>());
                next = node->children.back().get();
                next->name = step;
            }
            node = next;
        }
        node->required = node->required || required;
        node->inEffect = node->ways.empty() ? row.inEffect : node->inEffect || row.inEffect;
        node->ways.push_back(&row);
    }
    return root;
}

std::string spelled(std::string_view bounds, Type type)
{
    std::string out;
    for (size_t i = 0; i < bounds.size(); ++i) {
        if (bounds[i] == '|')
            out += ", ";
        else if (bounds.substr(i, 2) == "..")
            out += " to ", ++i;
        else
            out += bounds[i];
    }
    return type == Type::List ? out + " items" : out;
}

std::vector<KeyInfo> list()
{
    std::vector<KeyInfo> out;
    for (const Row &row : schemaRows()) {
        KeyInfo info;
        for (const char *c = row.key; *c; ++c) {
            if (*c == '!')
                info.required = true;
            else if (*c == '*')
                info.key += "NAME";
            else
                info.key += *c;
        }
        const bool bounded = row.type != Type::Table && *row.bounds;
        info.type = wordsOf(row.type).shortly;
        info.bounds = bounded ? spelled(row.bounds, row.type) : "";
        info.fallback = row.fallback;
        info.help = row.help;
        info.inEffect = row.inEffect;
        if (out.empty() || out.back().key != info.key) {
            out.push_back(std::move(info));
            continue;
        }
        // Another way to write the key before: one entry.
        KeyInfo &last = out.back();
        last.type += " or " + info.type;
        if (last.bounds.empty())
            last.bounds = info.bounds;
        if (last.fallback.empty())
            last.fallback = info.fallback;
        last.inEffect = last.inEffect || info.inEffect;
    }
    return out;
}

}  // namespace

std::string_view typeName(Type type)
{
    return wordsOf(type).name;
}

const SchemaNode *SchemaNode::child(std::string_view key) const
{
    for (const auto &child : children) {
        if (child->name == key && key != "*" && key != "[]")
            return child.get();
    }
    return special("*");
}

const SchemaNode *SchemaNode::special(std::string_view wanted) const
{
    for (const auto &child : children) {
        if (child->name == wanted)
            return child.get();
    }
    return nullptr;
}

const Row *SchemaNode::way(Type type) const
{
    for (const Row *row : ways) {
        if (row->type == type)
            return row;
    }
    return nullptr;
}

const std::vector<KeyInfo> &schema()
{
    static const std::vector<KeyInfo> all = list();
    return all;
}

const SchemaNode &schemaRoot()
{
    static const SchemaNode root = build();
    return root;
}

}  // namespace sluice::config
