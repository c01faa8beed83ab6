// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/share_delegate.h"

#include "ui/text/format.h"

#include <QApplication>
#include <QPainter>
#include <QTreeWidgetItem>

namespace sluice::ui {

namespace {

constexpr int shareWidth = 56;  // "12.5 %" and what stands before it

// The cell as it is chosen or hovered, without its text.
void paintGround(QPainter *p, const QStyleOptionViewItem &option)
{
    QStyleOptionViewItem ground = option;
    ground.text.clear();
    ground.icon = {};
    const QStyle *style = option.widget ? option.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &ground, p, option.widget);
}

}  // namespace

void ShareDelegate::paint(QPainter *p, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    paintGround(p, option);
    const QVariant share = index.data(Qt::UserRole);
    if (!share.isValid()) {
        if (index.parent().isValid()) {
            p->setPen(theme_.colors().muted);
            p->drawText(option.rect.adjusted(space::s, 0, -space::s, 0), Qt::AlignRight | Qt::AlignVCenter, u"–"_qs);
        }
        return;
    }
    const QRect cell = option.rect.adjusted(space::s, 0, -space::s, 0);
    const QRectF track(cell.left(), cell.center().y() - 3, cell.width() - 48, 7);
    p->save();
    p->setRenderHint(QPainter::Antialiasing);
    p->setPen(Qt::NoPen);
    p->setBrush(theme_.colors().border);
    p->drawRoundedRect(track, 3.5, 3.5);
    p->setBrush(theme_.colors().accent);
    if (share.toDouble() > 0)
        p->drawRoundedRect(QRectF(track.topLeft(), QSizeF(std::max(7.0, track.width() * share.toDouble()), 7)), 3.5,
                           3.5);
    p->setPen(theme_.colors().muted);
    p->setFont(theme_.ui(12));
    p->drawText(cell, Qt::AlignRight | Qt::AlignVCenter, percentText(share.toDouble()));
    p->restore();
}

void CountShareDelegate::paint(QPainter *p, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    paintGround(p, option);
    const QVariant color = index.data(Qt::ForegroundRole);
    QRect cell = option.rect.adjusted(space::s, 0, -space::s, 0);
    p->save();
    p->setFont(option.font);
    p->setPen(color.isValid() ? color.value<QBrush>().color() : option.palette.color(QPalette::Text));
    const QString count = index.data().toString();
    // A number that is cut would be another number: the share gives way first.
    if (p->fontMetrics().horizontalAdvance(count) <= cell.width() - shareWidth) {
        p->drawText(cell, Qt::AlignRight | Qt::AlignVCenter, index.data(Qt::UserRole).toString());
        cell.setRight(cell.right() - shareWidth);
    }
    p->drawText(cell, Qt::AlignRight | Qt::AlignVCenter, count);
    p->restore();
}

void setCountShare(QTreeWidgetItem *item, int column, uint64_t count, uint64_t all)
{
    const QString share = count ? percentText(double(count) / double(std::max<uint64_t>(1, all))) : QString();
    item->setText(column, countText(count));
    item->setData(column, Qt::UserRole, share);
    item->setData(column, Qt::AccessibleTextRole,
                  share.isEmpty() ? countText(count) : countText(count) + u", "_qs + share);
}

}  // namespace sluice::ui
