// SPDX-License-Identifier: GPL-3.0-or-later
// Task<T>: a lazy coroutine that starts when awaited, hands its value to the one who awaits, and rethrows.
// One thread. A Task owns its frame: destroying it destroys a suspended coroutine and everything that it awaits.
//
// g++ 12 compiles some forms of co_await wrongly without a warning. A co_await stands only as
//   co_await f(args);   T v = co_await f(args);   x = co_await f(args);   co_return co_await f(args);
// with arguments that are names, std::move(name), scalars or plain calls: no braces, no capturing lambda, no ?: of
// class type; nor within a larger expression (`if (co_await f() != x)` was resumed at a wrong place at -O0). tests/tidy refuses the rest. Per-chunk work belongs into leaf awaiters (scope.h), not into Tasks: below
// -O2 a loop over Tasks that never suspend grows the stack.
#pragma once

#include "engine/base/frames.h"

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace sluice {

namespace detail {

struct TaskPromiseBase {
    std::coroutine_handle<> continuation = std::noop_coroutine();
    std::exception_ptr thrown;

    void *operator new(size_t bytes) { return frames::allocate(bytes); }
    void operator delete(void *frame, size_t bytes) { frames::release(frame, bytes); }

    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Final {
        bool await_ready() noexcept { return false; }
        template<class P>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) noexcept
        {
            return self.promise().continuation;
        }
        void await_resume() noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
    void unhandled_exception() { thrown = std::current_exception(); }
};

template<class T>
struct TaskPromise;

}  // namespace detail

template<class T = void>
class [[nodiscard]] Task {
public:
    using promise_type = detail::TaskPromise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    Task() = default;
    explicit Task(Handle handle) : handle_(handle) {}
    Task(Task &&other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task &operator=(Task &&other) noexcept
    {
        if (this != &other) {
            destroy();
            handle_ = std::exchange(other.handle_, {});
        }
        return *this;
    }
    ~Task() { destroy(); }

    explicit operator bool() const { return bool(handle_); }

    struct Awaiter {
        Handle handle;
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept
        {
            handle.promise().continuation = caller;
            return handle;
        }
        T await_resume()
        {
            if (handle.promise().thrown)
                std::rethrow_exception(handle.promise().thrown);
            return handle.promise().take();
        }
    };
    Awaiter operator co_await() &&noexcept { return Awaiter{handle_}; }

private:
    void destroy()
    {
        if (handle_)
            std::exchange(handle_, {}).destroy();
    }
    Handle handle_;
};

namespace detail {

template<class T>
struct TaskPromise : TaskPromiseBase {
    std::optional<T> value;
    Task<T> get_return_object() { return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this)); }
    template<class U>
    void return_value(U &&u)
    {
        value.emplace(std::forward<U>(u));
    }
    T take() { return std::move(*value); }
};

template<>
struct TaskPromise<void> : TaskPromiseBase {
    Task<void> get_return_object() { return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this)); }
    void return_void() {}
    void take() {}
};

}  // namespace detail
}  // namespace sluice
