// SPDX-License-Identifier: GPL-3.0-or-later
// Paints the cells of the traffic list: status pills with a glyph, methods, marks with their digit, tags behind the
// path.
#pragma once

#include "storage/reader.h"
#include "ui/theme/theme.h"

#include <QStyledItemDelegate>

namespace sluice::ui {

class ExchangeModel;

class ExchangeDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    // Both must outlive the delegate.
    ExchangeDelegate(const ExchangeModel &model, const Theme &theme, QObject *parent = nullptr);
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;

private:
    void paintPath(QPainter *painter, const QRect &cell, const storage::Row &row) const;
    void paintMark(QPainter *painter, const QRect &cell, int mark) const;
    const ExchangeModel &model_;
    const Theme &theme_;
};

// A pill with the glyph and the number of a status: ✓ 2xx, ↷ 3xx, ! 4xx, ✕ 5xx, – none.
void paintStatus(QPainter *painter, const Theme &theme, const QRect &cell, int status);
QSize statusSize(const Theme &theme);
// The same as a picture, for labels.
QPixmap statusPixmap(const Theme &theme, int status, qreal ratio);

}  // namespace sluice::ui
