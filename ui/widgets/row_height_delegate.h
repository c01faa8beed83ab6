// SPDX-License-Identifier: GPL-3.0-or-later
// The height of a row in the window's small tables and trees, for one with the look of its own style. GUI thread.
#pragma once

#include <QStyledItemDelegate>

namespace sluice::ui {

class RowHeightDelegate : public QStyledItemDelegate {
public:
    static constexpr int height = 32;  // pixels, before scaling
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        return {QStyledItemDelegate::sizeHint(option, index).width(), height};
    }
};

}  // namespace sluice::ui
