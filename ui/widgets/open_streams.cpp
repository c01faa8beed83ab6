// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/open_streams.h"

#include "ui/models/open_model.h"
#include "ui/text/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/long_table.h"

#include <QLabel>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

constexpr size_t mostListed = 200;
constexpr int openEvery = 300, shownRows = 4;  // ms

class OpenDelegate : public QStyledItemDelegate {
public:
    OpenDelegate(const Theme &theme, QObject *parent) : QStyledItemDelegate(parent), theme_(theme) {}
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const Palette &c = theme_.colors();
        const QRect cell = option.rect.adjusted(space::s, 0, -space::s, 0);
        const QString text = index.data(Qt::DisplayRole).toString();
        if (index.column() == OpenModel::State) {
            const QRect pill(cell.left(), cell.center().y() - 9, 62, 20);
            painter->save();
            painter->setRenderHint(QPainter::Antialiasing);
            painter->setPen(QPen(c.info, 1.2));
            painter->setBrush(c.infoGround);
            painter->drawRoundedRect(QRectF(pill).adjusted(0.5, 0.5, -0.5, -0.5), 10, 10);
            painter->setBrush(c.info);
            painter->setPen(Qt::NoPen);
            painter->drawEllipse(QPointF(pill.left() + 14, pill.center().y() + 0.5), 3.5, 3.5);
            painter->setPen(c.info);
            painter->setFont(theme_.ui(12, QFont::DemiBold));
            painter->drawText(pill.adjusted(24, 0, -8, 0), Qt::AlignVCenter | Qt::AlignRight, text);
            painter->restore();
            return;
        }
        const bool wire = index.column() == OpenModel::Path || index.column() == OpenModel::Time;
        painter->setPen(index.column() == OpenModel::Path ? c.text : c.muted);
        painter->setFont(wire ? theme_.mono() : theme_.ui());
        painter->drawText(cell, index.data(Qt::TextAlignmentRole).toInt(),
                          painter->fontMetrics().elidedText(text, Qt::ElideRight, cell.width()));
    }

private:
    const Theme &theme_;
};

}  // namespace

OpenStreams::OpenStreams(RecordingAccess &recording, const Theme &theme, QWidget *parent)
    : QWidget(parent),
      recording_(recording),
      model_(new OpenModel(this)),
      title_(label({}, "small")),
      table_(new LongTable(space::row))
{
    table_->setAccessibleName(tr("Open streams"));
    table_->setModel(model_);
    table_->setItemDelegate(new OpenDelegate(theme, table_));
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    const int widths[OpenModel::ColumnCount] = {84, 110, 96, 300, 140, 84};
    for (int i = 0; i < OpenModel::ColumnCount; ++i)
        table_->header()->resizeSection(i, widths[i]);
    table_->setStretchColumn(OpenModel::Path);
    title_->setContentsMargins(space::m, 0, space::m, space::xs);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, space::s);
    column->setSpacing(0);
    column->addWidget(title_);
    column->addWidget(table_);
    hide();
    timer_.setInterval(openEvery);
    connect(&timer_, &QTimer::timeout, this, &OpenStreams::look);
    timer_.start();
    connect(table_->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &current) {
        if (current.isValid() && !taking_)
            Q_EMIT chosen(model_->idAt(current.row()));
    });
    connect(&theme, &Theme::changed, table_->viewport(), qOverload<>(&QWidget::update));
    look();
}

OpenStreams::~OpenStreams() = default;

void OpenStreams::look()
{
    if (!parentWidget() || !window()->isVisible())
        return;
    recording_.open({this, 0}, mostListed, [this](Result<std::vector<storage::Row>> rows) {
        if (rows)
            take(rows.take());
    });
}

int OpenStreams::count() const
{
    return model_->rowCount();
}

void OpenStreams::clearChoice()
{
    table_->clearSelection();
    table_->setCurrentIndex({});
}

void OpenStreams::take(std::vector<storage::Row> rows)
{
    taking_ = true;  // a row that goes hands its being current to its neighbour: nobody chose that
    const int64_t before = table_->currentIndex().isValid() ? model_->idAt(table_->currentIndex().row()) : 0;
    model_->take(std::move(rows));
    if (before != 0 && (!table_->currentIndex().isValid() || model_->idAt(table_->currentIndex().row()) != before))
        clearChoice();
    taking_ = false;
    const int count = model_->rowCount();
    title_->setText(counted(uint64_t(count), tr("open stream"), tr("open streams")));
    table_->setFixedHeight(table_->header()->sizeHint().height() + std::min(count, shownRows) * space::row + 4);
    setVisible(count > 0);
}

}  // namespace sluice::ui
