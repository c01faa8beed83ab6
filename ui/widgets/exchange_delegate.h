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

// A pill with the glyph and the number of a status: ✓ 2xx, ↷ 3xx, ! 4xx, ✕ 5xx and what broke off all the same
// (`broken`).
void paintStatus(QPainter *painter, const Theme &theme, const QRect &cell, int status, bool broken);
// The same as a picture, for labels.
QPixmap statusPixmap(const Theme &theme, int status, bool broken, qreal ratio);
// The answer began well and did not end so.
inline bool isBroken(int status, const std::optional<Fault> &failedBy)
{
    return failedBy && status >= 100 && status < 400;
}

}  // namespace sluice::ui
