// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/dashboard_page.h"

#include "ui/text/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/share_delegate.h"
#include "ui/widgets/span_chart.h"

#include <QButtonGroup>
#include <QDateTime>
#include <QFrame>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

constexpr int slicesShown = 150;
const char *const figureNames[] = {QT_TRANSLATE_NOOP("DashboardPage", "Requests a second"),
                                   QT_TRANSLATE_NOOP("DashboardPage", "Errors"),
                                   QT_TRANSLATE_NOOP("DashboardPage", "p50"), QT_TRANSLATE_NOOP("DashboardPage", "p95"),
                                   QT_TRANSLATE_NOOP("DashboardPage", "p99")};
enum RouteColumn { RouteName, RouteRequests, RouteErrors, RouteP50, RouteP95, RouteP99, RouteLongest, RouteColumns };

double millis(Nanos nanos)
{
    return double(nanos.count()) / 1e6;
}

// Slices begin at whole multiples of the step, so that they stay where they are while time goes on.
WallTime aligned(WallTime time, Nanos step)
{
    const int64_t micros = step.count() / 1000;
    return WallTime(std::chrono::microseconds(time.time_since_epoch().count() / micros * micros));
}

QFrame *framed(const QString &title, QWidget *inner, QWidget *beside = nullptr)
{
    QFrame *frame = panel();
    auto *column = new QVBoxLayout(frame);
    column->setContentsMargins(space::m, space::s, space::m, space::s);
    column->setSpacing(space::xs);
    auto *head = new QHBoxLayout;
    head->addWidget(label(title, "heading"));
    head->addStretch(1);
    if (beside)
        head->addWidget(beside);
    column->addLayout(head);
    column->addWidget(inner, 1);
    return frame;
}

}  // namespace

QString spanFilter(qint64 from, qint64 to, const std::optional<QString> &route)
{
    const auto text = [](qint64 micros) {
        return QDateTime::fromMSecsSinceEpoch(micros / 1000, Qt::UTC).toString(u"yyyy-MM-ddTHH:mm:ss"_qs)
            + QStringLiteral(".%1Z").arg(micros % 1'000'000, 6, 10, QLatin1Char('0'));
    };
    QString out = u"since:"_qs + text(from) + u" until:"_qs + text(to);
    if (route)
        out += u" route:\""_qs + *route + u'"';
    return out;
}

