// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/open_model.h"

#include "ui/text/fold.h"
#include "ui/text/format.h"

#include <algorithm>

namespace sluice::ui {

// Both lists are in the same order, newest first, so one pass tells what went and what came.
void OpenModel::take(std::vector<storage::Row> fresh)
{
    for (int row = int(rows_.size()) - 1; row >= 0; --row) {
        const int64_t id = rows_[size_t(row)].id;
        if (std::any_of(fresh.begin(), fresh.end(), [id](const storage::Row &r) { return r.id == id; }))
            continue;
        beginRemoveRows({}, row, row);
        rows_.erase(rows_.begin() + row);
        endRemoveRows();
    }
    for (size_t at = 0; at < fresh.size(); ++at) {
        if (at < rows_.size() && rows_[at].id == fresh[at].id) {
            rows_[at] = std::move(fresh[at]);
            continue;
        }
        beginInsertRows({}, int(at), int(at));
        rows_.insert(rows_.begin() + std::ptrdiff_t(at), std::move(fresh[at]));
        endInsertRows();
    }
    if (!rows_.empty())
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

int OpenModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(rows_.size());
}

int OpenModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant OpenModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((index.column() == Messages ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != Qt::AccessibleTextRole)
        return {};
    const storage::Row &row = rows_[size_t(index.row())];
    switch (index.column()) {
    case State: return tr("open");
    case Time: return clockText(row.time);
    case Kind:
        return row.stream.kind == journey::Streaming::WebSocket ? u"WebSocket"_qs
            : row.stream.kind == journey::Streaming::Events     ? tr("events")
                                                                : u"gRPC"_qs;
    case Path: {
        const QString path = shortened(qs(row.path));
        return row.query.empty() ? path : path + u'?' + shortened(withSecretsHidden(qs(row.query)));
    }
    case Service: return qs(row.service);
    case Messages: return countText(row.stream.messages);
    default: return {};
    }
}

QVariant OpenModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    static constexpr const char *names[ColumnCount] = {"State", "Since", "Kind", "Path", "Service", "Messages"};
    if (role == Qt::DisplayRole)
        return tr(names[section]);
    if (role == Qt::TextAlignmentRole)
        return int((section == Messages ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    return {};
}

}  // namespace sluice::ui
