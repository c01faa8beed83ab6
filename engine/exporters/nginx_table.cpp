// SPDX-License-Identifier: GPL-3.0-or-later
// The table of routes: which one takes a request, in the order of engine/routing/README.md.
#include "engine/exporters/nginx.h"

#include <algorithm>
#include <map>

namespace sluice::exporters::nginx {

namespace {
using routing::FieldMatch;
using routing::HostPattern;
using routing::HostRank;
using Kind = routing::PathPattern::Kind;

constexpr size_t longestToken = 4000;  // nginx reads tokens of 4,096 bytes at most

// A character of a query as it may be written: itself, or its escape.
std::string queryCharacter(char c)
{
    constexpr char digits[] = "0123456789abcdef";
    const auto digit = [&](int value) {
        const char d = digits[value];
        return value < 10 ? std::string(1, d) : std::string("[") + char(d - 32) + d + ']';
    };
    const std::string code = "%" + digit(uint8_t(c) >> 4) + digit(uint8_t(c) & 15);
    if (c == ' ')
        return "(?:\\+|" + code + ")";
    const bool raw = c > 0x20 && c < 0x7f && c != '+' && c != '&' && c != '%';
    return raw ? "(?:" + escaped(std::string_view(&c, 1)) + "|" + code + ")" : code;
}

std::string queryText(std::string_view text)
{
    std::string out;
    for (const char c : text)
        out += queryCharacter(c);
    return out;
}

Column queryColumn(const FieldMatch &match)
{
    const std::string name = "(?:^|&)" + queryText(match.name);
    switch (match.kind) {
    case FieldMatch::Kind::Present: return {"", "$args", name + "(?:[=&]|$)", "query " + match.name};
    case FieldMatch::Kind::Exact:
        return {"", "$args", name + (match.value.empty() ? "(?:=?(?:&|$))" : "=" + queryText(match.value) + "(?:&|$)"),
                "query " + match.name + " is " + match.value};
    case FieldMatch::Kind::Regex: break;
    }
    return {"", "~" + name + "=([^&]*)", fromRe2(match.value), "query " + match.name + " matches " + match.value};
}

Column headerColumn(const FieldMatch &match)
{
    Column out;
    out.source = "$http_";
    for (const char c : match.name)
        out.source += c == '-' ? '_' : c >= 'A' && c <= 'Z' ? char(c | 0x20) : c;
    switch (match.kind) {
    case FieldMatch::Kind::Present:
        out.regex = ".";
        out.says = "header " + match.name;
        break;
    case FieldMatch::Kind::Exact:
        out.regex = "^" + escaped(match.value) + "$";
        out.says = "header " + match.name + " is " + match.value;
        break;
    case FieldMatch::Kind::Regex:
        out.regex = fromRe2(match.value);
        out.says = "header " + match.name + " matches " + match.value;
        break;
    }
    return out;
}

// nginx can name it: $http_x_tenant.
bool canNameHeader(std::string_view name)
{
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    });
}

size_t addColumn(Table &table, Column column)
{
    for (size_t i = 0; i < table.columns.size(); ++i) {
        if (table.columns[i].source == column.source && table.columns[i].regex == column.regex)
            return i;
    }
    column.variable = "$sluice_is" + std::to_string(table.columns.size() + 1);
    table.columns.push_back(std::move(column));
    return table.columns.size() - 1;
}

void addHeaders(Draft &draft, Table &table, TableRoute &route, const config::RouteSettings &settings)
{
    for (const FieldMatch &match : settings.match.headers) {
        const std::string feature = "route " + settings.name + ": header " + match.name;
        const bool empty = match.kind == FieldMatch::Kind::Exact && match.value.empty();
        if (!canNameHeader(match.name) || empty) {
            route.closed = "its condition on header " + match.name + " cannot be said";
            draft.say(
                feature, settings.place, Fidelity::Impossible,
                empty ? "nginx does not tell an empty header from a missing one; what the route's path takes gets 503"
                      : "nginx has no variable for a header of this name; what the route's path takes gets 503");
            continue;
        }
        route.columns.push_back(addColumn(table, headerColumn(match)));
        if (match.kind == FieldMatch::Kind::Regex)
            route.columns.push_back(addColumn(table, headerColumn({match.name, FieldMatch::Kind::Present, ""})));
        table.underscores = table.underscores || match.name.find('_') != std::string::npos;
        const bool alike = match.kind != FieldMatch::Kind::Regex || plainRegex(match.value);
        draft.say(feature, settings.place, Fidelity::Approximate,
                  std::string("of a header that comes several times nginx compares the first")
                      + (alike ? "" : "; the expression is read by PCRE, not by RE2: try it"));
    }
}

