// SPDX-License-Identifier: GPL-3.0-or-later
// Fork: a coroutine that runs beside its starter and ends with it at the latest: one request's upload pump beside its
// answer. Root: a coroutine that nobody awaits: a connection's life. One thread each.
#pragma once

#include "engine/base/scope.h"
#include "engine/base/task.h"

#include <cassert>

namespace sluice {

namespace detail {

// Runs a Task and says when it is over; its frame goes with the holder.
struct Runner {
    struct promise_type {
        bool *over = nullptr;
        void *operator new(size_t bytes) { return frames::allocate(bytes); }
        void operator delete(void *frame, size_t bytes) { frames::release(frame, bytes); }
        Runner get_return_object() { return Runner{std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }  // a Fork's task catches what it throws itself
    };
    std::coroutine_handle<promise_type> handle;
};

}  // namespace detail

class Fork {
public:
    explicit Fork(Scope &parent) : scope_(parent) {}
    ~Fork()
    {
        if (runner_)
            runner_.destroy();
    }
    Fork(const Fork &) = delete;
    Fork &operator=(const Fork &) = delete;

    // The scope that the task must wait in.
    Scope &scope() { return scope_; }
    // Runs the task to its first wait. Once only.
    void start(Task<void> task)
    {
        assert(!runner_);
        runner_ = run(this, std::move(task)).handle;
        runner_.resume();
    }
    bool started() const { return bool(runner_); }
    bool over() const { return over_; }
    // Fires when it is over.
    Signal &ended() { return ended_; }

private:
    static detail::Runner run(Fork *self, Task<void> task)
    {
        co_await std::move(task);
        self->over_ = true;
        self->ended_.wake(self->scope_.scheduler());
    }
    Scope scope_;
    Signal ended_;
    std::coroutine_handle<> runner_;
    bool over_ = false;
};

// Waits until the fork is over, whatever becomes of the scope: cancel the fork's scope first if it must end soon.
inline Task<void> join(Fork &fork, Scope &unstoppable)
{
    while (!fork.over()) {
        const Why why = co_await on(fork.ended(), unstoppable);
        if (why != Why::Ok)
            break;
    }
}

}  // namespace sluice
