// SPDX-License-Identifier: GPL-3.0-or-later
// Which event loop a worker's thread runs, and its Poller.
#pragma once

#include "engine/base/result.h"
#include "engine/net/dispatcher/poller.h"

class QThread;

namespace sluice::net {

enum class LoopKind {
    Epoll,  // our own dispatcher; Linux only
    Stock   // Qt's; the cost of a turn grows with the number of descriptors
};

#ifdef __linux__
inline constexpr LoopKind bestLoop = LoopKind::Epoll;
#else
inline constexpr LoopKind bestLoop = LoopKind::Stock;
#endif

// Gives the thread its loop. Only before start(), from the thread that owns the QThread: Qt ignores a later one.
// Fails without descriptors left, without epoll, and for a thread that runs; the thread then keeps what it had.
Outcome setLoop(QThread &thread, LoopKind kind);

// The Poller of the calling thread, whatever its loop is; the same at every call. It lives as long as the thread's
// dispatcher: still in QThread::finished() and for what is deleted there, gone after QThread::wait(). So whoever uses
// it must be torn down within the thread. nullptr: the thread has no event dispatcher.
Poller *threadPoller();

}  // namespace sluice::net
