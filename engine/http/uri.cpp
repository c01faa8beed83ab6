// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/uri.h"

#include "engine/http/characters.h"
#include "engine/http/ip.h"

#include <algorithm>

namespace sluice::http {

namespace {

constexpr std::string_view kUpperHex = "0123456789ABCDEF";

bool isEscape(std::string_view text, size_t at)
{
    return text.size() - at >= 3 && is(kHexDigit, text[at + 1]) && is(kHexDigit, text[at + 2]);
}

char escaped(std::string_view text, size_t at)
{
    return char(hexValue(text[at + 1]) << 4 | hexValue(text[at + 2]));
}

Error wrongPath(std::string_view what)
{
    return {Fault::Client, "The path " + std::string(what), false};
}

// Plain: nothing in it that normalising could change or refuse.
bool isPlain(std::string_view path)
{
    char before = 0;
    for (char c : path) {
        if (!is(kTargetChar, c) || c == '%' || c == '\\' || c == '?' || (c == '.' && before == '/'))
            return false;
        before = c;
    }
    return true;
}

bool isDots(std::string_view segment)
{
    return segment == "." || segment == "..";
}

// Would a server see a dot segment in here that we do not? Tomcat cuts segments at ";", others decode %2F and %5C
// early.
bool hidesDots(std::string_view segment)
{
    while (!segment.empty()) {
        size_t end = 0;
        while (end < segment.size() && segment.substr(end, 3) != "%2F" && segment.substr(end, 3) != "%5C")
            ++end;
        const std::string_view piece = segment.substr(0, end);
        const bool whole = end == segment.size();
        const size_t parameter = std::min(piece.find(';'), piece.find("%3B"));
        if (isDots(piece.substr(0, parameter)) && (!whole || parameter != piece.npos))
            return true;
        if (whole)
            return false;
        segment.remove_prefix(end + 3);
        if (isDots(segment))
            return true;
    }
    return false;
}

// Unreserved characters decoded, all other escapes in upper case. Nothing: refused, `error` is set.
bool decodeUnreserved(std::string_view path, std::string &out, Error &error)
{
    out.clear();
    out.reserve(path.size());
    for (size_t i = 0; i < path.size(); ++i) {
        const char c = path[i];
        if (c != '%') {
            if (!is(kTargetChar, c) || c == '\\' || c == '?') {
                error = wrongPath("holds a character that it cannot");
                return false;
            }
            out += c;
            continue;
        }
        if (!isEscape(path, i)) {
            error = wrongPath("holds a malformed percent escape");
            return false;
        }
        const char decoded = escaped(path, i);
        if (decoded == 0) {
            error = wrongPath("holds an escaped NUL");
            return false;
        }
        if (is(kUnreserved, decoded)) {
            out += decoded;
        } else {
            out += '%';
            out += kUpperHex[static_cast<unsigned char>(decoded) >> 4];
            out += kUpperHex[decoded & 15];
        }
        i += 2;
    }
    return true;
}

// RFC 3986 section 5.2.4, in place; but above the root there is nothing.
bool removeDotSegments(std::string &path, Error &error)
{
    size_t to = 0;
    for (size_t at = 0; at < path.size();) {
        const size_t end = std::min(path.find('/', at + 1), path.size());
        const std::string_view segment = std::string_view(path).substr(at + 1, end - at - 1);
        const bool last = end == path.size();
        if (hidesDots(segment)) {
            error = wrongPath("holds a dot segment in disguise");
            return false;
        }
        if (segment == "..") {
            if (to == 0) {
                error = wrongPath("leads above the root");
                return false;
            }
            to = path.rfind('/', to - 1);
        } else if (segment != ".") {
            std::copy(path.begin() + std::ptrdiff_t(at), path.begin() + std::ptrdiff_t(end),
                      path.begin() + std::ptrdiff_t(to));
            to += end - at;
        }
        if (last && isDots(segment))
            path[to++] = '/';
        at = end;
    }
    path.resize(to);
    return true;
}

int decodedByte(std::string_view text, size_t at)
{
    return text[at] == '%' && isEscape(text, at) ? static_cast<unsigned char>(escaped(text, at)) : -1;
}

std::string decode(std::string_view text, bool plusIsSpace)
{
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (const int byte = decodedByte(text, i); byte >= 0) {
            out += char(byte);
            i += 2;
        } else {
            out += plusIsSpace && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

bool parsePort(std::string_view text, uint16_t &port)
{
    if (text.empty() || text.size() > 5 || text[0] == '0')
        return false;
    unsigned number = 0;
    for (char c : text) {
        if (!isDigit(c))
            return false;
        number = number * 10 + unsigned(c - '0');
    }
    port = uint16_t(number);
    return number <= 65535;
}

uint16_t defaultPort(std::string_view scheme)
{
    return scheme == "https" ? 443 : 80;
}

}  // namespace

TargetParts splitTarget(std::string_view target)
{
    if (target.empty() || (target.front() != '/' && target != "*")) {
        const size_t authority = target.find("://");
        const size_t end = authority == target.npos ? target.npos : target.find_first_of("/?", authority + 3);
        target = end == target.npos ? std::string_view() : target.substr(end);
    }
    TargetParts parts;
    const size_t mark = target.find('?');
    parts.path = target.substr(0, mark);
    if (parts.path.empty())
        parts.path = "/";
    if (mark != target.npos) {
        parts.query = target.substr(mark + 1);
        parts.hasQuery = true;
    }
    return parts;
}

Result<std::string_view> normalisePath(std::string_view path, std::string &storage)
{
    if (path.empty() || path.front() != '/') {
        if (path == "*")
            return path;
        return wrongPath("does not begin with a slash");
    }
    if (isPlain(path))
        return path;
    Error error;
    if (!decodeUnreserved(path, storage, error) || !removeDotSegments(storage, error))
        return error;
    return std::string_view(storage);
}

std::string percentDecode(std::string_view text)
{
    return decode(text, false);
}

std::string percentEncode(std::string_view text, std::string_view keep)
{
    std::string out;
    out.reserve(text.size());
    for (char c : text) {
        if (is(kUnreserved, c) || keep.find(c) != keep.npos) {
            out += c;
        } else {
            out += '%';
            out += kUpperHex[static_cast<unsigned char>(c) >> 4];
            out += kUpperHex[c & 15];
        }
    }
    return out;
}

std::string QueryPair::decodedName() const
{
    return decode(name, true);
}
std::string QueryPair::decodedValue() const
{
    return decode(value, true);
}

bool nextPair(std::string_view &rest, QueryPair &pair)
{
    while (!rest.empty()) {
        const size_t end = std::min(rest.find('&'), rest.size());
        const std::string_view text = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (text.empty())
            continue;
        const size_t equals = text.find('=');
        pair.name = text.substr(0, equals);
        pair.hasValue = equals != text.npos;
        pair.value = pair.hasValue ? text.substr(equals + 1) : std::string_view();
        return true;
    }
    return false;
}

std::optional<std::string> queryValue(std::string_view query, std::string_view name)
{
    QueryPair pair;
    while (nextPair(query, pair)) {
        const bool plain = pair.name.find_first_of("%+") == pair.name.npos;
        if (plain ? pair.name == name : pair.decodedName() == name)
            return pair.decodedValue();
    }
    return std::nullopt;
}

std::optional<Authority> parseAuthority(std::string_view text)
{
    Authority authority;
    size_t end;
    if (!text.empty() && text.front() == '[') {
        end = text.find(']');
        if (end == text.npos)
            return std::nullopt;
        authority.host = text.substr(1, end - 1);
        authority.ipv6 = true;
        ++end;
        // A zone means nothing to anybody else (RFC 9844).
        if (authority.host.find_first_of(":") == text.npos || authority.host.find('%') != text.npos
            || !parseIp(authority.host))
            return std::nullopt;
    } else {
        end = 0;
        while (end < text.size() && is(kHostChar, text[end]))
            ++end;
        authority.host = text.substr(0, end);
        if (end == 0 || end > 255)
            return std::nullopt;
    }
    if (end == text.size())
        return authority;
    if (text[end] != ':' || !parsePort(text.substr(end + 1), authority.port))
        return std::nullopt;
    return authority;
}

std::string lowerCase(std::string_view text)
{
    std::string out(text);
    for (char &c : out)
        c = lowerChar(c);
    return out;
}

std::string Url::authority() const
{
    std::string out = ipv6 ? "[" + host + "]" : host;
    if (port != defaultPort(scheme))
        out += ":" + std::to_string(port);
    return out;
}

std::string Url::text() const
{
    std::string out = scheme + "://" + authority() + path;
    if (!query.empty())
        out += "?" + query;
    return out;
}

Result<Url> parseUrl(std::string_view text)
{
    const auto wrong = [](std::string what) { return Error{Fault::Gateway, std::move(what), false}; };
    const size_t colon = text.find("://");
    if (colon == text.npos)
        return wrong("A URL begins with http:// or https://");
    Url url;
    url.scheme = lowerCase(text.substr(0, colon));
    if (url.scheme != "http" && url.scheme != "https")
        return wrong("The scheme of a URL must be http or https");
    if (!all(kTargetChar, text))
        return wrong(text.find('#') != text.npos ? "A URL here has no fragment (#)"
                                                 : "The URL holds a space, a control or a non-ASCII character");
    const std::string_view rest = text.substr(colon + 3);
    const std::string_view authorityText = rest.substr(0, rest.find_first_of("/?"));
    if (authorityText.find('@') != authorityText.npos)
        return wrong("A URL here must not hold a user name or password");
    const std::optional<Authority> authority = parseAuthority(authorityText);
    if (!authority)
        return wrong(authorityText.empty() ? "The URL names no host" : "The host or port of the URL is malformed");
    url.host = lowerCase(authority->host);
    url.ipv6 = authority->ipv6;
    url.port = authority->port ? authority->port : defaultPort(url.scheme);
    const TargetParts parts = splitTarget(text);
    std::string storage;
    const Result<std::string_view> path = normalisePath(parts.path, storage);
    if (!path)
        return wrong(path.error().what);
    url.path = *path;
    url.query = parts.query;
    return url;
}

}  // namespace sluice::http
