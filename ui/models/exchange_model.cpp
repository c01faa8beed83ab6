// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/exchange_model.h"

#include "ui/text/format.h"

#include <algorithm>

namespace sluice::ui {

namespace {

constexpr int frameMs = 16;
constexpr size_t firstIds = 500, moreIds = 100'000, newIds = 10'000;
constexpr size_t rowsAtOnce = 800;

int64_t pageOf(int64_t place)
{
    constexpr auto size = int64_t(ExchangeModel::pageRows);
    return place >= 0 ? place / size : -((-place + size - 1) / size);
}

}  // namespace

ExchangeModel::ExchangeModel(RecordingAccess &recording, QObject *parent)
    : QAbstractTableModel(parent), recording_(recording)
{
    frame_.setSingleShot(true);
    frame_.setInterval(frameMs);
    connect(&frame_, &QTimer::timeout, this, &ExchangeModel::askNewer);
    pageTimer_.setSingleShot(true);
    connect(&pageTimer_, &QTimer::timeout, this, &ExchangeModel::askPages);
}

ExchangeModel::~ExchangeModel() = default;

void ExchangeModel::show(recording::Filter filter, storage::Order order, int64_t lastId)
{
    beginResetModel();
    filter_ = std::move(filter);
    order_ = order;
    ids_.clear();
    origin_ = 0;
    known_ = newest_ = std::max(newest_, lastId);
    pages_.clear();
    recent_.clear();
    wanted_.clear();
    leftOut_ = ready_ = reading_ = olderFailed_ = false;
    askingNewer_ = true;  // until the first ids are here
    ++shown_;
    trouble_.clear();
    endResetModel();
    loadingOlder_ = true;
    askOlder();
}

void ExchangeModel::restart(int64_t lastId)
{
    newest_ = 0;
    show(filter_, order_, lastId);
}

void ExchangeModel::setOrder(storage::Order order)
{
    if (order == order_)
        return;
    beginResetModel();
    order_ = order;
    endResetModel();
}

void ExchangeModel::advance(int64_t lastId)
{
    newest_ = std::max(newest_, lastId);
    if (newest_ > known_ && !askingNewer_ && !frame_.isActive())
        frame_.start();
}

// ---- ids

void ExchangeModel::askOlder()
{
    const int64_t after = ids_.empty() ? 0 : ids_.front();
    const size_t most = ids_.empty() ? firstIds : std::min(moreIds, mostIds - std::min(mostIds, ids_.size()));
    recording_.ids({this, Older}, filter_, storage::Order::NewestFirst, after, most,
                   [this, most](Result<std::vector<int64_t>> ids) {
                       olderFailed_ = !ids;
                       if (!ids)
                           return fail(ids.error());
                       addOlder(*ids);
                       leftOut_ = ids->size() == most && ids_.size() >= mostIds;
                       loadingOlder_ = ids->size() == most && !leftOut_;
                       if (!ready_) {
                           ready_ = true;
                           askingNewer_ = false;
                           advance(newest_);
                       }
                       Q_EMIT settled();
                       if (loadingOlder_)
                           askOlder();
                   });
}

void ExchangeModel::addOlder(const std::vector<int64_t> &newestFirst)
{
    if (newestFirst.empty())
        return;
    const int count = int(newestFirst.size()), rows = int(ids_.size());
    if (order_ == storage::Order::NewestFirst)
        beginInsertRows({}, rows, rows + count - 1);
    else
        beginInsertRows({}, 0, count - 1);
    ids_.insert(ids_.begin(), newestFirst.rbegin(), newestFirst.rend());
    origin_ -= count;
    known_ = std::max(known_, newestFirst.front());
    endInsertRows();
}

void ExchangeModel::askNewer()
{
    if (askingNewer_ || newest_ <= known_)
        return;
    askingNewer_ = true;
    recording_.ids({this, Newer}, filter_, storage::Order::OldestFirst, known_, newIds,
                   [this, upTo = newest_, shown = shown_](Result<std::vector<int64_t>> ids) {
                       if (shown != shown_)
                           return;
                       askingNewer_ = false;
                       if (!ids)
                           return fail(ids.error());
                       heal();
                       addNewer(*ids);
                       const bool all = ids->size() < newIds;
                       known_ = std::max(all ? upTo : known_, ids->empty() ? known_ : ids->back());
                       advance(newest_);
                   });
}

void ExchangeModel::addNewer(const std::vector<int64_t> &oldestFirst)
{
    if (oldestFirst.empty())
        return;
    const int count = int(oldestFirst.size()), rows = int(ids_.size());
    if (order_ == storage::Order::NewestFirst)
        beginInsertRows({}, 0, count - 1);
    else
        beginInsertRows({}, rows, rows + count - 1);
    ids_.insert(ids_.end(), oldestFirst.begin(), oldestFirst.end());
    endInsertRows();
    dropOldest();
}

void ExchangeModel::dropOldest()
{
    if (ids_.size() <= mostIds)
        return;
    const int count = int(ids_.size() - mostIds), rows = int(ids_.size());
    if (order_ == storage::Order::NewestFirst)
        beginRemoveRows({}, rows - count, rows - 1);
    else
        beginRemoveRows({}, 0, count - 1);
    ids_.erase(ids_.begin(), ids_.begin() + count);
    origin_ += count;
    leftOut_ = true;
    endRemoveRows();
}

void ExchangeModel::fail(const Error &error)
{
    loadingOlder_ = false;
    askingNewer_ = false;
    ready_ = true;
    trouble_ = qs(error.what);
    Q_EMIT settled();
}

void ExchangeModel::heal()
{
    if (trouble_.isEmpty())
        return;
    trouble_.clear();
    loadingOlder_ = olderFailed_;
    Q_EMIT settled();
    if (olderFailed_)
        askOlder();
}

int64_t ExchangeModel::place(int row) const
{
    const int index = order_ == storage::Order::NewestFirst ? int(ids_.size()) - 1 - row : row;
    return origin_ + index;
}

int ExchangeModel::rowOfPlace(int64_t place) const
{
    const int index = int(place - origin_);
    return order_ == storage::Order::NewestFirst ? int(ids_.size()) - 1 - index : index;
}

int64_t ExchangeModel::idAt(int row) const
{
    return row < 0 || row >= int(ids_.size()) ? 0 : ids_[size_t(place(row) - origin_)];
}

int ExchangeModel::rowOf(int64_t id) const
{
    const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
    return at == ids_.end() || *at != id ? -1 : rowOfPlace(origin_ + (at - ids_.begin()));
}

// ---- rows

ExchangeModel::Line *ExchangeModel::line(int64_t place) const
{
    const int64_t number = pageOf(place);
    const auto found = pages_.find(number);
    if (found == pages_.end())
        return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second.used);
    return &found->second.lines[size_t(place - number * int64_t(pageRows))];
}

