// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/edit.h"

#include "engine/config/edit_value.h"
#include "engine/config/editor.h"
#include "engine/config/text.h"

#include <algorithm>

namespace sluice::config {
namespace {

using Members = std::vector<std::pair<std::string, Value>>;

Error cannot(std::string what)
{
    return Error{Fault::Client, std::move(what), true};
}

Result<Node> meaningOf(std::string_view text)
{
    Document document = parseDocument(text, "the file");
    if (!document.problems.empty())
        return cannot(document.problems.front().text());
    return std::move(document.root);
}

// The last word on every edit: the new text means the old one with the wanted change, or there is no new text.
Result<std::string> checked(std::string text, const Node &wanted)
{
    const Result<Node> after = meaningOf(text);
    if (!after || !sameMeaning(*after, wanted))
        return cannot("this edit cannot be made without changing something else; edit the text by hand");
    return text;
}

template<class Cut>
Result<std::string> edit(std::string_view text, Cut cut, bool changed, const Node &wanted)
{
    if (!changed)
        return cannot("there is no such place in the file");
    Editor editor{std::string(text)};
    const Outcome outcome = cut(editor);
    return outcome ? checked(editor.takeText(), wanted) : Result<std::string>(outcome.error());
}

std::optional<Value> valueOf(const std::optional<std::string> &text)
{
    return text ? std::optional<Value>(*text) : std::nullopt;
}

bool isEmpty(const Value &value)
{
    return std::visit([](const auto &data) { return data.empty(); }, value.data);
}

Value tableOf(const std::vector<std::pair<std::string, std::string>> &fields)
{
    Members members;
    for (const auto &[name, value] : fields)
        members.emplace_back(name, Value(value));
    return members;
}

// The keys that the edit speaks of, in the order in which a new route has them.
Members membersOf(const RouteEdit &edit)
{
    Members out;
    const auto add = [&](const char *key, std::optional<Value> value) {
        if (value)
            out.emplace_back(key, std::move(*value));
    };
    add("path", valueOf(edit.path));
    add("name", valueOf(edit.name));
    if (edit.hosts)
        add(edit.hosts->size() == 1 ? "host" : "hosts",
            edit.hosts->size() == 1 ? Value(edit.hosts->front()) : Value::list(*edit.hosts));
    add("service", valueOf(edit.service));
    if (edit.methods)
        add("methods", Value::list(*edit.methods));
    if (edit.headers)
        add("headers", tableOf(*edit.headers));
    if (edit.query)
        add("query", tableOf(*edit.query));
    add("strip_prefix", valueOf(edit.stripPrefix));
    add("rewrite", valueOf(edit.rewrite));
    return out;
}

// A route keeps the one of `host` and `hosts` that it has, where that can say it.
void fitHosts(Members &members, const Node &route)
{
    const auto hosts = std::find_if(members.begin(), members.end(),
                                    [](const auto &m) { return m.first == "host" || m.first == "hosts"; });
    if (hosts == members.end())
        return;
    if (hosts->first == "host" && route.find("hosts"))
        *hosts = {"hosts", Value(std::vector<Value>{hosts->second})};
    else if (hosts->first == "hosts" && route.find("host"))
        members.insert(hosts, {"host", Value("")});
}

}  // namespace

Value Value::list(const std::vector<std::string> &texts)
{
    return Value(std::vector<Value>(texts.begin(), texts.end()));
}

Result<std::string> setValue(std::string_view text, const Path &path, const Value &value)
{
    Result<Node> wanted = meaningOf(text);
    if (!wanted)
        return wanted.error();
    const bool changed = !path.empty() && putValue(*wanted, path, value);
    return edit(
        text, [&](Editor &editor) { return editor.set(path, value); }, changed, *wanted);
}

Result<std::string> removeKey(std::string_view text, const Path &path)
{
    Result<Node> wanted = meaningOf(text);
    if (!wanted)
        return wanted.error();
    const bool changed = dropValue(*wanted, path);
    return edit(
        text, [&](Editor &editor) { return editor.remove(path); }, changed, *wanted);
}

Result<std::string> addRoute(std::string_view text, const RouteEdit &route, size_t at)
{
    Result<Node> wanted = meaningOf(text);
    if (!wanted)
        return wanted.error();
    Members members = membersOf(route);
    std::erase_if(members, [](const auto &member) { return isEmpty(member.second); });
    const Node *routes = wanted->find("routes");
    const size_t size = routes ? routes->items.size() : 0;
    const size_t index = at == npos ? size : at;
    if (members.empty() || index > size)
        return cannot(members.empty() ? "the new route says nothing" : "there is no such place in the list of routes");
    bool changed = index == size && putValue(*wanted, {"routes", index}, members);
    if (index < size) {
        Node &list = wanted->items[wanted->indexOf("routes")];
        list.items.insert(list.items.begin() + std::ptrdiff_t(index), nodeOf(members));
        changed = list.isSequence();
    }
    return edit(
        text,
        [&](Editor &editor) {
            return index == size ? editor.set({"routes", index}, members) : editor.insert({"routes"}, index, members);
        },
        changed, *wanted);
}

Result<std::string> setRoute(std::string_view text, size_t index, const RouteEdit &route)
{
    Result<Node> wanted = meaningOf(text);
    if (!wanted)
        return wanted.error();
    const Node *routes = wanted->find("routes");
    if (!routes || index >= routes->items.size() || !routes->items[index].isMapping())
        return cannot("there is no such route");
    const Node before = routes->items[index];
    Members members = membersOf(route);
    fitHosts(members, before);
    // A key that goes is removed first, so that a route never lacks what takes its place at the end.
    const auto cut = [&](Editor &editor) -> Outcome {
        for (const auto &[key, value] : members) {
            const bool gone = isEmpty(value);
            if (gone && !before.find(key))
                continue;
            const Path path{"routes", index, key};
            if (const Outcome outcome = gone ? editor.remove(path) : editor.set(path, value); !outcome)
                return outcome;
        }
        return Done{};
    };
    bool changed = true;
    for (const auto &[key, value] : members) {
        const Path path{"routes", index, key};
        if (!isEmpty(value))
            changed = putValue(*wanted, path, value) && changed;
        else if (before.find(key))
            changed = dropValue(*wanted, path) && changed;
    }
    return edit(text, cut, changed, *wanted);
}

Result<std::string> removeRoute(std::string_view text, size_t index)
{
    return removeKey(text, {"routes", index});
}

Result<std::string> moveRoute(std::string_view text, size_t from, size_t to)
{
    Result<Node> wanted = meaningOf(text);
    if (!wanted)
        return wanted.error();
    const size_t at = wanted->indexOf("routes");
    if (at == npos || std::max(from, to) >= wanted->items[at].items.size())
        return cannot("there is no such route");
    std::vector<Node> &items = wanted->items[at].items;
    Node moved = std::move(items[from]);
    items.erase(items.begin() + std::ptrdiff_t(from));
    items.insert(items.begin() + std::ptrdiff_t(to), std::move(moved));
    return edit(
        text, [&](Editor &editor) { return editor.move({"routes"}, from, to); }, true, *wanted);
}

Result<std::string> addService(std::string_view text, const std::string &name,
                               const std::vector<std::string> &endpoints)
{
    const Result<Node> now = meaningOf(text);
    if (!now)
        return now.error();
    const Node *services = now->find("services");
    if (services && services->find(name))
        return cannot("there is a service " + inQuotes(name) + " already");
    const Value value =
        endpoints.size() == 1 ? Value(endpoints.front()) : Value(Members{{"endpoints", Value::list(endpoints)}});
    return setValue(text, {"services", name}, value);
}

Result<std::string> removeService(std::string_view text, const std::string &name)
{
    return removeKey(text, {"services", name});
}

}  // namespace sluice::config
