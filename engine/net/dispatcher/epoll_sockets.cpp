// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/dispatcher/epoll_sockets.h"

#include <QCoreApplication>
#include <QEvent>
#include <QLoggingCategory>
#include <QSocketNotifier>

#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <exception>

namespace sluice::net {

Q_LOGGING_CATEGORY(loopLog, "sluice.net.loop")

namespace {

constexpr uint64_t wakeUpKey = ~uint64_t(0);
constexpr uint32_t broken = EPOLLHUP | EPOLLERR;
constexpr std::array<uint32_t, 3> interest = {EPOLLIN, EPOLLOUT, EPOLLPRI};  // by QSocketNotifier::Type
static_assert(QSocketNotifier::Read == 0 && QSocketNotifier::Write == 1 && QSocketNotifier::Exception == 2);

unsigned readinessOf(uint32_t events)
{
    unsigned readiness = 0;
    if (events & (EPOLLIN | EPOLLPRI))
        readiness |= Readable;
    if (events & EPOLLOUT)
        readiness |= Writable;
    if (events & EPOLLRDHUP)
        readiness |= Readable | Hangup;
    if (events & broken)
        readiness |= Readable | Writable | Hangup;
    return readiness;
}

}  // namespace

uint32_t EpollSockets::Notifiers::mask() const
{
    uint32_t events = 0;
    for (size_t type = 0; type < of.size(); ++type)
        events |= of[type] ? interest[type] : 0;
    return events;
}

EpollSockets::EpollSockets() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

EpollSockets::~EpollSockets()
{
    if (epoll_ >= 0)
        close(epoll_);
}

bool EpollSockets::addWakeUp(int eventFd)
{
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = wakeUpKey;
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, eventFd, &event) == 0;
}

EpollSockets::Slot &EpollSockets::slot(int fd)
{
    if (size_t(fd) >= slots_.size())
        slots_.resize(size_t(fd) + 1);
    return slots_[size_t(fd)];
}

bool EpollSockets::control(int operation, int fd, uint32_t events)
{
    epoll_event event{};
    event.events = events;
    event.data.u64 = uint64_t(slot(fd).generation) << 32 | uint32_t(fd);
    return epoll_ctl(epoll_, operation, fd, &event) == 0;
}

bool EpollSockets::current(int fd, uint32_t generation) const
{
    return size_t(fd) < slots_.size() && slots_[size_t(fd)].generation == generation;
}

// The registration is over, whether epoll knows that already (the descriptor was closed) or not.
void EpollSockets::release(int fd)
{
    Slot &place = slot(fd);
    place.handler = nullptr;
    place.kind = Kind::Free;
    ++place.generation;
}

bool EpollSockets::watch(int fd, Handler *handler)
{
    if (fd < 0 || !handler)
        return false;
    const uint32_t before = slot(fd).generation;
    slot(fd).generation = before + 1;
    if (!control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)) {
        slot(fd).generation = before;  // what is registered under this number, if anything, stays so
        return false;
    }
    // It was accepted, so a registration that we still hold belongs to a descriptor that was closed.
    notifiers_.erase(fd);
    alwaysReady_.erase(fd);
    slot(fd).handler = handler;
    slot(fd).kind = Kind::Handler;
    return true;
}

void EpollSockets::unwatch(int fd, Handler *handler)
{
    if (fd < 0 || size_t(fd) >= slots_.size() || slot(fd).kind != Kind::Handler || slot(fd).handler != handler)
        return;
    control(EPOLL_CTL_DEL, fd, 0);
    release(fd);
}

void EpollSockets::add(QSocketNotifier *notifier)
{
    const int fd = int(notifier->socket());
    if (fd < 0)
        return;
    Notifiers &set = notifiers_[fd];
    QSocketNotifier *&place = set.of[size_t(notifier->type())];
    if (place && place != notifier)
        qCWarning(loopLog, "a second notifier of one type for descriptor %d replaces the first", fd);
    place = notifier;
    if (!enroll(fd, set))
        notifiers_.erase(fd);
}

bool EpollSockets::enroll(int fd, Notifiers &set)
{
    if (set.registered && control(EPOLL_CTL_MOD, fd, set.mask()))
        return true;
    Slot &place = slot(fd);
    const uint32_t before = place.generation;
    ++place.generation;
    set.registered = control(EPOLL_CTL_ADD, fd, set.mask());
    const int refusal = set.registered ? 0 : errno;
    set.file = refusal == EPERM;
    if (refusal && !set.file) {
        qCWarning(loopLog, "no notifier for descriptor %d: %s", fd,
                  refusal == EEXIST ? "it has a handler" : qPrintable(qt_error_string(refusal)));
        place.generation = before;
        return false;
    }
    place.handler = nullptr;
    place.kind = Kind::Notifiers;
    noteFile(fd, set);
    return true;
}

