// SPDX-License-Identifier: GPL-3.0-or-later
// Edits of a gateway file's text that change only the lines they must: comments, order, blank lines, quotes, indentation and
// line ends of all others stay byte for byte. Pure functions; any thread.
//
// Each answers the new text. It has been read again and means exactly the old file with the wanted change, or the answer is an
// Error (fault Client) that says why the edit cannot be made; then edit the text by hand. Whether the rules are right is
// load()'s question: an edit may lead to a file with problems.
// Bounds: those of document.h, for the old text and the new. A removed value's own comments, those on its lines and between
// them, go with it; comments above it stay (moveRoute takes those along that stand directly above a route).
#pragma once

#include "engine/base/result.h"
#include "engine/config/document.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sluice::config {

// A place in the file: keys of mappings and indices into lists. {"routes", 2, "methods"}
struct Step {
    Step(const char *k) : key(k) {}
    Step(std::string k) : key(std::move(k)) {}
    Step(size_t i) : index(i) {}
    Step(int i) : index(size_t(i)) {}
    std::string key;
    size_t index = npos;  // npos: a key
    bool isKey() const { return index == npos; }
};
using Path = std::vector<Step>;

// A value to write.
struct Value {
    Value(const char *text) : data(std::string(text)) {}
    Value(std::string text) : data(std::move(text)) {}
    Value(std::vector<Value> items) : data(std::move(items)) {}
    Value(std::vector<std::pair<std::string, Value>> members) : data(std::move(members)) {}
    static Value list(const std::vector<std::string> &texts);
    std::variant<std::string, std::vector<Value>, std::vector<std::pair<std::string, Value>>> data;
};

// Puts the value there, making what is missing on the way. In a list, the index one past the end appends. Where a mapping or
// a list stands already, only what differs is changed.
Result<std::string> setValue(std::string_view text, const Path &, const Value &);
// Error: there is nothing.
Result<std::string> removeKey(std::string_view text, const Path &);

// What a form knows of a route. Nothing: stays as it is; empty: the key is removed.
struct RouteEdit {
    std::optional<std::string> name, path, service, stripPrefix, rewrite;
    std::optional<std::vector<std::string>> methods, hosts;
    std::optional<std::vector<std::pair<std::string, std::string>>> headers,
        query;  // values as the file has them: "*" "~re" "x"
};
// `at` npos: behind the last one. Else before the route that has this index now.
Result<std::string> addRoute(std::string_view text, const RouteEdit &, size_t at = npos);
Result<std::string> setRoute(std::string_view text, size_t index, const RouteEdit &);
Result<std::string> removeRoute(std::string_view text, size_t index);
// Afterwards the route `from` has the index `to`.
Result<std::string> moveRoute(std::string_view text, size_t from, size_t to);

// `endpoints` as URLs. Error: there is a service of this name.
Result<std::string> addService(std::string_view text, const std::string &name,
                               const std::vector<std::string> &endpoints);
Result<std::string> removeService(std::string_view text, const std::string &name);

}  // namespace sluice::config
