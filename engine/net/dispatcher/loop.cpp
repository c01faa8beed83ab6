// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/dispatcher/loop.h"

#include "engine/net/dispatcher/notifier_poller.h"

#ifdef __linux__
#include "engine/net/dispatcher/epoll_dispatcher.h"
#endif

#include <QAbstractEventDispatcher>
#include <QThread>

namespace sluice::net {

Outcome setLoop(QThread &thread, LoopKind kind)
{
    if (thread.isRunning() || thread.eventDispatcher())
        return Error{Fault::Gateway, "the thread has its event loop already"};
    if (kind == LoopKind::Stock)
        return Done{};
#ifdef __linux__
    auto dispatcher = EpollDispatcher::create();
    if (!dispatcher)
        return dispatcher.error();
    thread.setEventDispatcher(dispatcher.take().release());
    return Done{};
#else
    return Error{Fault::Gateway, "there is no epoll on this system"};
#endif
}

Poller *threadPoller()
{
    QAbstractEventDispatcher *dispatcher = QAbstractEventDispatcher::instance();
    if (!dispatcher)
        return nullptr;
#ifdef __linux__
    if (auto *own = qobject_cast<EpollDispatcher *>(dispatcher))
        return own;
#endif
    if (auto *poller = dispatcher->findChild<NotifierPoller *>(QString(), Qt::FindDirectChildrenOnly))
        return poller;
    return new NotifierPoller(dispatcher);
}

}  // namespace sluice::net
