// SPDX-License-Identifier: GPL-3.0-or-later
// DashboardPage: rate, errors and latencies over time, whole and by route. A span chosen in a chart shows just its
// exchanges in Traffic. Asks the recording at most once a second, and only while it is seen.
#pragma once

#include "ui/session.h"
#include "ui/theme/theme.h"

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
    // The charts tell this route alone; empty: all.
    void setRoute(const QString &route);
    void setSpan(std::chrono::minutes span);

Q_SIGNALS:
    void filterAsked(const QString &filter);
    void shown();  // the charts hold what was asked for last

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *tiles();
    QWidget *top();
    void ask();
    void takeSeries(const std::vector<storage::Slice> &slices);
    void takeTotals(const std::vector<storage::Slice> &slices);
    void takeRoutes(const std::vector<storage::Slice> &slices);
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
    WallTime from_{}, to_{};
    Nanos step_{};
    QString route_;
};

// "since:… until:…" for a span in microseconds since 1970; the end is not part of it.
QString spanFilter(qint64 from, qint64 to, const QString &route);

}  // namespace sluice::ui
