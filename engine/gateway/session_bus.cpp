// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/session_bus.h"

#include "engine/base/ids.h"
#include "engine/http/uri.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace sluice::gateway {

namespace {

using Clock = std::chrono::steady_clock;

// Of "unix:path=/run/user/1000/bus,guid=…"; empty: there is none.
std::string valueOf(std::string_view address, std::string_view key)
{
    for (size_t at = address.find(':') + 1; at < address.size();) {
        const size_t end = std::min(address.find(',', at), address.size());
        const std::string_view pair = address.substr(at, end - at);
        if (pair.size() > key.size() && pair.starts_with(key) && pair[key.size()] == '=')
            return http::percentDecode(pair.substr(key.size() + 1));
        at = end + 1;
    }
    return {};
}

bool becomes(int socket, short event, Clock::time_point until)
{
    pollfd about{socket, event, 0};
    const auto left = std::chrono::duration_cast<Millis>(until - Clock::now()).count();
    return left > 0 && ::poll(&about, 1, int(left)) == 1;
}

// "AUTH EXTERNAL" with our user id in hex, after the one zero byte that a client begins with; the bus says "OK …" or "REJECTED …".
BusState greet(int socket, const sockaddr_un &name, socklen_t size, Clock::time_point until)
{
    if (::connect(socket, reinterpret_cast<const sockaddr *>(&name), size) != 0)
        return errno == EAGAIN ? BusState::Silent : BusState::None;
    const std::string hello = std::string(1, '\0') + "AUTH EXTERNAL " + hex(std::to_string(::geteuid())) + "\r\n";
    if (::send(socket, hello.data(), hello.size(), MSG_NOSIGNAL) != ssize_t(hello.size()))
        return BusState::None;
    char answer[2];
    if (!becomes(socket, POLLIN, until))
        return BusState::Silent;
    return ::recv(socket, answer, sizeof answer, 0) > 0 ? BusState::Answers : BusState::None;
}

}  // namespace

std::string sessionBusAddress()
{
    if (const char *given = std::getenv("DBUS_SESSION_BUS_ADDRESS"))
        return given;
    const char *runtime = std::getenv("XDG_RUNTIME_DIR");
    const std::string path = runtime && *runtime ? std::string(runtime) + "/bus" : std::string();
    return !path.empty() && ::access(path.c_str(), F_OK) == 0 ? "unix:path=" + path : std::string();
}

BusState lookAtBus(const std::string &address, Millis within)
{
    const std::string first = address.substr(0, address.find(';'));
    if (first.empty())
        return BusState::None;
    if (!first.starts_with("unix:"))
        return BusState::Answers;
    const std::string path = valueOf(first, "path"), abstract = valueOf(first, "abstract");
    if (path.empty() && abstract.empty())
        return BusState::Answers;
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const std::string text = path.empty() ? std::string(1, '\0') + abstract : path;
    if (text.size() >= sizeof name.sun_path)
        return BusState::None;
    std::memcpy(name.sun_path, text.data(), text.size());
    const auto size = socklen_t(offsetof(sockaddr_un, sun_path) + text.size() + (path.empty() ? 0 : 1));
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0)
        return BusState::None;
    const BusState state = greet(socket, name, size, Clock::now() + within);
    ::close(socket);
    return state;
}

}  // namespace sluice::gateway
