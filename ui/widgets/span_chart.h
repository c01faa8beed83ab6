// SPDX-License-Identifier: GPL-3.0-or-later
// SpanChart: a chart over time from which a span can be chosen: drag with the mouse, or with the keyboard: Left and
// Right move, with Shift they widen, Enter chooses, Escape lets go. A span always covers whole slices.
#pragma once

#include "engine/base/moment.h"
#include "ui/theme/theme.h"

#include <QChartView>

#include <optional>

class QCategoryAxis;
class QLabel;
class QLogValueAxis;
class QValueAxis;

namespace sluice::ui {

class SpanChart : public QChartView {
    Q_OBJECT
public:
    // Logarithmic: for values that range over magnitudes; zeros are left out.
    enum class Scale { Linear, Logarithmic };
    SpanChart(const Theme &theme, const QString &name, Scale scale, QWidget *parent = nullptr);
    // What the lines are, to stand beside the chart's heading.
    QLabel *legend() const { return legend_; }  // whoever shows it owns it

    // One line, or with `filled` the area under it.
    struct Line {
        QString name;
        QColor color;
        std::vector<std::pair<WallTime, double>> points;
        bool filled = false;
        Qt::PenStyle style = Qt::SolidLine;  // lines differ by more than their colour
    };
    // What is being chosen by keyboard stays over its slices. `step`: the length of a slice; `unit`: of the vertical axis ("req/s", "ms").
    void setLines(const std::vector<Line> &lines, WallTime from, WallTime to, Nanos step, const QString &unit);
    bool choosing() const { return chosen_.has_value(); }

Q_SIGNALS:
    void spanChosen(qint64 fromMicros, qint64 toMicros);  // since 1970; the end is not part of it

protected:
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;
    void drawForeground(QPainter *painter, const QRectF &rect) override;

private:
    struct Span {
        int64_t anchor = 0, end = 0;  // numbers of slices, both within
    };
    int64_t sliceAt(const QPointF &position) const;
    int64_t slices() const;
    double xOf(int64_t slice) const;
    void choose();
    void restyle();
    void scaleTo(double lowest, double highest, const QString &unit);
    void moveChosen(WallTime from, WallTime to, Nanos step);
    void placeTicks();
    void showLegend(const std::vector<Line> &lines);

    const Theme &theme_;
    QCategoryAxis *time_;
    QValueAxis *linear_ = nullptr;
    QLogValueAxis *logarithmic_ = nullptr;
    QAbstractAxis *value_;
    QLabel *legend_;
    WallTime from_{}, to_{};
    Nanos step_{1};
    std::optional<Span> chosen_;
    bool dragging_ = false;
};

}  // namespace sluice::ui
