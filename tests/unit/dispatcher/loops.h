// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the loop share: a thread with the loop of the row, turns until something is true, socket pairs.
#pragma once

#include "engine/net/dispatcher/loop.h"

#include <QAbstractEventDispatcher>
#include <QTest>
#include <QThread>
#include <QTimer>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>

namespace sluice::net {

enum class Rows { Both, EpollOnly };

inline void addLoops(Rows rows = Rows::Both)
{
    QTest::addColumn<LoopKind>("loop");
    QTest::newRow("epoll") << LoopKind::Epoll;
    if (rows == Rows::Both)
        QTest::newRow("stock") << LoopKind::Stock;
}

// Runs the story in a thread with that loop, and waits for its end.
inline void inLoop(LoopKind kind, const std::function<void(Poller &)> &story)
{
    std::unique_ptr<QThread> thread(QThread::create([&] {
        Poller *poller = threadPoller();
        QVERIFY(poller);
        story(*poller);
        poller->setAfterBatch({});
    }));
    const Outcome set = setLoop(*thread, kind);
    QVERIFY2(set.ok(), set.ok() ? "" : set.error().what.c_str());
    thread->start();
    thread->wait();
}

// Runs the loop until the condition holds; false after a minute, which is for broken code, not for slow machines.
inline bool turnUntil(const std::function<bool()> &condition)
{
    // Qt's own loop on poll() may fall asleep in the very turn that made the condition true, so it is woken to look.
    const bool ours = dynamic_cast<QAbstractEventDispatcher *>(threadPoller());
    const Moment end = monotonicNow() + std::chrono::minutes(1);
    bool late = false;
    QTimer guard;
    QObject::connect(&guard, &QTimer::timeout, &guard, [&] { late = monotonicNow() >= end; });
    guard.start(ours ? 61'000 : 50);
    while (!condition() && !late)
        QAbstractEventDispatcher::instance()->processEvents(QEventLoop::WaitForMoreEvents);
    return !late;
}

// Lets the loop run for a while, to see that something does not happen.
inline void letPass(int milliseconds)
{
    bool over = false;
    QTimer::singleShot(milliseconds, Qt::PreciseTimer, [&] { over = true; });
    turnUntil([&] { return over; });
}

inline QAbstractEventDispatcher *dispatcher()
{
    return QAbstractEventDispatcher::instance();
}

// Counts the turns of this thread's loop as long as it lives.
class Turns {
public:
    Turns() : connection_(QObject::connect(dispatcher(), &QAbstractEventDispatcher::awake, [this] { ++count; })) {}
    ~Turns() { QObject::disconnect(connection_); }
    int count = 0;

private:
    QMetaObject::Connection connection_;
};

struct Pair {
    int near = -1, far = -1;
    Pair()
    {
        int both[2] = {-1, -1};
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, both) == 0) {
            near = both[0];
            far = both[1];
        }
    }
    ~Pair()
    {
        closeNear();
        closeFar();
    }
    Pair(Pair &&other) noexcept : near(std::exchange(other.near, -1)), far(std::exchange(other.far, -1)) {}
    bool good() const { return near >= 0; }
    bool say(std::string_view text)
    {
        return send(far, text.data(), text.size(), MSG_NOSIGNAL) == ssize_t(text.size());
    }
    void closeNear() { closeOne(near); }
    void closeFar() { closeOne(far); }

private:
    static void closeOne(int &fd)
    {
        if (fd >= 0)
            close(std::exchange(fd, -1));
    }
};

// Calls what it is given, and counts.
class Ear final : public Handler {
public:
    explicit Ear(std::function<void(unsigned)> then = {}) : then_(std::move(then)) {}
    void ready(unsigned events) override
    {
        ++calls;
        seen |= events;
        if (then_)
            then_(events);
    }
    int calls = 0;
    unsigned seen = 0;

private:
    std::function<void(unsigned)> then_;
};

// Everything that is there to read.
inline std::string readAll(int fd)
{
    std::string text;
    char buffer[4096];
    for (ssize_t got; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;)
        text.append(buffer, size_t(got));
    return text;
}

}  // namespace sluice::net

Q_DECLARE_METATYPE(sluice::net::LoopKind)
