// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/traffic_page.h"

#include "ui/models/exchange_model.h"
#include "ui/text/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/detail_panel.h"
#include "ui/widgets/exchange_delegate.h"
#include "ui/widgets/filter_bar.h"
#include "ui/widgets/first_screen.h"
#include "ui/widgets/long_table.h"
#include "ui/widgets/open_streams.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

constexpr size_t mostSelected = 200;

void setColumns(LongTable *table)
{
    const int widths[ExchangeModel::ColumnCount] = {32, 64, 104, 72, 84, 300, 132, 140, 84, 80};
    for (int i = 0; i < ExchangeModel::ColumnCount; ++i)
        table->header()->resizeSection(i, widths[i]);
    table->header()->setSectionResizeMode(ExchangeModel::Mark, QHeaderView::Fixed);
    table->header()->setSectionResizeMode(ExchangeModel::Status, QHeaderView::Fixed);
    table->setStretchColumn(ExchangeModel::Path);
}

}  // namespace

TrafficPage::TrafficPage(Session &session, const Theme &theme, QWidget *parent)
    : QWidget(parent),
      session_(session),
      theme_(theme),
      model_(new ExchangeModel(session.recording(), this)),
      filter_(new FilterBar(theme)),
      order_(new QToolButton),
      follow_(new QToolButton),
      table_(new LongTable(space::row)),
      open_(new OpenStreams(session.recording(), theme)),
      detail_(new DetailPanel(session.recording(), theme)),
      first_(new FirstScreen(session, theme)),
      splitter_(new QSplitter(Qt::Vertical)),
      outer_(new QStackedWidget),
      inner_(new QStackedWidget),
      empty_(label({}, "muted")),
      count_(label({}, "small"))
{
    table_->setAccessibleName(tr("Exchanges"));
    table_->setModel(model_);
    table_->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(table_, &QWidget::customContextMenuRequested, this, &TrafficPage::openMenu);
    table_->setItemDelegate(new ExchangeDelegate(*model_, theme, table_));
    setColumns(table_);
    order_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    follow_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);

    outer_->addWidget(first_);
    outer_->addWidget(listPart());
    setFocusProxy(first_->sendButton());
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(outer_);

    connect(filter_, &FilterBar::filterChanged, this, [this](const recording::Filter &filter) {
        arrived_ = 0;
        model_->show(filter, model_->order(), session_.lastId());
    });
    connect(filter_, &FilterBar::left, table_, [this] { table_->setFocus(); });
    connect(order_, &QToolButton::clicked, this, &TrafficPage::turnOrder);
    connect(follow_, &QToolButton::clicked, this, &TrafficPage::follow);
    connect(&session_, &Session::recordingAdvanced, model_, &ExchangeModel::advance);
    connect(&session_, &Session::recordingReplaced, this, [this] {
        closeDetail();
        detail_->forget();
        model_->restart(session_.lastId());
    });
    connect(&session_, &Session::statusChanged, this, &TrafficPage::takeNames);
    connect(model_, &ExchangeModel::settled, this, &TrafficPage::showState);
    connect(model_, &QAbstractItemModel::rowsInserted, this, &TrafficPage::showState);
    connect(model_, &QAbstractItemModel::rowsRemoved, this, &TrafficPage::showState);
    connect(model_, &QAbstractItemModel::modelReset, this, [this] {
        seeking_ = reading_ != 0;
        showState();
    });
    connect(table_, &LongTable::followingChanged, this, &TrafficPage::showFollowing);
    connect(table_->selectionModel(), &QItemSelectionModel::currentChanged, this, &TrafficPage::currentChanged);
    connect(detail_, &DetailPanel::closed, this, &TrafficPage::closeDetail);
    connect(open_, &OpenStreams::chosen, this, &TrafficPage::readOpen);
    connect(detail_, &DetailPanel::shown, this, [this](qint64 id) {
        if (reading_ < 0 && id > 0) {  // what was read has ended, and stands in the list now
            reading_ = id;
            seeking_ = true;
            select(id);
        }
    });
    connect(detail_, &DetailPanel::replayAsked, this, [this] { replay(false); });
    connect(detail_, &DetailPanel::editAsked, this, [this] { replay(true); });
    connect(detail_, &DetailPanel::compareAsked, this, &TrafficPage::compare);
    connect(detail_, &DetailPanel::curlAsked, this, &TrafficPage::copyCurl);
    connect(&theme_, &Theme::changed, this, &TrafficPage::restyle);
    addShortcuts();
    restyle();
    takeNames();
    model_->show({}, storage::Order::NewestFirst, session_.lastId());
}

