// SPDX-License-Identifier: GPL-3.0-or-later
// Router: every route of a plan, compiled once; finds the most specific one for a request.
// Immutable after create(); any number of threads. Cost a request does not grow with the number of routes.
//
// The rule of precedence is in this room's README.md and is the one that explain() tells.
#pragma once

#include "engine/base/result.h"
#include "engine/http/headers.h"
#include "engine/routing/routing_settings.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::routing {

constexpr size_t maxRoutes = 100'000;  // of one Router; more: create() fails

// What of a request matters for routing. Views live as long as the call.
struct RequestFacts {
    std::string_view method;
    std::string_view host;   // lower case, without the port; an IPv6 address with its brackets or without
    std::string_view path;   // normalised (http/uri.h), still percent-encoded, begins with "/"
    std::string_view query;  // without "?", as sent
    const http::HeaderList *headers = nullptr;
    bool captures = true;  // false: find() leaves them out
};

struct Capture {
    std::string name;   // of {name}; "**" for what ** matched; "1", "2" of a regex
    std::string value;  // as it stands in the path, still percent-encoded
    bool operator==(const Capture &) const = default;
};

struct RouteMatch {
    enum class Kind { Found, NoRoute, WrongMethod };
    Kind kind = Kind::NoRoute;
    size_t route = 0;  // with Found: the index given to create()
    std::vector<Capture> captures;
    std::string allow;  // with WrongMethod: for the Allow header, "GET, HEAD, POST"
};

// Why a route lost or won, for explain: one a route whose path or host came near.
struct Candidate {
    size_t route = 0;
    bool matched = false;
    std::string why;  // "method is POST, the route takes GET"; for losers that match: what beat them
};

class Router {
public:
    struct Entry {
        std::string name;
        MatchSettings match;
    };
    // Error: a pattern that cannot be compiled; what() names the route and the reason. Config checks each pattern first
    // (checkPattern), so a Plan never fails here.
    static Result<Router> create(std::vector<Entry> routes);
    Router();  // no routes
    Router(Router &&) noexcept;
    Router &operator=(Router &&) noexcept;
    Router(const Router &) = delete;
    ~Router();

    RouteMatch find(const RequestFacts &) const;
    // What the route that find() named captures of the path.
    std::vector<Capture> captures(size_t route, std::string_view path) const;
    // The same decision with its reasons: the winner first, then by precedence what matched too, then what failed on
    // method, headers or query, then what came near by host or path, the nearest first; at most `most`. Looks at every
    // route: for people, not on the hot path. No value of a header or query parameter stands in a reason.
    std::vector<Candidate> explain(const RequestFacts &, size_t most = 20) const;
    // Of these only the routes whose host and path match. Its cost does not grow with the number of routes, so that the
    // decision of a live exchange can tell it.
    std::vector<Candidate> contenders(const RequestFacts &, size_t most = 8) const;
    // The same without the winner, which find() has told.
    std::vector<Candidate> losers(const RequestFacts &, size_t winner, size_t most = 8) const;
    // Pairs (loser, winner): the first can never match, because the second takes all of its requests before it.
    std::vector<std::pair<size_t, size_t>> shadowed() const;

private:
    struct Table;
    std::unique_ptr<const Table> table_;
};

// Nothing: fine. Else what is wrong with a path pattern, a host pattern, or a regular expression, for a Problem.
std::string checkPathPattern(std::string_view pattern);
std::string checkHostPattern(std::string_view pattern);
std::string checkRegex(std::string_view regex);
// Nothing: fine. Else: a capture that the rewrite names and the pattern does not make.
std::string checkRewrite(const RewriteSettings &, std::string_view pattern);

// The path to send on. `path` is the normalised one that was matched; the answer begins with "/" and is
// percent-encoded.
std::string rewritten(const RewriteSettings &, std::string_view path, const std::vector<Capture> &);

}  // namespace sluice::routing
