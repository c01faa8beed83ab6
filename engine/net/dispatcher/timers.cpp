// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/net/dispatcher/timers.h"

#include <QCoreApplication>
#include <QTimerEvent>

#include <bit>
#include <limits>

namespace sluice::net {

namespace {

constexpr qint64 longest = qint64(100) * 365 * 24 * 3600 * 1000;
constexpr Nanos second = std::chrono::seconds(1);

Moment roundUp(Moment moment, Nanos grain)
{
    const Nanos over = moment.time_since_epoch() % grain;
    return over == Nanos(0) ? moment : moment + (grain - over);
}

int clampedMillis(Nanos duration)
{
    const auto millis = std::chrono::ceil<Millis>(duration).count();
    return int(std::clamp<qint64>(millis, 0, std::numeric_limits<int>::max()));
}

}  // namespace

// Timers that may be late are put on a common grid, so that many of them need one turn of the loop.
Moment TimerQueue::rounded(const Entry &entry)
{
    if (entry.type == Qt::VeryCoarseTimer || (entry.type == Qt::CoarseTimer && entry.interval >= 20 * second))
        return roundUp(entry.nominal, second);
    const auto allowed = duration_cast<Millis>(entry.interval).count() / 20;
    if (entry.type == Qt::PreciseTimer || allowed < 1)
        return entry.nominal;
    return roundUp(entry.nominal, Millis(std::bit_floor(uint64_t(allowed))));
}

void TimerQueue::add(int id, qint64 interval, Qt::TimerType type, QObject *object, Moment now)
{
    remove(id);
    Entry entry{object, Millis(std::clamp<qint64>(interval, 0, longest)), type, {}, {}, ++sequence_};
    entry.nominal = now + entry.interval;
    entry.key = Key{rounded(entry), entry.birth};
    queue_.emplace(entry.key, id);
    timers_.emplace(id, entry);
}

bool TimerQueue::remove(int id)
{
    const auto found = timers_.find(id);
    if (found == timers_.end())
        return false;
    if (!found->second.firing)
        queue_.erase(found->second.key);
    timers_.erase(found);
    return true;
}

bool TimerQueue::removeAll(QObject *object)
{
    return std::erase_if(timers_,
                         [&](const auto &item) {
                             const Entry &entry = item.second;
                             if (entry.object == object && !entry.firing)
                                 queue_.erase(entry.key);
                             return entry.object == object;
                         })
        > 0;
}

QList<TimerQueue::TimerInfo> TimerQueue::of(QObject *object) const
{
    QList<TimerInfo> list;
    for (const auto &[id, entry] : timers_) {
        if (entry.object == object)
            list.append(TimerInfo(id, clampedMillis(entry.interval), entry.type));
    }
    return list;
}

int TimerQueue::remaining(int id, Moment now) const
{
    const auto found = timers_.find(id);
    return found == timers_.end() ? -1 : clampedMillis(found->second.key.due - now);
}

std::optional<Moment> TimerQueue::nextDue() const
{
    if (queue_.empty())
        return std::nullopt;
    return queue_.begin()->first.due;
}

int TimerQueue::fire(Moment now)
{
    // What is (re)started from here on is due at `now` or later and has a later number: it sorts behind the rest.
    const uint64_t last = sequence_;
    int fired = 0;
    while (!queue_.empty()) {
        const auto first = queue_.begin();
        if (first->first.due > now || first->first.sequence > last)
            break;
        auto node = queue_.extract(first);
        const int id = node.mapped();
        Entry &entry = timers_.at(id);
        const uint64_t birth = entry.birth;
        entry.firing = true;
        entry.nominal += entry.interval;
        if (entry.nominal < now)
            entry.nominal = now + entry.interval;  // periods that were missed are not made up for
        entry.key.due = rounded(entry);

        QTimerEvent event(id);
        QCoreApplication::sendEvent(entry.object, &event);
        ++fired;

        const auto still = timers_.find(id);
        if (still == timers_.end() || still->second.birth != birth)
            continue;
        still->second.firing = false;
        still->second.key.sequence = ++sequence_;
        node.key() = still->second.key;
        queue_.insert(std::move(node));
    }
    return fired;
}

}  // namespace sluice::net
