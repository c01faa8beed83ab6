// SPDX-License-Identifier: GPL-3.0-or-later
// How coroutines wait and how they are stopped.
//
// Scheduler: one a World. Holds the ready list, the timers and the current moment; knows no clock: its owner calls
//   setNow(), fireDue() and drain().
// Scope: a node in the tree of things that can be stopped. Cancelling marks a scope and all below it and *posts* the
//   waiting leaf; it never resumes inline, so it may be called from anywhere, its own tree included.
// Every wait answers a Why. A stopped scope answers at once, so a loop that ignores Why would spin: it is [[nodiscard]].
//
// One thread each. A Scope must outlive its children and its leaf; it asserts that on destruction. Destroying a waiting
// coroutine is safe (the leaf unlinks itself) but is meant for shutdown only: code after the wait does not run.
#pragma once

#include "engine/base/moment.h"

#include <coroutine>
#include <cstdint>
#include <optional>
#include <vector>

namespace sluice {

enum class [[nodiscard]] Why : uint8_t{Ok, TimedOut, ClientGone, UpstreamGone, Shutdown, Abandoned};

class Scheduler;
class Scope;

// A callback at a moment. Intrusive: lives where it is used, unlinks itself when destroyed.
// extend() only moves the due time later, which costs nothing; the heap corrects itself when the old time comes.
class Timer {
public:
    using Fire = void (*)(Timer &, void *context);
    Timer(Scheduler &scheduler, Fire fire, void *context) : scheduler_(scheduler), fire_(fire), context_(context) {}
    ~Timer() { stop(); }
    Timer(const Timer &) = delete;
    Timer &operator=(const Timer &) = delete;

    void start(Moment due);  // again: moves it, either way
    void stop();
    bool running() const { return index_ != none; }
    Moment due() const { return due_; }

private:
    friend class Scheduler;
    static constexpr size_t none = size_t(-1);
    Scheduler &scheduler_;
    Fire fire_;
    void *context_;
    Moment due_{}, queued_{};  // queued_ <= due_: its place in the heap
    size_t index_ = none;
};

// Base of each leaf awaiter; lives in the waiting coroutine's frame.
class Waiter {
public:
    Waiter(const Waiter &) = delete;
    Waiter &operator=(const Waiter &) = delete;

protected:
    explicit Waiter(Scope &scope) : scope_(&scope) {}
    ~Waiter() { detach(); }
    void suspend(std::coroutine_handle<> handle);
    void detach();

    std::coroutine_handle<> handle_;
    Scope *scope_;
    Why why_ = Why::Ok;

private:
    friend class Scheduler;
    friend class Scope;
    friend class Signal;
    friend class SignalWait;
    friend class Turn;
    Waiter *previous_ = nullptr, *next_ = nullptr;  // the ready list
    Waiter **slot_ = nullptr;                       // the Signal that we wait on
    bool posted_ = false;
    uint64_t notBefore_ = 0;  // the drain() that may resume it
};

class Scheduler {
public:
    Scheduler() = default;
    ~Scheduler();
    Scheduler(const Scheduler &) = delete;
    Scheduler &operator=(const Scheduler &) = delete;

    Moment now() const { return now_; }
    void setNow(Moment now) { now_ = now; }

    // Has the waiter go on at the next drain(), with this answer. The first of several answers counts.
    void post(Waiter &, Why = Why::Ok);
    // Resumes what is posted, what that posts in turn too, at most `most` of them, up to one that asked for the next turn; true:
    // some are left.
    bool drain(size_t most = 10'000);
    // Runs the timers that are due; they may start and stop timers.
    void fireDue();
    // When fireDue() must be called next.
    std::optional<Moment> nextDue() const;
    bool idle() const { return !first_; }

private:
    friend class Timer;
    friend class Waiter;
    friend class Turn;
    void unlink(Waiter &);
    void place(size_t index, Timer *);
    void up(size_t index);
    void down(size_t index);
    void insert(Timer &);
    void remove(Timer &);

    Moment now_{};
    Waiter *first_ = nullptr, *last_ = nullptr;
    uint64_t round_ = 0;  // of drain()
    std::vector<Timer *> heap_;
};

class Scope {
public:
    explicit Scope(Scheduler &scheduler) : scheduler_(scheduler), limit_(scheduler, onLimit, this) {}
    explicit Scope(Scope &parent);
    ~Scope();
    Scope(const Scope &) = delete;
    Scope &operator=(const Scope &) = delete;

    Scheduler &scheduler() const { return scheduler_; }
    Why stopped() const { return stop_; }
    bool running() const { return stop_ == Why::Ok; }

    // Stops this scope and all below it; a second reason is ignored.
    void cancel(Why);
    // Cancels with TimedOut after this long from now; again: moves it. Zero or less: no limit.
    void deadline(Nanos after);

private:
    friend class Waiter;
    friend class Scheduler;
    static void onLimit(Timer &, void *scope) { static_cast<Scope *>(scope)->cancel(Why::TimedOut); }

    Scheduler &scheduler_;
    Scope *parent_ = nullptr, *children_ = nullptr, *nextSibling_ = nullptr, *previousSibling_ = nullptr;
    Waiter *leaf_ = nullptr;
    Why stop_ = Why::Ok;
    Timer limit_;
};

// A condition that at most one coroutine waits for. Fire-and-forget: wake() without a waiter does nothing, so the state
// that is waited for must be kept elsewhere and looked at before waiting.
class Signal {
public:
    Signal() = default;
    ~Signal();
    Signal(const Signal &) = delete;
    Signal &operator=(const Signal &) = delete;
    void wake(Scheduler &scheduler, Why why = Why::Ok)
    {
        if (waiter_)
            scheduler.post(*waiter_, why);
    }
    bool awaited() const { return waiter_ != nullptr; }

private:
    friend class Waiter;
    friend class SignalWait;
    Waiter *waiter_ = nullptr;
};

// co_await on(signal, scope)
class SignalWait : public Waiter {
public:
    SignalWait(Signal &signal, Scope &scope) : Waiter(scope), signal_(signal) {}
    bool await_ready() const { return !scope_->running(); }
    void await_suspend(std::coroutine_handle<> handle);
    Why await_resume();

private:
    Signal &signal_;
};
inline SignalWait on(Signal &signal, Scope &scope)
{
    return SignalWait(signal, scope);
}

// co_await sleepFor(duration, scope): Ok when it has passed.
class Sleep : public Waiter {
public:
    Sleep(Nanos duration, Scope &scope);
    bool await_ready() const { return !scope_->running() || duration_ <= Nanos(0); }
    void await_suspend(std::coroutine_handle<> handle);
    Why await_resume();

private:
    Nanos duration_;
    Timer timer_;
};
inline Sleep sleepFor(Nanos duration, Scope &scope)
{
    return Sleep(duration, scope);
}

// co_await turn(scope): goes on in the next drain(), so that sockets and timers come first. For loops that may never suspend.
class Turn : public Waiter {
public:
    explicit Turn(Scope &scope) : Waiter(scope) {}
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> handle);
    Why await_resume();
};
inline Turn turn(Scope &scope)
{
    return Turn(scope);
}

}  // namespace sluice