void EpollSockets::noteFile(int fd, const Notifiers &set)
{
    if (set.file && (set.of[QSocketNotifier::Read] || set.of[QSocketNotifier::Write]))
        alwaysReady_.insert(fd);
    else
        alwaysReady_.erase(fd);
}

void EpollSockets::remove(QSocketNotifier *notifier)
{
    const int fd = int(notifier->socket());
    const auto found = notifiers_.find(fd);
    if (found == notifiers_.end() || found->second.of[size_t(notifier->type())] != notifier)
        return;
    Notifiers &set = found->second;
    set.of[size_t(notifier->type())] = nullptr;
    noteFile(fd, set);
    if (!set.none()) {
        if (set.registered)
            control(EPOLL_CTL_MOD, fd, set.mask());
        return;
    }
    if (set.registered)
        control(EPOLL_CTL_DEL, fd, 0);
    notifiers_.erase(found);
    release(fd);
}

void EpollSockets::wait(std::optional<Nanos> patience)
{
    assert(!batchLeft());
    next_ = count_ = 0;
    int got = -1;
    if (nanoseconds_) {
        timespec time{};
        if (patience) {
            time.tv_sec = time_t(patience->count() / 1'000'000'000);
            time.tv_nsec = long(patience->count() % 1'000'000'000);
        }
        got = epoll_pwait2(epoll_, batch_.data(), int(batch_.size()), patience ? &time : nullptr, nullptr);
        nanoseconds_ = got >= 0 || errno != ENOSYS;
    }
    if (!nanoseconds_) {
        // Rounded up, or the last fraction of a millisecond would be spent spinning.
        const auto millis = patience ? std::chrono::ceil<Millis>(*patience).count() : -1;
        got = epoll_wait(epoll_, batch_.data(), int(batch_.size()), int(std::min<int64_t>(millis, 3'600'000)));
    }
    count_ = std::max(got, 0);  // EINTR: a turn for nothing
}

int EpollSockets::serve()
{
    int calls = 0;
    while (batchLeft()) {
        const epoll_event event = batch_[size_t(next_++)];
        const int fd = int(uint32_t(event.data.u64));
        const auto generation = uint32_t(event.data.u64 >> 32);
        if (event.data.u64 == wakeUpKey || !current(fd, generation))
            continue;
        if (const Slot &place = slots_[size_t(fd)]; place.kind == Kind::Handler) {
            call(fd, place.handler, generation, event.events);
            ++calls;
        } else {
            calls += activate(fd, generation, event.events);
        }
    }
    if (alwaysReady_.empty())
        return calls;
    const std::vector<int> files(alwaysReady_.begin(), alwaysReady_.end());
    for (const int fd : files) {
        if (alwaysReady_.contains(fd))
            calls += activate(fd, slot(fd).generation, EPOLLIN | EPOLLOUT);
    }
    return calls;
}

void EpollSockets::call(int fd, Handler *handler, uint32_t generation, uint32_t events)
{
    bool threw = true;
    ++running_;
    try {
        handler->ready(readinessOf(events));
        threw = false;
    } catch (const std::exception &e) {
        qCCritical(loopLog, "a handler threw, descriptor %d is taken out: %s", fd, e.what());
    } catch (...) {
        qCCritical(loopLog, "a handler threw, descriptor %d is taken out", fd);
    }
    --running_;
    if (threw && current(fd, generation))
        unwatch(fd, handler);
}

int EpollSockets::activate(int fd, uint32_t generation, uint32_t events)
{
    int calls = 0;
    for (size_t type = 0; type < interest.size(); ++type) {
        // A slot may change everything, so each is looked up anew.
        const auto found = current(fd, generation) ? notifiers_.find(fd) : notifiers_.end();
        if (found == notifiers_.end())
            break;
        Notifiers &set = found->second;
        QSocketNotifier *const notifier = set.of[type];
        if (!notifier || !(events & (interest[type] | broken)))
            continue;
        // A hang-up lasts and is reported even unasked. Who reads or writes finds it and closes; who only asked for
        // exceptions has no way to make it end, and is told once.
        if ((events & broken) && !set.of[QSocketNotifier::Read] && !set.of[QSocketNotifier::Write]) {
            control(EPOLL_CTL_DEL, fd, 0);
            set.registered = false;
        }
        QEvent event(QEvent::SockAct);
        QCoreApplication::sendEvent(notifier, &event);
        ++calls;
    }
    return calls;
}

}  // namespace sluice::net
