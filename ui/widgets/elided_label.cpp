// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/elided_label.h"

#include "ui/text/fold.h"

#include <QPainter>
#include <QStyle>
#include <QStyleOption>

namespace sluice::ui {

namespace {

void paintElided(QLabel *label, Qt::TextElideMode mode)
{
    QPainter painter(label);
    QStyleOption option;
    option.initFrom(label);
    const QRect room = label->contentsRect();
    const QString text = shortened(label->text());  // a URL may have a megabyte
    label->style()->drawItemText(&painter, room, int(Qt::AlignVCenter | Qt::AlignLeft), option.palette,
                                 label->isEnabled(), label->fontMetrics().elidedText(text, mode, room.width()),
                                 label->foregroundRole());
}

QSize leastSize(const QLabel *label)
{
    return {24, label->fontMetrics().height()};
}

}  // namespace

ElidedLabel::ElidedLabel(Qt::TextElideMode mode, QWidget *parent) : QLabel(parent), mode_(mode)
{
    setTextFormat(Qt::PlainText);
}

QSize ElidedLabel::minimumSizeHint() const
{
    return leastSize(this);
}

void ElidedLabel::paintEvent(QPaintEvent *)
{
    paintElided(this, mode_);
}

ElidedWireLabel::ElidedWireLabel(QWidget *parent) : WireLabel(parent)
{
    setTextFormat(Qt::PlainText);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
}

QSize ElidedWireLabel::minimumSizeHint() const
{
    return leastSize(this);
}

void ElidedWireLabel::paintEvent(QPaintEvent *)
{
    paintElided(this, Qt::ElideMiddle);
}

}  // namespace sluice::ui