void addQuery(Draft &draft, Table &table, TableRoute &route, const config::RouteSettings &settings)
{
    for (const FieldMatch &match : settings.match.query) {
        const std::string feature = "route " + settings.name + ": query " + match.name;
        route.columns.push_back(addColumn(table, queryColumn(match)));
        if (match.kind == FieldMatch::Kind::Regex) {
            // A value that is not there must not pass for an empty one.
            route.columns.push_back(addColumn(table, queryColumn({match.name, FieldMatch::Kind::Present, ""})));
            draft.say(
                feature, settings.place, Fidelity::Approximate,
                "the expression is compared with the first value of this name as it was sent, before percent-decoding");
        } else {
            draft.say(feature, settings.place, Fidelity::Exact);
        }
    }
}

Result<TableRoute> makeRoute(Draft &draft, Table &table, Names &names, size_t index)
{
    const config::RouteSettings &settings = draft.plan.routes[index];
    Result<routing::PathPattern> path = routing::PathPattern::parse(settings.match.path);
    if (!path)
        return path.error();
    if (settings.match.path.size() > longestToken / 4)
        return Error{Fault::Client,
                     "route " + settings.name + ": the path is too long for nginx (" + std::to_string(longestToken / 4)
                         + " bytes at most)",
                     false};
    TableRoute out;
    out.index = index;
    const size_t blank = settings.name.find(" /");  // a name made from methods and path: the path is enough
    out.location = names.unique(blank == std::string::npos ? settings.name : settings.name.substr(blank));
    out.path = path.take();
    out.methods = routing::MethodSet(settings.match.methods);
    const std::string feature = "route " + settings.name + ": ";
    if (out.path.regex) {
        const std::string regex = settings.match.path.substr(1);
        out.columns.push_back(addColumn(table, {"", "$sluice_path", fromRe2(regex), "path matches " + regex}));
        if (plainRegex(regex))
            draft.say(feature + "path", settings.place, Fidelity::Exact);
        else
            draft.say(feature + "path", settings.place, Fidelity::Approximate,
                      "the expression is read by PCRE, not by RE2, which differ in rare constructs: try it");
    } else {
        draft.say(feature + "path", settings.place, Fidelity::Exact);
    }
    if (!settings.match.methods.empty())
        draft.say(feature + "methods", settings.place, Fidelity::Exact);
    if (!settings.match.hosts.empty())
        draft.say(feature + "hosts", settings.place, Fidelity::Exact);
    addHeaders(draft, table, out, settings);
    addQuery(draft, table, out, settings);
    table.hosts = table.hosts || !settings.match.hosts.empty();
    return out;
}

std::string pathRegex(const routing::PathPattern &path)
{
    if (path.parts.size() == 1 && path.parts[0].kind == Kind::Rest)
        return "/.*";
    std::string out;
    for (const auto &part : path.parts) {
        switch (part.kind) {
        case Kind::Literal: out += '/' + escaped(part.text); break;
        case Kind::Any: out += "/[^/]+"; break;
        case Kind::Regex: return "/.*";  // its column decides
        case Kind::Rest: out += "(?:/.*)?"; break;
        }
    }
    return out;
}

std::vector<std::string> methodsOf(const routing::MethodSet &methods)
{
    std::vector<std::string> out;
    std::string text = methods.text();
    for (size_t at = 0; at < text.size();) {
        const size_t comma = std::min(text.find(", ", at), text.size());
        out.push_back(text.substr(at, comma - at));
        at = comma + 2;
    }
    return out;
}

std::string methodRegex(const routing::MethodSet &methods)
{
    if (methods.any())
        return "[^ ]+";
    std::string out;
    for (const std::string &method : methodsOf(methods))
        out += (out.empty() ? "" : "|") + escaped(method);
    return out.find('|') == out.npos ? out : "(?:" + out + ")";
}

// One line of the table: a route for those of its hosts that rank alike.
struct Line {
    const TableRoute *route;
    const config::RouteSettings *settings;
    size_t rank;
    std::string hosts;  // expression; any: "[^ ]*"
};

int order(const routing::PathPattern &a, const routing::PathPattern &b)
{
    for (size_t i = 0; i < std::max(a.parts.size(), b.parts.size()); ++i) {
        // Where one ends and the other goes on with `**`, the one that ends is asked first; elsewhere both cannot match.
        if (i >= a.parts.size() || i >= b.parts.size())
            return i >= a.parts.size() ? -1 : 1;
        if (a.parts[i].kind != b.parts[i].kind)
            return a.parts[i].kind < b.parts[i].kind ? -1 : 1;
    }
    return 0;
}

