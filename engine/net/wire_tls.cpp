// SPDX-License-Identifier: GPL-3.0-or-later
// Wire under TLS: one recv feeds OpenSSL, one send takes what it made.
#include "engine/net/wire.h"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sluice::net {

namespace {
constexpr size_t recordSize = 16 * 1024;  // RFC 8446 section 5.1: most plaintext of one record
}

void Wire::startTls(std::unique_ptr<TlsSession> session)
{
    tls_ = std::move(session);
    if (tls_->ours())
        keepShaking();
}

// Tells the peer that this is the end, and no cut.
void Wire::closeTls()
{
    if (!tls_ || sendBroken_)
        return;
    std::string last;
    tls_->sink(&last);
    tls_->close();
    tls_->sink(nullptr);
    sendCipher(last);
}

Wire::Shake Wire::shake() const
{
    if (!tls_)
        return Shake::None;
    if (tls_->shaken())
        return Shake::Done;
    return tls_->failed() || receiveBroken_ || sendBroken_ ? Shake::Failed : Shake::Going;
}

// A client's handshake, as far as it goes.
void Wire::keepShaking()
{
    if (holds())
        flush();
    for (;;) {
        std::string &made = pool_.cipherOut();
        made.clear();
        tls_->sink(&made);
        const TlsSession::Read step = tls_->shake();
        tls_->sink(nullptr);
        sendCipher(made);
        if (step == TlsSession::Read::Failed || step == TlsSession::Read::End) {
            receiveBroken_ = true;
            trouble_ = tls_->trouble();
        }
        if (step != TlsSession::Read::Nothing || !canRead_ || receiveBroken_ || sendBroken_)
            break;
        const ssize_t n = receiveFrom(fd_.get(), pool_.cipherIn(), BufferPool::blockSize);
        if (received(n, BufferPool::blockSize) != Fill::More)
            break;
        tls_->give({pool_.cipherIn(), size_t(n)});
    }
    tls_->settle();
    writable_.wake(scheduler_);
}

Wire::Fill Wire::fillTls()
{
    for (;;) {
        const bool any = plainLeft_ || tls_->hasInput();
        const Fill heard = any ? hear() : Fill::Nothing;
        if (heard != Fill::Nothing || !canRead_) {
            tls_->settle();
            return heard;
        }
        const ssize_t n = receiveFrom(fd_.get(), pool_.cipherIn(), BufferPool::blockSize);
        const Fill fill = received(n, BufferPool::blockSize);
        if (fill != Fill::More)
            return fill;
        tls_->give({pool_.cipherIn(), size_t(n)});
    }
}

// Makes plaintext of the ciphertext at hand, as far as there is room.
Wire::Fill Wire::hear()
{
    std::string &made = pool_.cipherOut();  // a handshake's answer, an alert
    made.clear();
    tls_->sink(&made);
    const uint32_t before = end_;
    Fill out = Fill::Nothing;
    while (end_ < room_) {
        size_t got = 0;
        const TlsSession::Read step = tls_->read(block_.get() + end_, room_ - end_, got);
        end_ += uint32_t(got);
        if (step == TlsSession::Read::More && tls_->hasInput())
            continue;
        if (step == TlsSession::Read::End) {
            ended_ = true;
            out = Fill::End;
        } else if (step == TlsSession::Read::Failed) {
            receiveBroken_ = true;
            trouble_ = tls_->trouble();
            out = Fill::Broken;
        }
        break;
    }
    tls_->sink(nullptr);
    if (!made.empty())
        sendCipher(made);
    plainLeft_ = end_ == room_;
    bytesIn_ += end_ - before;
    return end_ > before ? Fill::More : out;
}

bool Wire::quiet()
{
    if (tls_ && canRead_ && !hangup_ && input().empty()) {
        if (fill() != Fill::Nothing)
            return false;
        releaseInput();
    }
    return !canRead_ && !hangup_;
}

Wire::Send Wire::sendTls(const iovec *pieces, int count)
{
    size_t all = 0;
    for (int i = 0; i < count; ++i)
        all += pieces[i].iov_len;
    bytesOut_ += all;
    const bool fine = all <= recordSize ? sendRecord(pieces, count, all) : sendRecords(pieces, count);
    tls_->worked(scheduler_);
    if (!fine) {
        sendBroken_ = true;
        trouble_ = tls_->trouble();
    }
    return sendBroken_ ? Send::Broken : holds() ? Send::Held : Send::Done;
}

// What fits into one record: it goes to the kernel from where OpenSSL made it.
bool Wire::sendRecord(const iovec *pieces, int count, size_t all)
{
    char together[recordSize];
    const char *data = together;
    size_t filled = 0;
    for (int i = 0; i < count; ++i) {
        if (pieces[i].iov_len == all) {
            data = static_cast<const char *>(pieces[i].iov_base);
            break;
        }
        if (pieces[i].iov_len)  // else there may be nothing to point to
            std::memcpy(together + filled, pieces[i].iov_base, pieces[i].iov_len);
        filled += pieces[i].iov_len;
    }
    tls_->sendTo(
        [](void *self, const char *made, size_t size) {
            static_cast<Wire *>(self)->sendCipher({made, size});
        },
        this);
    const bool fine = tls_->write(data, all);
    tls_->sendTo(nullptr, nullptr);
    return fine;
}

// As few records as they fill, and all of them in one send.
bool Wire::sendRecords(const iovec *pieces, int count)
{
    std::string &made = pool_.cipherOut();
    made.clear();
    tls_->sink(&made);
    char together[recordSize];
    size_t filled = 0;
    bool fine = true;
    for (int i = 0; i < count; ++i) {
        const char *data = static_cast<const char *>(pieces[i].iov_base);
        size_t size = pieces[i].iov_len;
        while (size > 0 && fine) {
            const bool last = i + 1 == count;  // nothing that it could share a record with
            if (filled == 0 && (last || size >= recordSize)) {
                const size_t whole = last ? size : size - size % recordSize;
                fine = tls_->write(data, whole);
                data += whole;
                size -= whole;
                continue;
            }
            const size_t n = std::min(size, recordSize - filled);
            std::memcpy(together + filled, data, n);
            filled += n;
            data += n;
            size -= n;
            if (filled == recordSize) {
                fine = tls_->write(together, filled);
                filled = 0;
            }
        }
    }
    fine = fine && tls_->write(together, filled);
    tls_->sink(nullptr);
    if (fine)
        sendCipher(made);
    return fine;
}

Wire::Send Wire::sendCipher(std::string_view text)
{
    if (sendBroken_)
        return Send::Broken;
    size_t taken = 0;
    if (!text.empty() && !holds() && canWrite_) {
        const ssize_t n = sendTo(fd_.get(), text.data(), text.size());
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return broken(errno);
        taken = n > 0 ? size_t(n) : 0;
        moved_ += taken;
        if (taken < text.size()) {
            canWrite_ = false;
            poller_.rearm(fd_.get(), false, true);
        }
    }
    if (taken < text.size())
        out_.append(text, taken);
    return holds() ? Send::Held : Send::Done;
}

}  // namespace sluice::net
