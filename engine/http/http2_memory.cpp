// SPDX-License-Identifier: GPL-3.0-or-later
// What nghttp2 allocates for each stream and frame comes from the lists of base/frames.h: a warm worker calls malloc for none.
#include "engine/base/frames.h"
#include "engine/http/http2_callbacks.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

namespace sluice::http {

namespace {

// In front of each piece: how large it is with this.
constexpr size_t front = alignof(std::max_align_t);
static_assert(front >= sizeof(size_t));

void *take(size_t bytes, void *)
{
    if (bytes > SIZE_MAX - front)
        return nullptr;
    try {
        char *place = static_cast<char *>(frames::allocate(bytes + front));
        *reinterpret_cast<size_t *>(place) = bytes + front;
        return place + front;
    } catch (const std::bad_alloc &) {
        return nullptr;  // nghttp2 is C
    }
}

size_t sizeOf(void *piece)
{
    return *reinterpret_cast<size_t *>(static_cast<char *>(piece) - front) - front;
}

void give(void *piece, void *)
{
    if (piece)
        frames::release(static_cast<char *>(piece) - front, sizeOf(piece) + front);
}

void *takeCleared(size_t count, size_t each, void *user)
{
    if (each != 0 && count > SIZE_MAX / each)
        return nullptr;
    void *piece = take(count * each, user);
    if (piece)
        std::memset(piece, 0, count * each);
    return piece;
}

void *resize(void *piece, size_t bytes, void *user)
{
    if (!piece)
        return take(bytes, user);
    const size_t before = sizeOf(piece);
    if (bytes <= before && bytes > before / 2)
        return piece;
    void *other = take(bytes, user);
    if (other) {
        std::memcpy(other, piece, std::min(before, bytes));
        give(piece, user);
    }
    return other;
}

}  // namespace

nghttp2_mem *Http2Session::Callbacks::memory()
{
    static nghttp2_mem functions{nullptr, take, give, takeCleared, resize};
    return &functions;
}

}  // namespace sluice::http