bool before(const Line &a, const Line &b)
{
    if (a.rank != b.rank)
        return a.rank > b.rank;
    if (const int byPath = order(a.route->path, b.route->path); byPath != 0)
        return byPath < 0;
    if (a.route->methods.any() != b.route->methods.any())
        return b.route->methods.any();
    const auto &x = a.settings->match, &y = b.settings->match;
    if (x.headers.size() != y.headers.size())
        return x.headers.size() > y.headers.size();
    if (x.query.size() != y.query.size())
        return x.query.size() > y.query.size();
    return a.route->index < b.route->index;
}

std::vector<Line> linesOf(const Draft &draft, const Table &table)
{
    std::vector<Line> out;
    for (const TableRoute &route : table.routes) {
        const config::RouteSettings &settings = draft.plan.routes[route.index];
        if (settings.match.hosts.empty()) {
            out.push_back({&route, &settings, HostRank::any, "[^ ]*"});
            continue;
        }
        std::map<size_t, std::string> byRank;
        for (const std::string &written : settings.match.hosts) {
            const HostPattern host = HostPattern::of(written);
            std::string &regex = byRank[host.wildcard ? HostRank::any + host.text.size() : HostRank::exact];
            const bool ipv6 = host.text.find(':') != std::string::npos && !host.text.starts_with('[');
            regex += (regex.empty() ? "" : "|") + std::string(host.wildcard ? "[^ ]+" : "")
                + escaped(ipv6 ? '[' + host.text + ']' : host.text);
        }
        for (auto &[rank, regex] : byRank)
            out.push_back({&route, &settings, rank, "(?:" + regex + ")"});
    }
    std::stable_sort(out.begin(), out.end(), before);
    return out;
}

// The key's end, from the host on.
std::string tail(const Table &table, const Line &line)
{
    std::string out;
    if (table.hosts)
        out += line.hosts + ' ';
    if (!table.columns.empty()) {
        std::string letters(table.columns.size(), '.');
        for (const size_t column : line.route->columns)
            letters[column] = 'y';
        out += letters + ' ';
    }
    return out + pathRegex(line.route->path) + '$';
}

std::string tailVariables(const Table &table)
{
    std::string out;
    if (table.hosts)
        out += "$host ";
    for (const Column &column : table.columns)
        out += column.variable;
    return out + (table.columns.empty() ? "" : " ") + "$sluice_path";
}

std::string writeAllow(const Table &table, const std::vector<Line> &lines)
{
    std::vector<std::string> all;
    routing::MethodSet named({});
    for (const Line &line : lines) {
        if (!line.route->methods.any())
            line.route->methods.addTo(named);
    }
    if (named.any())
        return {};
    std::string
        out = "    # The methods that a path would take, for 405 and its Allow header (RFC 9110 section 15.5.6).\n",
        sum;
    int number = 0;
    for (const std::string &method : methodsOf(named)) {
        const std::string variable = "$sluice_allow" + std::to_string(++number);
        out += "    map \"" + tailVariables(table) + "\" " + variable + " {\n";
        for (const Line &line : lines) {
            const std::vector<std::string> methods = methodsOf(line.route->methods);
            if (std::find(methods.begin(), methods.end(), method) != methods.end())
                out += "        " + quoted("~^" + tail(table, line)) + "  " + literal(method + ", ") + ";\n";
        }
        out += "    }\n";
        sum += variable;
    }
    return out + "    map \"" + sum + "\" $sluice_allow {\n        \"~^(.+), $\"  $1;\n    }\n\n";
}

}  // namespace

Result<Table> makeTable(Draft &draft)
{
    Table table;
    Names names;
    for (const char *own : {"none", "refused"})
        (void)names.unique(own);
    for (size_t i = 0; i < draft.plan.routes.size(); ++i) {
        Result<TableRoute> route = makeRoute(draft, table, names, i);
        if (!route)
            return route.error();
        table.routes.push_back(route.take());
    }
    return table;
}

std::string writeTable(const Draft &draft, const Table &table)
{
    std::string out;
    for (const Column &column : table.columns) {
        out += "    # " + comment(column.says) + '\n';
        std::string source = column.source;
        if (source.starts_with('~')) {
            source = column.variable + "_value";
            out += "    map $args " + source + " {\n        " + quoted(column.source) + "  $1;\n    }\n";
        }
        out += "    map " + source + ' ' + column.variable + " {\n        " + quoted("~" + column.regex)
            + "  y;\n        default  n;\n    }\n\n";
    }
    const std::vector<Line> lines = linesOf(draft, table);
    out += "    # Which route takes a request: the first line that matches, most specific first.\n";
    out += "    map \"$request_method " + tailVariables(table) + "\" $sluice_route {\n";
    for (const Line &line : lines)
        out += "        " + quoted("~^" + methodRegex(line.route->methods) + ' ' + tail(table, line)) + "  "
            + line.route->location + ";\n";
    out += "        \"~ $\"  refused;\n        default  none;\n    }\n\n";
    return out + writeAllow(table, lines);
}

}  // namespace sluice::exporters::nginx
