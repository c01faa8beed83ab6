// SPDX-License-Identifier: GPL-3.0-or-later
// What a route asks beside the path: host, method, headers, query; compiled. Values; any thread.
#pragma once

#include "engine/routing/pattern.h"

namespace sluice::routing {

// A host pattern, lower case. A wildcard keeps its dot: ".example.test".
struct HostPattern {
    std::string text;
    bool wildcard = false;
    static HostPattern of(std::string_view written);
    bool matches(std::string_view host) const;
    bool operator==(const HostPattern &) const = default;
};

// How exactly a route's hosts meet a host: the larger, the sooner.
struct HostRank {
    static constexpr size_t none = 0, any = 1, exact = size_t(-1);  // between: 1 + length of the wildcard's suffix
};
// The request's host as it is compared: without the dot of a fully qualified name and an IPv6 address's brackets.
std::string_view comparable(std::string_view host);

class MethodSet {
public:
    explicit MethodSet(const std::vector<std::string> &methods);
    bool any() const { return known_ == 0 && others_.empty(); }
    // GET admits HEAD (RFC 9110 section 9.3.2).
    bool takes(std::string_view method) const;
    bool covers(const MethodSet &other) const;  // takes all that the other one names; neither is any()
    void addTo(MethodSet &all) const;
    // "GET, HEAD, POST": the known ones in one order, then the others.
    std::string text() const;

private:
    uint32_t known_ = 0;  // bits of the known ones, HEAD with GET
    std::vector<std::string> others_;
};

struct FieldTest {
    FieldMatch match;
    RegexPtr regex;
    static Result<FieldTest> of(const FieldMatch &);
    // A field that comes several times holds when one of its lines does. Names of headers: whatever the case.
    bool holdsIn(const http::HeaderList *headers) const;
    // The same; names and values are compared percent-decoded, "+" is a space; names with their case.
    bool holdsInQuery(std::string_view query) const;
    bool presentIn(const http::HeaderList *headers) const;
    bool presentInQuery(std::string_view query) const;
    // Whatever meets `other` meets this one. `caseless`: names of headers.
    bool impliedBy(const FieldTest &other, bool caseless) const;

private:
    bool valueHolds(std::string_view value) const;
};

struct CompiledRoute {
    std::string name;
    PathPattern path;
    std::vector<HostPattern> hosts;
    MethodSet methods;
    std::vector<FieldTest> headers, query;

    static Result<CompiledRoute> of(Router::Entry entry);
    size_t hostRank(std::string_view host) const;  // of a comparable host
    bool fieldsHold(const RequestFacts &) const;
};

}  // namespace sluice::routing
