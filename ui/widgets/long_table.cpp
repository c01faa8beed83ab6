// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/long_table.h"

#include "ui/widgets/accessible_table.h"

#include <QScrollBar>

#include <algorithm>

namespace sluice::ui {

LongTable::LongTable(int rowHeight, QWidget *parent)
    : QAbstractItemView(parent), header_(new QHeaderView(Qt::Horizontal, this)), rowHeight_(rowHeight)
{
    AccessibleTable::install();
    setFrameShape(NoFrame);
    setSelectionBehavior(SelectRows);
    setSelectionMode(ExtendedSelection);
    setEditTriggers(NoEditTriggers);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollMode(ScrollPerPixel);
    setMouseTracking(true);
    viewport()->setMouseTracking(true);
    header_->setStretchLastSection(false);
    header_->setHighlightSections(false);
    header_->setSectionsMovable(true);
    header_->setMinimumSectionSize(32);
    connect(header_, &QHeaderView::sectionResized, this, [this] {
        fitColumns();
        viewport()->update();
    });
    connect(header_, &QHeaderView::sectionMoved, this, [this] { viewport()->update(); });
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &LongTable::userScrolled);
}

void LongTable::setModel(QAbstractItemModel *model)
{
    header_->setModel(model);
    QAbstractItemView::setModel(model);
    if (model)
        connect(model, &QAbstractItemModel::rowsRemoved, this, [this] { moveTo(verticalScrollBar()->value()); });
    updateGeometries();
}

void LongTable::setStretchColumn(int column)
{
    stretch_ = column;
    fitColumns();
}

void LongTable::setTailAtTop(bool top)
{
    tailAtTop_ = top;
    if (following_)
        placeTail();
}

int LongTable::rows() const
{
    return model() ? model()->rowCount(rootIndex()) : 0;
}

int64_t LongTable::contentHeight() const
{
    return int64_t(rows()) * rowHeight_;
}

int LongTable::restingMaximum() const
{
    // Whole rows: the room that is left stays beneath the last one, rather than half a row beneath the header.
    const int64_t hidden = contentHeight() - viewport()->height();
    return int(std::clamp<int64_t>((hidden + rowHeight_ - 1) / rowHeight_ * rowHeight_, 0,
                                   std::numeric_limits<int>::max() / rowHeight_ * rowHeight_));
}

int LongTable::firstVisibleRow() const
{
    return verticalScrollBar()->value() / rowHeight_;
}

// ---- following

void LongTable::moveTo(int value)
{
    moving_ = true;
    // Past its resting end where that is needed to keep a row in its place; the range shrinks again as the reader
    // scrolls.
    verticalScrollBar()->setRange(0, std::max(restingMaximum(), value));
    verticalScrollBar()->setValue(value);
    moving_ = false;
}

void LongTable::placeTail()
{
    moveTo(tailAtTop_ ? 0 : restingMaximum());
}

bool LongTable::atTail() const
{
    return tailAtTop_ ? verticalScrollBar()->value() == 0 : verticalScrollBar()->value() >= restingMaximum();
}

void LongTable::setFollowing(bool on)
{
    if (on == following_)
        return;
    following_ = on;
    Q_EMIT followingChanged(on);
}

void LongTable::followTail()
{
    setFollowing(true);
    placeTail();
}

void LongTable::stopFollowing()
{
    setFollowing(false);
}

void LongTable::userScrolled()
{
    if (moving_)
        return;
    const int value = verticalScrollBar()->value(), rest = restingMaximum();
    if (verticalScrollBar()->maximum() > std::max(rest, value)) {
        moving_ = true;
        verticalScrollBar()->setMaximum(std::max(rest, value));
        moving_ = false;
    }
    if (!atTail())
        setFollowing(false);
    else if (!currentIndex().isValid())
        setFollowing(true);
}

void LongTable::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    if (current.isValid())
        setFollowing(false);
    else if (previous.isValid() && atTail())
        setFollowing(true);
    QAbstractItemView::currentChanged(current, previous);
    tellCurrent(current);
    viewport()->update();
}

QString LongTable::rowText(int row) const
{
    const QModelIndex index = model() ? model()->index(row, 0, rootIndex()) : QModelIndex();
    return index.data(Qt::ToolTipRole).toString().replace(u'\n', QLatin1String(", "));
}

void LongTable::tellCurrent(const QModelIndex &current)
{
    if (!current.isValid())
        return;
    setAccessibleDescription(rowText(current.row()));
    QAccessibleEvent event(this, QAccessible::Focus);
    event.setChild(current.row() * model()->columnCount(rootIndex()) + current.column());
    QAccessible::updateAccessibility(&event);
}

void LongTable::dataChanged(const QModelIndex &first, const QModelIndex &last, const QList<int> &roles)
{
    QAbstractItemView::dataChanged(first, last, roles);
    // A row may be chosen before it has been read.
    if (const int row = currentIndex().row(); row >= first.row() && row <= last.row())
        setAccessibleDescription(rowText(row));
}

