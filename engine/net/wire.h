// SPDX-License-Identifier: GPL-3.0-or-later
// Wire: one connected TCP socket on a worker's loop, with what came in and was not used yet, and what must still go out.
// Every call returns at once. One thread. Bounds: one block (64 KiB) in, or as much as a head or a line needs that is longer
// (mostInput); out whatever one send() left over.
#pragma once

#include "engine/base/scope.h"
#include "engine/net/dispatcher/poller.h"
#include "engine/net/socket.h"

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
    std::string takeText();
    void giveText(std::string text);

private:
    std::vector<Block> free_;
    std::vector<std::string> texts_;
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
    // What ALPN chose: "h2", "http/1.1"; nothing in clear or where none was asked for.
    std::string_view protocol() const { return {}; }
    bool secure() const { return false; }
    BufferPool &buffers() { return pool_; }

    // ---- in
    enum class Fill : uint8_t { More, Nothing, End, Broken };
    // Reads once. More: input() has grown. Nothing: wait for readable(). The reader's limits keep what it leaves unused below
    // mostInput; what is beyond breaks the wire.
    static constexpr size_t mostInput = 2 * 1024 * 1024;
    Fill fill();
    std::string_view input() const { return {block_.get() + begin_, end_ - begin_}; }
    void consume(size_t bytes) { begin_ += bytes; }
    // The block goes back when nothing is left in it; views into it end.
    void releaseInput();
    Signal &readable() { return readable_; }
    bool ended() const { return ended_; }
    // Nothing is known to have come that was not read.
    bool quiet() const { return !canRead_ && !hangup_; }
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

    uint64_t bytesIn() const { return bytesIn_; }
    uint64_t bytesOut() const { return bytesOut_; }
    const std::string &trouble() const { return trouble_; }
    // Looks whether the peer has closed or reset, without taking anything.
    enum class Alive : uint8_t { Yes, HalfClosed, Gone };
    Alive probe() const;
    bool unread() const;  // bytes of the peer's wait in the kernel
    void reset();         // the peer gets a RST, not an orderly end

    void ready(unsigned events) override;

private:
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
    bool sendBroken_ = false, receiveBroken_ = false;
    std::string out_;
    size_t outAt_ = 0;
    uint64_t bytesIn_ = 0, bytesOut_ = 0;
    std::string trouble_;
    Signal readable_, writable_;
};

}  // namespace sluice::net
