// SPDX-License-Identifier: GPL-3.0-or-later
// ClientConnection until a request's head is whole: what comes, how long it may take, and how it is told when it does not come.
#include "engine/net/client_connection.h"

#include "engine/http/http2_session.h"
#include "engine/net/worker.h"

#include <algorithm>

namespace sluice::net {

namespace {
constexpr Nanos lastTime = std::chrono::seconds(1);  // while the gateway drains, for the request of who came just then
}

Task<ClientConnection::Heard> ClientConnection::nextHead(Scope &waiting)
{
    // Copies: a reload may take the plan away while we wait.
    const Nanos keepAlive = worker_.rules()->plan->limits.keepAlive, header = worker_.rules()->plan->limits.header;
    const Nanos rest = last_ ? lastTime : keepAlive > Nanos(0) ? keepAlive : header;
    bool shaking = wire_.shake() == Wire::Shake::Going, begun = false;
    Nanos patience = shaking && !last_ ? header : rest;
    waiting.deadline(patience);
    for (;;) {
        const Preface spoken = preface();
        if (spoken == Preface::Whole)
            co_return Heard::Http2;
        size_t consumed = 0;
        const http::Step step = spoken == Preface::Part ? http::Step::NeedMore : reader_.read(wire_.input(), consumed);
        wire_.consume(consumed);
        if (step == http::Step::Head)
            co_return Heard::Request;
        if (step == http::Step::Refused) {
            refusal_ = reader_.refusal().status;
            reason_ = reader_.refusal().what;
            co_return Heard::Refused;
        }
        const bool nothing = reader_.idle() && wire_.input().empty();
        if (!begun && !nothing) {
            begun = true;
            waiting.deadline(patience = header);
        }
        const Wire::Fill fill = wire_.fill();
        if (fill == Wire::Fill::More)
            continue;
        if (fill != Wire::Fill::Nothing)
            co_return ended(fill, begun);
        if (shaking && wire_.shake() != Wire::Shake::Going) {
            shaking = false;
            waiting.deadline(patience = rest);
        }
        if (begun)
            wire_.acknowledge();
        wire_.releaseInput();
        if (draining_ && !begun && !last_)
            co_return Heard::Nothing;
        const Why why = co_await on(wire_.readable(), waiting);
        if (why != Why::Ok)
            co_return inVain(why, begun, patience);
    }
}

// The wait for a head ended without one. Who has said something is told (without waiting until it is there, where the connection has to go);
// who never has is not, but is on the record too. A connection that rests between two requests just ends, and so does one
// that the client has closed.
ClientConnection::Heard ClientConnection::inVain(Why why, bool begun, Nanos patience)
{
    const bool late = why == Why::TimedOut && scope_.running();
    if (!late && !forOthers_)
        return Heard::Nothing;
    const bool unread = wire_.unread();  // it came in the very moment
    const bool shaking = wire_.shake() == Wire::Shake::Going && (unread || wire_.tls()->heard());
    const bool silent = !begun && !shaking && !unread;
    if (silent && (!first_ || last_ || wire_.hungUp()))
        return Heard::Nothing;
    refusal_ = 408;
    if (silent)
        reason_ = wire_.tls() && wire_.tls()->shaken() ? "the client sent no request" : "the client sent nothing";
    else
        reason_ = shaking ? "the TLS handshake was not whole" : "the request's head was not whole";
    reason_ += late ? (silent ? " within " : " after ") + durationText(patience)
                    : std::string(" before its place was needed for another client");
    if (silent) {
        worker_.saidNothing();
        wire_.shutdownSend();
    }
    cut_ = silent || shaking;
    return Heard::Refused;
}

// No head, and there will be none. What went wrong in a handshake is on the record, though nothing can be answered.
ClientConnection::Heard ClientConnection::ended(Wire::Fill fill, bool begun)
{
    refusal_ = 400;
    reason_ = fill == Wire::Fill::Broken ? wire_.trouble() : "the connection was closed within a request's head";
    if (wire_.shake() != Wire::Shake::Failed)
        return begun ? Heard::Refused : Heard::Nothing;
    if (!wire_.tls()->heard())
        return Heard::Nothing;
    if (wire_.tls()->spokenPlain())
        wire_.dropTls();
    else
        cut_ = true;
    return Heard::Refused;
}

// A client that begins with HTTP/2's preface speaks it (RFC 9113 section 3.4). Over TLS it must have been agreed upon, and then
// nothing else is taken.
ClientConnection::Preface ClientConnection::preface() const
{
    const std::string_view in = wire_.input();
    const bool may = first_ && !in.empty(), agreed = may && wire_.protocol() == "h2";
    if (!may || (wire_.tls() && !agreed))
        return Preface::None;
    const size_t seen = std::min(in.size(), http::http2Preface.size());
    if (in.substr(0, seen) != http::http2Preface.substr(0, seen))
        return agreed ? Preface::Whole : Preface::None;  // the session refuses it
    return seen < http::http2Preface.size() ? Preface::Part : Preface::Whole;
}

}  // namespace sluice::net