DashboardPage::DashboardPage(Session &session, const Theme &theme, QWidget *parent)
    : QWidget(parent),
      session_(session),
      theme_(theme),
      rate_(new SpanChart(theme, tr("Requests and errors over time"), SpanChart::Scale::Linear)),
      latency_(new SpanChart(theme, tr("Latency over time"), SpanChart::Scale::Logarithmic)),
      routes_(new QTreeWidget),
      spans_(new QButtonGroup(this)),
      scope_(label({}, "muted"))
{
    routes_->setAccessibleName(tr("Routes"));
    routes_->setColumnCount(RouteColumns);
    routes_->setHeaderLabels(
        {tr("Route"), tr("Requests"), tr("Errors"), tr("p50"), tr("p95"), tr("p99"), tr("Longest")});
    routes_->setRootIsDecorated(false);
    routes_->setUniformRowHeights(true);
    routes_->setItemDelegateForColumn(RouteErrors, new CountShareDelegate(routes_));
    routes_->header()->setStretchLastSection(false);
    routes_->header()->setSectionResizeMode(RouteName, QHeaderView::Stretch);
    for (int i = 1; i < RouteColumns; ++i) {
        routes_->headerItem()->setTextAlignment(i, Qt::AlignRight | Qt::AlignVCenter);
        routes_->header()->resizeSection(i, i == RouteErrors ? 144 : 104);
    }
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    setFocusProxy(routes_);
    column->setSpacing(space::m);
    column->addWidget(top());
    column->addWidget(tiles());
    auto *charts = new QHBoxLayout;
    charts->setSpacing(space::m);
    charts->addWidget(framed(tr("Requests a second"), rate_, rate_->legend()), 1);
    charts->addWidget(framed(tr("Latency"), latency_, latency_->legend()), 1);
    column->addLayout(charts, 5);
    column->addWidget(framed(tr("By route"), routes_), 4);

    connect(rate_, &SpanChart::spanChosen, this, &DashboardPage::choose);
    connect(latency_, &SpanChart::spanChosen, this, &DashboardPage::choose);
    connect(routes_, &QTreeWidget::itemSelectionChanged, this, [this] {
        const auto chosen = routes_->selectedItems();
        setRoute(chosen.isEmpty() ? std::nullopt
                                  : std::optional(chosen.first()->data(RouteName, Qt::UserRole).toString()));
    });
    connect(routes_, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem *item) {
        const auto micros = [](WallTime time) { return qint64(time.time_since_epoch().count()); };
        Q_EMIT filterAsked(spanFilter(micros(from_), micros(to_), item->data(RouteName, Qt::UserRole).toString()));
    });
    timer_.setInterval(1000);
    connect(&timer_, &QTimer::timeout, this, &DashboardPage::askInTurn);
    connect(&session_, &Session::recordingReplaced, this, [this] {
        waiting_ = 0;  // those answers never come
        series_.clear();
        ask();
    });
    connect(&theme_, &Theme::changed, this, [this] {
        if (!asked_.isValid())
            return;  // there is nothing to paint anew yet
        showSeries();
        showRoutes();
    });
    timer_.start();
}

QWidget *DashboardPage::top()
{
    auto *out = new QWidget;
    auto *row = new QHBoxLayout(out);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space::xs);
    row->addWidget(label(tr("Dashboard"), "title"));
    row->addSpacing(space::m);
    row->addWidget(scope_, 1);
    const std::pair<int, QString> spans[] = {
        {1, tr("1 min")}, {5, tr("5 min")}, {15, tr("15 min")}, {60, tr("1 h")}, {1440, tr("24 h")}};
    for (const auto &[minutes, text] : spans) {
        auto *each = new QToolButton;
        each->setText(text);
        each->setCheckable(true);
        each->setAccessibleName(tr("The last %1").arg(text));
        spans_->addButton(each, minutes);
        row->addWidget(each);
    }
    spans_->button(5)->setChecked(true);
    connect(spans_, &QButtonGroup::idClicked, this, [this](int minutes) { setSpan(std::chrono::minutes(minutes)); });
    return out;
}

QWidget *DashboardPage::tiles()
{
    auto *out = new QWidget;
    auto *row = new QHBoxLayout(out);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space::m);
    for (int i = 0; i < 5; ++i) {
        auto *tile = panel();
        auto *column = new QVBoxLayout(tile);
        column->setContentsMargins(space::l, space::m, space::l, space::m);
        column->setSpacing(2);
        column->addWidget(label(tr(figureNames[i]), "small"));
        figures_[i] = label(u"–"_qs, "figure");
        figures_[i]->setAccessibleName(tr(figureNames[i]));
        column->addWidget(figures_[i]);
        row->addWidget(tile, 1);
    }
    return out;
}

void DashboardPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    askInTurn();
}

void DashboardPage::setSpan(std::chrono::minutes span)
{
    span_ = span;
    if (QAbstractButton *each = spans_->button(int(span.count())))
        each->setChecked(true);
    ask();
}

void DashboardPage::setRoute(const std::optional<QString> &route)
{
    if (route == route_)
        return;
    route_ = route;
    ask();
}

storage::SliceRequest DashboardPage::request(storage::GroupBy group, Nanos step, bool routeOnly) const
{
    storage::SliceRequest out;
    if (routeOnly && route_) {
        auto parsed = recording::Filter::parse(("route:\"" + route_->toStdString() + "\""), to_);
        if (parsed.filter)
            out.filter = std::move(*parsed.filter);
    }
    out.from = from_;
    out.to = to_;
    out.step = step;
    out.group = group;
    return out;
}

