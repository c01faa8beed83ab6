// SPDX-License-Identifier: GPL-3.0-or-later
// OpenModel: exchanges that go on, newest first; told anew as a whole, a few times a second. The window's thread.
#pragma once

#include "storage/reader.h"

#include <QAbstractTableModel>

namespace sluice::ui {

class OpenModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { State, Time, Kind, Path, Service, Messages, ColumnCount };
    using QAbstractTableModel::QAbstractTableModel;

    // Rows that were there keep their place where their order allows it; a view's current row stays with its exchange.
    void take(std::vector<storage::Row> rows);
    int64_t idAt(int row) const { return row < 0 || row >= int(rows_.size()) ? 0 : rows_[size_t(row)].id; }

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<storage::Row> rows_;
};

}  // namespace sluice::ui
