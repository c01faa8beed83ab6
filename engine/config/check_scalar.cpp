// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/check.h"

#include "engine/config/text.h"
#include "engine/config/values.h"
#include "engine/http/message.h"
#include "engine/routing/router.h"

#include <algorithm>

namespace sluice::config {
namespace {

struct Range {
    std::string_view least, most;
};

Range rangeOf(std::string_view bounds)
{
    const size_t dots = bounds.find("..");
    if (dots == std::string_view::npos)
        return {};
    return {bounds.substr(0, dots), bounds.substr(dots + 2)};
}

template<class T, class Parse>
bool within(const T &value, const Row &row, Parse parse)
{
    const Range range = rangeOf(row.bounds);
    T least{}, most{};
    return range.least.empty()
        || (parse(range.least, least) && parse(range.most, most) && value >= least && value <= most);
}

template<class T, class Parse>
bool fits(const Row &row, std::string_view text, Parse parse)
{
    T value{};
    return parse(text, value) && within(value, row, parse);
}

std::vector<std::string> choices(std::string_view bounds)
{
    std::vector<std::string> out;
    while (!bounds.empty()) {
        const size_t bar = std::min(bounds.find('|'), bounds.size());
        out.emplace_back(bounds.substr(0, bar));
        bounds.remove_prefix(std::min(bar + 1, bounds.size()));
    }
    return out;
}

bool isName(std::string_view text)
{
    return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'
            || c == '.';
    });
}

bool isVisiblePath(std::string_view text)
{
    return !text.empty() && text[0] == '/'
        && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// "p99 > 500ms", "error_rate > 5%"
bool isCondition(std::string_view text)
{
    const size_t first = text.find(' ');
    const size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
    if (second == std::string_view::npos)
        return false;
    const std::string_view figure = text.substr(0, first), sign = text.substr(first + 1, second - first - 1);
    const std::string_view value = text.substr(second + 1);
    Nanos duration{};
    double number = 0;
    if (sign != ">" && sign != ">=" && sign != "<" && sign != "<=")
        return false;
    if (figure == "p50" || figure == "p95" || figure == "p99" || figure == "certificate_expiry")
        return parseDuration(value, duration);
    Nanos span{};
    return figure == "error_rate" ? parsePercent(value, number) : figure == "rate" && parseRate(value, number, span);
}

bool isLimitKey(std::string_view text)
{
    for (const std::string_view word : {"client_ip", "user", "api_key", "route", "global"}) {
        if (text == word)
            return true;
    }
    if (text.substr(0, 7) == "header:")
        return http::isToken(text.substr(7));
    return text.substr(0, 6) == "query:" && text.size() > 6;
}

bool isRedisUrl(std::string_view text)
{
    if (text.substr(0, 8) != "redis://")
        return false;
    text.remove_prefix(8);
    const size_t slash = text.find('/');
    uint64_t database = 0;
    Origin origin;
    if (slash != std::string_view::npos && slash + 1 < text.size()
        && (!parseWhole(text.substr(slash + 1), database) || database > 1023))
        return false;
    return parseOrigin("http://" + std::string(text.substr(0, slash)), false, origin).empty();
}

std::string urlComplaint(const Row &row, const std::string &text)
{
    Origin origin;
    switch (row.type) {
    case Type::Listen: return parseOrigin(text, true, origin);
    case Type::Endpoint: return parseEndpoint(text, origin);
    case Type::Origin: return text == "*" ? std::string() : parseOrigin(text, false, origin);
    default: return checkUrl(text);
    }
}

Complaint reference(const std::string &text, const std::optional<std::vector<std::string>> &known, const char *what)
{
    if (!known || std::find(known->begin(), known->end(), text) != known->end())
        return {};
    return {"names the " + std::string(what) + ' ' + inQuotes(text) + ", which this file does not have",
            nearestHint(text, *known)};
}

Complaint path(const Row &row, const std::string &text)
{
    std::string wrong;
    if (row.type == Type::Path)
        wrong = routing::checkPathPattern(text);
    else if (row.type == Type::Host)
        wrong = routing::checkHostPattern(text);
    else if (text.size() > 1 && text[0] == '~')
        wrong = routing::checkRegex(std::string_view(text).substr(1));
    if (wrong.empty())
        return {};
    return {inQuotes(text) + " is no "
                + (row.type == Type::Path       ? "path pattern: "
                       : row.type == Type::Host ? "host name: "
                                                : "pattern: ")
                + wrong,
            {}};
}

bool isPlainlyFine(const Row &row, const std::string &text)
{
    std::chrono::sys_days date;
    Nanos span{};
    double number = 0;
    bool yes = false;
    switch (row.type) {
    case Type::Whole:
    case Type::Status: return fits<uint64_t>(row, text, parseWhole);
    case Type::Number: return fits<double>(row, text, parseNumber);
    case Type::Duration: return fits<Nanos>(row, text, parseDuration);
    case Type::Size: return fits<uint64_t>(row, text, parseSize);
    case Type::Percent: return parsePercent(text, number);
    case Type::Rate: return parseRate(text, number, span);
    case Type::Date: return parseDate(text, date);
    case Type::Boolean: return parseBool(text, yes);
    case Type::RedisUrl: return isRedisUrl(text);
    case Type::Address: return isAddressAndPort(text);
    case Type::Cidr: return isCidr(text);
    case Type::Method:
    case Type::Token: return http::isToken(text);
    case Type::Name: return isName(text);
    case Type::Prefix:
    case Type::Rewrite: return isVisiblePath(text);
    case Type::LimitKey: return isLimitKey(text);
    case Type::Condition: return isCondition(text);
    case Type::VersionName:
    case Type::Text:
    case Type::File: return !text.empty();
    default: return true;
    }
}

// What helps with a value that is not of its type.
std::string hintFor(const Row &row, const std::string &text)
{
    Nanos duration{};
    uint64_t number = 0;
    double share = 0;
    if (row.type == Type::Duration && !text.empty() && parseDuration(text + "s", duration))
        return "a unit is missing: " + text + "s or " + text + "ms?";
    if (row.type == Type::Percent && parsePercent(text + "%", share))
        return "did you mean " + text + "%?";
    if (row.type == Type::Rate && parseWhole(text, number))
        return "did you mean " + text + "/s?";
    if (row.type == Type::Size && !parseSize(text, number))
        return "units are KiB, MiB, GiB (1024) and KB, MB, GB (1000)";
    const size_t slash = text.find('/');
    if (row.type == Type::Cidr && slash != std::string::npos && isCidr(text.substr(0, slash))
        && parseWhole(text.substr(slash + 1), number) && number <= 32)
        return "no bits are set behind the prefix: 10.0.0.0/8, not 10.0.0.1/8";
    if (row.type == Type::Name)
        return "letters, digits, '-', '_' and '.', at most 128";
    if (row.type == Type::Boolean && (text == "yes" || text == "on"))
        return "write true";
    if (row.type == Type::Boolean && (text == "no" || text == "off"))
        return "write false";
    return {};
}

}  // namespace

