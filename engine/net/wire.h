// SPDX-License-Identifier: GPL-3.0-or-later
// Wire: one connected TCP socket on a worker's loop, with what came in and was not used yet, and what must still go out; in
// clear or under TLS, which its users do not notice. Every call returns at once. One thread. Bounds: one block (64 KiB) in, or as much as a head or a line needs that is longer
// (mostInput); out whatever one send() left over.
#pragma once

#include "engine/base/scope.h"
#include "engine/base/text_block.h"
#include "engine/net/dispatcher/poller.h"
#include "engine/net/socket.h"
#include "engine/net/tls/tls_session.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct iovec;

namespace sluice::net {

// Blocks for what is being read; an idle connection holds none. Keeps at most 256 free ones.
class BufferPool {
public:
    static constexpr size_t blockSize = 64 * 1024;
    using Block = std::unique_ptr<char[]>;
    Block take();
    void give(Block block);  // of blockSize
    // Texts that are needed for a moment, with room in them. At most 64 of 4 KiB are kept.
    TextBlock takeText();
    void giveText(TextBlock text);
    // Ciphertext on its way between a socket and OpenSSL, within one call.
    char *cipherIn();  // of blockSize
    std::string &cipherOut() { return cipherOut_; }
    // That use it: one worker's sockets, of clients and of upstreams. With the most no endpoint is connected to.
    uint32_t wires = 0, mostWires = UINT32_MAX;

private:
    Block cipherIn_;
    std::string cipherOut_;
    std::vector<Block> free_;
    std::vector<TextBlock> texts_;
};

// Who is told of readiness beside the two signals.
class WireOwner {
public:
    // The peer has closed its half, or the connection broke; recv() has not been tried.
    virtual void hungUp() = 0;
    // There is something to read and nobody waits for it.
    virtual void unexpectedInput() {}
    // What was held has gone to the kernel, and nobody waited for it.
    virtual void drained() {}

protected:
    ~WireOwner() = default;
};

class Wire final : public Handler {
public:
    Wire(Fd fd, Poller &poller, Scheduler &scheduler, BufferPool &pool, WireOwner &owner);
    ~Wire();
    Wire(const Wire &) = delete;
    Wire &operator=(const Wire &) = delete;

    bool watched() const { return watched_; }  // false: the loop refused it; the wire is dead
    int fd() const { return fd_.get(); }
    // Somebody else is told from now on; it must outlive the wire.
    void setOwner(WireOwner &owner) { owner_ = &owner; }
    BufferPool &buffers() { return pool_; }

    // ---- in
    enum class Fill : uint8_t { More, Nothing, End, Broken };
    // Reads once. More: input() has grown. Nothing: wait for readable(). The reader's limits keep what it leaves unused below
    // mostInput; what is beyond breaks the wire.
    static constexpr size_t mostInput = 2 * 1024 * 1024;
    Fill fill() { return fillAtMost(BufferPool::blockSize * 64); }
    // Leaves with the kernel what is beyond `most` bytes: before TLS begins, what is TLS's own.
    Fill fillAtMost(size_t most);
    std::string_view input() const { return {block_.get() + begin_, end_ - begin_}; }
    void consume(size_t bytes) { begin_ += bytes; }
    // More of what has begun is awaited. A peer with Nagle's algorithm keeps it back until it hears that what it sent has come,
    // which would be 40 ms later (RFC 9293 section 3.8.6.3).
    void acknowledge();
    // The block goes back when nothing is left in it; views into it end.
    void releaseInput();
    Signal &readable() { return readable_; }
    bool ended() const { return ended_; }
    // Nothing has come that was not read. What TLS says of itself beside the content (tickets) is heard out.
    bool quiet();
    bool hungUp() const { return hangup_; }

    // ---- out
    enum class Send : uint8_t { Done, Held, Broken };
    // Sends these pieces in order behind what is held; what the kernel does not take is copied and held.
    Send send(const iovec *pieces, int count);
    Send flush();
    bool holds() const { return outAt_ < out_.size(); }
    Signal &writable() { return writable_; }
    uint64_t unsent() const;  // held here, or with the kernel and not acknowledged
    void shutdownSend();
    // A connect is under way: nothing can be sent until the loop says so.
    void expectConnect() { canWrite_ = false; }
    bool canSend() const { return canWrite_ || hangup_; }

    // ---- TLS; before anything was read or sent. A server's handshake goes on within fill(); a client's by itself: then
    // writable() fires, and shake() tells.
    void startTls(std::unique_ptr<TlsSession>);
    enum class Shake : uint8_t { None, Going, Done, Failed };
    Shake shake() const;
    const TlsSession *tls() const { return tls_.get(); }
    // The other side speaks in clear: the answer that tells it so goes out in clear, too.
    void dropTls() { tls_.reset(); }
    // "h2" "http/1.1" as ALPN chose; empty: in clear, or nothing was agreed on.
    std::string_view protocol() const { return tls_ ? tls_->protocol() : std::string_view(); }
    // The end came without TLS's word for it: what has no length of its own may not be whole (RFC 8446 section 6.1).
    bool cutShort() const { return cutShort_; }

    uint64_t bytesIn() const { return bytesIn_; }    // under TLS: of the content
    uint64_t bytesOut() const { return bytesOut_; }  // the same
    uint64_t moved() const { return moved_; }        // what the kernel has taken so far
    const std::string &trouble() const { return trouble_; }
    // Looks whether the peer has closed or reset, without taking anything.
    enum class Alive : uint8_t { Yes, HalfClosed, Gone };
    Alive probe() const;
    bool unread() const;  // bytes of the peer's wait in the kernel
    void reset();         // the peer gets a RST, not an orderly end

    void ready(unsigned events) override;

private:
    Fill received(ssize_t n, size_t room);
    Fill fillTls();
    Fill hear();
    Send sendTls(const iovec *pieces, int count);
    bool sendRecord(const iovec *pieces, int count, size_t all);
    bool sendRecords(const iovec *pieces, int count);
    Send sendCipher(std::string_view text);
    void keepShaking();
    void closeTls();
    Send broken(int error);
    bool makeRoom();
    void dropBlock();
    Fd fd_;
    Poller &poller_;
    Scheduler &scheduler_;
    BufferPool &pool_;
    WireOwner *owner_;
    BufferPool::Block block_;
    uint32_t begin_ = 0, end_ = 0, room_ = 0;  // within block_, and its size
    bool watched_ = false, canRead_ = false, canWrite_ = true, hangup_ = false, ended_ = false;
    bool sendBroken_ = false, receiveBroken_ = false, cutShort_ = false;
    bool unacknowledged_ = false;  // something has come since acknowledge()
    bool plainLeft_ = false;       // OpenSSL may have more, for which there was no room
    std::unique_ptr<TlsSession> tls_;
    std::string out_;
    size_t outAt_ = 0;
    uint64_t bytesIn_ = 0, bytesOut_ = 0, moved_ = 0;
    std::string trouble_;
    Signal readable_, writable_;
};

}  // namespace sluice::net
