// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/dispatcher/epoll_dispatcher.h"

#include <QCoreApplication>
#include <QLoggingCategory>
#include <QSocketNotifier>
#include <QThread>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <exception>

namespace sluice::net {

Q_DECLARE_LOGGING_CATEGORY(loopLog)

Result<std::unique_ptr<EpollDispatcher>> EpollDispatcher::create()
{
    const int wakeUpFd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wakeUpFd < 0)
        return Error{Fault::Gateway, "no event descriptor for a worker's loop: " + qt_error_string().toStdString()};
    std::unique_ptr<EpollDispatcher> dispatcher(new EpollDispatcher(wakeUpFd));
    if (!dispatcher->sockets_.valid() || !dispatcher->sockets_.addWakeUp(wakeUpFd))
        return Error{Fault::Gateway, "no epoll descriptor for a worker's loop: " + qt_error_string().toStdString()};
    return dispatcher;
}

EpollDispatcher::EpollDispatcher(int wakeUpFd) : wakeUpFd_(wakeUpFd) {}

EpollDispatcher::~EpollDispatcher()
{
    waking_.lock();  // whoever wakes us still is through
    waking_.unlock();
    close(wakeUpFd_);
}

bool EpollDispatcher::processEvents(QEventLoop::ProcessEventsFlags flags)
{
    const bool withSockets = !(flags & QEventLoop::ExcludeSocketNotifiers);
    const bool withTimers = !(flags & QEventLoop::X11ExcludeTimers);
    owner_.store(QThread::currentThreadId(), std::memory_order_relaxed);
    interrupted_ = false;
    // Cleared before posted events are looked at: what is posted from here on wakes anew.
    bool served = woken_.exchange(false);
    Q_EMIT awake();
    now_ = monotonicNow();
    // Every turn, woken or not: a nested loop leaves deferred deletes behind without waking.
    QCoreApplication::sendPostedEvents();

    // Not after posted events either: whoever turns the loop until something is so must get to look.
    bool block = flags.testFlag(QEventLoop::WaitForMoreEvents) && !served && !woken_ && !interrupted_;
    if (block) {
        Q_EMIT aboutToBlock();
        block = !woken_;
    }
    if (interrupted_)
        return false;

    const std::optional<Nanos> limit = block ? patience(withSockets, withTimers) : Nanos(0);
    int calls = 0;
    if (!withSockets) {
        waitWithoutSockets(limit);
        now_ = monotonicNow();
    } else {
        if (!sockets_.batchLeft())
            sockets_.wait(limit);
        now_ = monotonicNow();
        calls = sockets_.serve();
    }
    if (withTimers && timers_.fire(now_) > 0)
        served = true;
    if (hookMayRun() && (calls > 0 || turnRequested_ || (deadline_ && *deadline_ <= now_))) {
        runHook();
        served = true;
    }
    return served || calls > 0 || woken_;
}

// How long the loop may sleep; nothing: for ever.
std::optional<Nanos> EpollDispatcher::patience(bool sockets, bool timers) const
{
    if ((sockets && sockets_.pending()) || (turnRequested_ && hookMayRun()))
        return Nanos(0);
    std::optional<Moment> due = timers ? timers_.nextDue() : std::nullopt;
    if (deadline_ && hookMayRun() && (!due || *deadline_ < *due))
        due = deadline_;
    if (!due)
        return std::nullopt;
    return std::max(*due - monotonicNow(), Nanos(0));
}

// epoll would report the ready sockets that are not to be served, again and again.
void EpollDispatcher::waitWithoutSockets(std::optional<Nanos> patience)
{
    timespec time{};
    if (patience) {
        time.tv_sec = time_t(patience->count() / 1'000'000'000);
        time.tv_nsec = long(patience->count() % 1'000'000'000);
    }
    pollfd wake{wakeUpFd_, POLLIN, 0};
    uint64_t count;
    if (ppoll(&wake, 1, patience ? &time : nullptr, nullptr) > 0 && read(wakeUpFd_, &count, sizeof count) < 0)
        qCWarning(loopLog, "cannot read the event descriptor: %s", qPrintable(qt_error_string()));
}

void EpollDispatcher::runHook()
{
    turnRequested_ = false;
    if (deadline_ && *deadline_ <= now_)
        deadline_.reset();
    hookRunning_ = true;
    try {
        hook_();
    } catch (const std::exception &e) {
        qCCritical(loopLog, "the hook after a batch threw: %s", e.what());
    } catch (...) {
        qCCritical(loopLog, "the hook after a batch threw");
    }
    hookRunning_ = false;
}

bool EpollDispatcher::inOwnThread() const
{
    return owner_.load(std::memory_order_relaxed) == QThread::currentThreadId();
}

// Many calls, one write. Our own thread needs none: it looks at the flag before it sleeps.
void EpollDispatcher::wakeUp()
{
    if (inOwnThread()) {
        woken_ = true;
        return;
    }
    const std::lock_guard guard(waking_);
    if (!woken_.exchange(true))
        eventfd_write(wakeUpFd_, 1);
}

// Always written from another thread: a turn that just begins takes both flags back, and must still not sleep.
void EpollDispatcher::interrupt()
{
    const bool own = inOwnThread();
    std::unique_lock guard(waking_, std::defer_lock);
    if (!own)
        guard.lock();
    interrupted_ = true;
    woken_ = true;
    if (!own)
        eventfd_write(wakeUpFd_, 1);
}

void EpollDispatcher::registerSocketNotifier(QSocketNotifier *notifier)
{
    if (notifier->thread() != thread() || thread() != QThread::currentThread()) {
        qCWarning(loopLog, "a socket notifier cannot be enabled from another thread");
        return;
    }
    sockets_.add(notifier);
}

void EpollDispatcher::unregisterSocketNotifier(QSocketNotifier *notifier)
{
    if (thread() != QThread::currentThread()) {
        qCWarning(loopLog, "a socket notifier cannot be disabled from another thread");
        return;
    }
    sockets_.remove(notifier);
}

void EpollDispatcher::registerTimer(int timerId, qint64 interval, Qt::TimerType timerType, QObject *object)
{
    if (timerId < 1 || interval < 0 || !object || object->thread() != thread()
        || thread() != QThread::currentThread()) {
        qCWarning(loopLog, "a timer with invalid arguments or from another thread");
        return;
    }
    timers_.add(timerId, interval, timerType, object, monotonicNow());
}

bool EpollDispatcher::unregisterTimer(int timerId)
{
    return timers_.remove(timerId);
}

bool EpollDispatcher::unregisterTimers(QObject *object)
{
    return timers_.removeAll(object);
}

QList<QAbstractEventDispatcher::TimerInfo> EpollDispatcher::registeredTimers(QObject *object) const
{
    return timers_.of(object);
}

int EpollDispatcher::remainingTime(int timerId)
{
    return timers_.remaining(timerId, monotonicNow());
}

}  // namespace sluice::net
