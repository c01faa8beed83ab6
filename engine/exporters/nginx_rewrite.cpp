// SPDX-License-Identifier: GPL-3.0-or-later
// The path that goes on, as a map from the path that came. The same cases as engine/routing/rewrite.cpp.
#include "engine/exporters/nginx.h"

#include <algorithm>

namespace sluice::exporters::nginx {

namespace {
using Kind = routing::PathPattern::Kind;

struct MapLine {
    std::string regex, value;  // without quotes; value is nginx's, evaluated
};

std::string strip(std::string_view prefix)
{
    while (prefix.ends_with('/'))
        prefix.remove_suffix(1);
    return "^" + escaped(prefix) + "(?:/+(.*))?$";
}

std::string dollar(std::string_view text)
{
    std::string out;
    for (const char c : text)
        out += c == '$' ? std::string("${sluice_dollar}") : std::string(1, c);
    return out;
}

// The route's path with a group for each capture but `**`; what stands before `**`, without it.
std::string capturing(const routing::PathPattern &path)
{
    std::string out;
    for (const auto &part : path.parts) {
        if (part.kind == Kind::Literal)
            out += '/' + escaped(part.text);
        else if (part.kind == Kind::Any)
            out += part.text.empty() ? "/[^/]+" : "/([^/]+)";
    }
    return out;
}

// "$3" for the capture {name}; "" for one that is empty here; nothing: nginx has nine at most.
std::optional<std::string> group(std::string_view name, const routing::PathPattern &path, bool restEmpty)
{
    if (path.regex) {
        size_t number = 0;
        if (name.find_first_not_of("0123456789") == name.npos && name.size() < 3)
            number = size_t(std::stoi(std::string(name)));
        else if (const auto &named = path.regex->NamedCapturingGroups(); named.count(std::string(name)))
            number = size_t(named.at(std::string(name)));
        return number >= 1 && number <= 9 ? std::optional("$" + std::to_string(number)) : std::nullopt;
    }
    size_t number = 0;
    for (const auto &part : path.parts) {
        const bool counts = part.kind == Kind::Rest || (part.kind == Kind::Any && !part.text.empty());
        number += counts;
        if (counts && part.text == name) {
            if (part.kind == Kind::Rest && restEmpty)
                return std::string();
            return number <= 9 ? std::optional("$" + std::to_string(number)) : std::nullopt;
        }
    }
    return std::nullopt;
}

// The shape with groups for captures. `slash`: the path ends with "/", which counts where ** is empty.
std::optional<std::string> filled(std::string_view shape, const routing::PathPattern &path, bool restEmpty, bool slash)
{
    std::string out;
    for (size_t at = 0; at < shape.size();) {
        const size_t open = std::min(shape.find('{', at), shape.size());
        out += dollar(shape.substr(at, open - at));
        if (open == shape.size())
            break;
        const size_t close = shape.find('}', open);
        const std::string_view name = shape.substr(open + 1, close - open - 1);
        const std::optional<std::string> value = group(name, path, restEmpty);
        if (!value)
            return std::nullopt;
        const bool last = close + 1 == shape.size();
        if (name == "**" && restEmpty && out.ends_with('/') && (last ? !slash : shape[close + 1] == '/'))
            out.pop_back();
        out += *value;
        at = close + 1;
    }
    return out.empty() ? "/" : out;
}

// Nothing: it cannot be said.
std::optional<std::vector<MapLine>> shapeLines(std::string_view shape, const routing::PathPattern &path,
                                               std::string_view written)
{
    const auto line = [&](std::string regex, bool restEmpty, bool slash) -> std::optional<MapLine> {
        const std::optional<std::string> value = filled(shape, path, restEmpty, slash);
        return value ? std::optional(MapLine{std::move(regex), *value}) : std::nullopt;
    };
    std::vector<std::optional<MapLine>> lines;
    const std::string before = capturing(path);
    if (path.regex) {
        lines.push_back(line(fromRe2(written.substr(1)), false, false));
    } else if (path.parts.empty() || path.parts.back().kind != Kind::Rest) {
        lines.push_back(line("^" + before + "$", false, false));
    } else {
        // "//" in front would read as an authority: what ** took loses its leading slashes there.
        const bool front = shape.starts_with("/{**}");
        lines.push_back(line("^" + before + "$", true, before.ends_with('/')));
        lines.push_back(line("^" + before + (front ? "/+$" : "/$"), true, true));
        lines.push_back(line("^" + before + (front ? "/+([^/].*)$" : "/(.+)$"), false, false));
    }
    std::vector<MapLine> out;
    for (std::optional<MapLine> &l : lines) {
        if (!l)
            return std::nullopt;
        out.push_back(std::move(*l));
    }
    return out;
}

}  // namespace

std::string writeRewrite(Draft &draft, const TableRoute &route, std::string &maps)
{
    const config::RouteSettings &settings = draft.plan.routes[route.index];
    const routing::RewriteSettings &rewrite = settings.rewrite;
    if (rewrite.path.empty() && rewrite.stripPrefix.empty())
        return "$sluice_path";
    const std::string feature = "route " + settings.name + (rewrite.path.empty() ? ": strip_prefix" : ": rewrite");
    std::vector<MapLine> lines;
    if (rewrite.path.empty()) {
        lines.push_back({strip(rewrite.stripPrefix), "/$1"});
        draft.say(feature, settings.place, Fidelity::Exact);
    } else {
        std::optional<std::vector<MapLine>> shape = shapeLines(rewrite.path, route.path, settings.match.path);
        if (!shape) {
            draft.say(feature, settings.place, Fidelity::Impossible,
                      "nginx can use the first nine captures of a path only; the route gets 503. Capture less, or "
                      "write (?:…)");
            return {};
        }
        lines = std::move(*shape);
        draft.say(feature, settings.place, route.path.regex ? Fidelity::Approximate : Fidelity::Exact,
                  route.path.regex
                      ? "a new path with a segment of dots is refused with 400, where Sluice leaves the segment out"
                      : "");
    }
    const std::string variable = "$sluice_to_" + std::to_string(route.index + 1);
    maps += "    # " + comment(settings.name) + ": the path to send on\n    map $sluice_path " + variable + " {\n";
    for (const MapLine &line : lines)
        maps += "        " + quoted("~" + line.regex) + "  " + quoted(line.value) + ";\n";
    maps += "        default  $sluice_path;\n    }\n\n";
    return variable;
}

}  // namespace sluice::exporters::nginx
