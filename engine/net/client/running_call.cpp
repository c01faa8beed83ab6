// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/client/running_call.h"

#include <cstring>

namespace sluice::net {

namespace {

constexpr size_t inBytes = 64 * 1024;  // http::Limits::headBytes must fit
constexpr int readsATurn = 16;         // an answer that never stalls must not starve the other calls

}  // namespace

Caller::Running::Running(Poller &poller, Call call, Done done, uint64_t serial)
    : call_(std::move(call)),
      done_(std::move(done)),
      serial_(serial),
      exchange_(*call_.exchange),
      poller_(poller),
      channel_(poller, *this)
{
    exchange_.started = monotonicNow();
    connectBy_ = exchange_.started + call_.connect;
    wholeBy_ = exchange_.started + call_.whole;
    exchange_.attempts.emplace_back();
    exchange_.attempts.back().endpoint = exchange_.endpoint;
    exchange_.attempts.back().started = Nanos(0);
    reader_.expect(call_.method);
}

Nanos Caller::Running::sinceStart() const
{
    return monotonicNow() - exchange_.started;
}

Moment Caller::Running::deadline() const
{
    const bool underWay = exchange_.times.connected >= Nanos(0);
    return underWay ? wholeBy_ : std::min(connectBy_, wholeBy_);
}

void Caller::Running::expire(Moment now)
{
    if (ended_ || now < deadline())
        return;
    if (exchange_.times.connected < Nanos(0))
        fail(Fault::Upstream,
             (shaking_ ? "no end of the TLS handshake within " : "no connection within ")
                 + durationText(std::min(call_.connect, call_.whole)));
    else if (headCame_)
        brokeOff("the answer was not whole within " + durationText(call_.whole));
    else
        fail(Fault::Upstream, "no answer within " + durationText(call_.whole));
}

void Caller::Running::resolved(std::vector<Address> addresses, const std::string &trouble)
{
    if (ended_)
        return;
    addresses_ = std::move(addresses);
    connectNext(trouble.empty() ? "the name " + call_.host + " has no address" : trouble);
}

void Caller::Running::connectNext(std::string trouble)
{
    channel_.close();
    connecting_ = shaking_ = false;
    while (nextAddress_ < addresses_.size()) {
        Result<Fd> fd = connectTo(addresses_[nextAddress_++]);
        if (!fd) {
            trouble = fd.error().what;
            continue;
        }
        connecting_ = true;
        if (channel_.open(fd.take()))
            return;
        connecting_ = false;
        trouble = "the event loop refused the connection";
    }
    fail(Fault::Upstream, std::move(trouble));
}

void Caller::Running::ready(unsigned events)
{
    if (ended_)
        return;
    const bool fresh = connecting_ || shaking_;
    if (connecting_) {
        if (!(events & (Writable | Hangup)))
            return;
        if (std::string trouble = connectError(channel_.fd()); !trouble.empty())
            return connectNext(std::move(trouble));
        connecting_ = false;
        if (call_.tls && !beginTls())
            return;
        if (!call_.tls)
            connected();
    }
    if (shaking_ && !shake())
        return;
    if (fresh || (events & Writable))
        send();
    if (!ended_ && (fresh || (events & (Readable | Hangup))))
        receive();
}

bool Caller::Running::beginTls()
{
    std::unique_ptr<TlsSession> session = TlsSession::client(call_.tls, call_.host, shelf_);
    if (!session) {
        fail(Fault::Gateway, "TLS cannot begin: " + call_.host + " is no name that a certificate could have");
        return false;
    }
    channel_.secure(std::move(session));
    shaking_ = true;
    return true;
}

// False: it is not done yet, or has failed.
bool Caller::Running::shake()
{
    switch (channel_.shake()) {
    case Channel::Step::More: break;
    case Channel::Step::Again: askForTurn(); return false;
    case Channel::Step::Nothing: return false;
    case Channel::Step::End:
    case Channel::Step::Broken:  // the same server would say the same at another address
        fail(Fault::Upstream, channel_.trouble());
        return false;
    }
    connected();
    return true;
}

void Caller::Running::connected()
{
    shaking_ = false;
    exchange_.times.connected = exchange_.attempts.back().connected = sinceStart();
    in_ = std::make_unique<char[]>(inBytes);
}

void Caller::Running::send()
{
    if (sendBroke_)
        return;
    const Channel::Step step = channel_.send(call_.bytes, sent_);
    sendBroke_ = step == Channel::Step::Broken;  // the answer may be there all the same: 413, and closed
    if (step == Channel::Step::More && exchange_.times.requestSent < Nanos(0))
        exchange_.times.requestSent = sinceStart();
}

void Caller::Running::goOn()
{
    wantsTurn_ = false;
    if (ended_)
        return;
    if (shaking_) {
        if (!shake())
            return;
        send();
    }
    receive();
}

void Caller::Running::askForTurn()
{
    wantsTurn_ = true;
    poller_.requestTurn();
}

void Caller::Running::receive()
{
    for (int reads = 0; reads < readsATurn; ++reads) {
        if (!receiveOnce())
            return;
    }
    askForTurn();
}

bool Caller::Running::receiveOnce()
{
    if (inSize_ == inBytes) {
        fail(Fault::Upstream, "the answer is not HTTP that can be read: a head or chunk line without end");
        return false;
    }
    size_t got = 0;
    switch (channel_.receive(in_.get() + inSize_, inBytes - inSize_, got)) {
    case Channel::Step::More:
        inSize_ += got;
        digest();
        return !ended_;
    case Channel::Step::Again: return true;
    case Channel::Step::Nothing: return false;
    case Channel::Step::End: atEnd(); return false;
    case Channel::Step::Broken: brokeOff(channel_.trouble()); return false;
    }
    return false;
}

void Caller::Running::digest()
{
    size_t at = 0;
    while (!ended_) {
        size_t consumed = 0;
        const http::Step step = reader_.read({in_.get() + at, inSize_ - at}, consumed);
        if (step == http::Step::Head) {
            headCame_ = true;
            exchange_.times.firstByte = exchange_.attempts.back().firstByte = sinceStart();
            exchange_.returned = std::move(reader_.head());
            exchange_.attempts.back().status = exchange_.returned.status;
        } else if (step == http::Step::Body) {
            exchange_.responseBody.take(reader_.data(), call_.mostKept);
        } else if (step == http::Step::End) {
            succeed();
        } else if (step == http::Step::Refused) {
            brokeOff("the answer is not HTTP that can be read: " + reader_.refusal().what);
        }
        at += consumed;
        if (step == http::Step::NeedMore)
            break;
    }
    if (at > 0)
        std::memmove(in_.get(), in_.get() + at, inSize_ - at);
    inSize_ -= at;
}

void Caller::Running::atEnd()
{
    const bool silent = reader_.idle() && inSize_ == 0;
    if (!silent && reader_.endOfStream() == http::Step::End)
        return succeed();
    if (silent)
        return fail(Fault::Upstream, "the connection was closed without an answer");
    brokeOff("the connection was closed before the end of the answer");
}

// An answer whose content broke off is an answer, which says that it is not whole.
void Caller::Running::brokeOff(const std::string &why)
{
    if (!headCame_)
        return fail(Fault::Upstream, why);
    exchange_.responseBody.complete = false;
    exchange_.failedBy = Fault::Upstream;
    exchange_.failure = why;
    end();
}

void Caller::Running::fail(Fault fault, std::string what)
{
    if (ended_)
        return;
    exchange_.failedBy = fault;
    exchange_.failure = std::move(what);
    exchange_.attempts.back().error = exchange_.failure;
    if (headCame_)
        exchange_.responseBody.complete = false;
    end();
}

void Caller::Running::succeed()
{
    exchange_.responseTrailers = std::move(reader_.trailers());
    end();
}

void Caller::Running::end()
{
    ended_ = true;
    exchange_.times.ended = exchange_.attempts.back().ended = sinceStart();
    exchange_.times.answered = exchange_.times.firstByte;
    exchange_.answer = exchange_.returned;
    channel_.close();
    poller_.requestTurn();
}

void Caller::Running::finish()
{
    done_(std::move(call_.exchange));
}

}  // namespace sluice::net
