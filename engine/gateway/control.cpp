// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/control.h"

#include "engine/net/socket.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sluice::gateway {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t longestName = sizeof "/4194304.sock";  // of a control socket in its folder
static_assert(longestSocketPath == sizeof(sockaddr_un::sun_path) - 1);
constexpr size_t mostAnswer = size_t(64) << 20;  // a status of 10,000 routes is some 3 MiB

Error failure(const std::string &socket, const std::string &what)
{
    return Error{Fault::Gateway, socket + ": " + what, false};
}

std::string systemError()
{
    return std::strerror(errno);
}

// True: ready before the deadline.
bool await(int fd, short events, Clock::time_point deadline)
{
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0)
            return false;
        pollfd p{fd, events, 0};
        const int n = ::poll(&p, 1, int(std::min<int64_t>(left, 60'000)));
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

Result<net::Fd> open(const std::string &socket, Clock::time_point deadline)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket.size() > longestSocketPath)
        return failure(
            socket, "the path is too long for a socket, which takes " + std::to_string(longestSocketPath) + " bytes");
    std::memcpy(address.sun_path, socket.data(), socket.size());
    net::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd)
        return failure(socket, systemError());
    while (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
        if (errno == EAGAIN) {  // its queue is full
            if (Clock::now() >= deadline)
                return failure(socket, "the gateway takes no connection; it may be stopped or overloaded");
            ::poll(nullptr, 0, 10);
        } else if (errno == ENOENT || errno == ECONNREFUSED) {
            return failure(socket, "no gateway listens there. Start one with `sluice run`");
        } else if (errno != EINTR) {
            return failure(socket, systemError());
        }
    }
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0
        || (peer.uid != ::geteuid() && peer.uid != 0))
        return failure(socket, "another user's program listens there; it is not asked");
    return fd;
}

Outcome sendAll(int fd, std::string_view text, const std::string &socket, Clock::time_point deadline)
{
    while (!text.empty()) {
        const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (n > 0)
            text.remove_prefix(size_t(n));
        else if (errno != EINTR && errno != EAGAIN)
            return failure(socket, systemError());
        else if (!await(fd, POLLOUT, deadline))
            return failure(socket, "the gateway does not read; it may be stopped");
    }
    return Done{};
}

Result<std::string> receiveAll(int fd, const std::string &socket, Clock::time_point deadline)
{
    std::string out;
    char buffer[65536];
    for (;;) {
        const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
        if (n == 0)
            return out;
        if (n > 0)
            out.append(buffer, size_t(n));
        else if (errno != EINTR && errno != EAGAIN)
            return failure(socket, systemError());
        else if (!await(fd, POLLIN, deadline))
            return failure(socket, "the gateway does not answer; it may be stopped");
        if (out.size() > mostAnswer)
            return failure(socket, "the answer is larger than any of a gateway");
    }
}

// Our server frames with Content-Length, or says nothing, and closes.
Result<ControlAnswer> parse(const std::string &text, const std::string &socket)
{
    const size_t end = text.find("\r\n\r\n");
    ControlAnswer out;
    if (end == text.npos || !text.starts_with("HTTP/1.1 ")
        || std::from_chars(text.data() + 9, text.data() + std::min<size_t>(12, text.size()), out.status).ec
            != std::errc())
        return failure(socket, "what answers there is no gateway");
    out.body = text.substr(end + 4);
    for (size_t line = text.find("\r\n"); line < end; line = text.find("\r\n", line + 2)) {
        constexpr std::string_view name = "content-length:";
        std::string field = text.substr(line + 2, name.size());
        for (char &c : field)
            c = char(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
        if (field != name)
            continue;
        const size_t from = text.find_first_not_of(" \t", line + 2 + name.size());
        size_t length = 0;
        if (from == text.npos || std::from_chars(text.data() + from, text.data() + end, length).ec != std::errc()
            || length > out.body.size())
            return failure(socket, "the answer broke off");
        out.body.resize(length);
    }
    return out;
}

}  // namespace

Result<ControlAnswer> control(const std::string &socket, std::string_view method, std::string_view target, Nanos limit,
                              std::string_view content)
{
    const auto deadline = Clock::now() + limit;
    Result<net::Fd> fd = open(socket, deadline);
    if (!fd)
        return fd.error();
    std::string request(method);
    request.append(" ").append(target).append(" HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n");
    if (method == "POST")
        request += "Content-Length: " + std::to_string(content.size()) + "\r\n";
    request.append("\r\n").append(content);
    const Outcome sent = sendAll(fd->get(), request, socket, deadline);
    if (!sent)
        return sent.error();
    Result<std::string> text = receiveAll(fd->get(), socket, deadline);
    if (!text)
        return text.error();
    return parse(*text, socket);
}

std::string socketFolder()
{
    const char *runtime = std::getenv("XDG_RUNTIME_DIR");
    std::error_code error;
    if (runtime && *runtime == '/' && std::filesystem::is_directory(runtime, error)) {
        const std::string folder = std::string(runtime) + "/sluice";
        if (folder.size() + longestName < longestSocketPath)
            return folder;
    }
    return "/tmp/sluice-" + std::to_string(::geteuid());
}

std::vector<std::string> sockets()
{
    std::vector<std::string> found;
    std::error_code error;
    for (std::filesystem::directory_iterator at(socketFolder(), error), end; !error && at != end; at.increment(error)) {
        const std::string path = at->path().string();
        if (!path.ends_with(".sock"))
            continue;
        const Result<net::Fd> fd = open(path, Clock::now() + std::chrono::milliseconds(500));
        if (fd)
            found.push_back(path);
    }
    std::sort(found.begin(), found.end());
    return found;
}

Result<std::string> findSocket()
{
    const std::vector<std::string> found = sockets();
    if (found.empty())
        return Error{Fault::Client,
                     "no gateway is running for this user (looked in " + socketFolder()
                         + "). Start one with `sluice run`, or name "
                           "its socket with --socket PATH",
                     false};
    if (found.size() == 1)
        return found.front();
    std::string list;
    for (const std::string &path : found)
        list += "\n  --socket " + path;
    return Error{Fault::Client, "several gateways are running; say which:" + list, false};
}

}  // namespace sluice::gateway
