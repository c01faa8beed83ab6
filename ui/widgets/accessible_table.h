// SPDX-License-Identifier: GPL-3.0-or-later
// What a screen reader sees of a LongTable: a table of cells with their column's name, made when they are asked for.
// Bound: 512 cells are held; a table of two million rows costs no more than a short one. The window's thread.
#pragma once

#include <QAccessibleWidget>

#include <deque>
#include <map>

namespace sluice::ui {

class LongTable;

class AccessibleTable : public QAccessibleWidget, public QAccessibleTableInterface {
public:
    explicit AccessibleTable(LongTable *view);
    ~AccessibleTable() override;
    // Makes every LongTable of the program one of these.
    static void install();

    void *interface_cast(QAccessible::InterfaceType type) override;
    int childCount() const override;
    QAccessibleInterface *child(int index) const override;
    QAccessibleInterface *childAt(int x, int y) const override;
    int indexOfChild(const QAccessibleInterface *child) const override;
    QAccessibleInterface *focusChild() const override;

    QAccessibleInterface *caption() const override { return nullptr; }
    QAccessibleInterface *summary() const override { return nullptr; }
    QAccessibleInterface *cellAt(int row, int column) const override;  // row -1: the column's header
    int selectedCellCount() const override;
    QList<QAccessibleInterface *> selectedCells() const override;  // at most 512
    QString columnDescription(int column) const override;
    QString rowDescription(int row) const override;
    int selectedColumnCount() const override { return 0; }
    int selectedRowCount() const override;
    int columnCount() const override;
    int rowCount() const override;
    QList<int> selectedColumns() const override { return {}; }
    QList<int> selectedRows() const override;  // at most 512
    bool isColumnSelected(int) const override { return false; }
    bool isRowSelected(int row) const override;
    bool selectRow(int row) override;
    bool selectColumn(int) override { return false; }
    bool unselectRow(int row) override;
    bool unselectColumn(int) override { return false; }
    void modelChange(QAccessibleTableModelChangeEvent *event) override;

private:
    LongTable *view() const;
    void forget() const;
    using Place = std::pair<int, int>;
    mutable std::map<Place, QAccessible::Id> cells_;
    mutable std::deque<Place> oldest_;
};

}  // namespace sluice::ui