void LongTable::rowsInserted(const QModelIndex &parent, int start, int end)
{
    const int top = verticalScrollBar()->value(), first = top / rowHeight_;
    QAbstractItemView::rowsInserted(parent, start, end);
    if (following_)
        placeTail();
    else if (start <= first && rows() > end - start + 1)
        moveTo(top + (end - start + 1) * rowHeight_);
    else
        moveTo(top);
    hover_ = -1;
    viewport()->update();
}

void LongTable::rowsAboutToBeRemoved(const QModelIndex &parent, int start, int end)
{
    QAbstractItemView::rowsAboutToBeRemoved(parent, start, end);
    const int top = verticalScrollBar()->value(), first = top / rowHeight_;
    const int above = std::max(0, std::min(end, first - 1) - start + 1);
    if (above > 0)
        moveTo(std::max(0, top - above * rowHeight_));
    viewport()->update();
}

void LongTable::reset()
{
    QAbstractItemView::reset();
    hover_ = -1;
    updateGeometries();
    setFollowing(true);
    placeTail();
}

// ---- geometry

int LongTable::horizontalOffset() const
{
    return horizontalScrollBar()->value();
}

int LongTable::verticalOffset() const
{
    return verticalScrollBar()->value();
}

QRect LongTable::visualRect(const QModelIndex &index) const
{
    if (!index.isValid())
        return {};
    const int64_t y = int64_t(index.row()) * rowHeight_ - verticalOffset();
    if (y < -1'000'000 || y > 1'000'000)
        return {};
    return {header_->sectionViewportPosition(index.column()), int(y), header_->sectionSize(index.column()), rowHeight_};
}

QModelIndex LongTable::indexAt(const QPoint &point) const
{
    const int64_t row = (int64_t(point.y()) + verticalOffset()) / rowHeight_;
    const int column = std::max(0, header_->logicalIndexAt(point.x()));
    return point.y() < 0 || row >= rows() ? QModelIndex() : model()->index(int(row), column, rootIndex());
}

void LongTable::scrollTo(const QModelIndex &index, ScrollHint hint)
{
    if (!index.isValid())
        return;
    const int64_t y = int64_t(index.row()) * rowHeight_, height = viewport()->height();
    int64_t value = verticalOffset();
    if (hint == PositionAtCenter)
        value = y - height / rowHeight_ / 2 * rowHeight_;
    else if (hint == PositionAtTop || y < value)
        value = y;
    else if (hint == PositionAtBottom || y + rowHeight_ > value + height)
        value = y - std::max<int64_t>(0, height / rowHeight_ - 1) * rowHeight_;
    if (value != verticalOffset())
        moveTo(int(std::clamp<int64_t>(value, 0, std::max(restingMaximum(), verticalOffset()))));
}

void LongTable::updateGeometries()
{
    const int height = header_->sizeHint().height();
    setViewportMargins(0, height, 0, 0);
    const QRect area = viewport()->geometry();
    header_->setGeometry(area.left(), area.top() - height, area.width(), height);
    fitColumns();
    QScrollBar *vertical = verticalScrollBar();
    vertical->setSingleStep(rowHeight_);
    vertical->setPageStep(std::max(rowHeight_, viewport()->height() / rowHeight_ * rowHeight_));
    if (following_)
        placeTail();
    else
        moveTo(vertical->value());
    horizontalScrollBar()->setPageStep(viewport()->width());
    horizontalScrollBar()->setRange(0, std::max(0, header_->length() - viewport()->width()));
    QAbstractItemView::updateGeometries();
}

void LongTable::fitColumns()
{
    if (stretch_ < 0 || stretch_ >= header_->count())
        return;
    const int left = viewport()->width() - (header_->length() - header_->sectionSize(stretch_));
    const int width = std::max(160, left);
    if (width != header_->sectionSize(stretch_))
        header_->resizeSection(stretch_, width);
}

void LongTable::resizeEvent(QResizeEvent *event)
{
    QAbstractItemView::resizeEvent(event);
    updateGeometries();
}

void LongTable::scrollContentsBy(int dx, int dy)
{
    if (dx)
        header_->setOffset(horizontalScrollBar()->value());
    scrollDirtyRegion(dx, dy);
    viewport()->update();
}

// ---- keys

QModelIndex LongTable::moveCursor(CursorAction action, Qt::KeyboardModifiers)
{
    const int count = rows(), page = std::max(1, viewport()->height() / rowHeight_ - 1);
    if (count == 0)
        return {};
    const QModelIndex now = currentIndex();
    int row = now.isValid() ? now.row() : firstVisibleRow() - (action == MoveDown || action == MoveNext);
    switch (action) {
    case MoveUp:
    case MovePrevious: row -= 1; break;
    case MoveDown:
    case MoveNext: row += 1; break;
    case MovePageUp: row -= page; break;
    case MovePageDown: row += page; break;
    case MoveHome: row = 0; break;
    case MoveEnd: row = count - 1; break;
    case MoveLeft:
    case MoveRight: break;
    }
    return model()->index(std::clamp(row, 0, count - 1), now.isValid() ? now.column() : 0, rootIndex());
}

}  // namespace sluice::ui
