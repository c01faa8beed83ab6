// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/http1_reader.h"

#include "engine/http/characters.h"
#include "engine/http/uri.h"

namespace sluice::http {

namespace {

constexpr size_t mostLastHost = 64;  // longer ones are looked at again each time, lest an idle connection keep them

uint16_t portOf(const Authority &authority, std::string_view scheme)
{
    return authority.port ? authority.port : scheme == "https" ? 443 : 80;
}

void assignLower(std::string &to, std::string_view from)
{
    to.assign(from);
    for (char &c : to)
        c = lowerChar(c);
}

}  // namespace

RequestReader::RequestReader(const Limits &limits, std::string_view scheme)
    : scheme_(scheme), parser_(limits), body_(limits)
{}

void RequestReader::next()
{
    parser_.reset();
    head_.headers.clear();
    head_.authority.clear();
    framing_ = {};
    rawHead_ = {};
    state_ = State::Start;
    skippedEmptyLine_ = keepAlive_ = expectsContinue_ = false;
}

bool RequestReader::refuse(int status, std::string_view what)
{
    refusal_.status = status;
    refusal_.what = what;
    keepAlive_ = false;
    state_ = State::Refused;
    return false;
}

Step RequestReader::read(std::string_view in, size_t &consumed)
{
    consumed = 0;
    switch (state_) {
    case State::Start:
    case State::FirstLine:
    case State::Fields: return readHead(in, consumed);
    case State::Body: {
        const Step step = asStep(body_.read(in, consumed));
        if (step == Step::End)
            state_ = State::End;
        else if (step == Step::Refused)
            refuse(body_.refusal().status, body_.refusal().what);
        return step;
    }
    case State::End: return Step::End;
    case State::Refused: return Step::Refused;
    }
    return Step::Refused;
}

Step RequestReader::readHead(std::string_view in, size_t &consumed)
{
    if (state_ == State::Start) {
        if (in.empty())
            return Step::NeedMore;
        // One empty line before the request line is forgiven (RFC 9112 section 2.2).
        if (!skippedEmptyLine_ && in.front() == '\r') {
            if (in.size() < 2)
                return Step::NeedMore;
            if (in[1] == '\n') {
                skippedEmptyLine_ = true;
                consumed = 2;
                in.remove_prefix(2);
                if (in.empty())
                    return Step::NeedMore;
            }
        }
        state_ = State::FirstLine;
    }
    Progress progress = Progress::Ready;
    if (state_ == State::FirstLine) {
        progress = parser_.readFirstLine(in, 414);
        if (progress == Progress::Ready) {
            if (!requestLine(parser_.firstLine(in)))
                return Step::Refused;
            state_ = State::Fields;
        }
    }
    if (progress == Progress::Ready)
        progress = parser_.readFields(in);
    if (progress == Progress::NeedMore)
        return Step::NeedMore;
    if (progress == Progress::Refused) {
        refuse(parser_.refusal().status, parser_.refusal().what);
        return Step::Refused;
    }
    if (!hostField(in) || !frame(in))
        return Step::Refused;
    parser_.fill(head_.headers, in);
    rawHead_ = in.substr(0, parser_.size());
    consumed += parser_.size();
    body_.begin(framing_);
    state_ = State::Body;
    return Step::Head;
}

// request-line = method SP request-target SP HTTP-version (RFC 9112 section 3)
bool RequestReader::requestLine(std::string_view line)
{
    size_t at = 0;
    while (at < line.size() && is(kTokenChar, line[at]))
        ++at;
    if (at == 0 || at == line.size() || line[at] != ' ')
        return refuse(400, "The request line has no method that is a token");
    const size_t targetAt = at + 1;
    const size_t lastSpace = line.rfind(' ');
    if (lastSpace < targetAt)
        return refuse(400, "The request line has no version");
    switch (parseVersion(line.substr(lastSpace + 1), head_.version)) {
    case 400: return refuse(400, "The version in the request line is malformed");
    case 505: return refuse(505, "This version of HTTP is not spoken here");
    }
    head_.method.assign(line.substr(0, at));
    if (head_.method == "CONNECT")
        return refuse(501, "CONNECT is not offered");
    return target(line.substr(targetAt, lastSpace - targetAt));
}

// RFC 9112 section 3.2. Bytes that a URI cannot hold are refused, but for a few that browsers send in queries.
bool RequestReader::target(std::string_view text)
{
    if (text.empty() || targetRun(text, 0) != text.size())
        return refuse(400, "The request target holds a character that it cannot");
    head_.target.assign(text);
    head_.scheme = scheme_;
    if (text.front() == '/')
        return true;
    if (text == "*")
        return head_.method == "OPTIONS" || refuse(400, "A target of * goes with OPTIONS only");
    return absoluteTarget(text);
}

bool RequestReader::absoluteTarget(std::string_view text)
{
    const size_t colon = text.find("://");
    const std::string_view scheme = text.substr(0, colon == text.npos ? 0 : colon);
    if (!equalsIgnoreCase(scheme, "http") && !equalsIgnoreCase(scheme, "https"))
        return refuse(400, "The request target is neither a path nor an http URL");
    if (!equalsIgnoreCase(scheme, scheme_))
        return refuse(400, "The scheme of the request target is not that of the connection");
    const std::string_view rest = text.substr(colon + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    if (!parseAuthority(authority))
        return refuse(400, "The authority of the request target is malformed");
    assignLower(head_.authority, authority);
    return true;
}

// RFC 9112 section 3.2: exactly one with HTTP/1.1. Where the target has an authority, that one counts (3.2.2), but a
// Host that says otherwise is refused: who reads only one of them would go elsewhere.
bool RequestReader::hostField(std::string_view in)
{
    if (parser_.hosts() > 1)
        return refuse(400, "There is more than one Host");
    if (parser_.hosts() == 0)
        return head_.version == Version::Http10 || refuse(400, "There is no Host");
    const std::string_view text = parser_.host(in);
    if (head_.authority.empty() && !text.empty() && text == lastHost_) {
        assignLower(head_.authority, text);
        return true;
    }
    const std::optional<Authority> host = parseAuthority(text);
    if (!host)
        return refuse(400, "Host is malformed");
    if (head_.authority.empty()) {
        assignLower(head_.authority, text);
        if (text.size() <= mostLastHost)
            lastHost_ = text;
        return true;
    }
    const Authority target = *parseAuthority(head_.authority);
    if (!equalsIgnoreCase(host->host, target.host) || portOf(*host, scheme_) != portOf(target, scheme_))
        return refuse(400, "Host and the request target name different authorities");
    return true;
}

// RFC 9112 sections 6.1 to 6.3, 9.3.
bool RequestReader::frame(std::string_view in)
{
    const bool old = head_.version == Version::Http10;
    keepAlive_ = !parser_.close() && (!old || parser_.keepAlive());
    if (parser_.transferEncodings()) {
        if (old)
            return refuse(400, "Transfer-Encoding came with HTTP/1.0");
        if (parser_.contentLengths())
            return refuse(400, "Content-Length and Transfer-Encoding came together");
        if (parser_.transferEncodings() > 1)
            return refuse(400, "There is more than one Transfer-Encoding");
        switch (parseTransferEncoding(parser_.transferEncoding(in))) {
        case Coding::Chunked: framing_.kind = Framing::Kind::Chunked; break;
        case Coding::UnknownThenChunked: return refuse(501, "The transfer coding is not known");
        case Coding::Wrong: return refuse(400, "The transfer codings do not end with a single chunked");
        }
    } else if (parser_.contentLengths()) {
        if (parser_.contentLengths() > 1)
            return refuse(400, "There is more than one Content-Length");
        if (!parseContentLength(parser_.contentLength(in), framing_.length))
            return refuse(400, "Content-Length is malformed");
        if (framing_.length)
            framing_.kind = Framing::Kind::Length;
    }
    expectsContinue_ = parser_.expectsContinue() && !old && framing_.kind != Framing::Kind::None;
    return true;
}

}  // namespace sluice::http
