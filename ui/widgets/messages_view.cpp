// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/messages_view.h"

#include "engine/http/grpc_reader.h"
#include "engine/http/websocket_reader.h"
#include "ui/text/fold.h"
#include "ui/text/format.h"
#include "ui/widgets/body_view.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/long_table.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPainterPath>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

constexpr int newsEvery = 200;  // ms, while more may come and somebody looks

// The arrow of a direction, drawn: up from the client, down from the upstream. The word stands beside it.
void paintArrow(QPainter *p, const QPointF &at, bool up)
{
    const qreal s = up ? -1 : 1;
    QPainterPath path;
    path.moveTo(0, -5 * s);
    path.lineTo(0, 5 * s);
    path.moveTo(-3.5, 1.5 * s);
    path.lineTo(0, 5 * s);
    path.lineTo(3.5, 1.5 * s);
    p->drawPath(path.translated(at));
}

class MessageDelegate : public QStyledItemDelegate {
public:
    MessageDelegate(const MessageModel &model, const Theme &theme, QObject *parent)
        : QStyledItemDelegate(parent), model_(model), theme_(theme)
    {}
    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const Palette &c = theme_.colors();
        const journey::Message *message = model_.at(index.row());
        QRect cell = option.rect.adjusted(space::s, 0, -space::s, 0);
        const QString text = index.data(Qt::DisplayRole).toString();
        if (message && index.column() == MessageModel::From) {
            const bool up = message->from == journey::Message::From::Client;
            painter->save();
            painter->setRenderHint(QPainter::Antialiasing);
            painter->setPen(QPen(up ? c.info : c.good, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
            paintArrow(painter, QPointF(cell.left() + 6, cell.center().y() + 0.5), up);
            painter->restore();
            cell.setLeft(cell.left() + 18);
        }
        const bool words = index.column() == MessageModel::Text;
        painter->setPen(message && words ? c.text : c.muted);
        painter->setFont(words || index.column() <= MessageModel::Time ? theme_.mono() : theme_.ui());
        const QString drawn = painter->fontMetrics().elidedText(text, Qt::ElideRight, cell.width());
        if (message && words) {
            const ShownText secrets = model_.textOf(*message);
            paintSecrets(painter, theme_, cell, secrets.text, drawn, secrets.spans);
        }
        painter->drawText(cell, index.data(Qt::TextAlignmentRole).toInt(), drawn);
    }

private:
    const MessageModel &model_;
    const Theme &theme_;
};

// As a body with a type that says how it is to be laid out.
journey::Content contentOf(const journey::Message &m, const recording::NamedFields &names, http::HeaderList &headers)
{
    journey::Content out;
    const bool grpc = m.kind == journey::Message::Kind::Grpc && !m.coded && !m.cut;
    out.bytes = grpc || m.kind == journey::Message::Kind::Close ? recording::wholeOf(m, names) : m.bytes;
    out.size = m.cut ? std::max<uint64_t>(m.size, out.bytes.size() + 1) : out.bytes.size();
    out.redacted = m.redacted && !m.cut;
    const size_t first = m.bytes.find_first_not_of(" \t\r\n");
    const bool json = first != m.bytes.npos && (m.bytes[first] == '{' || m.bytes[first] == '[');
    const bool binary = (m.kind == journey::Message::Kind::Binary && !http::isUtf8(m.bytes)) || m.coded || m.badText;
    headers.add("Content-Type",
                grpc         ? "text/plain"
                    : binary ? "application/octet-stream"
                    : json   ? "application/json"
                             : "text/plain");
    return out;
}

}  // namespace

