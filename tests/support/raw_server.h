// SPDX-License-Identifier: GPL-3.0-or-later
// RawServer: a TCP server on a free port of loopback whose every connection runs a script of the test's, each in a thread of
// its own. Stopped, with all its scripts, when it goes out of scope.
#pragma once

#include "tests/support/raw_socket.h"

#include <sys/eventfd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace support {

class RawServer {
public:
    // `index` counts the connections from 0. The connection is closed when the script returns.
    using Script = std::function<void(RawSocket &, int index)>;

    explicit RawServer(Script script) : script_(std::move(script)), stop_(::eventfd(0, EFD_CLOEXEC))
    {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto *raw = reinterpret_cast<sockaddr *>(&address);
        if (::bind(listener_, raw, size) == 0 && ::listen(listener_, 512) == 0
            && ::getsockname(listener_, raw, &size) == 0)
            port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { accept(); });
    }
    ~RawServer()
    {
        const uint64_t one = 1;
        if (::write(stop_, &one, sizeof one) != sizeof one)
            std::abort();
        thread_.join();
        for (std::thread &script : scripts_)
            script.join();
        ::close(listener_);
        ::close(stop_);
    }
    RawServer(const RawServer &) = delete;
    RawServer &operator=(const RawServer &) = delete;

    uint16_t port() const { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    int connections() const { return connections_; }
    // What requests() of the scripts kept, for the test to look at.
    void keep(std::string text)
    {
        const std::lock_guard lock(mutex_);
        kept_.push_back(std::move(text));
    }
    std::vector<std::string> kept() const
    {
        const std::lock_guard lock(mutex_);
        return kept_;
    }

private:
    void accept()
    {
        while (true) {
            pollfd both[2] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
            ::poll(both, 2, -1);
            if (both[1].revents != 0)
                return;
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0)
                continue;
            scripts_.emplace_back([this, fd, index = connections_++] {
                RawSocket peer(fd, stop_);
                script_(peer, index);
            });
        }
    }

    Script script_;
    int stop_, listener_ = -1;
    uint16_t port_ = 0;
    std::atomic<int> connections_{0};
    mutable std::mutex mutex_;
    std::vector<std::string> kept_;
    std::vector<std::thread> scripts_;
    std::thread thread_;
};

}  // namespace support
