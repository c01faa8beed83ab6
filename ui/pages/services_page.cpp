// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/services_page.h"

#include "ui/text/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/row_height_delegate.h"
#include "ui/widgets/share_delegate.h"

#include <QHeaderView>
#include <QLabel>
#include <QTimer>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

constexpr auto latencySpan = std::chrono::minutes(5);

QString balanceWords(const std::string &balance)
{
    return qs(balance).replace(u'_', u' ');
}

}  // namespace

ServicesPage::ServicesPage(Session &session, const Theme &theme, QWidget *parent)
    : QWidget(parent), session_(session), theme_(theme), summary_(label({}, "muted")), tree_(new QTreeWidget)
{
    tree_->setAccessibleName(tr("Services and their endpoints"));
    tree_->setColumnCount(ColumnCount);
    tree_->setHeaderLabels({tr("Service and endpoints"), tr("State"), tr("Weight"), tr("Requests"), tr("Share"),
                            tr("Failures"), tr("Under way"), tr("Kept idle"), tr("Mean"), tr("p95, 5 min")});
    tree_->setItemDelegate(new RowHeightDelegate(tree_));
    tree_->setItemDelegateForColumn(Share, new ShareDelegate(theme, tree_));
    tree_->setItemDelegateForColumn(Failures, new CountShareDelegate(tree_));
    tree_->setUniformRowHeights(true);
    tree_->setIndentation(20);
    tree_->setRootIsDecorated(false);
    tree_->setExpandsOnDoubleClick(false);
    tree_->header()->setStretchLastSection(false);
    tree_->header()->setSectionResizeMode(Name, QHeaderView::Stretch);
    for (const int column : {Weight, Requests, Failures, Active, Idle, Mean, P95})
        tree_->headerItem()->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);

    auto *top = new QVBoxLayout;
    top->setContentsMargins(space::l, space::m, space::l, space::m);
    top->setSpacing(2);
    top->addWidget(label(tr("Services"), "title"));
    top->addWidget(summary_);
    auto *frame = panel();
    auto *inner = new QVBoxLayout(frame);
    inner->setContentsMargins(1, 1, 1, 1);
    inner->setSpacing(0);
    inner->addLayout(top);
    inner->addWidget(tree_, 1);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    setFocusProxy(tree_);
    column->addWidget(frame);

    connect(&session_, &Session::statusChanged, this, &ServicesPage::refresh);
    connect(&session_, &Session::lostChanged, this, &ServicesPage::refresh);
    connect(&session_, &Session::recordingReplaced, this, [this] {
        p95_.clear();
        askLatencies();
    });
    connect(&theme_, &Theme::changed, this, &ServicesPage::refresh);
    connect(tree_, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem *item) {
        const QString name = item->data(Name, Qt::UserRole).toString();
        Q_EMIT filterAsked((item->parent() ? u"endpoint:\""_qs : u"service:\""_qs) + name + u'"');
    });
    latencies_.setInterval(2000);
    connect(&latencies_, &QTimer::timeout, this, &ServicesPage::askLatencies);
    latencies_.start();
    refresh();
}

void ServicesPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    refresh();
    askLatencies();
}

void ServicesPage::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    // In a narrow window the names are what must stay whole.
    const bool narrow = width() < 1240;
    const int wide[ColumnCount] = {0, 260, 72, 88, 152, 140, 88, 88, 88, 96},
              tight[ColumnCount] = {0, 188, 60, 80, 76, 124, 84, 0, 76, 92};
    for (int i = 1; i < ColumnCount; ++i)
        tree_->header()->resizeSection(i, narrow ? std::max(1, tight[i]) : wide[i]);
    tree_->header()->setSectionHidden(Idle, narrow);
}

QTreeWidgetItem *ServicesPage::child(QTreeWidgetItem *parent, int index)
{
    while (parent->childCount() <= index)
        new QTreeWidgetItem(parent);
    return parent->child(index);
}

void ServicesPage::refresh()
{
    const gateway::Status &status = session_.status();
    QTreeWidgetItem *root = tree_->invisibleRootItem();
    size_t endpoints = 0, unavailable = 0;
    for (size_t i = 0; i < status.services.size(); ++i) {
        const gateway::ServiceStatus &service = status.services[i];
        const bool added = root->childCount() <= int(i);
        QTreeWidgetItem *item = child(root, int(i));
        fillService(item, service);
        endpoints += service.endpoints.size();
        unavailable += !service.unavailable.empty();
        uint64_t all = 0;
        for (const gateway::EndpointStatus &endpoint : service.endpoints)
            all += endpoint.requests;
        for (size_t e = 0; e < service.endpoints.size(); ++e)
            fillEndpoint(child(item, int(e)), service, service.endpoints[e], all);
        while (item->childCount() > int(service.endpoints.size()))
            delete item->takeChild(item->childCount() - 1);
        if (added)
            item->setExpanded(true);
    }
    while (root->childCount() > int(status.services.size()))
        delete root->takeChild(root->childCount() - 1);
    QString summary = counted(status.services.size(), tr("service"), tr("services")) + u", "_qs
        + counted(endpoints, tr("endpoint"), tr("endpoints"));
    if (lost())
        summary += tr(". The gateway is gone: the figures are its last ones");
    else if (unavailable)
        summary += tr(", %1 of them unavailable").arg(unavailable);
    summary_->setText(status.services.empty() ? tr("The gateway file names no services yet.")
                                              : summary + tr(". Press Enter on one to see its traffic."));
}

