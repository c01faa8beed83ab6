// SPDX-License-Identifier: GPL-3.0-or-later
// Channel: one TCP connection of a Caller's, in clear or under TLS, which its user does not notice. Every call returns at once, and
// has the Poller tell its owner when to go on. One thread. Bounds: 64 KiB of ciphertext in, what one piece of 64 KiB makes out.
#pragma once

#include "engine/net/dispatcher/poller.h"
#include "engine/net/socket.h"
#include "engine/net/tls/tls_session.h"

#include <memory>
#include <string>
#include <string_view>

namespace sluice::net {

class Channel {
public:
    // More: it did what it should. Again: it is not done, and may be called at once or in another turn. Nothing: the owner is told
    // when to call again. End: the peer has closed, and under TLS has said so. Broken: trouble().
    enum class Step : uint8_t { More, Again, Nothing, End, Broken };

    Channel(Poller &poller, Handler &owner) : poller_(poller), owner_(owner) {}
    ~Channel() { close(); }
    Channel(const Channel &) = delete;
    Channel &operator=(const Channel &) = delete;

    // False: the loop refused it.
    bool open(Fd);
    void close();  // tells the peer, as far as it takes that now
    int fd() const { return fd_.get(); }

    // Under TLS from here on; then shake() until it says More.
    void secure(std::unique_ptr<TlsSession>);
    Step shake();
    // Into `to`, as much as is there: `got` bytes with More. `room`: more than 0.
    Step receive(char *to, size_t room, size_t &got);
    // The rest of `all` behind the first `taken` bytes, which it counts on. More: all of it is with the kernel.
    Step send(std::string_view all, size_t &taken);
    const std::string &trouble() const { return trouble_; }

private:
    Step nothingCame();
    Step receiveClear(char *to, size_t room, size_t &got);
    bool decrypt(char *to, size_t room, size_t &got, Step &ended);
    Step hear();   // ciphertext from the socket
    Step flush();  // ciphertext to the socket
    Poller &poller_;
    Handler &owner_;
    Fd fd_;
    std::unique_ptr<TlsSession> tls_;
    std::unique_ptr<char[]> cipherIn_;
    std::string out_;
    size_t outAt_ = 0;
    bool sendBroken_ = false;
    std::string trouble_;
};

}  // namespace sluice::net
