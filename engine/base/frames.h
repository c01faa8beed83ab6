// SPDX-License-Identifier: GPL-3.0-or-later
// Where coroutine frames live: a free list a thread, by size class, so that a warm worker never calls malloc for one.
// Under a sanitizer every frame comes from malloc, or use after free would hide.
// Bounds: frames up to 4 KiB, at most 1,024 kept of each class; the rest goes to malloc.
#pragma once

#include <cstddef>

namespace sluice::frames {

void *allocate(size_t bytes);
void release(void *frame, size_t bytes) noexcept;

}  // namespace sluice::frames
