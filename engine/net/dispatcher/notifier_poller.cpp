// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/dispatcher/notifier_poller.h"

#include <QCoreApplication>
#include <QEvent>
#include <QLoggingCategory>
#include <QSocketNotifier>

#include <poll.h>
#include <sys/stat.h>

#include <exception>
#include <limits>

namespace sluice::net {

Q_LOGGING_CATEGORY(stockLoopLog, "sluice.net.loop.stock")

namespace {

#ifdef POLLRDHUP
constexpr short peerClosed = POLLRDHUP;
#else
constexpr short peerClosed = 0;
#endif

bool hungUp(int fd)
{
    pollfd state{fd, peerClosed, 0};
    return poll(&state, 1, 0) > 0 && (state.revents & (peerClosed | POLLHUP | POLLERR));
}

// As epoll sees it: open, and not always ready.
bool pollable(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

}  // namespace

NotifierPoller::NotifierPoller(QObject *parent) : QObject(parent)
{
    deadlineTimer_.setSingleShot(true);
    deadlineTimer_.setTimerType(Qt::PreciseTimer);
    turnTimer_.setSingleShot(true);
    connect(&deadlineTimer_, &QTimer::timeout, this, [this] {
        if (deadline_ && *deadline_ > monotonicNow())
            setDeadline(deadline_);  // further away than a QTimer counts
        else
            runHook();
    });
    connect(&turnTimer_, &QTimer::timeout, this, [this] { runHook(); });
}

NotifierPoller::~NotifierPoller() = default;

QSocketNotifier *NotifierPoller::notifierFor(int fd, QSocketNotifier::Type type)
{
    auto *notifier = new QSocketNotifier(fd, type, this);
    connect(notifier, &QSocketNotifier::activated, this, [this, fd, type] { activated(fd, type); });
    return notifier;
}

bool NotifierPoller::watch(int fd, Handler *handler)
{
    if (fd < 0 || !handler || watches_.contains(fd) || !pollable(fd))
        return false;
    watches_.emplace(fd,
                     Watch{handler, notifierFor(fd, QSocketNotifier::Read), notifierFor(fd, QSocketNotifier::Write),
                           notifierFor(fd, QSocketNotifier::Exception), ++serial_});
    return true;
}

void NotifierPoller::unwatch(int fd, Handler *handler)
{
    const auto found = watches_.find(fd);
    if (found == watches_.end() || found->second.handler != handler)
        return;
    for (QSocketNotifier *notifier : {found->second.read, found->second.write, found->second.broken}) {
        notifier->setEnabled(false);
        notifier->disconnect(this);
        notifier->deleteLater();  // it may be the one that is just reporting
    }
    watches_.erase(found);
}

void NotifierPoller::rearm(int fd, bool read, bool write)
{
    const auto found = watches_.find(fd);
    if (found == watches_.end())
        return;
    if (read)
        found->second.read->setEnabled(true);
    if (write)
        found->second.write->setEnabled(true);
}

void NotifierPoller::activated(int fd, QSocketNotifier::Type type)
{
    const auto found = watches_.find(fd);
    if (found == watches_.end())
        return;
    const Watch watch = found->second;
    (type == QSocketNotifier::Write      ? watch.write
         : type == QSocketNotifier::Read ? watch.read
                                         : watch.broken)
        ->setEnabled(false);
    unsigned events = hungUp(fd) ? Readable | Hangup : 0;
    if (type != QSocketNotifier::Read)
        events |= Writable;
    if (type != QSocketNotifier::Write)
        events |= Readable;
    bool threw = true;
    ++running_;
    try {
        watch.handler->ready(events);
        threw = false;
    } catch (const std::exception &e) {
        qCCritical(stockLoopLog, "a handler threw, descriptor %d is taken out: %s", fd, e.what());
    } catch (...) {
        qCCritical(stockLoopLog, "a handler threw, descriptor %d is taken out", fd);
    }
    --running_;
    const auto still = watches_.find(fd);
    if (threw && still != watches_.end() && still->second.serial == watch.serial)
        unwatch(fd, watch.handler);
    requestTurn();
}

// A posted event is sent once the notifiers of this turn have been. Not so from within the hook: what is posted while
// events are being sent belongs to the same round, and a hook that always wants another turn would starve the sockets.
void NotifierPoller::requestTurn()
{
    if (hookRunning_) {
        turnTimer_.start(0);
    } else if (!turnPosted_) {
        turnPosted_ = true;
        QCoreApplication::postEvent(this, new QEvent(QEvent::User));
    }
}

bool NotifierPoller::event(QEvent *event)
{
    if (event->type() != QEvent::User)
        return QObject::event(event);
    turnPosted_ = false;
    runHook();
    return true;
}

void NotifierPoller::setDeadline(std::optional<Moment> deadline)
{
    deadline_ = deadline;
    if (!deadline) {
        deadlineTimer_.stop();
        return;
    }
    const auto millis = std::chrono::ceil<Millis>(*deadline - monotonicNow()).count();
    deadlineTimer_.start(int(std::clamp<int64_t>(millis, 0, std::numeric_limits<int>::max())));
}

void NotifierPoller::runHook()
{
    missed_ = hookRunning_;
    if (running_ > 0 || hookRunning_ || !hook_)
        return;  // each handler asks for a turn as it returns
    turnTimer_.stop();
    if (deadline_ && *deadline_ <= monotonicNow())
        setDeadline(std::nullopt);
    hookRunning_ = true;
    try {
        hook_();
    } catch (const std::exception &e) {
        qCCritical(stockLoopLog, "the hook after a batch threw: %s", e.what());
    } catch (...) {
        qCCritical(stockLoopLog, "the hook after a batch threw");
    }
    if (missed_)
        turnTimer_.start(0);
    hookRunning_ = false;
}

}  // namespace sluice::net