QWidget *TrafficPage::listPart()
{
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(space::m, space::s, space::m, space::s);
    bar->setSpacing(space::s);
    bar->addWidget(filter_, 1);
    bar->addWidget(count_, 0, Qt::AlignTop);
    bar->addWidget(order_, 0, Qt::AlignTop);
    bar->addWidget(follow_, 0, Qt::AlignTop);
    count_->setMinimumHeight(30);

    auto *nothing = new QWidget;
    auto *nothingColumn = new QVBoxLayout(nothing);
    auto *clear = button(tr("Clear the filter"));
    connect(clear, &QPushButton::clicked, this, [this] { filter_->setText({}); });
    empty_->setAlignment(Qt::AlignCenter);
    empty_->setWordWrap(true);
    nothingColumn->addStretch(1);
    nothingColumn->addWidget(empty_);
    nothingColumn->addWidget(clear, 0, Qt::AlignHCenter);
    nothingColumn->addStretch(2);
    inner_->addWidget(table_);
    inner_->addWidget(nothing);

    detail_->hide();
    splitter_->addWidget(inner_);
    splitter_->addWidget(detail_);
    splitter_->setStretchFactor(0, 1);
    splitter_->setStretchFactor(1, 1);
    splitter_->setChildrenCollapsible(false);
    splitter_->setSizes({400, 420});
    auto *out = panel();
    auto *column = new QVBoxLayout(out);
    column->setContentsMargins(1, 1, 1, 1);
    column->setSpacing(0);
    column->addLayout(bar);
    column->addWidget(open_);
    column->addWidget(splitter_, 1);
    return out;
}

void TrafficPage::addShortcuts()
{
    const auto add = [this](const QList<QKeySequence> &keys, auto &&run) {
        auto *action = new QAction(this);
        action->setShortcuts(keys);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        connect(action, &QAction::triggered, this, run);
        addAction(action);
    };
    add({QKeySequence(u"/"_qs)}, [this] { focusFilter(); });
    add({QKeySequence(u"R"_qs)}, [this] { replay(false); });
    add({QKeySequence(u"E"_qs)}, [this] { replay(true); });
    add({QKeySequence(u"Ctrl+D"_qs)}, [this] { compare(); });
    add({QKeySequence(u"Ctrl+Shift+C"_qs)}, [this] { copyCurl(); });
    add({QKeySequence(u"Ctrl+Shift+S"_qs)}, [this] { reveal(); });
    add({QKeySequence(u"Escape"_qs)}, [this] { closeDetail(); });
    add({QKeySequence(u"F"_qs)}, [this] { follow(); });
    for (int i = 1; i <= 6; ++i)
        add({QKeySequence(QString::number(i))}, [this, i] { mark(i); });
}

void TrafficPage::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    // The path is what is read; what the filter and the detail tell too gives way to it.
    table_->header()->setSectionHidden(ExchangeModel::Service, width() < 1100);
    table_->header()->setSectionHidden(ExchangeModel::Route, width() < 900);
    table_->setStretchColumn(ExchangeModel::Path);
}

void TrafficPage::restyle()
{
    const bool newest = model_->order() == storage::Order::NewestFirst;
    order_->setIcon(theme_.icon(u"sort"_qs, theme_.colors().muted));
    order_->setText(newest ? tr("Newest first") : tr("Oldest first"));
    order_->setAccessibleName(newest ? tr("Order: newest first") : tr("Order: oldest first"));
    showFollowing();
}

void TrafficPage::takeNames()
{
    QStringList routes, services;
    for (const gateway::RouteStatus &route : session_.status().routes)
        routes << qs(route.name);
    for (const gateway::ServiceStatus &service : session_.status().services)
        services << qs(service.name);
    filter_->setNames(routes, services);
}

// ---- what is shown

void TrafficPage::showState()
{
    if (seeking_ && reading_)
        select(reading_);
    const int rows = model_->rowCount();
    const bool all = model_->filter() == recording::Filter();
    showPart(rows == 0 && all && open_->count() == 0 && !model_->loading() && model_->trouble().isEmpty() ? FirstPart
                                                                                                          : ListPart);
    inner_->setCurrentIndex(rows == 0 && !model_->loading() ? 1 : 0);
    empty_->setText(model_->trouble().isEmpty()
                        ? tr("Nothing that was recorded matches this filter. What comes in and matches will show here.")
                        : model_->trouble());
    count_->setText(countText(uint64_t(rows))
                    + (model_->loading()       ? u" …"_qs
                           : model_->leftOut() ? tr(" newest")
                                               : QString()));
    const bool stale = rows > 0 && !model_->trouble().isEmpty();
    setRole(count_, stale ? "bad" : "small");
    if (stale)
        count_->setText(tr("%1, not up to date").arg(countText(uint64_t(rows))));
    if (stale && model_->trouble() != toldTrouble_)
        Q_EMIT said(toldTrouble_ = model_->trouble());
    count_->setToolTip(stale                   ? model_->trouble()
                           : model_->leftOut() ? tr("Older ones are not listed; a filter finds them.")
                                               : tr("Exchanges in this list"));
    if (!table_->following() && pausedAt_ > 0) {
        const int before = arrived_;
        const int at = model_->rowOf(pausedAt_);
        arrived_ = at < 0 ? 0 : model_->order() == storage::Order::NewestFirst ? at : rows - 1 - at;
        if (before != arrived_)
            showFollowing();
    }
}

