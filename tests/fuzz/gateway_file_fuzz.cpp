// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a gateway file: a plan exactly when there are no errors, problems that point into the file, and edits that either
// refuse or give a text that means the old one with the wanted change.
#include "engine/config/edit.h"
#include "engine/config/load.h"

#include <algorithm>
#include <cstdlib>

using namespace sluice;
using namespace sluice::config;

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

constexpr std::string_view planted = "s3cret-hunter2";

// What a file may refer to: some are there, some are not, some cannot be reached.
const Environment &environment()
{
    static const Environment known = [] {
        Environment out;
        out.variables = {{"A", "1"}};
        out.secret = out.file = [](const std::string &name) {
            const char first = name.empty() ? ' ' : name.back();
            if (first == 'p')
                return Lookup{Lookup::State::Found, Secret("-----BEGIN X-----\n" + std::string(planted) + "\n"), {}};
            if (first == 'u')
                return Lookup{Lookup::State::Unreachable, {}, "locked"};
            if (first == 'm')
                return Lookup{};
            return Lookup{Lookup::State::Found, Secret(planted), {}};
        };
        return out;
    }();
    return known;
}

void checkLoad(std::string_view text)
{
    const Loaded loaded = load(text, "f", environment());
    require(!loaded.plan == hasErrors(loaded.problems));
    // A carriage return ends a line, too (YAML 1.2 section 5.4).
    const int lines = 1 + int(std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }));
    for (const Problem &problem : loaded.problems)
        require(problem.line >= 0 && problem.line <= lines + 1 && !problem.what.empty());
    for (const Problem &problem : loaded.problems)  // what a secret holds is told nowhere
        require(text.find(planted) != text.npos || problem.text().find(planted) == std::string::npos);
    if (!loaded.plan)
        return;
    require(!loaded.plan->listen.empty());
    for (const RouteSettings &route : loaded.plan->routes)
        require(!route.name.empty()
                && (route.serviceIndex == noService ? !route.unavailable.empty()
                                                    : route.serviceIndex < loaded.plan->services.size()));
}

// The pick-th value of the tree.
bool pickPath(const Node &node, size_t &pick, Path &path)
{
    for (size_t i = 0; i < node.items.size(); ++i) {
        path.push_back(node.isMapping() ? Step(node.keys[i].text) : Step(i));
        if (pick-- == 0 || pickPath(node.items[i], pick, path))
            return true;
        path.pop_back();
    }
    return false;
}

const Node *nodeAt(const Node &root, const Path &path)
{
    const Node *node = &root;
    for (const Step &step : path) {
        const size_t index = step.isKey() ? node->indexOf(step.key) : step.index;
        if (index >= node->items.size())
            return nullptr;
        node = &node->items[index];
    }
    return node;
}

void checkEdits(std::string_view text, uint8_t choice)
{
    const Document before = parseDocument(text, "f");
    if (!before.problems.empty())
        return;
    size_t pick = choice / 4;
    Path path;
    if (choice % 4 == 3) {
        RouteEdit route;
        route.path = "/new: {x}";
        route.methods = {"GET"};
        const Result<std::string> added = addRoute(text, route, choice & 8 ? npos : 0);
        if (added) {
            const Node *routes = nullptr;
            const Document after = parseDocument(*added, "f");
            require(after.problems.empty() && (routes = after.root.find("routes")) && routes->isSequence()
                    && !routes->items.empty());
            const Result<std::string> removed = removeRoute(*added, choice & 8 ? routes->items.size() - 1 : 0);
            require(!removed || parseDocument(*removed, "f").problems.empty());
        }
        const Result<std::string> moved = moveRoute(text, 0, 1);
        if (moved)
            require(sameMeaning(parseDocument(*moved, "f").root.find("routes")->items[1],
                                before.root.find("routes")->items[0]));
        return;
    }
    if (!pickPath(before.root, pick, path))
        return;
    const std::string value = choice % 4 == 0 ? "plain" : "a: \"b\" #c\n'd'";
    const Result<std::string> changed = choice % 4 == 2 ? removeKey(text, path) : setValue(text, path, value);
    if (!changed)
        return;
    const Document after = parseDocument(*changed, "f");
    require(after.problems.empty());
    if (choice % 4 != 2) {
        const Node *node = nodeAt(after.root, path);
        require(node && node->text == value);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 65536)
        return 0;
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    checkLoad(text);
    // A hash of the text picks the edit, so that seeds are plain gateway files.
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; ++i)
        hash = (hash ^ data[i]) * 16777619u;
    checkEdits(text, uint8_t(hash ^ hash >> 13));
    return 0;
}