void DashboardPage::askInTurn()
{
    if (waiting_ == 0 && (!asked_.isValid() || asked_.elapsed() >= 2 * took_))
        ask();
}

void DashboardPage::ask()
{
    if (!isVisible())
        return;
    using Micros = std::chrono::microseconds;
    step_ = std::max<Nanos>(std::chrono::seconds(1), Nanos(span_) / slicesShown);
    step_ = std::chrono::ceil<std::chrono::seconds>(step_);
    now_ = std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
    to_ = aligned(now_, step_) + std::chrono::ceil<Micros>(step_);
    from_ = aligned(to_ - std::chrono::ceil<Micros>(Nanos(span_)), step_);
    scope_->setText(!route_                 ? tr("All routes. Drag over a span to see its exchanges.")
                        : route_->isEmpty() ? tr("What no route took. Drag over a span to see its exchanges.")
                                            : tr("Route %1. Drag over a span to see its exchanges.").arg(*route_));
    const Nanos whole = Nanos(to_ - from_);
    asked_.start();
    question(Series, request(storage::GroupBy::Nothing, step_, true), &DashboardPage::showSeries);
    question(Totals, request(storage::GroupBy::Nothing, whole, true), &DashboardPage::showTotals);
    question(ByRoute, request(storage::GroupBy::Route, whole, false), &DashboardPage::showRoutes);
}

void DashboardPage::question(Slot slot, const storage::SliceRequest &request, void (DashboardPage::*then)())
{
    waiting_ |= 1u << slot;
    session_.recording().slices({this, slot}, request, [this, slot, then](Result<std::vector<storage::Slice>> answer) {
        waiting_ &= ~(1u << slot);
        took_ = asked_.elapsed();
        if (answer) {
            (slot == Series ? series_ : slot == Totals ? totals_ : byRoute_) = answer.take();
            (this->*then)();
        }
        if (waiting_ == 0)
            Q_EMIT shown();
    });
}

WallTime DashboardPage::begun() const
{
    WallTime first = session_.status().started;
    for (const storage::Slice &slice : series_) {
        if (slice.requests)
            first = std::min(first, slice.start);
    }
    return std::clamp(first, from_, now_ - std::chrono::seconds(1));
}

void DashboardPage::showSeries()
{
    const Palette &c = theme_.colors();
    SpanChart::Line all{tr("requests"), c.series[0], {}, true, Qt::SolidLine},
        refused{tr("4xx"), c.warn, {}, false, Qt::DashLine},
        failed{tr("5xx and failed"), c.bad, {}, false, Qt::SolidLine};
    SpanChart::Line p50{tr("p50"), c.series[3], {}, false, Qt::DotLine},
        p95{tr("p95"), c.series[1], {}, false, Qt::DashLine}, p99{tr("p99"), c.series[2], {}, false, Qt::SolidLine};
    const double seconds = double(step_.count()) / 1e9;
    const std::vector<storage::Slice> &slices = series_;
    const auto step = std::chrono::duration_cast<std::chrono::microseconds>(step_);
    size_t next = 0;
    const auto half = std::chrono::duration_cast<std::chrono::microseconds>(step_ / 2);
    // The slice that is not over yet is left out: its rate would dip at the edge each time.
    const WallTime since = begun();
    for (WallTime at = from_; at + step <= now_; at += step) {
        if (at + step <= since)
            continue;  // nor was there anything to count then
        while (next < slices.size() && slices[next].start < at)
            ++next;
        const bool there = next < slices.size() && slices[next].start < at + step;
        const storage::Slice slice = there ? slices[next] : storage::Slice{};
        all.points.emplace_back(at + half, double(slice.requests) / seconds);
        refused.points.emplace_back(at + half, double(slice.clientErrors) / seconds);
        failed.points.emplace_back(at + half, double(slice.serverErrors) / seconds);
        if (slice.requests == 0)
            continue;
        p50.points.emplace_back(at + half, millis(slice.p50));
        p95.points.emplace_back(at + half, millis(slice.p95));
        p99.points.emplace_back(at + half, millis(slice.p99));
    }
    for (SpanChart::Line *errors : {&refused, &failed}) {
        // Where there never was an error there is no line along the foot of the chart.
        if (std::none_of(errors->points.begin(), errors->points.end(),
                         [](const auto &point) { return point.second > 0; }))
            errors->points.clear();
    }
    rate_->setLines({all, refused, failed}, from_, to_, step_, tr("req/s"));
    latency_->setLines({p50, p95, p99}, from_, to_, step_, tr("ms"));
}

