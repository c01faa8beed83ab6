// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/routing/router.h"

#include "engine/routing/table.h"

#include <algorithm>

namespace sluice::routing {

Router::Router() = default;
Router::Router(Router &&) noexcept = default;
Router &Router::operator=(Router &&) noexcept = default;
Router::~Router() = default;

Result<Router> Router::create(std::vector<Entry> routes)
{
    if (routes.size() > maxRoutes)
        return Error{Fault::Gateway, "more than " + std::to_string(maxRoutes) + " routes", false};
    auto table = std::make_unique<Table>();
    table->routes.reserve(routes.size());
    for (Entry &entry : routes) {
        Result<CompiledRoute> route = CompiledRoute::of(std::move(entry));
        if (!route)
            return route.error();
        table->routes.push_back(route.take());
    }
    table->build();
    Router router;
    router.table_ = std::move(table);
    return router;
}

RouteMatch Router::find(const RequestFacts &request) const
{
    RouteMatch out;
    if (!table_)
        return out;
    bool otherMethods = false;
    const bool found = table_->walk(request.host, request.path, [&](uint32_t index) {
        const CompiledRoute &route = table_->routes[index];
        if (!route.methods.takes(request.method)) {
            otherMethods = true;
            return false;
        }
        if (!route.fieldsHold(request))
            return false;
        out.route = index;
        return true;
    });
    if (found) {
        out.kind = RouteMatch::Kind::Found;
        if (request.captures)
            out.captures = captures(out.route, request.path);
        return out;
    }
    if (!otherMethods)
        return out;
    // A second walk, only for the Allow header: no request that finds its route pays for it.
    MethodSet allowed({});
    table_->walk(request.host, request.path, [&](uint32_t index) {
        const CompiledRoute &route = table_->routes[index];
        if (!route.methods.takes(request.method) && route.fieldsHold(request))
            route.methods.addTo(allowed);
        return false;
    });
    if (!allowed.any()) {
        out.kind = RouteMatch::Kind::WrongMethod;
        out.allow = allowed.text();
    }
    return out;
}

std::vector<Capture> Router::captures(size_t route, std::string_view path) const
{
    return table_->routes[route].path.capture(path);
}

std::string checkHostPattern(std::string_view pattern)
{
    if (pattern.empty())
        return "the host is empty; leave `host` out to take any";
    if (pattern.find("://") != pattern.npos || pattern.find('/') != pattern.npos)
        return "a host is only the name, without scheme and path";
    if (pattern == "*")
        return "leave `host` out to take any; `*.example.test` takes all names below example.test";
    std::string_view name = pattern.starts_with("*.") ? pattern.substr(2) : pattern;
    if (name.find('*') != name.npos)
        return "`*` may stand only as the first label, as in `*.example.test`";
    if (pattern.starts_with('[')) {
        const size_t close = name.find(']');
        if (close == name.npos || name.find_first_not_of("0123456789abcdefABCDEF:.", 1) < close)
            return "an IPv6 address is written in brackets, as `[::1]`";
        return close + 1 == name.size() ? "" : "a host stands without its port: it is the listener that has one";
    }
    if (name.find(':') != name.npos)
        return "a host stands without its port, and an IPv6 address in brackets, as `[::1]`";
    name = comparable(name);
    if (name.size() > 253)
        return "a host has at most 253 characters";
    for (std::string_view left = name;;) {
        const size_t dot = std::min(left.find('.'), left.size());
        if (dot == 0 || dot > 63)
            return "each label between the dots of a host has 1 to 63 characters";
        if (dot == left.size())
            break;
        left.remove_prefix(dot + 1);
    }
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'
            || c == '.';
    };
    if (!std::all_of(name.begin(), name.end(), allowed))
        return "a host is made of letters, digits, `-`, `_` and dots; write an international name in its xn-- form";
    return "";
}

}  // namespace sluice::routing
