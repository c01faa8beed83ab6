// SPDX-License-Identifier: GPL-3.0-or-later
// Cells of the tables of figures: a share as a bar, and a count with its share of the whole in columns of their own.
#pragma once

#include "ui/theme/theme.h"

#include <QStyledItemDelegate>

class QTreeWidgetItem;

namespace sluice::ui {

// The share (0 to 1) of Qt::UserRole as a bar with its number; of a child without one a dash.
class ShareDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    ShareDelegate(const Theme &theme, QObject *parent) : QStyledItemDelegate(parent), theme_(theme) {}
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    const Theme &theme_;
};

// The cell's text, and behind it the text of Qt::UserRole: both end where those above and below them end.
class CountShareDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};
// Puts `count` of `all` there, for the CountShareDelegate and for screen readers.
void setCountShare(QTreeWidgetItem *item, int column, uint64_t count, uint64_t all);

}  // namespace sluice::ui
