// SPDX-License-Identifier: GPL-3.0-or-later
// TimerQueue: Qt's timers, for EpollDispatcher. Restarting one costs O(log n). One thread; the clock is handed in.
#pragma once

#include "engine/base/moment.h"

#include <QAbstractEventDispatcher>

#include <map>
#include <optional>
#include <unordered_map>

namespace sluice::net {

class TimerQueue {
public:
    using TimerInfo = QAbstractEventDispatcher::TimerInfo;

    // `interval`: milliseconds, cut at 100 years. `id` must be new. Never fires early; late at most, beside what the
    // machine adds: Precise 0, Coarse 5 % of the interval, VeryCoarse (and Coarse from 20 s) 1 s.
    void add(int id, qint64 interval, Qt::TimerType type, QObject *object, Moment now);
    bool remove(int id);  // false: there is none
    bool removeAll(QObject *object);
    QList<TimerInfo> of(QObject *object) const;
    // Milliseconds, rounded up; 0: due; -1: there is none.
    int remaining(int id, Moment now) const;

    // When fire() has something to do; timers whose slot is running do not count.
    std::optional<Moment> nextDue() const;

    // Sends its QTimerEvent to each timer that is due, in the order of their due times and, where these are equal, of
    // their (re)starts. Each once: what is started or due again meanwhile waits for the next call. Slots may start and
    // kill timers and run a nested loop; a timer is never fired within its own slot. Answers how many were fired.
    int fire(Moment now);

private:
    struct Key {
        Moment due;
        uint64_t sequence;
        auto operator<=>(const Key &) const = default;
    };
    struct Entry {
        QObject *object;
        Nanos interval;
        Qt::TimerType type;
        Moment nominal;  // when it would be due if it were precise; periods add to this, so they do not drift
        Key key;
        uint64_t birth;       // tells it from a later timer with the same id
        bool firing = false;  // then it is not in queue_
    };
    static Moment rounded(const Entry &);

    std::unordered_map<int, Entry> timers_;
    std::map<Key, int> queue_;
    uint64_t sequence_ = 0;
};

}  // namespace sluice::net
