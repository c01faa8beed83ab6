// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/frames.h"

#include <cstdlib>
#include <new>

namespace sluice::frames {

namespace {

constexpr size_t step = 64, classes = 64, kept = 1024;

#ifndef SLUICE_SANITIZED
struct Free {
    Free *next;
};
struct Pool {
    Free *list[classes] = {};
    size_t count[classes] = {};
    ~Pool()
    {
        for (Free *&head : list) {
            while (head) {
                Free *gone = head;
                head = head->next;
                std::free(gone);
            }
        }
    }
};
thread_local Pool pool;
#endif

size_t classOf(size_t bytes)
{
    return (bytes + step - 1) / step;
}

}  // namespace

void *allocate(size_t bytes)
{
    const size_t c = classOf(bytes);
#ifndef SLUICE_SANITIZED
    if (c < classes && pool.list[c]) {
        Free *frame = pool.list[c];
        pool.list[c] = frame->next;
        --pool.count[c];
        return frame;
    }
#endif
    void *frame = std::malloc(c * step);
    if (!frame)
        throw std::bad_alloc();
    return frame;
}

void release(void *frame, size_t bytes) noexcept
{
#ifndef SLUICE_SANITIZED
    const size_t c = classOf(bytes);
    if (c < classes && pool.count[c] < kept) {
        pool.list[c] = new (frame) Free{pool.list[c]};
        ++pool.count[c];
        return;
    }
#else
    (void)bytes;
#endif
    std::free(frame);
}

}  // namespace sluice::frames
