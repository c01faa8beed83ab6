// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/message_model.h"

#include "ui/models/revealer.h"
#include "ui/text/fold.h"
#include "ui/text/format.h"

#include <algorithm>

namespace sluice::ui {

MessageModel::MessageModel(RecordingAccess &recording, Revealer *revealer, QObject *parent)
    : QAbstractTableModel(parent), recording_(recording), revealer_(revealer)
{
    if (revealer_)
        connect(revealer_, &Revealer::changed, this, &MessageModel::showTexts);
    timer_.setSingleShot(true);
    connect(&timer_, &QTimer::timeout, this, &MessageModel::ask);
}

void MessageModel::show(int64_t exchange)
{
    beginResetModel();
    exchange_ = exchange;
    first_ = 1;
    last_ = 0;
    open_ = reading_ = false;
    pages_.clear();
    recent_.clear();
    wanted_ = 0;
    endResetModel();
    look();
}

void MessageModel::setNames(recording::NamedFields names)
{
    names_ = std::move(names);
    showTexts();
}

void MessageModel::showTexts()
{
    if (last_ >= first_)
        Q_EMIT dataChanged(index(0, Text), index(rowCount() - 1, Text));
}

void MessageModel::look()
{
    if (exchange_ == 0)
        return;
    recording_.messageSpan({this, Span}, exchange_, [this, of = exchange_](Result<storage::MessageSpan> span) {
        if (span && of == exchange_)
            takeSpan(*span);
    });
}

void MessageModel::takeSpan(const storage::MessageSpan &span)
{
    const bool was = std::exchange(open_, span.open);
    const int64_t first = int64_t(span.first), last = int64_t(span.last);
    if (last > 0 && last_ < first_) {
        beginInsertRows({}, 0, int(last - first));
        first_ = first;
        last_ = last;
        endInsertRows();
    } else if (last > 0) {
        if (first > first_) {  // the oldest have gone
            const int64_t gone = std::min(first - first_, last_ - first_ + 1);
            beginRemoveRows({}, 0, int(gone - 1));
            first_ += gone;
            endRemoveRows();
        }
        if (last > last_) {
            beginInsertRows({}, rowCount(), rowCount() + int(last - last_) - 1);
            last_ = last;
            endInsertRows();
        }
    }
    Q_EMIT settled();
    if (was && !open_)
        Q_EMIT ended();
}

MessageModel::Line *MessageModel::line(int64_t number, bool make) const
{
    const int64_t page = number / pageRows;
    auto found = pages_.find(page);
    if (found == pages_.end()) {
        if (!make)
            return nullptr;
        found = pages_.try_emplace(page).first;
        found->second.lines.resize(size_t(pageRows));
        recent_.push_front(page);
        found->second.used = recent_.begin();
        if (pages_.size() > mostPages) {
            pages_.erase(recent_.back());
            recent_.pop_back();
        }
    }
    recent_.splice(recent_.begin(), recent_, found->second.used);
    return &found->second.lines[size_t(number % pageRows)];
}

const journey::Message *MessageModel::at(int row) const
{
    if (row < 0 || row >= rowCount())
        return nullptr;
    const int64_t number = numberAt(row);
    const Line *found = line(number);
    if (found && found->state != Line::State::Missing)
        return found->state == Line::State::There ? &found->message : nullptr;
    wanted_ = wanted_ ? std::min(wanted_, number) : number;
    if (!reading_ && !timer_.isActive())
        timer_.start(0);
    return nullptr;
}

void MessageModel::ask()
{
    if (reading_ || wanted_ == 0)
        return;
    const int64_t from = std::max(first_, std::exchange(wanted_, 0));
    if (const Line *held = line(from); held && held->state != Line::State::Missing)
        return;  // it came meanwhile; what else is wanted is asked for when it is painted again
    reading_ = true;
    const auto most = size_t(pageRows);
    recording_.messages({this, Rows}, exchange_, uint64_t(from - 1), most, lineBytes,
                        [this, from, most, of = exchange_](Result<std::vector<journey::Message>> messages) {
                            if (of != exchange_)
                                return;
                            reading_ = false;
                            if (messages)
                                takeRows(from, most, messages.take());
                            if (wanted_)
                                timer_.start(0);
                        });
}

void MessageModel::takeRows(int64_t from, size_t most, std::vector<journey::Message> messages)
{
    const bool more = messages.size() == most;
    const int64_t to = std::min(more ? int64_t(messages.back().number) : last_, from + pageRows - 1);
    size_t next = 0;
    for (int64_t number = from; number <= to; ++number) {
        const bool there = next < messages.size() && int64_t(messages[next].number) == number;
        Line &taken = *line(number, true);
        taken.state = there ? Line::State::There : Line::State::Gone;
        if (there)
            taken.message = std::move(messages[next++]);
        if (there && revealer_)
            revealer_->meet(qs(taken.message.bytes));
    }
    const int low = int(std::max(from, first_) - first_), high = int(std::min(to, last_) - first_);
    if (low <= high)
        Q_EMIT dataChanged(index(low, 0), index(high, ColumnCount - 1));
}

int MessageModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(last_ - first_ + 1);
}

int MessageModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

ShownText MessageModel::textOf(const journey::Message &m) const
{
    return shownText(qs(recording::lineOf(m, names_, lineBytes)), Place::Json,
                     revealer_ ? revealer_->secrets().get() : nullptr);
}

QString MessageModel::cell(const journey::Message &m, int column) const
{
    switch (column) {
    case Number: return QString::number(m.number);
    case Time: return u'+' + durationText(m.time);
    case From: return m.from == journey::Message::From::Client ? tr("client") : tr("upstream");
    case Kind:
        return m.kind == journey::Message::Kind::Event && m.event != "message" ? qs("event " + m.event)
                                                                               : qs(name(m.kind));
    case Size: return sizeText(m.size);
    case Text: return textOf(m).text;
    default: return {};
    }
}

QVariant MessageModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    if (role == Qt::TextAlignmentRole) {
        const bool number = index.column() == Number || index.column() == Time || index.column() == Size;
        return int((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole && role != Qt::AccessibleTextRole)
        return {};
    const journey::Message *message = at(index.row());
    if (!message) {
        const Line *found = line(numberAt(index.row()));
        if (index.column() == Number && role != Qt::ToolTipRole)
            return QString::number(numberAt(index.row()));
        return index.column() == Text && found && found->state == Line::State::Gone ? tr("not kept") : QVariant();
    }
    if (role == Qt::ToolTipRole)
        return qs(recording::remarksOf(*message));
    if (role == Qt::AccessibleTextRole && index.column() == From)
        return qs(recording::remarksOf(*message));
    return cell(*message, index.column());
}

QVariant MessageModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    static constexpr const char *names[ColumnCount] = {"#", "After", "From", "Kind", "Size", "Message"};
    if (role == Qt::DisplayRole)
        return tr(names[section]);
    if (role == Qt::TextAlignmentRole)
        return int((section == Number || section == Time || section == Size ? Qt::AlignRight : Qt::AlignLeft)
                   | Qt::AlignVCenter);
    return {};
}

}  // namespace sluice::ui
