// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/http2_fields.h"

#include "engine/http/characters.h"
#include "engine/http/http1_body.h"
#include "engine/http/uri.h"

#include <algorithm>
#include <array>

namespace sluice::http {

namespace {

bool isLowerToken(std::string_view name)
{
    if (!isToken(name))
        return false;
    return std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Neither controls but tab, nor blanks at an end (section 8.2.1).
bool isValue(std::string_view value)
{
    if (!value.empty() && (isBlank(value.front()) || isBlank(value.back())))
        return false;
    for (size_t at = plainRun(value, 0); at < value.size(); at += 1 + plainRun(value, at + 1)) {
        if (value[at] != '\t')
            return false;
    }
    return true;
}

uint16_t portOrDefault(const Authority &authority, bool tls)
{
    return authority.port ? authority.port : tls ? 443 : 80;
}

}  // namespace

bool isConnectionSpecific(std::string_view name)
{
    constexpr std::array<std::string_view, 5> names{"connection", "proxy-connection", "keep-alive", "transfer-encoding",
                                                    "upgrade"};
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool FieldSection::refuse(int status, std::string_view what)
{
    if (refusal_.status == 0) {
        refusal_.status = status;
        refusal_.what = what;
    }
    return false;
}

HeaderList &FieldSection::list()
{
    switch (kind_) {
    case Kind::Request: return request_.headers;
    case Kind::Response: return response_.headers;
    case Kind::Trailers: break;
    }
    return trailers_;
}

void FieldSection::begin(Kind kind, bool tls)
{
    kind_ = kind;
    tls_ = tls;
    request_.method.clear();
    request_.target.clear();
    request_.scheme = tls ? "https" : "http";
    request_.authority.clear();
    request_.version = Version::Http2;
    response_.status = 0;
    response_.reason.clear();
    response_.version = Version::Http2;
    list().clear();
    cookie_.clear();
    host_.clear();
    size_ = bytes_ = 0;
    count_ = 0;
    seen_ = 0;
    regular_ = hasHost_ = hasCookie_ = expectsContinue_ = webSocket_ = false;
    contentLength_.reset();
    refusal_ = {};
}

bool FieldSection::withinLimits(std::string_view name, std::string_view value)
{
    bytes_ += name.size() + value.size() + 4;  // as a line of HTTP/1
    if (name == ":path" && value.size() > limits_.line)
        return refuse(414, "The path is longer than is taken");
    if (name.size() + value.size() + 2 > limits_.line && name != ":path")
        return refuse(431, "A field is longer than is taken");
    if (!name.starts_with(':') && ++count_ > limits_.headerCount)  // of the others each comes once
        return refuse(431, "There are more fields than are taken");
    if (bytes_ > (kind_ == Kind::Trailers ? limits_.trailerBytes : limits_.headBytes))
        return refuse(431, "The fields together are longer than is taken");
    return true;
}

void FieldSection::add(std::string_view name, std::string_view value)
{
    size_ += name.size() + value.size() + 32;
    if (refusal_.status != 0 || !withinLimits(name, value))
        return;
    if (!isValue(value)) {
        refuse(400, "A field's value holds a character that it cannot");
        return;
    }
    if (!name.empty() && name.front() == ':') {
        pseudo(name, value);
        return;
    }
    regular_ = true;
    regular(name, value);
}

bool FieldSection::pseudo(std::string_view name, std::string_view value)
{
    if (kind_ == Kind::Trailers)
        return refuse(400, "A pseudo-header field stands in trailers");
    if (regular_)
        return refuse(400, "A pseudo-header field stands behind others");
    if (kind_ == Kind::Response)
        return name == ":status" ? once(Status) && status(value)
                                 : refuse(400, "A pseudo-header field does not belong into an answer");
    return requestPseudo(name, value);
}

bool FieldSection::once(Pseudo which)
{
    if (seen_ & which)
        return refuse(400, "A pseudo-header field came twice");
    seen_ |= which;
    return true;
}

bool FieldSection::requestPseudo(std::string_view name, std::string_view value)
{
    if (name == ":method") {
        request_.method = value;
        return once(Method) && (isToken(value) || refuse(400, "The method is no token"));
    }
    if (name == ":path")
        return once(Path) && target(value);
    if (name == ":scheme")
        return once(Scheme)
            && (value == "http" || value == "https" || refuse(400, "The scheme is neither http nor https"));
    if (name == ":authority") {
        request_.authority = lowerCase(value);
        return once(HasAuthority) && (parseAuthority(value) || refuse(400, "The authority is malformed"));
    }
    if (name == ":protocol") {
        webSocket_ = value == "websocket";
        return once(Protocol) && (webSocket_ || refuse(501, "This protocol is not spoken over CONNECT here"));
    }
    return refuse(400, "A pseudo-header field is not known");
}

// Origin form, or "*" (section 8.3.1), of the characters that the HTTP/1 reader takes.
bool FieldSection::target(std::string_view value)
{
    request_.target = value;
    if (value.empty() || targetRun(value, 0) != value.size())
        return refuse(400, "The path holds a character that it cannot");
    return value.front() == '/' || value == "*" || refuse(400, "The path does not begin with a slash");
}

bool FieldSection::status(std::string_view value)
{
    if (value.size() != 3 || !std::all_of(value.begin(), value.end(), isDigit) || value[0] == '0')
        return refuse(400, "The status is no number of three digits");
    response_.status = (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
    return response_.status != 101 || refuse(400, "A status of 101 does not exist in HTTP/2");  // section 8.6
}

bool FieldSection::regular(std::string_view name, std::string_view value)
{
    if (!isLowerToken(name))
        return refuse(400, "A field's name is no token in lower case");
    if (!special(name, value))
        return false;
    if (kind_ == Kind::Request && name == "cookie") {
        if (hasCookie_)
            cookie_ += "; ";
        cookie_ += value;
        hasCookie_ = true;
        return true;
    }
    if (kind_ != Kind::Trailers || !forbiddenTrailer(name))
        list().add(name, value, true);
    return true;
}

// Fields that frame, route or belong to a connection.
bool FieldSection::special(std::string_view name, std::string_view value)
{
    if (isConnectionSpecific(name))
        return refuse(400, "A field that belongs to a connection of HTTP/1 stands in a message of HTTP/2");
    if (name == "te")
        return equalsIgnoreCase(value, "trailers") || refuse(400, "TE says something other than trailers");
    if (kind_ == Kind::Trailers)
        return (name != "content-length" && name != "host")
            || refuse(400, "A trailer would frame or route the message");
    if (name == "content-length") {
        uint64_t length = 0;
        if (contentLength_)
            return refuse(400, "There is more than one Content-Length");
        if (!parseContentLength(value, length))
            return refuse(400, "Content-Length is malformed");
        contentLength_ = length;
    } else if (kind_ == Kind::Request && name == "host") {
        return host(value);
    } else if (kind_ == Kind::Request && name == "expect") {
        expectsContinue_ = equalsIgnoreCase(value, "100-continue");
    }
    return true;
}

bool FieldSection::host(std::string_view value)
{
    if (std::exchange(hasHost_, true))
        return refuse(400, "There is more than one Host");
    host_ = lowerCase(value);
    return parseAuthority(value) || refuse(400, "Host is malformed");
}

bool FieldSection::finish(bool last)
{
    if (refusal_.status != 0)
        return false;
    switch (kind_) {
    case Kind::Request: return finishRequest(last);
    case Kind::Response:
        if (!(seen_ & Status))
            return refuse(400, "The answer has no status");
        return !(informational() && last) || refuse(400, "The message ends with a head that is not final");
    case Kind::Trailers: break;
    }
    return last || refuse(400, "Trailers came that do not end the message");
}

bool FieldSection::finishRequest(bool last)
{
    if (!(seen_ & Method))
        return refuse(400, "The request has no :method");
    const bool connect = request_.method == "CONNECT";
    if (connect && !webSocket_)
        return refuse(501, "CONNECT is not offered");
    if (webSocket_ && !connect)
        return refuse(400, ":protocol goes with CONNECT only");
    if (!(seen_ & Scheme) || !(seen_ & Path))
        return refuse(400, "The request has no :scheme or no :path");
    if (request_.target == "*" && request_.method != "OPTIONS")
        return refuse(400, "A path of * goes with OPTIONS only");
    if (!(seen_ & HasAuthority) && !hasHost_)
        return refuse(400, "The request has neither :authority nor Host");
    if (request_.authority.empty())
        request_.authority = host_;
    if (hasHost_) {  // RFC 9113 section 8.3.1: who reads only one of them must not go elsewhere
        const Authority named = *parseAuthority(host_), target = *parseAuthority(request_.authority);
        if (named.host != target.host || portOrDefault(named, tls_) != portOrDefault(target, tls_))
            return refuse(400, "Host and :authority name different authorities");
    }
    if (last && contentLength_.value_or(0) != 0)
        return refuse(400, "The request ends before the content that it announces");
    if (last)
        expectsContinue_ = false;
    if (hasCookie_)
        request_.headers.add("cookie", cookie_, true);
    if (webSocket_)
        asUpgrade();
    return true;
}

// RFC 8441 section 5: the request that it would be over HTTP/1.1.
void FieldSection::asUpgrade()
{
    request_.method = "GET";
    request_.headers.add("upgrade", "websocket");
    request_.headers.add("connection", "upgrade");
    contentLength_.reset();
    expectsContinue_ = false;
    request_.headers.remove("content-length");
}

}  // namespace sluice::http
