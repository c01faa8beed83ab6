// SPDX-License-Identifier: GPL-3.0-or-later
// RawSocket: one TCP connection on loopback, as a test wants to hold it: says exactly these bytes, reads exactly that far,
// ends in this way. Blocking, with a time limit on every call; one thread.
#pragma once

#include "tests/support/waiting.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace support {

class RawSocket {
public:
    enum class End { Open, Closed, Reset, TimedOut };  // of the peer's half

    RawSocket() = default;
    // `stop`: a descriptor that turns readable when all waiting must end; -1: none.
    explicit RawSocket(int fd, int stop = -1) : fd_(fd), stop_(stop) {}
    RawSocket(RawSocket &&other) noexcept { *this = std::move(other); }
    RawSocket &operator=(RawSocket &&other) noexcept
    {
        close();
        fd_ = std::exchange(other.fd_, -1);
        stop_ = other.stop_;
        in_ = std::move(other.in_);
        end_ = other.end_;
        return *this;
    }
    ~RawSocket() { close(); }

    // `receiveBuffer`: the kernel's, in bytes, so that a slow reader is one; 0: as it is.
    static RawSocket connectTo(uint16_t port, int receiveBuffer = 0)
    {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (receiveBuffer > 0)
            ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
            ::close(fd);
            return RawSocket();
        }
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return RawSocket(fd);
    }

    bool isOpen() const { return fd_ >= 0; }
    int fd() const { return fd_; }
    End end() const { return end_; }

    // All of it; false: the peer would not take it.
    bool send(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n >= 0)
                bytes.remove_prefix(size_t(n));
            else if (errno != EAGAIN || !waitFor(POLLOUT))
                return false;
        }
        return true;
    }

    // Up to and with the mark; where it does not come, all that came (and end() says why).
    std::string readUntil(std::string_view mark)
    {
        size_t at;
        while ((at = in_.find(mark)) == in_.npos && fill()) {}
        return take(at == in_.npos ? in_.size() : at + mark.size());
    }
    std::string readHead() { return readUntil("\r\n\r\n"); }
    std::string readExactly(size_t bytes)
    {
        while (in_.size() < bytes && fill()) {}
        return take(std::min(bytes, in_.size()));
    }
    std::string readAll()
    {
        while (fill()) {}
        return take(in_.size());
    }
    // Reads and throws away until the peer ends; false: it did not.
    bool waitForEnd()
    {
        while (fill())
            in_.clear();
        return end_ == End::Closed || end_ == End::Reset;
    }
    // Something came that was not read yet, or it has ended; within `limit`.
    bool hasInput(std::chrono::milliseconds limit)
    {
        pollfd one{fd_, POLLIN, 0};
        return !in_.empty() || ::poll(&one, 1, int(limit.count())) == 1;
    }

    void shutdownSend() { ::shutdown(fd_, SHUT_WR); }
    void close()
    {
        if (fd_ >= 0)
            ::close(std::exchange(fd_, -1));
    }
    // The peer gets a RST.
    void reset()
    {
        const linger now{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close();
    }

private:
    std::string take(size_t bytes)
    {
        std::string out = in_.substr(0, bytes);
        in_.erase(0, bytes);
        return out;
    }
    bool waitFor(short events)
    {
        pollfd both[2] = {{fd_, events, 0}, {stop_, POLLIN, 0}};
        const int n = ::poll(both, stop_ >= 0 ? 2 : 1, int(patience.count()));
        return n > 0 && !(stop_ >= 0 && both[1].revents != 0);
    }
    bool fill()
    {
        if (fd_ < 0 || end_ != End::Open)
            return false;
        if (!waitFor(POLLIN)) {
            end_ = End::TimedOut;
            return false;
        }
        char buffer[65536];
        const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
        if (n > 0)
            in_.append(buffer, size_t(n));
        else
            end_ = n == 0 ? End::Closed : End::Reset;
        return n > 0;
    }

    int fd_ = -1, stop_ = -1;
    std::string in_;
    End end_ = End::Open;
};

}  // namespace support
