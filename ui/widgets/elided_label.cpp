// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/elided_label.h"

#include "ui/text/fold.h"

#include <QPainter>
#include <QStyle>
#include <QStyleOption>

#include <algorithm>

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

void paintSecrets(QPainter *painter, const Theme &theme, const QRect &room, const QString &whole, const QString &drawn,
                  const std::vector<SecretSpan> &spans)
{
    // Both ends of the text may be there: what is behind the ellipsis is counted from the end.
    const qsizetype gap = drawn == whole ? drawn.size() : drawn.indexOf(u'…');
    const qsizetype behind = whole.size() - (drawn.size() - gap - 1);
    const QFontMetrics metrics = painter->fontMetrics();
    const auto mark = [&](qsizetype begin, qsizetype end) {
        if (begin >= end)
            return;
        const int from = metrics.horizontalAdvance(drawn.left(begin)), to = metrics.horizontalAdvance(drawn.left(end));
        const QRect ground(room.left() + from, room.center().y() - metrics.height() / 2, to - from, metrics.height());
        painter->fillRect(ground & room, theme.colors().warnGround);
    };
    for (const SecretSpan &span : spans) {
        if (!span.open)
            continue;
        const qsizetype end = span.begin + span.size, moved = drawn.size() - whole.size();
        mark(span.begin, std::min(end, gap));
        if (drawn != whole)
            mark(std::max(span.begin, behind) + moved, end + moved);
    }
}

ElidedWireLabel::ElidedWireLabel(const Theme &theme, QWidget *parent) : WireLabel(parent), theme_(theme)
{
    setTextFormat(Qt::PlainText);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
}

QSize ElidedWireLabel::minimumSizeHint() const
{
    return leastSize(this);
}

void ElidedWireLabel::show(const ShownText &text)
{
    spans_ = text.spans;
    setText(text.text);
}

void ElidedWireLabel::paintEvent(QPaintEvent *)
{
    if (!spans_.empty() && text().size() <= longestLine) {
        QPainter painter(this);
        const QRect room = contentsRect();
        paintSecrets(&painter, theme_, room, text(), fontMetrics().elidedText(text(), Qt::ElideMiddle, room.width()),
                     spans_);
    }
    paintElided(this, Qt::ElideMiddle);
}

}  // namespace sluice::ui
