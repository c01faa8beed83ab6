// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/base/text_block.h"

#include <new>
#include <type_traits>

namespace sluice {

// A std::vector of plain values for what is filled for every request: push() writes its members where they stay. (A vector's
// writes them beside, and the processor then waits to read them back as one.) A value; one thread.
template<class T>
requires std::is_trivially_copyable_v<T> &&(alignof(T) <= alignof(std::max_align_t)) class PlainList {
public:
    size_t size() const { return bytes_.size() / sizeof(T); }
    bool empty() const { return size() == 0; }
    const T *data() const { return reinterpret_cast<const T *>(bytes_.data()); }
    T *data() { return reinterpret_cast<T *>(bytes_.data()); }
    const T *begin() const { return data(); }
    const T *end() const { return data() + size(); }
    const T &operator[](size_t index) const { return data()[index]; }
    T &operator[](size_t index) { return data()[index]; }
    const T &back() const { return data()[size() - 1]; }

    template<class... Members>
    void push(Members... members)
    {
        new (bytes_.grow(sizeof(T))) T{members...};
    }
    // So many more, to be written by the caller.
    T *grow(size_t count) { return reinterpret_cast<T *>(bytes_.grow(count * sizeof(T))); }
    void cut(size_t size) { bytes_.cut(size * sizeof(T)); }  // to at most its size
    void erase(size_t index)
    {
        T *const at = data() + index;
        std::memmove(static_cast<void *>(at), at + 1, (size() - index - 1) * sizeof(T));
        cut(size() - 1);
    }
    void clear() { bytes_.clear(); }
    void reserve(size_t count) { bytes_.reserve(count * sizeof(T)); }
    void swap(PlainList &other) noexcept { bytes_.swap(other.bytes_); }

private:
    TextBlock bytes_;
};

}  // namespace sluice