void DashboardPage::showTotals()
{
    storage::Slice all;
    uint64_t most = 0;
    for (const storage::Slice &slice : totals_) {
        all.requests += slice.requests;
        all.clientErrors += slice.clientErrors;
        all.serverErrors += slice.serverErrors;
        if (slice.requests >= most) {
            most = slice.requests;
            all.p50 = slice.p50;
            all.p95 = slice.p95;
            all.p99 = slice.p99;
        }
    }
    const double seconds = double(Nanos(now_ - begun()).count()) / 1e9;
    const bool any = all.requests > 0;
    figures_[0]->setText(any ? QLocale(QLocale::English)
                                   .toString(double(all.requests) / seconds, 'f', all.requests / seconds < 10 ? 2 : 0)
                             : u"0"_qs);
    figures_[1]->setText(any ? percentText(double(all.clientErrors + all.serverErrors) / double(all.requests))
                             : u"–"_qs);
    figures_[1]->setToolTip(
        tr("%1 answered 4xx, %2 answered 5xx or failed, of %3")
            .arg(countText(all.clientErrors), countText(all.serverErrors), countText(all.requests)));
    figures_[2]->setText(any ? durationText(all.p50) : u"–"_qs);
    figures_[3]->setText(any ? durationText(all.p95) : u"–"_qs);
    figures_[4]->setText(any ? durationText(all.p99) : u"–"_qs);
}

void DashboardPage::showRoutes()
{
    const QSignalBlocker quiet(routes_);
    QTreeWidgetItem *root = routes_->invisibleRootItem();
    std::vector<storage::Slice> sorted = byRoute_;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto &a, const auto &b) { return a.requests > b.requests; });
    for (size_t i = 0; i < sorted.size(); ++i) {
        const storage::Slice &s = sorted[i];
        QTreeWidgetItem *item = root->childCount() > int(i) ? root->child(int(i)) : new QTreeWidgetItem(routes_);
        const uint64_t errors = s.clientErrors + s.serverErrors;
        const QString name = qs(s.group);
        item->setText(RouteName, name.isEmpty() ? tr("no route") : name);
        item->setData(RouteName, Qt::UserRole, name);
        item->setText(RouteRequests, countText(s.requests));
        setCountShare(item, RouteErrors, errors, s.requests);
        item->setText(RouteP50, durationText(s.p50));
        item->setText(RouteP95, durationText(s.p95));
        item->setText(RouteP99, durationText(s.p99));
        item->setText(RouteLongest, durationText(s.longest));
        for (int column = 1; column < RouteColumns; ++column)
            item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
        item->setForeground(RouteErrors, s.serverErrors ? theme_.colors().bad : theme_.colors().text);
        item->setSelected(route_ && name == *route_);
    }
    while (root->childCount() > int(sorted.size()))
        delete root->takeChild(root->childCount() - 1);
}

void DashboardPage::choose(qint64 from, qint64 to)
{
    Q_EMIT filterAsked(spanFilter(from, to, route_));
}

}  // namespace sluice::ui
