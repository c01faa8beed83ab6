// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/background.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace sluice {

namespace {

constexpr int behind = 5;

// sched_setattr(2), in its first version; glibc has no name for it.
struct Attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;  // ns
};
static_assert(sizeof(Attributes) == 48);

}  // namespace

// From Linux 6.12 on `runtime` is the slice that the thread asks for, and who asks for a shorter one interrupts it. A
// priority alone lets it finish its slice while an answer waits.
void goBehindOthers()
{
    const auto self = id_t(::gettid());
    const int nice = std::max(behind, ::getpriority(PRIO_PROCESS, self));
    const Attributes wanted{
        .size = sizeof(Attributes), .policy = SCHED_BATCH, .nice = nice, .runtime = 100'000'000 /* the most */};
    if (::syscall(SYS_sched_setattr, 0, &wanted, 0) != 0)
        ::setpriority(PRIO_PROCESS, self, nice);
}

}  // namespace sluice
