// SPDX-License-Identifier: GPL-3.0-or-later
// Listener: accepts connections for one worker. All workers watch the same listening socket, each through a descriptor of its
// own, and take a few at a time, so that the load spreads; one socket also means that a second program on the port is an
// error and that a reload loses nobody in a queue. One thread.
#pragma once

#include "engine/base/scope.h"
#include "engine/net/dispatcher/poller.h"
#include "engine/net/socket.h"

#include <functional>

namespace sluice::net {

class Listener final : public Handler {
public:
    // `room`: false: no further client at present; the next ones wait in the kernel's queue until resume(). It is asked again 50
    // times a second; for one who still waits then, `makeRoom` is called, which may make some later in the turn.
    using Accepted = std::function<void(Fd, const Address &peer)>;
    Listener(Fd fd, Poller &poller, Scheduler &scheduler, std::function<bool()> room, std::function<void()> makeRoom,
             Accepted accepted);
    ~Listener();
    void ready(unsigned events) override;
    void resume();  // there may be room again
    // Before the end: those who wait in the kernel's queue would be reset with the socket. As many as there is room for.
    void takeWaiting();

private:
    void acceptSome();
    void full();
    bool acceptOne();
    Fd fd_;
    Poller &poller_;
    Scheduler &scheduler_;
    std::function<bool()> room_;
    std::function<void()> makeRoom_;
    Accepted accepted_;
    bool waited_ = false;  // somebody found no room when it was looked last
    Timer again_;          // goes on with the next ones, or tries anew when descriptors ran out
};

}  // namespace sluice::net
