// SPDX-License-Identifier: GPL-3.0-or-later
// What is seen of a LongTable: the rows on the screen, and which of them are chosen or under the mouse.
#include "ui/widgets/long_table.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace sluice::ui {

void LongTable::setSelection(const QRect &rect, QItemSelectionModel::SelectionFlags flags)
{
    const int count = rows(), columns = model() ? model()->columnCount(rootIndex()) : 0;
    if (count == 0 || columns == 0)
        return;
    const int64_t top = (int64_t(rect.normalized().top()) + verticalOffset()) / rowHeight_;
    const int64_t bottom = (int64_t(rect.normalized().bottom()) + verticalOffset()) / rowHeight_;
    if (top >= count || bottom < 0) {
        selectionModel()->select(QItemSelection(), flags);
        return;
    }
    const QModelIndex first = model()->index(int(std::max<int64_t>(0, top)), 0, rootIndex());
    const QModelIndex last = model()->index(int(std::min<int64_t>(count - 1, bottom)), columns - 1, rootIndex());
    selectionModel()->select(QItemSelection(first, last), flags);
}

QRegion LongTable::visualRegionForSelection(const QItemSelection &selection) const
{
    QRegion region;
    for (const QItemSelectionRange &range : selection) {
        const int64_t top = int64_t(range.top()) * rowHeight_ - verticalOffset();
        const int64_t bottom = int64_t(range.bottom() + 1) * rowHeight_ - verticalOffset();
        const int64_t high = std::max<int64_t>(0, top), low = std::min<int64_t>(viewport()->height(), bottom);
        if (high < low)
            region += QRect(0, int(high), viewport()->width(), int(low - high));
    }
    return region;
}

void LongTable::focusInEvent(QFocusEvent *event)
{
    // Not the base's: it would make a row the current one, which nobody chose and which would end the following.
    QAbstractScrollArea::focusInEvent(event);
    viewport()->update();
}

bool LongTable::viewportEvent(QEvent *event)
{
    int hover = hover_;
    if (event->type() == QEvent::MouseMove)
        hover = indexAt(static_cast<QMouseEvent *>(event)->pos()).row();
    else if (event->type() == QEvent::Leave)
        hover = -1;
    if (hover != hover_) {
        hover_ = hover;
        viewport()->update();
    }
    return QAbstractItemView::viewportEvent(event);
}

void LongTable::paintEvent(QPaintEvent *event)
{
    QPainter painter(viewport());
    const QPalette &colors = palette();
    painter.fillRect(event->rect(), colors.base());
    const int count = rows(), first = std::max(0, firstVisibleRow());
    QStyleOptionViewItem option;
    initViewItemOption(&option);
    for (int row = first; row < count; ++row) {
        const int y = int(int64_t(row) * rowHeight_ - verticalOffset());
        if (y >= viewport()->height())
            break;
        const bool selected = selectionModel()->isSelected(model()->index(row, 0, rootIndex()));
        const QRect line(0, y, viewport()->width(), rowHeight_);
        if (selected)
            painter.fillRect(line, colors.highlight());
        else if (row == hover_)
            painter.fillRect(line, colors.midlight());
        for (int column = 0; column < header_->count(); ++column) {
            if (header_->isSectionHidden(column))
                continue;
            const QModelIndex index = model()->index(row, column, rootIndex());
            option.rect = visualRect(index);
            if (!option.rect.intersects(event->rect()))
                continue;
            option.state = QStyle::State_Enabled | (selected ? QStyle::State_Selected : QStyle::State_None);
            option.index = index;
            itemDelegateForIndex(index)->paint(&painter, option, index);
        }
        if (currentIndex().row() == row && hasFocus()) {
            painter.setPen(QPen(colors.link().color(), 2));
            painter.drawLine(1, y + 4, 1, y + rowHeight_ - 5);
        }
    }
}

}  // namespace sluice::ui