MessagesView::MessagesView(RecordingAccess &recording, const Theme &theme, Revealer *revealer, QWidget *parent)
    : QWidget(parent),
      recording_(recording),
      theme_(theme),
      model_(new MessageModel(recording, revealer, this)),
      table_(new LongTable(space::row)),
      count_(label({}, "small")),
      remarks_(label({}, "small")),
      body_(new BodyView(theme, tr("Message"), revealer)),
      splitter_(new QSplitter(Qt::Vertical)),
      below_(new QWidget)
{
    table_->setAccessibleName(tr("Messages"));
    table_->setTailAtTop(false);
    table_->setModel(model_);
    table_->setItemDelegate(new MessageDelegate(*model_, theme, table_));
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    const int widths[MessageModel::ColumnCount] = {64, 96, 104, 120, 84, 400};
    for (int i = 0; i < MessageModel::ColumnCount; ++i)
        table_->header()->resizeSection(i, widths[i]);
    table_->setStretchColumn(MessageModel::Text);

    auto *belowColumn = new QVBoxLayout(below_);
    belowColumn->setContentsMargins(space::m, space::xs, space::m, space::s);
    belowColumn->setSpacing(0);
    belowColumn->addWidget(remarks_);
    belowColumn->addWidget(body_, 1);
    below_->hide();
    splitter_->addWidget(table_);
    splitter_->addWidget(below_);
    splitter_->setChildrenCollapsible(false);
    splitter_->setSizes({300, 260});
    count_->setContentsMargins(space::m, space::xs, space::m, space::xs);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(count_);
    column->addWidget(splitter_, 1);
    setFocusProxy(table_);
    setAccessibleName(tr("Messages of the exchange"));

    timer_.setInterval(newsEvery);
    connect(&timer_, &QTimer::timeout, model_, &MessageModel::look);
    connect(model_, &MessageModel::settled, this, &MessagesView::tell);
    connect(model_, &MessageModel::ended, this, &MessagesView::ended);
    connect(table_->selectionModel(), &QItemSelectionModel::currentChanged, this, &MessagesView::choose);
    connect(&theme_, &Theme::changed, table_->viewport(), qOverload<>(&QWidget::update));
}

void MessagesView::show(const journey::Exchange &x)
{
    outcome_.clear();
    if (x.stream.kind == journey::Streaming::Grpc && x.stream.grpcStatus >= 0) {
        outcome_ = tr("grpc-status %1 %2").arg(x.stream.grpcStatus).arg(qs(http::grpcStatusName(x.stream.grpcStatus)));
        if (!x.stream.grpcMessage.empty() && x.stream.grpcStatus != 0)
            outcome_ += u": "_qs + withSecretsHidden(qs(x.stream.grpcMessage));
    }
    chosen_ = 0;
    below_->hide();
    model_->setNames({});
    model_->show(x.stream.kind == journey::Streaming::None ? 0 : x.id);
    table_->setCurrentIndex({});
    if (x.id < 0)
        table_->followTail();
    else
        table_->stopFollowing();
    if (x.stream.kind == journey::Streaming::Grpc)
        recording_.fieldNames({this, 1}, x.service, x.path, [this](Result<recording::NamedFields> names) {
            if (names)
                model_->setNames(names.take());
        });
}

void MessagesView::clear()
{
    model_->show(0);
    below_->hide();
    count_->clear();
}

void MessagesView::tell()
{
    QStringList words{counted(uint64_t(model_->rowCount()), tr("message"), tr("messages"))};
    if (model_->rowCount() > 0 && model_->numberAt(0) > 1)
        words << tr("%1 earlier ones are not kept").arg(countText(uint64_t(model_->numberAt(0) - 1)));
    if (model_->open())
        words << tr("open, more may come");
    if (!outcome_.isEmpty())
        words << outcome_;
    count_->setText(words.join(u"  ·  "_qs));
    if (model_->open() && isVisible())
        timer_.start();
    else
        timer_.stop();
}

void MessagesView::choose()
{
    const QModelIndex current = table_->currentIndex();
    if (!current.isValid() || model_->exchange() == 0)
        return;
    chosen_ = uint64_t(model_->numberAt(current.row()));
    recording_.messages({this, 0}, model_->exchange(), chosen_ - 1, 1, size_t(-1),
                        [this, number = chosen_](Result<std::vector<journey::Message>> found) {
                            if (number != chosen_)
                                return;
                            below_->show();
                            if (!found || found->empty() || found->front().number != number) {
                                remarks_->setText(tr("#%1 is not kept").arg(number));
                                return body_->clear();
                            }
                            const journey::Message &message = found->front();
                            http::HeaderList headers;
                            journey::Content content = contentOf(message, model_->names(), headers);
                            remarks_->setText(tr("#%1 %2").arg(number).arg(qs(recording::remarksOf(message))));
                            body_->setContent(std::move(content), headers);
                        });
}

void MessagesView::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    model_->look();
    tell();
}

void MessagesView::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    timer_.stop();
}

}  // namespace sluice::ui
