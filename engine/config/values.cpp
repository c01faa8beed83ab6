// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/values.h"

#include "engine/http/ip.h"

#include <charconv>
#include <cmath>

namespace sluice::config {
namespace {

struct SizeUnit {
    std::string_view name;
    uint64_t bytes;
};
constexpr SizeUnit sizeUnits[] = {
    {"TiB", uint64_t(1) << 40},
    {"GiB", uint64_t(1) << 30},
    {"MiB", uint64_t(1) << 20},
    {"KiB", uint64_t(1) << 10},
    {"TB", 1'000'000'000'000},
    {"GB", 1'000'000'000},
    {"MB", 1'000'000},
    {"KB", 1000},
    {"kB", 1000},
    {"B", 1},
    {"", 1},
};

// Reads a decimal at the front and gives what is behind it.
bool takeNumber(std::string_view text, double &number, std::string_view &rest)
{
    if (text.empty() || text[0] < '0' || text[0] > '9')
        return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(number))
        return false;
    rest = text.substr(size_t(end - text.data()));
    return true;
}

bool isDigits(std::string_view text)
{
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// An address as it stands in a URL: without a zone.
bool isIp(std::string_view text, bool v4)
{
    const auto address = http::parseIp(text);
    return address && text.find('%') == std::string_view::npos && (text.find(':') == std::string_view::npos) == v4;
}

std::string lower(std::string_view text)
{
    std::string out(text);
    for (char &c : out)
        c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
    return out;
}

std::string checkHost(const std::string &host)
{
    if (host.size() > 253)
        return "has a host name longer than 253 characters";
    if (isDigits(host.substr(host.rfind('.') + 1)))
        return isIp(host, true) ? "" : "has no valid IPv4 address";
    size_t label = 0;
    for (size_t i = 0; i <= host.size(); ++i) {
        const char c = i < host.size() ? host[i] : '.';
        if (c == '.') {
            if ((label == 0 && i < host.size()) || label > 63)
                return "has no valid host name";
            label = 0;
        } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
            ++label;
        } else {
            return "has no valid host name";
        }
    }
    return {};
}

// "host[:port]" of an authority, the brackets of an IPv6 address taken off.
std::string splitAuthority(std::string_view authority, bool anyPort, Origin &out)
{
    std::string_view port;
    bool hasPort = false;
    if (!authority.empty() && authority[0] == '[') {
        const size_t close = authority.find(']');
        if (close == std::string_view::npos || !isIp(authority.substr(1, close - 1), false))
            return "has no valid IPv6 address";
        out.host = lower(authority.substr(1, close - 1));
        const std::string_view rest = authority.substr(close + 1);
        hasPort = !rest.empty();
        if (hasPort && rest[0] != ':')
            return "has text behind its ']'";
        port = hasPort ? rest.substr(1) : rest;
    } else {
        const size_t colon = authority.find(':');
        hasPort = colon != std::string_view::npos;
        out.host = lower(authority.substr(0, colon));
        port = hasPort ? authority.substr(colon + 1) : std::string_view();
        if (port.find(':') != std::string_view::npos)
            return "has more than one ':' in its host; an IPv6 address stands in brackets";
        const bool everywhere = anyPort && (out.host.empty() || out.host == "*");
        if (out.host.empty() && !everywhere)
            return "has no host";
        if (!everywhere) {
            if (std::string wrong = checkHost(out.host); !wrong.empty())
                return wrong;
        }
    }
    uint64_t number = out.scheme == "https" ? 443 : 80;
    if (hasPort && (!parseWhole(port, number) || number > 65535 || port.size() > 5))
        return "has no valid port";
    if (number == 0 && !anyPort)
        return "has port 0";
    out.port = uint16_t(number);
    return {};
}

// Cuts "http://" or "https://" off, and "h2c://" where an endpoint is meant.
std::string takeScheme(std::string_view &text, std::string &scheme, bool endpoint = false)
{
    const size_t at = text.find("://");
    if (at == std::string_view::npos)
        return "has no scheme";
    scheme = lower(text.substr(0, at));
    if (scheme != "http" && scheme != "https" && !(endpoint && scheme == "h2c"))
        return endpoint ? "has a scheme other than http, https and h2c" : "has a scheme other than http and https";
    text.remove_prefix(at + 3);
    return {};
}

}  // namespace

bool parseWhole(std::string_view text, uint64_t &out)
{
    uint64_t number = 0;
    if (!isDigits(text))
        return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        return false;
    out = number;
    return true;
}

bool parseNumber(std::string_view text, double &out)
{
    double number = 0;
    std::string_view rest;
    if (!takeNumber(text, number, rest) || !rest.empty())
        return false;
    out = number;
    return true;
}

bool parseSize(std::string_view text, uint64_t &out)
{
    double number = 0;
    std::string_view rest;
    if (!takeNumber(text, number, rest))
        return false;
    for (const SizeUnit &unit : sizeUnits) {
        if (unit.name != rest)
            continue;
        const double bytes = number * double(unit.bytes);
        if (bytes > double(uint64_t(1) << 60))
            return false;
        out = uint64_t(std::llround(bytes));
        return true;
    }
    return false;
}

std::string sizeText(uint64_t bytes)
{
    for (const SizeUnit &unit : sizeUnits) {
        if (unit.name.size() == 3 && bytes >= unit.bytes && bytes % unit.bytes == 0)
            return std::to_string(bytes / unit.bytes) + std::string(unit.name);
    }
    return std::to_string(bytes);
}

bool parsePercent(std::string_view text, double &out)
{
    double number = 0;
    std::string_view rest;
    if (!takeNumber(text, number, rest) || rest != "%" || number > 100)
        return false;
    out = number;
    return true;
}

bool parseRate(std::string_view text, double &count, Nanos &span)
{
    double number = 0;
    std::string_view rest;
    if (!takeNumber(text, number, rest) || number <= 0 || rest.size() < 2 || rest[0] != '/')
        return false;
    Nanos time{};
    // "s" is one second; "10s" is allowed as well.
    const bool bare = rest[1] < '0' || rest[1] > '9';
    if (!parseDuration((bare ? "1" : "") + std::string(rest.substr(1)), time) || time <= Nanos(0))
        return false;
    count = number;
    span = time;
    return true;
}

bool parseDate(std::string_view text, std::chrono::sys_days &out)
{
    uint64_t year = 0, month = 0, day = 0;
    if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !parseWhole(text.substr(0, 4), year)
        || !parseWhole(text.substr(5, 2), month) || !parseWhole(text.substr(8, 2), day))
        return false;
    const std::chrono::year_month_day date{std::chrono::year(int(year)), std::chrono::month(unsigned(month)),
                                           std::chrono::day(unsigned(day))};
    if (!date.ok() || year < 1970)
        return false;
    out = date;
    return true;
}

