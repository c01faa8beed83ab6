// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/socket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::net {

Fd &Fd::operator=(Fd &&other) noexcept
{
    if (this != &other) {
        reset();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

void Fd::reset()
{
    if (fd_ >= 0)
        ::close(std::exchange(fd_, -1));
}

bool Address::parse(const std::string &host, uint16_t port, Address &out)
{
    out = Address();
    auto &v4 = reinterpret_cast<sockaddr_in &>(out.storage);
    auto &v6 = reinterpret_cast<sockaddr_in6 &>(out.storage);
    if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        out.length = sizeof v4;
        return true;
    }
    out = Address();
    if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        out.length = sizeof v6;
        return true;
    }
    return false;
}

std::string Address::host() const
{
    char text[INET6_ADDRSTRLEN] = "";
    if (storage.ss_family == AF_INET) {
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in &>(storage).sin_addr, text, sizeof text);
    } else if (storage.ss_family == AF_INET6) {
        const in6_addr &a = reinterpret_cast<const sockaddr_in6 &>(storage).sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&a))
            inet_ntop(AF_INET, a.s6_addr + 12, text, sizeof text);
        else
            inet_ntop(AF_INET6, &a, text, sizeof text);
    }
    return text;
}

uint16_t Address::port() const
{
    if (storage.ss_family == AF_INET)
        return ntohs(reinterpret_cast<const sockaddr_in &>(storage).sin_port);
    if (storage.ss_family == AF_INET6)
        return ntohs(reinterpret_cast<const sockaddr_in6 &>(storage).sin6_port);
    return 0;
}

bool Address::isLoopback() const
{
    if (storage.ss_family == AF_INET)
        return ntohl(reinterpret_cast<const sockaddr_in &>(storage).sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    const in6_addr &a = reinterpret_cast<const sockaddr_in6 &>(storage).sin6_addr;
    return storage.ss_family == AF_INET6
        && (IN6_IS_ADDR_LOOPBACK(&a) || (IN6_IS_ADDR_V4MAPPED(&a) && a.s6_addr[12] == IN_LOOPBACKNET));
}

namespace {

// No Nagle, and no more than 128 KiB in the kernel that is not on its way yet. This machine's own traffic meets no congestion:
// there it goes by the plainest control, as others (BBR) measure and pace for nothing.
void tune(int fd, const Address &address)
{
    const int on = 1, most = 128 * 1024;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
    if (address.isLoopback())
        ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
}

// Lets other sockets of this user overlap; Linux looks at it whenever a socket is bound, so it may be on for that moment only.
void setOverlap(const std::vector<int> &fds, int on)
{
    for (const int fd : fds)
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

}  // namespace

Result<Fd> listenOn(const Address &address, const std::vector<int> &beside)
{
    const int on = 1;
    Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    int error = errno;  // of the first that fails
    const auto *raw = reinterpret_cast<const sockaddr *>(&address.storage);
    std::vector<int> overlapping = beside;
    if (!beside.empty())
        overlapping.push_back(fd.get());
    if (fd)
        tune(fd.get(), address);
    setOverlap(overlapping, 1);
    const bool listens = fd && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0
        && ::bind(fd.get(), raw, address.length) == 0 && ::listen(fd.get(), 4096) == 0;
    if (fd)
        error = errno;
    setOverlap(overlapping, 0);
    if (listens)
        return fd;
    const std::string where = address.host() + ':' + std::to_string(address.port());
    if (error == EADDRINUSE)
        return Error{Fault::Gateway,
                     where + " is in use. Stop the program that listens there, or listen on another port"};
    if (error == EACCES)
        return Error{Fault::Gateway,
                     where + ": no right to listen there. Ports below 1024 need a privilege; take a higher one"};
    if (error == EADDRNOTAVAIL)
        return Error{Fault::Gateway, where + " is no address of this machine", true};
    if (error == EAFNOSUPPORT)
        return Error{Fault::Gateway, where + ": this machine has no such kind of address", true};
    return Error{Fault::Gateway, where + ": " + std::strerror(error)};
}

Result<Fd> connectTo(const Address &address)
{
    Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd)
        return Error{Fault::Gateway, socketError(errno), true};
    tune(fd.get(), address);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address.storage), address.length) != 0
        && errno != EINPROGRESS)
        return Error{Fault::Upstream, socketError(errno), true};
    return fd;
}

#ifdef SLUICE_SANITIZED  // which must see the calls
ssize_t sendTo(int fd, const void *data, size_t size)
{
    return ::send(fd, data, size, MSG_NOSIGNAL);
}

ssize_t receiveFrom(int fd, void *data, size_t size)
{
    return ::recv(fd, data, size, 0);
}
#else
ssize_t sendTo(int fd, const void *data, size_t size)
{
    return ::syscall(SYS_sendto, fd, data, size, MSG_NOSIGNAL, nullptr, 0);
}

ssize_t receiveFrom(int fd, void *data, size_t size)
{
    return ::syscall(SYS_recvfrom, fd, data, size, 0, nullptr, nullptr);
}
#endif

std::string connectError(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    return error == 0 ? std::string() : socketError(error);
}

std::string socketError(int error)
{
    switch (error) {
    case ECONNREFUSED: return "connection refused";
    case ECONNRESET: return "the connection was reset";
    case EPIPE: return "the connection was closed";
    case ETIMEDOUT: return "the connection timed out";
    case EHOSTUNREACH:
    case ENETUNREACH: return "no route to the host";
    case EMFILE:
    case ENFILE: return "no file descriptor is left; raise the limit (ulimit -n)";
    default: return std::strerror(error);
    }
}

}  // namespace sluice::net
