// SPDX-License-Identifier: GPL-3.0-or-later
// Poller: the one face through which sockets hear of readiness, and the loop's turns and clock. Two stand behind it,
// EpollDispatcher and NotifierPoller; threadPoller() in loop.h gives the calling thread's.
//
// Everything here belongs to the loop's thread. From another thread: post a queued call, it wakes the loop.
// Deliberately absent: level triggering, timers (a worker has one heap and tells its next due moment), several handlers
// on one descriptor (watch a dup() of it).
#pragma once

#include "engine/base/moment.h"

#include <chrono>
#include <functional>
#include <optional>

namespace sluice::net {

// What may be tried without blocking. Hangup: the peer has closed its half or the connection is broken; it always comes
// together with Readable, and the recv() says which. Any of them may be repeated or out of date: only the call tells.
enum Readiness : unsigned { Readable = 1, Writable = 2, Hangup = 4 };

class Handler {
public:
    // `events`: Readiness bits. Must not throw: what does is caught, logged, and its descriptor unwatched.
    virtual void ready(unsigned events) = 0;

protected:
    ~Handler() = default;
};

class Poller {
public:
    virtual ~Poller() = default;

    // Reports each change of readiness of `fd` once, beginning with what is ready now, until unwatch(). The handler
    // must live until then; fd must be non-blocking. false: fd is closed, already watched, or always ready, as plain
    // files are.
    virtual bool watch(int fd, Handler *) = 0;

    // From here on the handler is not called and not looked at, not even for what is already known of this batch, so it
    // may be deleted at once unless it is on the call stack (then: after the batch). Before close(fd), or the number
    // may be somebody else's; a pair that is not watched is ignored.
    virtual void unwatch(int fd, Handler *) = 0;

    // A call said that it would block, or gave less than was asked: report this direction again when that changes.
    // Needed after each such call: between a report and this, the direction may stay silent. A handler that stops
    // while there is more must go on by itself (requestTurn), as no new report will come for what it has been told.
    virtual void rearm(int fd, bool read, bool write) = 0;

    // Called once after each batch of ready handlers, after a requestTurn() and at the deadline; an empty function: not
    // at all. Never called while a handler is on the stack (somebody runs a loop within it), nor within itself;
    // exceptions are caught and logged. Not to be set from within the hook.
    virtual void setAfterBatch(std::function<void()>) = 0;

    // Has the hook run in the loop's next turn (this turn, when called before its hook), without blocking before it.
    virtual void requestTurn() = 0;

    // The hook runs at this moment if it does not before, never earlier; once, then it must be set anew. Precision: ns
    // with epoll, 1 ms (later) with Qt's stock loop. Nothing: no deadline.
    virtual void setDeadline(std::optional<Moment>) = 0;

    // CLOCK_MONOTONIC, at most one turn old; never goes back.
    virtual Moment now() const = 0;
};

// CLOCK_MONOTONIC now; any thread.
inline Moment monotonicNow()
{
    return Moment(duration_cast<Nanos>(std::chrono::steady_clock::now().time_since_epoch()));
}

}  // namespace sluice::net