bool parseBool(std::string_view text, bool &out)
{
    if (text != "true" && text != "false")
        return false;
    out = text == "true";
    return true;
}

std::string Origin::url() const
{
    const bool six = host.find(':') != std::string::npos;
    return scheme + "://" + (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

namespace {

std::string parse(std::string_view text, bool anyPort, bool endpoint, Origin &out)
{
    Origin origin;
    if (std::string wrong = takeScheme(text, origin.scheme, endpoint); !wrong.empty())
        return wrong;
    if (text.find('@') != std::string_view::npos)
        return "has a user name in it";
    const size_t end = text.find_first_of("/?#");
    if (end != std::string_view::npos && text.substr(end) != "/")
        return text[end] == '/' ? "has a path" : "has a query or a fragment";
    if (std::string wrong = splitAuthority(text.substr(0, end), anyPort, origin); !wrong.empty())
        return wrong;
    out = std::move(origin);
    return {};
}

}  // namespace

std::string parseOrigin(std::string_view text, bool anyPort, Origin &out)
{
    return parse(text, anyPort, false, out);
}

std::string parseEndpoint(std::string_view text, Origin &out)
{
    return parse(text, false, true, out);
}

std::string checkUrl(std::string_view text)
{
    Origin origin;
    if (std::string wrong = takeScheme(text, origin.scheme); !wrong.empty())
        return wrong;
    for (const char c : text) {
        if (uint8_t(c) <= 0x20 || uint8_t(c) >= 0x7f
            || std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos)
            return "has a character that must be percent-encoded";
    }
    const size_t end = text.find_first_of("/?#");
    const std::string_view authority = text.substr(0, end);
    if (authority.find('@') != std::string_view::npos)
        return "has a user name in it";
    if (text.find('#') != std::string_view::npos)
        return "has a fragment";
    return splitAuthority(authority, false, origin);
}

bool isCidr(std::string_view text)
{
    return http::parseCidr(text).has_value();
}

bool isAddressAndPort(std::string_view text)
{
    Origin origin;
    origin.scheme = "http";
    return text.find_first_of("/?#@") == std::string_view::npos && text.rfind(':') != std::string_view::npos
        && splitAuthority(text, false, origin).empty() && text.back() != ']';
}

}  // namespace sluice::config
