// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/accessible_table.h"

#include "ui/widgets/long_table.h"

#include <QPointer>
#include <QWindow>

namespace sluice::ui {

namespace {

constexpr size_t mostCells = 512;

class AccessibleCell : public QAccessibleInterface, public QAccessibleTableCellInterface {
public:
    AccessibleCell(LongTable *view, int row, int column) : view_(view), row_(row), column_(column) {}

    void *interface_cast(QAccessible::InterfaceType type) override
    {
        return type == QAccessible::TableCellInterface ? static_cast<QAccessibleTableCellInterface *>(this) : nullptr;
    }
    bool isValid() const override { return view_ && view_->model() && row_ < view_->model()->rowCount(); }
    QObject *object() const override { return nullptr; }
    QWindow *window() const override { return view_ ? view_->window()->windowHandle() : nullptr; }
    QAccessibleInterface *parent() const override { return QAccessible::queryAccessibleInterface(view_.data()); }
    QAccessibleInterface *child(int) const override { return nullptr; }
    QAccessibleInterface *childAt(int, int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface *) const override { return -1; }
    void setText(QAccessible::Text, const QString &) override {}
    QString text(QAccessible::Text which) const override
    {
        if (which != QAccessible::Name || !isValid())
            return {};
        const auto said = [this](int role) {
            return row_ < 0 ? view_->model()->headerData(column_, Qt::Horizontal, role).toString()
                            : index().data(role).toString();
        };
        const QString text = said(Qt::AccessibleTextRole);
        return text.isEmpty() ? said(Qt::DisplayRole) : text;
    }
    QRect rect() const override
    {
        if (!isValid())
            return {};
        const QWidget *over = row_ < 0 ? view_->header()->viewport() : view_->viewport();
        const QRect place = row_ < 0 ? QRect(view_->header()->sectionViewportPosition(column_), 0,
                                             view_->header()->sectionSize(column_), over->height())
                                     : view_->visualRect(index());
        return {over->mapToGlobal(place.topLeft()), place.size()};
    }
    QAccessible::Role role() const override { return row_ < 0 ? QAccessible::ColumnHeader : QAccessible::Cell; }
    QAccessible::State state() const override
    {
        QAccessible::State out;
        out.readOnly = true;
        out.invalid = !isValid();
        if (out.invalid || row_ < 0)
            return out;
        out.selectable = out.focusable = out.multiSelectable = true;
        out.selected = isSelected();
        out.focused = view_->hasFocus() && view_->currentIndex() == index();
        out.offscreen = !view_->viewport()->rect().intersects(view_->visualRect(index()));
        return out;
    }

