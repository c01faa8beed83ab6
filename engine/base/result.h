// SPDX-License-Identifier: GPL-3.0-or-later
// Result<T>: a value, or an Error that says whose fault it is and whether a repeat is safe.
// Values; any thread. No exception crosses a room's face, so everything that can fail answers one of these.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace sluice {

// Who is to blame, as it stands in a record's `failed_by`.
enum class Fault : uint8_t { Client, Upstream, Gateway };

struct Error {
    Fault fault = Fault::Gateway;
    std::string what;         // one sentence for a person; never a secret, never a stack trace
    bool repeatable = false;  // true: nothing was carried out, the same call may be made again
};

template<class T>
class [[nodiscard]] Result {
public:
    Result(T value) : value_(std::move(value)) {}
    Result(Error error) : error_(std::move(error)) {}

    bool ok() const { return value_.has_value(); }
    explicit operator bool() const { return ok(); }

    // Only when ok().
    T &operator*()
    {
        assert(ok());
        return *value_;
    }
    const T &operator*() const
    {
        assert(ok());
        return *value_;
    }
    T *operator->()
    {
        assert(ok());
        return &*value_;
    }
    const T *operator->() const
    {
        assert(ok());
        return &*value_;
    }
    T take()
    {
        assert(ok());
        return std::move(*value_);
    }

    // Only when not ok().
    const Error &error() const
    {
        assert(!ok());
        return error_;
    }

private:
    std::optional<T> value_;
    Error error_;
};

struct Done {};  // Result<Done>: it worked, there is nothing to hand over
using Outcome = Result<Done>;

}  // namespace sluice