const storage::Row *ExchangeModel::rowAt(int row) const
{
    if (row < 0 || row >= int(ids_.size()))
        return nullptr;
    const int64_t at = place(row);
    const Line *found = line(at);
    if (found && found->state != Line::State::Missing)
        return found->state == Line::State::There ? &found->row : nullptr;
    wanted_.insert(at);
    if (!reading_ && !pageTimer_.isActive())
        pageTimer_.start(0);
    return nullptr;
}

bool ExchangeModel::gone(int row) const
{
    if (row < 0 || row >= int(ids_.size()))
        return false;
    const Line *found = line(place(row));
    return found && found->state == Line::State::Gone;
}

void ExchangeModel::askPages()
{
    if (reading_ || wanted_.empty())
        return;
    // Whole pages around what was asked for, but for rows that are there; while they are read more may be wanted.
    std::set<int64_t> numbers;
    for (const int64_t at : wanted_)
        numbers.insert(pageOf(at));
    wanted_.clear();
    std::vector<int64_t> asked;
    for (const int64_t number : numbers) {
        for (int64_t at = number * int64_t(pageRows);
             at < (number + 1) * int64_t(pageRows) && asked.size() < rowsAtOnce; ++at) {
            if (at < origin_ || at >= origin_ + int64_t(ids_.size()))
                continue;
            const Line *held = line(at);
            if (!held || held->state == Line::State::Missing)
                asked.push_back(ids_[size_t(at - origin_)]);
        }
    }
    if (asked.empty())
        return;
    reading_ = true;
    recording_.rows({this, Pages}, asked, [this, asked, shown = shown_](Result<std::vector<storage::Row>> rows) {
        if (shown != shown_)
            return;
        reading_ = false;
        if (!rows)
            return fail(rows.error());
        heal();
        takeRows(asked, rows.take());
        if (!wanted_.empty())
            pageTimer_.start(frameMs);
    });
}

void ExchangeModel::takeRows(const std::vector<int64_t> &asked, std::vector<storage::Row> rows)
{
    int low = rowCount(), high = -1;
    size_t next = 0;
    for (const int64_t id : asked) {
        const bool there = next < rows.size() && rows[next].id == id;
        const int row = rowOf(id);
        if (row >= 0) {
            const int64_t at = place(row), number = pageOf(at);
            auto [held, added] = pages_.try_emplace(number);
            if (added) {
                held->second.lines.resize(pageRows);
                recent_.push_front(number);
                held->second.used = recent_.begin();
            }
            Line &taken = held->second.lines[size_t(at - number * int64_t(pageRows))];
            taken.state = there ? Line::State::There : Line::State::Gone;
            if (there)
                taken.row = std::move(rows[next]);
            low = std::min(low, row);
            high = std::max(high, row);
        }
        next += there;
    }
    while (pages_.size() > mostPages) {
        pages_.erase(recent_.back());
        recent_.pop_back();
    }
    if (high >= 0)
        Q_EMIT dataChanged(index(low, 0), index(high, ColumnCount - 1));
}

void ExchangeModel::refresh(int64_t id)
{
    const int row = rowOf(id);
    if (row < 0)
        return;
    if (Line *held = line(place(row)); held && held->state == Line::State::There) {
        held->state = Line::State::Missing;
        wanted_.insert(place(row));
        if (!reading_ && !pageTimer_.isActive())
            pageTimer_.start(0);
    }
}

// ---- what a view asks (text: exchange_text.cpp)

int ExchangeModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(ids_.size());
}

int ExchangeModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

}  // namespace sluice::ui
