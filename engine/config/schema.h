// SPDX-License-Identifier: GPL-3.0-or-later
// The declared shape of the gateway file: every key with its type, bounds, default and one line of help. The reader's checks,
// the listing of `sluice check --keys` and the window's forms all come from this one table.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

enum class Type : uint8_t {
    Group,  // a mapping whose keys the schema names
    Table,  // a mapping whose keys the writer names; bounds: "name" "token" "method" or "text"
    List,   // bounds: "A..B" items
    Text,
    Whole,
    Number,
    Boolean,
    Duration,
    Size,
    Percent,
    Rate,
    Date,
    Status,
    Choice,
    Any,
    Listen,    // http://ADDRESS:PORT to listen on
    Endpoint,  // http://HOST:PORT of an upstream
    Url,
    RedisUrl,
    Address,
    Cidr,
    File,
    Method,
    Token,
    Name,
    Path,
    Prefix,
    Rewrite,
    Host,
    FieldValue,
    LimitKey,
    Origin,
    Condition,
    Service,
    Authenticator,
    Limit,  // the name of one of these
    VersionName,
};
std::string_view typeName(Type);  // "a duration (300ms, 5s, 2m)"

// One key as people see it.
struct KeyInfo {
    std::string key;       // "services.NAME.timeouts.connect", "routes[].path"
    std::string type;      // "duration"; several ways to write it: "list or text"
    std::string bounds;    // "1ms to 1h"; may be empty
    std::string fallback;  // the default as it would be written; empty: none
    std::string help;
    bool required = false;
    bool inEffect = true;  // false: known and checked, but this version does not act on it
};
// Sorted as the file is usually written. The same object at each call; any thread.
const std::vector<KeyInfo> &schema();

// --- for the checker ---

struct Row {
    const char *key;  // '*': any key of a table; "[]": an item of a list; '!' at the end: required
    Type type;
    const char *bounds;  // "1..1000" in the type's own words; "a|b" for Choice
    const char *fallback;
    bool inEffect;
    const char *help;
};
// The rows of the table, in its order.
const std::vector<Row> &schemaRows();

struct SchemaNode {
    std::string name;               // "" for the root, "*" "[]" for what the writer names
    std::vector<const Row *> ways;  // alternatives, by the shape of the value
    bool required = false;
    bool inEffect = true;
    std::vector<std::unique_ptr<SchemaNode>> children;
    const SchemaNode *child(std::string_view key) const;     // by name, else "*"; nothing: unknown
    const SchemaNode *special(std::string_view name) const;  // "*" or "[]"
    const Row *way(Type) const;
};
const SchemaNode &schemaRoot();

}  // namespace sluice::config
