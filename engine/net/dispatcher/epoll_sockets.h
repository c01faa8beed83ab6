// SPDX-License-Identifier: GPL-3.0-or-later
// EpollSockets: the descriptors of EpollDispatcher. Handlers are edge-triggered and called directly; QSocketNotifiers
// are level-triggered, all those of one descriptor in one registration. One thread.
//
// What epoll reports carries the descriptor's number and the generation of its registration, so whatever was taken out,
// closed or reused after epoll_wait is known to be out of date and skipped. The batch lives in the object: a loop that
// is run within a handler goes on with it, so that no edge is lost.
#pragma once

#include "engine/net/dispatcher/poller.h"

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <set>
#include <unordered_map>
#include <vector>

class QSocketNotifier;

namespace sluice::net {

class EpollSockets {
public:
    EpollSockets();
    ~EpollSockets();
    EpollSockets(const EpollSockets &) = delete;
    EpollSockets &operator=(const EpollSockets &) = delete;

    bool valid() const { return epoll_ >= 0; }
    // Writing to this eventfd ends a wait(). It need never be read: each write is an edge.
    bool addWakeUp(int eventFd);

    bool watch(int fd, Handler *handler);
    void unwatch(int fd, Handler *handler);
    // Refused with a warning: a descriptor that has a handler. A plain file is always ready, as it is for poll().
    void add(QSocketNotifier *notifier);
    void remove(QSocketNotifier *notifier);

    // Something is to be served without waiting.
    bool pending() const { return next_ < count_ || !alwaysReady_.empty(); }
    // Only when the batch is served. At most this long; nothing: without limit.
    void wait(std::optional<Nanos> patience);
    bool batchLeft() const { return next_ < count_; }
    // Calls whom the batch concerns; answers how many calls that were.
    int serve();
    // A handler is on the call stack.
    bool handlerRunning() const { return running_ > 0; }

private:
    enum class Kind : uint8_t { Free, Handler, Notifiers };
    struct Slot {
        Handler *handler = nullptr;
        uint32_t generation = 0;
        Kind kind = Kind::Free;
    };
    struct Notifiers {
        std::array<QSocketNotifier *, 3> of{};  // by QSocketNotifier::Type
        bool registered = false;                // epoll knows the descriptor
        bool file = false;                      // epoll refuses it, as it is always ready
        uint32_t mask() const;
        bool none() const { return !of[0] && !of[1] && !of[2]; }
    };

    bool control(int operation, int fd, uint32_t events);
    Slot &slot(int fd);
    void release(int fd);
    bool enroll(int fd, Notifiers &set);
    void noteFile(int fd, const Notifiers &set);
    void call(int fd, Handler *handler, uint32_t generation, uint32_t events);
    int activate(int fd, uint32_t generation, uint32_t events);
    bool current(int fd, uint32_t generation) const;

    int epoll_;
    bool nanoseconds_ = true;  // the kernel has epoll_pwait2 (5.11)
    int running_ = 0;
    int next_ = 0, count_ = 0;
    std::array<epoll_event, 256> batch_;
    std::vector<Slot> slots_;  // by descriptor: at most as many as the process may open
    std::unordered_map<int, Notifiers> notifiers_;
    std::set<int> alwaysReady_;  // files with a read or a write notifier
};

}  // namespace sluice::net
