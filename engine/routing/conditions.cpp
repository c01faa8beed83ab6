// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/routing/conditions.h"

#include "engine/http/uri.h"

#include <algorithm>
#include <array>

namespace sluice::routing {

namespace {
constexpr std::array<std::string_view, 9> knownMethods = {"GET",    "HEAD",    "POST",    "PUT",  "PATCH",
                                                          "DELETE", "CONNECT", "OPTIONS", "TRACE"};
constexpr uint32_t getBit = 1, headBit = 2;

uint32_t bitOf(std::string_view method)
{
    for (size_t i = 0; i < knownMethods.size(); ++i) {
        if (knownMethods[i] == method)
            return 1u << i;
    }
    return 0;
}

// Only then a name or value of a query is not what stands there.
bool isEncoded(std::string_view raw)
{
    return raw.find_first_of("%+") != raw.npos;
}

// Calls holds(pair) for each parameter of this name until one does.
template<class Holds>
bool anyParameter(std::string_view query, std::string_view name, Holds &&holds)
{
    http::QueryPair pair;
    while (http::nextPair(query, pair)) {
        if ((isEncoded(pair.name) ? pair.decodedName() == name : pair.name == name) && holds(pair))
            return true;
    }
    return false;
}
}  // namespace

std::string_view comparable(std::string_view host)
{
    if (host.size() > 2 && host.starts_with('[') && host.ends_with(']'))
        return host.substr(1, host.size() - 2);
    if (host.size() > 1 && host.ends_with('.'))
        host.remove_suffix(1);
    return host;
}

HostPattern HostPattern::of(std::string_view written)
{
    const std::string text = http::lowerCase(comparable(written));
    return text.starts_with("*.") ? HostPattern{text.substr(1), true} : HostPattern{text, false};
}

bool HostPattern::matches(std::string_view host) const
{
    return wildcard ? host.size() > text.size() && host.ends_with(text) : host == text;
}

MethodSet::MethodSet(const std::vector<std::string> &methods)
{
    for (const std::string &method : methods) {
        const uint32_t bit = bitOf(method);
        known_ |= bit == getBit ? getBit | headBit : bit;
        if (bit == 0 && std::find(others_.begin(), others_.end(), method) == others_.end())
            others_.push_back(method);
    }
}

bool MethodSet::takes(std::string_view method) const
{
    if (any())
        return true;
    const uint32_t bit = bitOf(method);
    return bit != 0 ? (known_ & bit) != 0 : std::find(others_.begin(), others_.end(), method) != others_.end();
}

bool MethodSet::covers(const MethodSet &other) const
{
    return (other.known_ & ~known_) == 0
        && std::all_of(other.others_.begin(), other.others_.end(),
                       [&](const std::string &method) { return takes(method); });
}

void MethodSet::addTo(MethodSet &all) const
{
    all.known_ |= known_;
    for (const std::string &method : others_) {
        if (std::find(all.others_.begin(), all.others_.end(), method) == all.others_.end())
            all.others_.push_back(method);
    }
}

std::string MethodSet::text() const
{
    std::string out;
    const auto add = [&](std::string_view method) { (out += out.empty() ? "" : ", ") += method; };
    for (size_t i = 0; i < knownMethods.size(); ++i) {
        if (known_ & (1u << i))
            add(knownMethods[i]);
    }
    for (const std::string &method : others_)
        add(method);
    return out;
}

Result<FieldTest> FieldTest::of(const FieldMatch &match)
{
    FieldTest out{match, {}};
    if (match.kind == FieldMatch::Kind::Regex) {
        std::string error;
        out.regex = compileRegex(match.value, error);
        if (!out.regex)
            return Error{Fault::Gateway, match.name + ": " + error, false};
    }
    return out;
}

bool FieldTest::valueHolds(std::string_view value) const
{
    switch (match.kind) {
    case FieldMatch::Kind::Present: return true;
    case FieldMatch::Kind::Exact: return value == match.value;
    case FieldMatch::Kind::Regex: return matchesWhole(*regex, value);
    }
    return false;
}

bool FieldTest::holdsIn(const http::HeaderList *headers) const
{
    if (!headers)
        return false;
    for (size_t i = headers->find(match.name); i != http::HeaderList::npos; i = headers->find(match.name, i + 1)) {
        if (valueHolds((*headers)[i].value))
            return true;
    }
    return false;
}

bool FieldTest::holdsInQuery(std::string_view query) const
{
    return anyParameter(query, match.name, [this](const http::QueryPair &pair) {
        if (match.kind == FieldMatch::Kind::Present)
            return true;
        return isEncoded(pair.value) ? valueHolds(pair.decodedValue()) : valueHolds(pair.value);
    });
}

bool FieldTest::presentIn(const http::HeaderList *headers) const
{
    return headers && headers->has(match.name);
}

bool FieldTest::presentInQuery(std::string_view query) const
{
    return anyParameter(query, match.name, [](const http::QueryPair &) { return true; });
}

bool FieldTest::impliedBy(const FieldTest &other, bool caseless) const
{
    const bool same = caseless ? http::equalsIgnoreCase(match.name, other.match.name) : match.name == other.match.name;
    if (!same)
        return false;
    if (match.kind == FieldMatch::Kind::Present)
        return true;
    if (match.kind == other.match.kind)
        return match.value == other.match.value;
    return other.match.kind == FieldMatch::Kind::Exact && valueHolds(other.match.value);
}

Result<CompiledRoute> CompiledRoute::of(Router::Entry entry)
{
    const auto failed = [&](const std::string &what) {
        return Error{Fault::Gateway, "route " + entry.name + ": " + what, false};
    };
    Result<PathPattern> path = PathPattern::parse(entry.match.path);
    if (!path)
        return failed(path.error().what);
    CompiledRoute out{entry.name, path.take(), {}, MethodSet(entry.match.methods), {}, {}};
    for (const std::string &host : entry.match.hosts) {
        if (const std::string wrong = checkHostPattern(host); !wrong.empty())
            return failed(wrong);
        HostPattern pattern = HostPattern::of(host);
        if (std::find(out.hosts.begin(), out.hosts.end(), pattern) == out.hosts.end())
            out.hosts.push_back(std::move(pattern));
    }
    for (const bool inQuery : {false, true}) {
        for (const FieldMatch &match : inQuery ? entry.match.query : entry.match.headers) {
            Result<FieldTest> test = FieldTest::of(match);
            if (!test)
                return failed((inQuery ? "query " : "header ") + test.error().what);
            (inQuery ? out.query : out.headers).push_back(test.take());
        }
    }
    return out;
}

size_t CompiledRoute::hostRank(std::string_view host) const
{
    if (hosts.empty())
        return HostRank::any;
    size_t best = HostRank::none;
    for (const HostPattern &pattern : hosts) {
        if (pattern.matches(host))
            best = std::max(best, pattern.wildcard ? HostRank::any + pattern.text.size() : HostRank::exact);
    }
    return best;
}

bool CompiledRoute::fieldsHold(const RequestFacts &request) const
{
    return std::all_of(headers.begin(), headers.end(),
                       [&](const FieldTest &test) { return test.holdsIn(request.headers); })
        && std::all_of(query.begin(), query.end(),
                       [&](const FieldTest &test) { return test.holdsInQuery(request.query); });
}

}  // namespace sluice::routing
