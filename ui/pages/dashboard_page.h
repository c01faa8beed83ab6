// SPDX-License-Identifier: GPL-3.0-or-later
// DashboardPage: rate, errors and latencies over time, whole and by route. A span chosen in a chart shows just its
// exchanges in Traffic. Asks the recording at most once a second, only while it is seen, never before the answers to the
// questions before are there, and at most half of the time: a big recording takes its seconds.
#pragma once

#include "ui/session.h"
#include "ui/theme/theme.h"

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

class QButtonGroup;
class QLabel;
class QTreeWidget;

namespace sluice::ui {

class SpanChart;

class DashboardPage : public QWidget {
    Q_OBJECT
public:
    DashboardPage(Session &session, const Theme &theme, QWidget *parent = nullptr);
    SpanChart *rateChart() const { return rate_; }
    SpanChart *latencyChart() const { return latency_; }
    QTreeWidget *routes() const { return routes_; }
    // The charts tell this route alone, an empty name: what no route took; nothing: all.
    void setRoute(const std::optional<QString> &route);
    void setSpan(std::chrono::minutes span);

Q_SIGNALS:
    void filterAsked(const QString &filter);
    void shown();  // the charts hold what was asked for last

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *tiles();
    QWidget *top();
    enum Slot { Series, Totals, ByRoute };  // of our questions
    void askInTurn();
    void ask();
    void question(Slot slot, const storage::SliceRequest &request, void (DashboardPage::*then)());
    void showSeries();
    void showTotals();
    void showRoutes();
    WallTime begun() const;  // of what the rate is told: not before there was anything to count
    void choose(qint64 from, qint64 to);
    storage::SliceRequest request(storage::GroupBy group, Nanos step, bool routeOnly) const;

    Session &session_;
    const Theme &theme_;
    SpanChart *rate_, *latency_;
    QTreeWidget *routes_;
    QButtonGroup *spans_;
    QLabel *figures_[5] = {}, *scope_;
    QTimer timer_;
    std::chrono::minutes span_{5};
    WallTime from_{}, to_{}, now_{};  // of what was asked last
    Nanos step_{};
    std::optional<QString> route_;
    // What came last, for another theme; and the questions whose answers are still to come, a bit each.
    std::vector<storage::Slice> series_, totals_, byRoute_;
    unsigned waiting_ = 0;
    QElapsedTimer asked_;
    qint64 took_ = 0;
};

// "since:… until:…" for a span in microseconds since 1970; the end is not part of it.
// `route` as of DashboardPage::setRoute.
QString spanFilter(qint64 from, qint64 to, const std::optional<QString> &route);

}  // namespace sluice::ui
