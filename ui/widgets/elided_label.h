// SPDX-License-Identifier: GPL-3.0-or-later
// Labels that give way: where the room is short an ellipsis stands for what does not fit, and the tooltip has the whole.
#pragma once

#include "ui/widgets/wire.h"

namespace sluice::ui {

class ElidedLabel : public QLabel {
    Q_OBJECT
public:
    explicit ElidedLabel(Qt::TextElideMode mode = Qt::ElideRight, QWidget *parent = nullptr);
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Qt::TextElideMode mode_;
};

// The same in the font of the wire, elided in the middle: a URL tells most at its ends.
class ElidedWireLabel : public WireLabel {
    Q_OBJECT
public:
    explicit ElidedWireLabel(QWidget *parent = nullptr);
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
};

}  // namespace sluice::ui
