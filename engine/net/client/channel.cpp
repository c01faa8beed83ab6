// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/client/channel.h"

#include <algorithm>
#include <cerrno>

namespace sluice::net {

namespace {

constexpr size_t pieceBytes = 64 * 1024;

bool wouldBlock(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

bool Channel::open(Fd fd)
{
    close();
    fd_ = std::move(fd);
    sendBroken_ = false;
    trouble_.clear();
    if (poller_.watch(fd_.get(), &owner_))
        return true;
    fd_.reset();
    return false;
}

void Channel::close()
{
    if (!fd_)
        return;
    if (tls_ && !sendBroken_) {  // a session that is not closed could not be resumed
        tls_->sink(&out_);
        tls_->close();
        tls_->sink(nullptr);
        flush();
    }
    tls_.reset();
    std::string().swap(out_);
    outAt_ = 0;
    poller_.unwatch(fd_.get(), &owner_);
    fd_.reset();
}

void Channel::secure(std::unique_ptr<TlsSession> session)
{
    tls_ = std::move(session);
    if (!cipherIn_)
        cipherIn_ = std::make_unique_for_overwrite<char[]>(pieceBytes);
}

Channel::Step Channel::flush()
{
    while (outAt_ < out_.size() && !sendBroken_) {
        const ssize_t n = ::send(fd_.get(), out_.data() + outAt_, out_.size() - outAt_, MSG_NOSIGNAL);
        if (n >= 0) {
            outAt_ += size_t(n);
        } else if (wouldBlock(errno)) {
            poller_.rearm(fd_.get(), false, true);
            return Step::Nothing;
        } else if (errno != EINTR) {
            sendBroken_ = true;
            trouble_ = socketError(errno);
        }
    }
    out_.clear();
    outAt_ = 0;
    return sendBroken_ ? Step::Broken : Step::More;
}

// One read of the socket, for the session.
Channel::Step Channel::hear()
{
    const ssize_t n = ::recv(fd_.get(), cipherIn_.get(), pieceBytes, 0);
    if (n > 0) {
        tls_->give({cipherIn_.get(), size_t(n)});
        return Step::More;
    }
    if (n == 0) {
        trouble_ = tls_->shaken() ? "the connection was cut off without TLS's closing message"
                                  : "the connection was closed within the TLS handshake";
        return Step::Broken;
    }
    return nothingCame();
}

// What errno says after a receive.
Channel::Step Channel::nothingCame()
{
    if (errno == EINTR)
        return Step::Again;
    if (wouldBlock(errno)) {
        poller_.rearm(fd_.get(), true, false);
        return Step::Nothing;
    }
    trouble_ = socketError(errno);
    return Step::Broken;
}

Channel::Step Channel::shake()
{
    if (!tls_)
        return Step::More;
    for (;;) {
        tls_->sink(&out_);
        const TlsSession::Read step = tls_->shake();
        tls_->sink(nullptr);
        tls_->settle();
        flush();  // where that breaks, what came may still say why
        if (step == TlsSession::Read::More)
            return Step::More;
        if (step != TlsSession::Read::Nothing) {
            trouble_ = tls_->trouble();
            return Step::Broken;
        }
        if (const Step heard = hear(); heard != Step::More)
            return heard;
    }
}

// As much plaintext as there is of what was heard. False: it has `ended`, or is broken.
bool Channel::decrypt(char *to, size_t room, size_t &got, Step &ended)
{
    TlsSession::Read step = TlsSession::Read::More;
    tls_->sink(&out_);
    while (got < room && step == TlsSession::Read::More) {
        size_t one = 0;
        step = tls_->read(to + got, room - got, one);
        got += one;
    }
    tls_->sink(nullptr);
    tls_->settle();
    flush();
    if (got > 0 || step == TlsSession::Read::Nothing || step == TlsSession::Read::More)
        return true;
    ended = step == TlsSession::Read::End ? Step::End : Step::Broken;
    if (ended == Step::Broken)
        trouble_ = tls_->trouble();
    return false;
}

Channel::Step Channel::receiveClear(char *to, size_t room, size_t &got)
{
    const ssize_t n = ::recv(fd_.get(), to, room, 0);
    if (n > 0) {
        got = size_t(n);
        return Step::More;
    }
    if (n == 0)
        return Step::End;
    return nothingCame();
}

Channel::Step Channel::receive(char *to, size_t room, size_t &got)
{
    got = 0;
    if (!tls_)
        return receiveClear(to, room, got);
    Step ended = Step::Again;
    if (!decrypt(to, room, got, ended))
        return ended;
    if (got > 0)
        return Step::More;
    if (const Step heard = hear(); heard != Step::More)
        return heard;
    if (!decrypt(to, room, got, ended))
        return ended;
    return got > 0 ? Step::More : Step::Again;
}

Channel::Step Channel::send(std::string_view all, size_t &taken)
{
    for (;;) {
        if (const Step out = flush(); out != Step::More || taken == all.size())
            return out;
        const std::string_view piece = all.substr(taken, pieceBytes);
        if (!tls_) {
            const ssize_t n = ::send(fd_.get(), all.data() + taken, all.size() - taken, MSG_NOSIGNAL);
            if (n >= 0) {
                taken += size_t(n);
            } else if (wouldBlock(errno)) {
                poller_.rearm(fd_.get(), false, true);
                return Step::Nothing;
            } else if (errno != EINTR) {
                sendBroken_ = true;
                trouble_ = socketError(errno);
            }
            continue;
        }
        tls_->sink(&out_);
        const bool fine = tls_->write(piece.data(), piece.size());
        tls_->sink(nullptr);
        taken += piece.size();
        if (!fine) {
            sendBroken_ = true;
            trouble_ = tls_->trouble();
        }
    }
}

}  // namespace sluice::net
