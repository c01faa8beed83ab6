// SPDX-License-Identifier: GPL-3.0-or-later
// LongTable: a table of rows of one height that costs what is visible, however many rows there are, and that keeps
// still.
//
// Following: while it is on, the view stays at the tail (where new rows come) and shows each arrival. It goes off as
// soon as somebody reads: a row is made the current one, or the view is scrolled away from the tail. While it is off
// no row on the screen moves by a pixel, whatever is inserted or removed above or below it, even where the list is
// shorter than the view. It goes on again when the view is scrolled to the tail with no current row, or by
// followTail(). Bound: 2^31 pixels of height.
#pragma once

#include <QAbstractItemView>
#include <QHeaderView>

namespace sluice::ui {

class LongTable : public QAbstractItemView {
    Q_OBJECT
public:
    explicit LongTable(int rowHeight, QWidget *parent = nullptr);

    QHeaderView *header() const { return header_; }
    void setModel(QAbstractItemModel *model) override;
    // The column that takes what width is left.
    void setStretchColumn(int column);
    // Where new rows come in.
    void setTailAtTop(bool top);
    bool following() const { return following_; }
    void followTail();
    void stopFollowing();
    int firstVisibleRow() const;
    int rowHeight() const { return rowHeight_; }
    // The row as a sentence, for those who do not see it.
    QString rowText(int row) const;

    QRect visualRect(const QModelIndex &index) const override;
    void scrollTo(const QModelIndex &index, ScrollHint hint = EnsureVisible) override;
    QModelIndex indexAt(const QPoint &point) const override;
    void reset() override;
    // Nothing: it would look at every row there is, and read them all.
    void keyboardSearch(const QString &) override {}

Q_SIGNALS:
    void followingChanged(bool following);

protected:
    QModelIndex moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) override;
    int horizontalOffset() const override;
    int verticalOffset() const override;
    bool isIndexHidden(const QModelIndex &) const override { return false; }
    void setSelection(const QRect &rect, QItemSelectionModel::SelectionFlags flags) override;
    QRegion visualRegionForSelection(const QItemSelection &selection) const override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;
    void updateGeometries() override;
    void rowsInserted(const QModelIndex &parent, int start, int end) override;
    void rowsAboutToBeRemoved(const QModelIndex &parent, int start, int end) override;
    void dataChanged(const QModelIndex &first, const QModelIndex &last, const QList<int> &roles) override;
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;
    bool viewportEvent(QEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;

private:
    int rows() const;
    int64_t contentHeight() const;
    int restingMaximum() const;  // of the scroll bar, where nothing holds it further down
    void moveTo(int value);      // by us, not by the reader
    void placeTail();
    bool atTail() const;
    void setFollowing(bool on);
    void fitColumns();
    void tellCurrent(const QModelIndex &current);
    void userScrolled();

    QHeaderView *header_;
    int rowHeight_, stretch_ = -1, hover_ = -1;
    bool tailAtTop_ = true, following_ = true, moving_ = false;
};

}  // namespace sluice::ui
