// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/exchange_delegate.h"

#include "engine/http/grpc_reader.h"
#include "ui/models/exchange_model.h"
#include "ui/text/fold.h"
#include "ui/text/format.h"

#include <QPainter>
#include <QPainterPath>

namespace sluice::ui {

namespace {

constexpr int pillWidth = 62, pillHeight = 20;

struct Tone {
    QColor word, ground;
};

Tone toneOf(const Palette &c, StatusKind kind)
{
    switch (kind) {
    case StatusKind::Good: return {c.good, c.goodGround};
    case StatusKind::ClientError: return {c.warn, c.warnGround};
    case StatusKind::ServerError:
    case StatusKind::None: return {c.bad, c.badGround};
    case StatusKind::Redirect:
    case StatusKind::Informational: return {c.info, c.infoGround};
    case StatusKind::ClientLeft: break;
    }
    return {c.muted, c.hover};
}

// Drawn, not typed: the shapes differ whatever fonts there are.
void paintGlyph(QPainter *p, StatusKind kind, const QPointF &at)
{
    QPainterPath path;
    switch (kind) {
    case StatusKind::Good: path.moveTo(-4, 0), path.lineTo(-1, 3), path.lineTo(4, -3.5); break;
    case StatusKind::Redirect:
        path.moveTo(-4, 2.5), path.cubicTo(-4, -3, 1, -3, 3.5, 0.5), path.moveTo(3.5, -3.5), path.lineTo(3.5, 0.5),
            path.lineTo(-0.5, 0.5);
        break;
    case StatusKind::ClientError: path.moveTo(0, -4), path.lineTo(0, 1), path.moveTo(0, 4), path.lineTo(0, 4.1); break;
    case StatusKind::ServerError:
    case StatusKind::None:
        path.moveTo(-3.2, -3.2), path.lineTo(3.2, 3.2), path.moveTo(3.2, -3.2), path.lineTo(-3.2, 3.2);
        break;
    case StatusKind::ClientLeft:
        path.addEllipse(QPointF(0, 0), 3.6, 3.6), path.moveTo(-2.5, 2.5), path.lineTo(2.5, -2.5);
        break;
    case StatusKind::Informational:
        path.moveTo(0, -1), path.lineTo(0, 4), path.moveTo(0, -4), path.lineTo(0, -4.1);
        break;
    }
    p->drawPath(path.translated(at));
}

QStringList tagsOf(const storage::Row &row)
{
    QStringList tags;
    if (row.replayOf)
        tags << QStringLiteral("replay of #%1").arg(row.replayOf);
    if (row.stream.kind != journey::Streaming::None)
        tags << counted(row.stream.messages, u"message"_qs, u"messages"_qs);
    if (row.stream.grpcStatus > 0)
        tags << u"grpc "_qs + qs(http::grpcStatusName(row.stream.grpcStatus));
    if (row.attempts > 1)
        tags << QStringLiteral("%1 attempts").arg(row.attempts);
    if (!row.cache.empty())
        tags << u"cache "_qs + qs(row.cache);
    if (row.failedBy)
        tags << (*row.failedBy == Fault::Client         ? u"client’s fault"_qs
                     : *row.failedBy == Fault::Upstream ? u"upstream’s fault"_qs
                                                        : u"gateway’s doing"_qs);
    return tags;
}

}  // namespace

void paintStatus(QPainter *painter, const Theme &theme, const QRect &cell, int status, bool broken)
{
    const StatusKind kind = broken ? StatusKind::ServerError : statusKind(status);
    const Tone tone = toneOf(theme.colors(), kind);
    const QRect pill(cell.left(), cell.center().y() - pillHeight / 2 + 1, pillWidth, pillHeight);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(tone.ground);
    painter->drawRoundedRect(pill, pillHeight / 2.0, pillHeight / 2.0);
    painter->setPen(QPen(tone.word, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter->setBrush(Qt::NoBrush);
    paintGlyph(painter, kind, QPointF(pill.left() + 14, pill.center().y() + 0.5));
    painter->setFont(theme.ui(12, QFont::DemiBold));
    painter->drawText(pill.adjusted(24, 0, -8, 0), Qt::AlignVCenter | Qt::AlignRight,
                      status ? QString::number(status) : u"none"_qs);
    painter->restore();
}

QPixmap statusPixmap(const Theme &theme, int status, bool broken, qreal ratio)
{
    QPixmap pixmap(QSize(pillWidth, pillHeight + 2) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paintStatus(&painter, theme, QRect(0, 0, pillWidth, pillHeight), status, broken);
    return pixmap;
}

ExchangeDelegate::ExchangeDelegate(const ExchangeModel &model, const Theme &theme, QObject *parent)
    : QStyledItemDelegate(parent), model_(model), theme_(theme)
{}

void ExchangeDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const storage::Row *row = model_.rowAt(index.row());
    const QRect cell = option.rect.adjusted(space::s, 0, -space::s, 0);
    const Palette &c = theme_.colors();
    if (!row) {
        painter->setPen(c.muted);
        if (index.column() == ExchangeModel::Path && model_.gone(index.row())) {
            painter->setFont(theme_.ui());
            painter->drawText(cell, Qt::AlignLeft | Qt::AlignVCenter, index.data().toString());
        }
        if (index.column() == ExchangeModel::Id) {
            painter->setFont(theme_.mono());
            painter->drawText(cell, Qt::AlignRight | Qt::AlignVCenter, QString::number(model_.idAt(index.row())));
        }
        return;
    }
    switch (index.column()) {
    case ExchangeModel::Mark: return paintMark(painter, option.rect, row->mark);
    case ExchangeModel::Status:
        return paintStatus(painter, theme_, cell, row->status, isBroken(row->status, row->failedBy));
    case ExchangeModel::Path: return paintPath(painter, cell, *row);
    default: break;
    }
    const bool wire = index.column() <= ExchangeModel::Method;
    const bool strong = index.column() == ExchangeModel::Method || index.column() == ExchangeModel::Latency;
    painter->setPen(strong ? c.text : c.muted);
    painter->setFont(wire ? theme_.mono() : theme_.ui());
    const QString text = index.data(Qt::DisplayRole).toString();
    painter->drawText(cell, index.data(Qt::TextAlignmentRole).toInt(),
                      painter->fontMetrics().elidedText(text, Qt::ElideRight, cell.width()));
}

void ExchangeDelegate::paintPath(QPainter *painter, const QRect &cell, const storage::Row &row) const
{
    const Palette &c = theme_.colors();
    const QStringList tags = tagsOf(row);
    QRect left = cell;
    painter->setFont(theme_.ui(11));
    for (const QString &tag : tags) {
        const int width = painter->fontMetrics().horizontalAdvance(tag) + 12;
        if (left.width() - width < 180)
            break;
        const QRect box(left.right() - width + 1, cell.center().y() - 8, width, 18);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(c.border);
        painter->setBrush(c.sunken);
        painter->drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
        painter->restore();
        painter->setPen(c.muted);
        painter->drawText(box, Qt::AlignCenter, tag);
        left.setRight(box.left() - 6);
    }
    const bool none = row.path.empty();
    painter->setFont(none ? theme_.ui() : theme_.mono());
    const QFontMetrics metrics(painter->font());
    const QString path = none ? wordsForNoPath(row.failure) : shortened(qs(row.path));
    const QString shown = metrics.elidedText(path, none ? Qt::ElideRight : Qt::ElideMiddle, left.width());
    painter->setPen(none ? c.muted : c.text);
    painter->drawText(left, Qt::AlignVCenter | Qt::AlignLeft, shown);
    if (shown != path || row.query.empty())
        return;
    painter->setPen(c.muted);
    left.setLeft(left.left() + metrics.horizontalAdvance(shown));
    painter->drawText(
        left, Qt::AlignVCenter | Qt::AlignLeft,
        metrics.elidedText(u'?' + shortened(withSecretsHidden(qs(row.query))), Qt::ElideRight, left.width()));
}

void ExchangeDelegate::paintMark(QPainter *painter, const QRect &cell, int mark) const
{
    if (mark < 1 || mark > 6)
        return;
    QRect box(0, 0, 18, 18);
    box.moveCenter(cell.center());
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(theme_.colors().marks[mark - 1]);
    painter->drawRoundedRect(box, 4, 4);
    painter->setPen(theme_.colors().surface);
    painter->setFont(theme_.ui(11, QFont::Bold));
    painter->drawText(box, Qt::AlignCenter, QString::number(mark));
    painter->restore();
}

}  // namespace sluice::ui
