// SPDX-License-Identifier: GPL-3.0-or-later
// NotifierPoller: the Poller over Qt's stock event loop, for systems without epoll. Three QSocketNotifiers a descriptor;
// each is disabled as it reports, which makes edges of levels, and enabled by rearm(). The third hears of a broken connection
// while the other two are silent. Differences to epoll: the end of the peer's half is told no sooner than the next Readable,
// deadlines are up to 1 ms late, and a loop that somebody runs within a handler is Qt's business.
#pragma once

#include "engine/net/dispatcher/poller.h"

#include <QObject>
#include <QSocketNotifier>
#include <QTimer>

#include <unordered_map>

namespace sluice::net {

class NotifierPoller final : public QObject, public Poller {
    Q_OBJECT

public:
    // `parent`: the event dispatcher of this thread.
    explicit NotifierPoller(QObject *parent);
    ~NotifierPoller() override;

    bool watch(int fd, Handler *handler) override;
    void unwatch(int fd, Handler *handler) override;
    void rearm(int fd, bool read, bool write) override;
    void setAfterBatch(std::function<void()> hook) override { hook_ = std::move(hook); }
    void requestTurn() override;
    void setDeadline(std::optional<Moment> deadline) override;
    Moment now() const override { return monotonicNow(); }
    bool event(QEvent *event) override;

private:
    struct Watch {
        Handler *handler;
        QSocketNotifier *read, *write, *broken;
        uint64_t serial;
    };
    QSocketNotifier *notifierFor(int fd, QSocketNotifier::Type);
    void activated(int fd, QSocketNotifier::Type);
    void runHook();

    std::unordered_map<int, Watch> watches_;
    uint64_t serial_ = 0;
    int running_ = 0;  // handlers on the call stack
    std::function<void()> hook_;
    bool turnPosted_ = false, hookRunning_ = false;
    bool missed_ = false;  // its turn came in a loop that the hook itself ran
    std::optional<Moment> deadline_;
    QTimer deadlineTimer_, turnTimer_;
};

}  // namespace sluice::net
