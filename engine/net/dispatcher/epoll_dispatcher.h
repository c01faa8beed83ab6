// SPDX-License-Identifier: GPL-3.0-or-later
// EpollDispatcher: a worker's event loop on epoll (Linux). For Qt an event dispatcher like any other: timers, queued
// calls, socket notifiers, deleteLater and nested loops work. For our sockets the Poller: ready handlers are called
// directly, edge-triggered, and the cost of a turn does not grow with the number of idle connections.
//
// A turn: posted events, wait, ready sockets, timers, the hook after the batch.
// wakeUp() and interrupt() from any thread; everything else from the thread that runs it. A thread with this loop is ended by
// QThread::quit(), never by something that is posted: Qt wakes the loop after what was posted can be seen there, and it would be gone.
#pragma once

#include "engine/base/result.h"
#include "engine/net/dispatcher/epoll_sockets.h"
#include "engine/net/dispatcher/timers.h"

#include <QAbstractEventDispatcher>

#include <atomic>
#include <memory>
#include <mutex>

namespace sluice::net {

class EpollDispatcher final : public QAbstractEventDispatcher, public Poller {
    Q_OBJECT

public:
    // Fails when the process or the system has no descriptors left.
    static Result<std::unique_ptr<EpollDispatcher>> create();
    ~EpollDispatcher() override;

    bool processEvents(QEventLoop::ProcessEventsFlags flags) override;
    void registerSocketNotifier(QSocketNotifier *notifier) override;
    void unregisterSocketNotifier(QSocketNotifier *notifier) override;
    using QAbstractEventDispatcher::registerTimer;
    void registerTimer(int timerId, qint64 interval, Qt::TimerType timerType, QObject *object) override;
    bool unregisterTimer(int timerId) override;
    bool unregisterTimers(QObject *object) override;
    QList<TimerInfo> registeredTimers(QObject *object) const override;
    int remainingTime(int timerId) override;
    void wakeUp() override;
    void interrupt() override;

    bool watch(int fd, Handler *handler) override { return sockets_.watch(fd, handler); }
    void unwatch(int fd, Handler *handler) override { sockets_.unwatch(fd, handler); }
    void rearm(int, bool, bool) override {}  // an edge comes by itself once the call has met the end
    void setAfterBatch(std::function<void()> hook) override { hook_ = std::move(hook); }
    void requestTurn() override { turnRequested_ = true; }
    void setDeadline(std::optional<Moment> deadline) override { deadline_ = deadline; }
    Moment now() const override { return now_; }

private:
    explicit EpollDispatcher(int wakeUpFd);
    bool inOwnThread() const;
    bool hookMayRun() const { return hook_ && !hookRunning_ && !sockets_.handlerRunning(); }
    std::optional<Nanos> patience(bool sockets, bool timers) const;
    void waitWithoutSockets(std::optional<Nanos> patience);
    void runHook();

    const int wakeUpFd_;
    EpollSockets sockets_;
    TimerQueue timers_;
    Moment now_ = monotonicNow();

    std::function<void()> hook_;
    std::optional<Moment> deadline_;
    bool turnRequested_ = false, hookRunning_ = false;

    std::atomic<bool> woken_ = false;  // posted events may be waiting
    std::atomic<bool> interrupted_ = false;
    std::atomic<Qt::HANDLE> owner_ = nullptr;
    std::mutex waking_;  // held by other threads while they wake us; our own needs none
};

}  // namespace sluice::net
