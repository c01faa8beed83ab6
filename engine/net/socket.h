// SPDX-License-Identifier: GPL-3.0-or-later
// Descriptors and addresses: the few system calls that make sockets. All sockets made here are non-blocking, close-on-exec
// and without Nagle's delay; what a listening socket accepts inherits its options. Any thread.
#pragma once

#include "engine/base/result.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sluice::net {

// Owns a descriptor.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd &operator=(Fd &&other) noexcept;
    ~Fd() { reset(); }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void reset();

private:
    int fd_ = -1;
};

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;
    static bool parse(const std::string &host, uint16_t port, Address &out);  // numeric only
    std::string host() const;  // "127.0.0.1", "::1"; IPv4-mapped ones as IPv4
    uint16_t port() const;
    bool isLoopback() const;
};

// `beside`: listening sockets of ours that may overlap this address (127.0.0.1 and 0.0.0.0, say) until they are closed.
// Error: in use, no right, no such address (repeatable: another address may do); what says which and what to do.
Result<Fd> listenOn(const Address &, const std::vector<int> &beside = {});
// Begins to connect; finished when it turns writable. Error: at once refused, or no descriptor left.
Result<Fd> connectTo(const Address &);
// send() (without SIGPIPE) and recv(). Those of glibc are cancellation points and cost a tenth of a request's time in user
// space by saying so; nobody cancels a thread here.
ssize_t sendTo(int fd, const void *data, size_t size);
ssize_t receiveFrom(int fd, void *data, size_t size);
// What became of it; empty: it is connected.
std::string connectError(int fd);
// A sentence for an errno of connect, send or recv, without addresses.
std::string socketError(int error);

}  // namespace sluice::net