void TrafficPage::showPart(Part part)
{
    QWidget *wanted = part == FirstPart ? static_cast<QWidget *>(first_->sendButton()) : table_;
    // Asked before the turn: what is hidden loses the focus to whatever comes next.
    const bool focused =
        outer_->currentIndex() != part && outer_->currentWidget()->isAncestorOf(window()->focusWidget());
    outer_->setCurrentIndex(part);
    setFocusProxy(wanted);
    if (focused)
        wanted->setFocus();
}

void TrafficPage::showFollowing()
{
    const bool on = table_->following();
    if (on) {
        pausedAt_ = 0;
        arrived_ = 0;
    } else if (pausedAt_ == 0 && model_->rowCount() > 0) {
        pausedAt_ = model_->idAt(model_->order() == storage::Order::NewestFirst ? 0 : model_->rowCount() - 1);
    }
    const bool atTop = model_->order() == storage::Order::NewestFirst;  // the arrow points to where the newest come
    follow_->setIcon(
        theme_.icon(atTop ? u"tail-up"_qs : u"tail"_qs, on ? theme_.colors().accent : theme_.colors().muted));
    follow_->setText(on                 ? tr("Following")
                         : arrived_ > 0 ? tr("%1 new").arg(countText(uint64_t(arrived_)))
                                        : tr("Paused"));
    follow_->setToolTip(on ? tr("New exchanges are shown as they come") : tr("Go to the newest and follow (F)"));
    follow_->setAccessibleName(on ? tr("Following new exchanges")
                                  : tr("Follow new exchanges, %1 came since").arg(arrived_));
}

void TrafficPage::currentChanged()
{
    const QModelIndex current = table_->currentIndex();
    if (!current.isValid())
        return;
    const int64_t id = model_->idAt(current.row());
    seeking_ = false;
    if (id == reading_ && !detail_->isHidden())
        return;
    open_->clearChoice();
    reading_ = id;
    const bool wasHidden = detail_->isHidden();
    detail_->show();
    detail_->show(id);
    if (wasHidden)
        QMetaObject::invokeMethod(
            table_, [this] { table_->scrollTo(table_->currentIndex()); }, Qt::QueuedConnection);
}

void TrafficPage::readOpen(qint64 id)
{
    table_->clearSelection();
    table_->setCurrentIndex({});
    reading_ = id;
    seeking_ = false;
    detail_->show();
    detail_->show(id);
    detail_->showMessages();
}

void TrafficPage::closeDetail()
{
    reading_ = 0;
    detail_->hide();
    open_->clearChoice();
    table_->clearSelection();
    table_->setCurrentIndex({});
    table_->setFocus();
}

void TrafficPage::turnOrder()
{
    const bool newest = model_->order() == storage::Order::OldestFirst;
    const bool following = table_->following();
    table_->setTailAtTop(newest);
    model_->setOrder(newest ? storage::Order::NewestFirst : storage::Order::OldestFirst);
    if (following)
        table_->followTail();
    restyle();
}

void TrafficPage::follow()
{
    table_->followTail();
}

void TrafficPage::setFilter(const QString &text)
{
    filter_->setText(text);
}

void TrafficPage::focusFilter()
{
    showPart(ListPart);
    filter_->focusLine();
}

void TrafficPage::select(int64_t id)
{
    const int row = model_->rowOf(id);
    if (row < 0)
        return;
    seeking_ = false;
    const QModelIndex index = model_->index(row, ExchangeModel::Path);
    table_->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    table_->scrollTo(index, QAbstractItemView::PositionAtCenter);
}

void TrafficPage::open(int64_t id, const QString &part)
{
    for (int i = 0; !part.isEmpty() && i < detail_->tabs()->count(); ++i) {
        if (detail_->tabs()->tabText(i).compare(part, Qt::CaseInsensitive) == 0)
            detail_->tabs()->setCurrentIndex(i);
    }
    reading_ = id;
    showPart(ListPart);
    detail_->show();
    detail_->show(id);
    seeking_ = true;
    select(id);
}

std::vector<int64_t> TrafficPage::selectedIds() const
{
    std::vector<int64_t> ids;
    for (const QItemSelectionRange &range : table_->selectionModel()->selection()) {
        for (int row = range.top(); row <= range.bottom() && ids.size() < mostSelected; ++row)
            ids.push_back(model_->idAt(row));
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

}  // namespace sluice::ui
