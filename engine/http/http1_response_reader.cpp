// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/http1_reader.h"

#include "engine/http/characters.h"

#include <algorithm>

namespace sluice::http {

namespace {
constexpr uint8_t kMostInformational = 100;
}  // namespace

ResponseReader::ResponseReader(const Limits &limits) : parser_(limits), body_(limits) {}

void ResponseReader::expect(std::string_view method)
{
    toHead_ = method == "HEAD";
    parser_.reset();
    head_.headers.clear();
    framing_ = {};
    rawHead_ = {};
    state_ = State::Start;
    informational_ = 0;
    switched_ = keepAlive_ = false;
}

bool ResponseReader::refuse(std::string_view what)
{
    refusal_.status = 502;
    refusal_.what = what;
    keepAlive_ = false;
    state_ = State::Refused;
    return false;
}

Step ResponseReader::read(std::string_view in, size_t &consumed)
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
            refuse(body_.refusal().what);
        return step;
    }
    case State::End: return Step::End;
    case State::Refused: return Step::Refused;
    }
    return Step::Refused;
}

Step ResponseReader::readHead(std::string_view in, size_t &consumed)
{
    if (state_ == State::Start) {
        if (in.empty())
            return Step::NeedMore;
        // What is left of a 1xx head before this one.
        if (parser_.size()) {
            parser_.reset();
            head_.headers.clear();
        }
        state_ = State::FirstLine;
    }
    Progress progress = Progress::Ready;
    if (state_ == State::FirstLine) {
        progress = parser_.readFirstLine(in, 431);
        if (progress == Progress::Ready) {
            if (!statusLine(parser_.firstLine(in)))
                return Step::Refused;
            state_ = State::Fields;
        }
    }
    if (progress == Progress::Ready)
        progress = parser_.readFields(in);
    if (progress == Progress::NeedMore)
        return Step::NeedMore;
    if (progress == Progress::Refused) {
        refuse(parser_.refusal().what);
        return Step::Refused;
    }
    if (!frame(in))
        return Step::Refused;
    parser_.fill(head_.headers, in);
    rawHead_ = in.substr(0, parser_.size());
    consumed = parser_.size();
    if (head_.status < 200 && !switched_) {
        if (++informational_ > kMostInformational) {
            refuse("There are more informational answers than are taken");
            return Step::Refused;
        }
        state_ = State::Start;
        return Step::Informational;
    }
    body_.begin(framing_);
    state_ = State::Body;
    return Step::Head;
}

// status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 section 4). Without a reason many leave the
// second space out; that can be read in one way only, so it is taken.
bool ResponseReader::statusLine(std::string_view line)
{
    if (parseVersion(line.substr(0, 8), head_.version) != 0)
        return refuse("The answer is not HTTP/1.1 or HTTP/1.0");
    if (line.size() < 12 || line[8] != ' ' || !isDigit(line[9]) || !isDigit(line[10]) || !isDigit(line[11])
        || line[9] == '0' || (line.size() > 12 && line[12] != ' '))
        return refuse("The status line of the answer is malformed");
    head_.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    head_.reason.assign(line.substr(std::min<size_t>(line.size(), 13)));
    if (!all(kTextChar, head_.reason))
        return refuse("The reason phrase of the answer holds a control character");
    return true;
}

// RFC 9112 section 6.3.
bool ResponseReader::frame(std::string_view in)
{
    const bool old = head_.version == Version::Http10;
    framing_ = {};
    keepAlive_ = !parser_.close() && (!old || parser_.keepAlive());
    if (!frameByFields(in))
        return false;
    const bool announced = framing_.kind == Framing::Kind::Length || framing_.kind == Framing::Kind::Chunked;
    if (head_.status < 200) {
        if (announced)
            return refuse("An informational answer announces content");
        switched_ = head_.status == 101;
    } else if (head_.status == 204 && announced) {
        keepAlive_ = false;  // some do send what they announced; it must not be taken for the next answer
    }
    if (hasNoContent(toHead_ ? "HEAD" : std::string_view(), head_.status))
        framing_ = {};
    if (framing_.kind == Framing::Kind::UntilClose || switched_)
        keepAlive_ = false;
    return true;
}

bool ResponseReader::frameByFields(std::string_view in)
{
    framing_.kind = Framing::Kind::UntilClose;
    if (parser_.transferEncodings()) {
        if (head_.version == Version::Http10)
            return refuse("The answer has Transfer-Encoding with HTTP/1.0");
        if (parser_.contentLengths())
            return refuse("The answer has both Content-Length and Transfer-Encoding");
        if (parser_.transferEncodings() > 1 || parseTransferEncoding(parser_.transferEncoding(in)) != Coding::Chunked)
            return refuse("The answer has a transfer coding other than chunked");
        framing_.kind = Framing::Kind::Chunked;
    } else if (parser_.contentLengths()) {
        if (parser_.contentLengths() > 1 || !parseContentLength(parser_.contentLength(in), framing_.length))
            return refuse("The answer's Content-Length is malformed or there is more than one");
        framing_.kind = framing_.length ? Framing::Kind::Length : Framing::Kind::None;
    }
    return true;
}

Step ResponseReader::endOfStream()
{
    switch (state_) {
    case State::Start:
    case State::FirstLine:
    case State::Fields:
        refuse(state_ == State::Start ? "The upstream closed the connection without an answer"
                                      : "The upstream closed the connection within the head of its answer");
        return Step::Refused;
    case State::Body:
        if (framing_.kind != Framing::Kind::UntilClose && !body_.atEnd()) {
            refuse("The upstream closed the connection within the content of its answer");
            return Step::Refused;
        }
        state_ = State::End;
        return Step::End;
    case State::End: return Step::End;
    case State::Refused: return Step::Refused;
    }
    return Step::Refused;
}

}  // namespace sluice::http