void ServicesPage::setState(QTreeWidgetItem *item, const QString &icon, const QColor &color, const QString &word)
{
    if (item->text(State) != word || item->data(State, Qt::UserRole).toString() != icon + color.name()) {
        item->setText(State, word);
        item->setIcon(State, theme_.icon(icon, color));
        item->setData(State, Qt::UserRole, icon + color.name());
        item->setToolTip(State, word);
    }
}

void ServicesPage::fillService(QTreeWidgetItem *item, const gateway::ServiceStatus &service)
{
    const Palette &c = theme_.colors();
    item->setText(Name, qs(service.name));
    item->setData(Name, Qt::UserRole, qs(service.name));
    item->setFont(Name, theme_.ui(13, QFont::DemiBold));
    uint64_t requests = 0, failures = 0;
    uint32_t active = 0;
    for (const gateway::EndpointStatus &endpoint : service.endpoints) {
        requests += endpoint.requests;
        failures += endpoint.failures;
        active += endpoint.active;
    }
    QString word = tr("Available · %1").arg(balanceWords(service.balance));
    if (service.breaker != "off")
        word += tr(" · breaker %1").arg(qs(service.breaker).replace(u'_', u' '));
    if (lost())
        setState(item, u"warning"_qs, c.warn, tr("Not known: the gateway is gone"));
    else if (!service.unavailable.empty())
        setState(item, u"error"_qs, c.bad, tr("Unavailable: %1").arg(qs(service.unavailable)));
    else
        setState(item, service.breaker == "open" ? u"warning"_qs : u"check"_qs,
                 service.breaker == "open" ? c.warn : c.good, word);
    item->setText(Requests, countText(requests));
    setCountShare(item, Failures, failures, requests);
    item->setText(Active, lost() ? u"–"_qs : countText(active));
    for (int column = Weight; column < ColumnCount; ++column) {
        item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
        item->setForeground(column, c.text);
    }
    item->setForeground(Failures, failures ? c.bad : c.muted);
}

void ServicesPage::fillEndpoint(QTreeWidgetItem *item, const gateway::ServiceStatus &service,
                                const gateway::EndpointStatus &endpoint, uint64_t all)
{
    const Palette &c = theme_.colors();
    item->setText(Name, qs(endpoint.url));
    item->setData(Name, Qt::UserRole, qs(endpoint.url));
    item->setFont(Name, theme_.mono());
    if (lost())
        setState(item, u"info"_qs, c.muted, tr("Not known"));
    else if (!service.unavailable.empty())
        setState(item, u"error"_qs, c.bad, tr("Not used"));
    else if (!endpoint.healthy)
        setState(item, u"error"_qs, c.bad, tr("Unhealthy"));
    else if (endpoint.weight == 0)
        setState(item, u"info"_qs, c.muted, tr("Weight 0: takes no requests"));
    else
        setState(item, u"check"_qs, c.good, tr("Takes requests"));
    item->setText(Weight, QString::number(endpoint.weight));
    item->setText(Requests, countText(endpoint.requests));
    item->setData(Share, Qt::UserRole,
                  service.endpoints.size() < 2 ? QVariant()
                                               : QVariant(all ? double(endpoint.requests) / double(all) : 0.0));
    setCountShare(item, Failures, endpoint.failures, endpoint.requests);
    item->setText(Active, lost() ? u"–"_qs : countText(endpoint.active));
    item->setText(Idle, lost() ? u"–"_qs : countText(endpoint.idle));
    item->setText(Mean, endpoint.requests ? durationText(endpoint.meanLatency) : u"–"_qs);
    const auto p95 = p95_.find(endpoint.url);
    item->setText(P95, p95 == p95_.end() ? u"–"_qs : durationText(p95->second));
    for (int column = Weight; column < ColumnCount; ++column) {
        item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
        item->setForeground(column, c.muted);
    }
    item->setForeground(Failures, endpoint.failures ? c.bad : c.muted);
}

void ServicesPage::askLatencies()
{
    if (!isVisible())
        return;
    storage::SliceRequest request;
    request.to = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    request.from = request.to - latencySpan;
    request.step = latencySpan;
    request.group = storage::GroupBy::Endpoint;
    session_.recording().slices({this, 0}, request, [this](Result<std::vector<storage::Slice>> slices) {
        if (!slices)
            return;
        std::map<std::string, std::pair<uint64_t, Nanos>> best;  // a span may touch two slices: the fuller one counts
        for (const storage::Slice &slice : *slices) {
            auto &[count, p95] = best[slice.group];
            if (slice.requests > count) {
                count = slice.requests;
                p95 = slice.p95;
            }
        }
        p95_.clear();
        for (const auto &[endpoint, value] : best)
            p95_[endpoint] = value.second;
        refresh();
    });
}

}  // namespace sluice::ui