std::string expectation(const Row &row)
{
    std::string out(typeName(row.type));
    if (row.type == Type::Choice) {
        const std::vector<std::string> all = choices(row.bounds);
        if (all.size() == 1)
            return "'" + all.front() + "'";
        out += ' ';
        for (size_t i = 0; i < all.size(); ++i)
            out += (i ? ", " : "") + all[i];
        return out;
    }
    const Range range = rangeOf(row.bounds);
    if (row.type == Type::List || range.least.empty())
        return out;
    if (range.least == range.most)
        return out + " (" + std::string(range.least) + ")";
    return out + " from " + std::string(range.least) + " to " + std::string(range.most);
}

Complaint checkScalar(const Row &row, const std::string &text, const Names &names)
{
    switch (row.type) {
    case Type::Service: return reference(text, names.services, "service");
    case Type::Authenticator: return reference(text, names.authenticators, "authenticator");
    case Type::Limit: return reference(text, names.limits, "limit");
    case Type::Path:
    case Type::Host:
    case Type::FieldValue: return path(row, text);
    case Type::Listen:
    case Type::Endpoint:
    case Type::Origin:
    case Type::Url: {
        const std::string wrong = urlComplaint(row, text);
        if (wrong.empty())
            return {};
        // What stands before an '@' may be a password: it is not shown.
        const std::string shown = text.find('@') == std::string::npos ? inQuotes(text) : "this";
        return {"must be " + expectation(row) + "; " + shown + ' ' + wrong, {}};
    }
    case Type::Choice: {
        const std::vector<std::string> all = choices(row.bounds);
        if (std::find(all.begin(), all.end(), text) != all.end())
            return {};
        const std::string near = nearest(text, all);
        return {"must be " + expectation(row) + ", not " + inQuotes(text),
                near.empty() ? "" : "did you mean '" + near + "'?"};
    }
    default:
        if (isPlainlyFine(row, text))
            return {};
        return {"must be " + expectation(row) + ", not " + inQuotes(text), hintFor(row, text)};
    }
}

}  // namespace sluice::config
