// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/wire.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sluice::net {

namespace {

// A little in several pieces is cheaper to copy together than to describe to the kernel.
ssize_t sendNow(int fd, const iovec *pieces, int count, size_t all)
{
    char together[4096];
    if (count == 1)
        return sendTo(fd, pieces->iov_base, all);
    if (all <= sizeof together) {
        char *end = together;
        for (int i = 0; i < count; end += pieces[i++].iov_len) {
            if (pieces[i].iov_len)  // else there may be nothing to point to
                std::memcpy(end, pieces[i].iov_base, pieces[i].iov_len);
        }
        return sendTo(fd, together, all);
    }
    msghdr message{};
    message.msg_iov = const_cast<iovec *>(pieces);
    message.msg_iovlen = size_t(count);
    return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

BufferPool::Block BufferPool::take()
{
    if (free_.empty())
        return std::make_unique_for_overwrite<char[]>(blockSize);
    Block block = std::move(free_.back());
    free_.pop_back();
    return block;
}

void BufferPool::give(Block block)
{
    if (free_.size() < 256)
        free_.push_back(std::move(block));
}

TextBlock BufferPool::takeText()
{
    if (texts_.empty())
        return {};
    TextBlock text = std::move(texts_.back());
    texts_.pop_back();
    return text;
}

void BufferPool::giveText(TextBlock text)
{
    if (texts_.size() >= 64 || text.capacity() < 64 || text.capacity() > 4096)
        return;
    text.clear();
    texts_.push_back(std::move(text));
}

char *BufferPool::cipherIn()
{
    if (!cipherIn_)
        cipherIn_ = std::make_unique_for_overwrite<char[]>(blockSize);
    return cipherIn_.get();
}

Wire::Wire(Fd fd, Poller &poller, Scheduler &scheduler, BufferPool &pool, WireOwner &owner)
    : fd_(std::move(fd)), poller_(poller), scheduler_(scheduler), pool_(pool), owner_(&owner)
{
    ++pool_.wires;
    watched_ = poller_.watch(fd_.get(), this);
}

Wire::~Wire()
{
    if (tls_ && tls_->ours())
        closeTls();
    if (watched_)
        poller_.unwatch(fd_.get(), this);
    dropBlock();
    --pool_.wires;
}

bool Wire::makeRoom()
{
    if (!block_) {
        block_ = pool_.take();
        room_ = BufferPool::blockSize;
    }
    const size_t left = end_ - begin_;
    if (left >= mostInput)
        return false;
    if (begin_ == 0 && end_ == room_) {
        auto larger = std::make_unique_for_overwrite<char[]>(size_t(room_) * 2);
        std::memcpy(larger.get(), block_.get(), left);
        dropBlock();
        block_ = std::move(larger);
        room_ *= 2;
    } else if (begin_ > 0) {  // what is left moves to the front: a head or a chunk line, small
        std::memmove(block_.get(), block_.get() + begin_, left);
    }
    end_ = uint32_t(left);
    begin_ = 0;
    return true;
}

void Wire::dropBlock()
{
    if (block_ && room_ == BufferPool::blockSize)
        pool_.give(std::move(block_));
    block_.reset();
}

Wire::Fill Wire::fillAtMost(size_t most)
{
    if (receiveBroken_)
        return Fill::Broken;
    if (ended_)
        return Fill::End;
    if (!canRead_ && !tls_)
        return Fill::Nothing;
    if (!makeRoom()) {
        trouble_ = "more than 2 MiB came without an end of the line";
        receiveBroken_ = true;
        return Fill::Broken;
    }
    if (tls_)
        return fillTls();
    const size_t room = std::min<size_t>(room_ - end_, most);
    const ssize_t n = receiveFrom(fd_.get(), block_.get() + end_, room);
    const Fill fill = received(n, room);
    if (fill == Fill::More) {
        end_ += uint32_t(n);
        bytesIn_ += uint64_t(n);
    }
    return fill;
}

Wire::Fill Wire::received(ssize_t n, size_t room)
{
    if (n > 0) {
        unacknowledged_ = true;
        if (size_t(n) < room && !hangup_) {  // a short read means drained, unless an end follows
            canRead_ = false;
            poller_.rearm(fd_.get(), true, false);
        }
        return Fill::More;
    }
    if (n == 0 && tls_) {
        cutShort_ = receiveBroken_ = true;
        trouble_ = tls_->shaken() ? "the connection was cut off without TLS's closing message"
                                  : "the connection was closed within the TLS handshake";
        return Fill::Broken;
    }
    if (n == 0) {
        ended_ = true;
        return Fill::End;
    }
    if (errno == EAGAIN || errno == EINTR) {
        canRead_ = false;
        poller_.rearm(fd_.get(), true, false);
        return Fill::Nothing;
    }
    receiveBroken_ = true;
    trouble_ = socketError(errno);
    return Fill::Broken;
}

void Wire::releaseInput()
{
    if (block_ && begin_ == end_) {
        dropBlock();
        begin_ = end_ = 0;
    }
}

// What has come before can still be read: an early answer, say.
Wire::Send Wire::broken(int error)
{
    sendBroken_ = true;
    trouble_ = socketError(error);
    return Send::Broken;
}

Wire::Send Wire::send(const iovec *pieces, int count)
{
    if (sendBroken_ || (holds() && flush() == Send::Broken))
        return Send::Broken;
    if (tls_)
        return sendTls(pieces, count);
    int first = 0;
    size_t skip = 0;  // of pieces[first]
    if (!holds() && canWrite_) {
        size_t all = 0;
        for (int i = 0; i < count; ++i)
            all += pieces[i].iov_len;
        ssize_t n = all == 0 ? 0 : sendNow(fd_.get(), pieces, count, all);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return broken(errno);
        if (n < 0)
            n = 0;
        bytesOut_ += uint64_t(n);
        moved_ += uint64_t(n);
        if (size_t(n) == all)
            return Send::Done;
        canWrite_ = false;
        poller_.rearm(fd_.get(), false, true);
        for (skip = size_t(n); first < count && skip >= pieces[first].iov_len; ++first)
            skip -= pieces[first].iov_len;
    }
    for (; first < count; ++first, skip = 0)
        out_.append(static_cast<const char *>(pieces[first].iov_base) + skip, pieces[first].iov_len - skip);
    return holds() ? Send::Held : Send::Done;
}

Wire::Send Wire::flush()
{
    if (sendBroken_)
        return Send::Broken;
    while (holds() && canWrite_) {
        const ssize_t n = sendTo(fd_.get(), out_.data() + outAt_, out_.size() - outAt_);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return broken(errno);
        if (n > 0) {
            outAt_ += size_t(n);
            bytesOut_ += tls_ ? 0 : uint64_t(n);
            moved_ += uint64_t(n);
        }
        if (holds()) {
            canWrite_ = false;
            poller_.rearm(fd_.get(), false, true);
        }
    }
    if (holds())
        return Send::Held;
    std::string().swap(out_);  // an idle connection holds nothing
    outAt_ = 0;
    return Send::Done;
}

uint64_t Wire::unsent() const
{
    int queued = 0;
    if (::ioctl(fd_.get(), SIOCOUTQ, &queued) != 0)
        queued = 0;
    return uint64_t(queued) + out_.size() - outAt_;
}

void Wire::acknowledge()
{
    if (!std::exchange(unacknowledged_, false))
        return;
    const int once = 2;  // 1 would go on with it, and answer every small segment with an empty one
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_QUICKACK, &once, sizeof once);
}

void Wire::shutdownSend()
{
    closeTls();
    ::shutdown(fd_.get(), SHUT_WR);
}

void Wire::reset()
{
    const linger now{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

Wire::Alive Wire::probe() const
{
    if (sendBroken_ || receiveBroken_)
        return Alive::Gone;
    pollfd state{fd_.get(), 0, 0};  // a reset is seen past what was not read
    if (::poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLHUP)))
        return Alive::Gone;
    char byte;
    const ssize_t n = ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n == 0)
        return Alive::HalfClosed;
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return Alive::Gone;
    return Alive::Yes;
}

bool Wire::unread() const
{
    char byte;
    return ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void Wire::ready(unsigned events)
{
    scheduler_.setNow(poller_.now());  // deadlines set from here on count from this batch
    if (tls_ && tls_->ours() && shake() == Shake::Going) {
        canWrite_ = canWrite_ || (events & Writable);
        canRead_ = canRead_ || (events & (Readable | Hangup));
        hangup_ = hangup_ || (events & Hangup);
        return keepShaking();
    }
    if (events & Writable) {
        canWrite_ = true;
        if (holds() && !writable_.awaited()) {  // nobody waits for it: a held 1xx or head, or what many streams share
            flush();
            if (!holds())
                owner_->drained();
        } else {
            writable_.wake(scheduler_);
        }
    }
    if (events & (Readable | Hangup)) {
        canRead_ = true;
        if (readable_.awaited())
            readable_.wake(scheduler_);
        else if (!(events & Hangup))
            owner_->unexpectedInput();
    }
    if (events & Hangup) {
        hangup_ = true;
        writable_.wake(scheduler_);
        owner_->hungUp();
    }
}

}  // namespace sluice::net