    int columnExtent() const override { return 1; }
    int rowExtent() const override { return 1; }
    int columnIndex() const override { return column_; }
    int rowIndex() const override { return row_; }
    QList<QAccessibleInterface *> rowHeaderCells() const override { return {}; }
    QList<QAccessibleInterface *> columnHeaderCells() const override
    {
        QAccessibleInterface *of = row_ < 0 ? nullptr : table();
        return of ? QList<QAccessibleInterface *>{of->tableInterface()->cellAt(-1, column_)}
                  : QList<QAccessibleInterface *>();
    }
    bool isSelected() const override { return isValid() && view_->selectionModel()->isSelected(index()); }
    QAccessibleInterface *table() const override { return parent(); }

private:
    QModelIndex index() const { return view_->model()->index(row_, column_); }
    QPointer<LongTable> view_;
    int row_, column_;
};

QAccessibleInterface *make(const QString &name, QObject *object)
{
    auto *view = name == QLatin1String("sluice::ui::LongTable") ? qobject_cast<LongTable *>(object) : nullptr;
    return view ? new AccessibleTable(view) : nullptr;
}

}  // namespace

void AccessibleTable::install()
{
    QAccessible::installFactory(make);  // once, however often it is called
}

AccessibleTable::AccessibleTable(LongTable *view) : QAccessibleWidget(view, QAccessible::Table) {}

AccessibleTable::~AccessibleTable()
{
    forget();
}

LongTable *AccessibleTable::view() const
{
    return static_cast<LongTable *>(widget());
}

void AccessibleTable::forget() const
{
    for (const auto &[place, id] : cells_)
        QAccessible::deleteAccessibleInterface(id);
    cells_.clear();
    oldest_.clear();
}

void *AccessibleTable::interface_cast(QAccessible::InterfaceType type)
{
    return type == QAccessible::TableInterface ? static_cast<QAccessibleTableInterface *>(this)
                                               : QAccessibleWidget::interface_cast(type);
}

int AccessibleTable::rowCount() const
{
    return view()->model() ? view()->model()->rowCount() : 0;
}

int AccessibleTable::columnCount() const
{
    return view()->model() ? view()->model()->columnCount() : 0;
}

int AccessibleTable::childCount() const
{
    return rowCount() * columnCount();
}

QAccessibleInterface *AccessibleTable::child(int index) const
{
    return index < 0 || index >= childCount() ? nullptr : cellAt(index / columnCount(), index % columnCount());
}

QAccessibleInterface *AccessibleTable::cellAt(int row, int column) const
{
    if (row < -1 || row >= rowCount() || column < 0 || column >= columnCount())
        return nullptr;
    const Place place{row, column};
    if (const auto held = cells_.find(place); held != cells_.end())
        return QAccessible::accessibleInterface(held->second);
    if (cells_.size() >= mostCells) {
        QAccessible::deleteAccessibleInterface(cells_.at(oldest_.front()));
        cells_.erase(oldest_.front());
        oldest_.pop_front();
    }
    auto *made = new AccessibleCell(view(), row, column);
    cells_[place] = QAccessible::registerAccessibleInterface(made);
    oldest_.push_back(place);
    return made;
}

QAccessibleInterface *AccessibleTable::childAt(int x, int y) const
{
    const QModelIndex at = view()->indexAt(view()->viewport()->mapFromGlobal(QPoint(x, y)));
    return at.isValid() ? cellAt(at.row(), at.column()) : nullptr;
}

int AccessibleTable::indexOfChild(const QAccessibleInterface *child) const
{
    auto *cell = child ? const_cast<QAccessibleInterface *>(child)->tableCellInterface() : nullptr;
    return cell && cell->rowIndex() >= 0 ? cell->rowIndex() * columnCount() + cell->columnIndex() : -1;
}

QAccessibleInterface *AccessibleTable::focusChild() const
{
    const QModelIndex current = view()->currentIndex();
    return current.isValid() && view()->hasFocus() ? cellAt(current.row(), current.column()) : nullptr;
}

QString AccessibleTable::columnDescription(int column) const
{
    QAccessibleInterface *header = cellAt(-1, column);
    return header ? header->text(QAccessible::Name) : QString();
}

QString AccessibleTable::rowDescription(int row) const
{
    return view()->rowText(row);
}

int AccessibleTable::selectedRowCount() const
{
    int count = 0;
    for (const QItemSelectionRange &range : view()->selectionModel()->selection())
        count += range.height();
    return count;
}

int AccessibleTable::selectedCellCount() const
{
    return selectedRowCount() * columnCount();
}

QList<int> AccessibleTable::selectedRows() const
{
    QList<int> out;
    for (const QItemSelectionRange &range : view()->selectionModel()->selection()) {
        for (int row = range.top(); row <= range.bottom() && out.size() < qsizetype(mostCells); ++row)
            out << row;
    }
    return out;
}

QList<QAccessibleInterface *> AccessibleTable::selectedCells() const
{
    QList<QAccessibleInterface *> out;
    for (const int row : selectedRows()) {
        for (int column = 0; column < columnCount() && out.size() < qsizetype(mostCells); ++column)
            out << cellAt(row, column);
    }
    return out;
}

bool AccessibleTable::isRowSelected(int row) const
{
    return row >= 0 && row < rowCount() && view()->selectionModel()->isSelected(view()->model()->index(row, 0));
}

bool AccessibleTable::selectRow(int row)
{
    if (row < 0 || row >= rowCount())
        return false;
    view()->selectionModel()->setCurrentIndex(view()->model()->index(row, 0),
                                              QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    return true;
}

bool AccessibleTable::unselectRow(int row)
{
    if (!isRowSelected(row))
        return false;
    view()->selectionModel()->select(view()->model()->index(row, 0),
                                     QItemSelectionModel::Deselect | QItemSelectionModel::Rows);
    return true;
}

void AccessibleTable::modelChange(QAccessibleTableModelChangeEvent *)
{
    forget();  // the same place is another row's now
}

}  // namespace sluice::ui
