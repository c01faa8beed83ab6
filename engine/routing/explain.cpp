// SPDX-License-Identifier: GPL-3.0-or-later
// The decision in words. Values of headers and query parameters never stand in them: they may be secrets.
#include "engine/routing/table.h"

#include <algorithm>

namespace sluice::routing {

namespace {
using Kind = PathPattern::Kind;

constexpr size_t mostSeen = 256;  // routes looked at, whatever is asked for
constexpr size_t noRoute = size_t(-1);

std::string quoted(std::string_view text)
{
    constexpr size_t longest = 80;
    return text.size() <= longest ? "`" + std::string(text) + "`" : "`" + std::string(text.substr(0, longest)) + "…`";
}

std::string counted(size_t count, std::string_view what)
{
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

// What of the route's hosts met the request's, in words.
std::string hostWords(const CompiledRoute &route, std::string_view host)
{
    const size_t rank = route.hostRank(host);
    if (rank == HostRank::any)
        return "takes any host";
    if (rank == HostRank::exact)
        return "names the host " + quoted(host);
    return "takes the hosts " + quoted("*" + std::string(host.substr(host.size() - (rank - HostRank::any))));
}

// What the pattern says of segment `at` (from 0).
std::string partWords(const PathPattern &path, size_t at)
{
    if (at >= path.parts.size())
        return "ends there";
    const PathPattern::Part &part = path.parts[at];
    switch (part.kind) {
    case Kind::Literal: return "has " + quoted(part.text);
    case Kind::Any: return part.text.empty() ? "has `*`" : "has " + quoted("{" + part.text + "}");
    case Kind::Regex: return "has a regular expression";
    case Kind::Rest: return "has `**`";
    }
    return {};
}

int rankAt(const PathPattern &path, size_t at)
{
    return at >= path.parts.size() ? -1 : int(path.parts[at].kind);
}

// Both match the request. Why `winner` is asked before `loser`, by the rule in README.md.
std::string whyBefore(const CompiledRoute &winner, const CompiledRoute &loser, const RequestFacts &request)
{
    const std::string_view host = comparable(request.host);
    const std::string who = quoted(winner.name);
    if (winner.hostRank(host) != loser.hostRank(host))
        return who + " " + hostWords(winner, host) + ", this one " + hostWords(loser, host);
    const size_t parts = std::max(winner.path.parts.size(), loser.path.parts.size());
    for (size_t i = 0; i < parts; ++i) {
        if (rankAt(winner.path, i) != rankAt(loser.path, i))
            return "at segment " + std::to_string(i + 1) + " the path of " + who + " " + partWords(winner.path, i)
                + ", that of this one " + partWords(loser.path, i);
    }
    if (winner.methods.any() != loser.methods.any())
        return who + " names the method, this one takes any";
    if (winner.headers.size() != loser.headers.size())
        return who + " asks for " + counted(winner.headers.size(), "header") + ", this one for "
            + std::to_string(loser.headers.size());
    if (winner.query.size() != loser.query.size())
        return who + " asks for " + counted(winner.query.size(), "query parameter") + ", this one for "
            + std::to_string(loser.query.size());
    return who + " stands earlier in the file";
}

std::string whyMethod(const CompiledRoute &route, const RequestFacts &request)
{
    return "method is " + std::string(request.method.substr(0, 32)) + ", the route takes " + route.methods.text();
}

// Nothing: the headers and the query hold.
std::string whyFields(const CompiledRoute &route, const RequestFacts &request)
{
    for (const FieldTest &test : route.headers) {
        if (!test.holdsIn(request.headers))
            return "header " + test.match.name
                + (test.presentIn(request.headers) ? " has another value than the route asks for" : " is not there");
    }
    for (const FieldTest &test : route.query) {
        if (!test.holdsInQuery(request.query))
            return "query parameter " + test.match.name
                + (test.presentInQuery(request.query) ? " has another value than the route asks for" : " is not there");
    }
    return {};
}

struct Nearness {
    size_t segments = 0;  // of the path, met before the first difference
    std::string why;      // nothing: the path matches
};

Nearness pathNearness(const PathPattern &pattern, std::string_view path)
{
    Nearness out;
    if (pattern.matches(path))
        return {pattern.parts.size(), {}};
    SegmentWalk walk(path);
    for (const PathPattern::Part &part : pattern.parts) {
        const std::string number = std::to_string(out.segments + 1);
        if (part.kind == Kind::Regex) {
            out.why = "path does not match " + quoted(pattern.written);
            return out;
        }
        if (walk.atEnd()) {
            out.why = "path ends before segment " + number + ", where the route " + partWords(pattern, out.segments);
            return out;
        }
        const std::string_view segment = walk.segment();
        if (part.kind == Kind::Any ? segment.empty() : segment != part.text) {
            out.why = "segment " + number + " of the path is " + (segment.empty() ? "empty" : quoted(segment))
                + ", the route " + partWords(pattern, out.segments);
            if (part.kind == Kind::Literal && http::equalsIgnoreCase(segment, part.text))
                out.why += " (case counts in a path)";
            return out;
        }
        ++out.segments;
        walk = walk.next();
    }
    out.why = walk.rest().empty() ? "path has a `/` at its end, the route has not"
                                  : "path goes on with " + quoted(walk.segment()) + ", where the route ends";
    return out;
}

std::string hostsOf(const CompiledRoute &route)
{
    std::string out;
    for (const HostPattern &host : route.hosts)
        (out += out.empty() ? "" : ", ") += quoted((host.wildcard ? "*" : "") + host.text);
    return out;
}

// A route that the request did not meet, and how near it came.
struct Miss {
    Candidate candidate;
    size_t nearness = 0;
};

// Nearness 0: it did not come near, and has no words.
Miss missOf(const CompiledRoute &route, size_t index, const RequestFacts &request, std::string_view host)
{
    const size_t rank = route.hostRank(host);
    Nearness path = pathNearness(route.path, request.path);
    Miss out{{index, false, {}}, 0};
    if (rank == HostRank::none) {
        if (!path.why.empty())
            return out;
        out.candidate.why =
            "host is " + (host.empty() ? "not given" : quoted(host)) + ", the route takes " + hostsOf(route);
        out.nearness = 1 + path.segments;
        return out;
    }
    const bool openRegex = route.path.parts.front().kind == Kind::Regex;
    if (path.segments == 0 && rank == HostRank::any && !openRegex)
        return out;
    out.candidate.why = std::move(path.why);
    out.nearness = 1 + path.segments;
    return out;
}
}  // namespace

// Of the contenders of `winner`, which is not among them.
std::vector<Candidate> Router::losers(const RequestFacts &request, size_t winner, size_t most) const
{
    std::vector<Candidate> matching, failing;
    if (!table_ || most == 0)
        return matching;
    const Table &table = *table_;
    std::vector<uint32_t> seen;
    table.walk(request.host, request.path, [&](uint32_t index) {
        if (index == winner || std::find(seen.begin(), seen.end(), index) != seen.end())
            return false;
        seen.push_back(index);
        const CompiledRoute &route = table.routes[index];
        std::string why = route.methods.takes(request.method) ? whyFields(route, request) : whyMethod(route, request);
        const bool matched = why.empty();
        if (matched)
            why = "matches too, but " + whyBefore(table.routes[winner], route, request);
        std::vector<Candidate> &list = matched ? matching : failing;
        if (list.size() < most)
            list.push_back({index, matched, std::move(why)});
        return seen.size() >= mostSeen;
    });
    for (Candidate &candidate : failing) {
        if (matching.size() < most)
            matching.push_back(std::move(candidate));
    }
    return matching;
}

std::vector<Candidate> Router::contenders(const RequestFacts &request, size_t most) const
{
    std::vector<Candidate> out;
    const RouteMatch match = find(request);
    if (most == 0)
        return out;
    const bool found = match.kind == RouteMatch::Kind::Found;
    std::vector<Candidate> others = losers(request, found ? match.route : noRoute, most - found);
    if (found) {
        const CompiledRoute &winner = table_->routes[match.route];
        const bool alone = std::none_of(others.begin(), others.end(), [](const Candidate &c) { return c.matched; });
        out.push_back({match.route, true,
                       "wins: it " + hostWords(winner, comparable(request.host)) + ", path "
                           + quoted(winner.path.written)
                           + (alone ? " and no other route matches" : " and nothing more specific matches")});
    }
    std::move(others.begin(), others.end(), std::back_inserter(out));
    return out;
}

std::vector<Candidate> Router::explain(const RequestFacts &request, size_t most) const
{
    std::vector<Candidate> out = contenders(request, most);
    if (!table_ || out.size() >= most)
        return out;
    const std::string_view host = comparable(request.host);
    const size_t met = out.size();
    std::vector<Miss> misses;
    for (size_t i = 0; i < table_->routes.size(); ++i) {
        if (std::any_of(out.begin(), out.begin() + std::ptrdiff_t(met),
                        [&](const Candidate &c) { return c.route == i; }))
            continue;
        Miss miss = missOf(table_->routes[i], i, request, host);
        if (miss.nearness > 0 && !miss.candidate.why.empty())
            misses.push_back(std::move(miss));
    }
    std::stable_sort(misses.begin(), misses.end(),
                     [](const Miss &a, const Miss &b) { return a.nearness > b.nearness; });
    for (Miss &miss : misses) {
        if (out.size() < most)
            out.push_back(std::move(miss.candidate));
    }
    return out;
}

}  // namespace sluice::routing
