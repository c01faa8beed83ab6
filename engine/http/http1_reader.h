// SPDX-License-Identifier: GPL-3.0-or-later
// Readers of HTTP/1.1 and HTTP/1.0 (RFC 9112), strict: whatever two parsers could read in two ways is refused.
//
// Sans-IO, pull style. The owner keeps what came from the peer in a buffer and calls read() with all of it:
//
//     size_t consumed = 0;
//     const Step step = reader.read(buffer.view(), consumed);
//     ...use head(), or data(), which looks into the buffer...
//     buffer.drop(consumed);
//     ...again, unless the step was NeedMore, End or Refused...
//
// What was not consumed must stand at the front of the next call's bytes, with what came since behind it. A head, and
// each line of chunked framing, is consumed whole or not at all: the buffer must have room for Limits::headBytes.
// However the bytes are cut, the result is the same, and the work stays in proportion to them.
// Bound to one connection and one thread. No copy of content is made; a head is copied once, for head().
// Deliberately absent: obs-fold, bare CR or LF as a line end, transfer codings but chunked, HTTP/0.9, CONNECT.
#pragma once

#include "engine/http/http1_body.h"
#include "engine/http/http1_head.h"
#include "engine/http/limits.h"
#include "engine/http/message.h"

#include <string>
#include <string_view>

namespace sluice::http {

enum class Step : uint8_t {
    NeedMore,       // nothing more can be said of these bytes; `consumed` may be more than 0 all the same
    Informational,  // responses only: a 1xx head but 101, in head(); read on
    Head,           // head(), framing() and rawHead() are there
    Body,           // data() is there, never empty
    End,            // the message is whole, trailers() are there. Repeats itself until next()
    Refused,        // refusal() says why. Repeats itself
};

constexpr Step asStep(BodyReader::Step step)
{
    switch (step) {
    case BodyReader::Step::NeedMore: return Step::NeedMore;
    case BodyReader::Step::Data: return Step::Body;
    case BodyReader::Step::End: return Step::End;
    case BodyReader::Step::Refused: break;
    }
    return Step::Refused;
}

class RequestReader {
public:
    using Step = http::Step;

    // `scheme`: "http", or "https" on a TLS connection; an absolute-form target that says otherwise is refused.
    explicit RequestReader(const Limits &limits = {}, std::string_view scheme = "http");

    void setScheme(std::string_view scheme) { scheme_ = scheme; }  // before the first read()

    // Takes bytes from the front of `in`; `consumed` (set, not added to) says how many are done with.
    Step read(std::string_view in, size_t &consumed);

    // From Head until next(). May be moved from. The authority is that of the target or else of Host, without checking
    // that it is one of ours; empty for HTTP/1.0 without Host.
    RequestHead &head() { return head_; }
    const Framing &framing() const { return framing_; }  // never UntilClose
    // May another request follow on this connection, as far as this one says (RFC 9112 section 9.3)?
    bool keepAlive() const { return keepAlive_; }
    // The client waits for 100 (Continue) before it sends content (RFC 9110 section 10.1.1). Never with HTTP/1.0.
    bool expectsContinue() const { return expectsContinue_; }
    // The head as it came, with its last empty line; looks into the `in` of the call that answered Head.
    std::string_view rawHead() const { return rawHead_; }
    // Looks into the `in` of the call that answered Body.
    std::string_view data() const { return body_.data(); }
    // Allowed trailers only; those that would frame or route a message are refused, those of RFC 9110 section 6.5.1
    // that must not be trailers (authentication, controls, content format) are dropped.
    HeaderList &trailers() { return body_.trailers(); }
    const Refusal &refusal() const { return refusal_; }
    // Nothing of a request has come since the start or next() (its leading CRLF aside).
    bool idle() const { return state_ == State::Start; }

    // Ready for the next request on this connection. Only after End.
    void next();

private:
    enum class State : uint8_t { Start, FirstLine, Fields, Body, End, Refused };
    Step readHead(std::string_view in, size_t &consumed);
    bool requestLine(std::string_view line);
    bool target(std::string_view text);
    bool absoluteTarget(std::string_view text);
    bool hostField(std::string_view in);
    bool frame(std::string_view in);
    bool refuse(int status, std::string_view what);  // always false

    std::string scheme_;
    HeadParser parser_;
    BodyReader body_;
    RequestHead head_;
    std::string lastHost_;  // the last Host that was well formed: most connections say only one
    Framing framing_;
    std::string_view rawHead_;
    State state_ = State::Start;
    bool skippedEmptyLine_ = false;
    bool keepAlive_ = false;
    bool expectsContinue_ = false;
    Refusal refusal_;
};

class ResponseReader {
public:
    using Step = http::Step;

    explicit ResponseReader(const Limits &limits = {});

    // What was asked, before the answer is read: the framing hangs on it (RFC 9112 section 6.3). Also makes ready for
    // the next answer on this connection.
    void expect(std::string_view method);

    // As RequestReader::read. At most 100 Informational heads an answer.
    Step read(std::string_view in, size_t &consumed);
    // The upstream sent all that it had. End: content that lasts until close is whole, or it was whole before.
    // Refused: cut off, in the head or in the content.
    Step endOfStream();

    ResponseHead &head() { return head_; }
    const Framing &framing() const { return framing_; }
    // 101 came (as Head, then End): what follows is not HTTP and is left unconsumed.
    bool switched() const { return switched_; }
    // May this connection be used again after End? Never after UntilClose, a switch, or a 204 that announced content.
    bool keepAlive() const { return keepAlive_; }
    std::string_view rawHead() const { return rawHead_; }
    std::string_view data() const { return body_.data(); }
    HeaderList &trailers() { return body_.trailers(); }
    const Refusal &refusal() const { return refusal_; }
    // Nothing of an answer has come since expect().
    bool idle() const { return state_ == State::Start && informational_ == 0; }

private:
    enum class State : uint8_t { Start, FirstLine, Fields, Body, End, Refused };
    Step readHead(std::string_view in, size_t &consumed);
    bool statusLine(std::string_view line);
    bool frame(std::string_view in);
    bool frameByFields(std::string_view in);
    bool refuse(std::string_view what);  // always false

    HeadParser parser_;
    BodyReader body_;
    ResponseHead head_;
    Framing framing_;
    std::string_view rawHead_;
    State state_ = State::Start;
    uint8_t informational_ = 0;
    bool toHead_ = false;  // HEAD was asked
    bool switched_ = false;
    bool keepAlive_ = false;
    Refusal refusal_;
};

}  // namespace sluice::http
