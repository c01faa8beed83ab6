// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/span_chart.h"

#include "ui/text/format.h"

#include <QAreaSeries>
#include <QCategoryAxis>
#include <QChart>
#include <QDateTime>
#include <QGraphicsLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLegend>
#include <QLineSeries>
#include <QLogValueAxis>
#include <QMouseEvent>
#include <QPainter>
#include <QValueAxis>

#include <cmath>
#include <limits>

namespace sluice::ui {

namespace {

// A round number above the highest value, whose quarters are round too, so that the axis does not jump with each frame.
double niceTop(double highest)
{
    if (highest <= 0)
        return 1;
    const double magnitude = std::pow(10.0, std::floor(std::log10(highest)));
    for (const double each : {1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0, 10.0}) {
        if (highest <= each * magnitude)
            return each * magnitude;
    }
    return 10 * magnitude;
}

// Seconds between two ticks, so that they fall on whole minutes or hours of the clock and six or so are seen.
int64_t tickSeconds(int64_t span)
{
    for (const int64_t each : {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600}) {
        if (each * 8 >= span)
            return each;
    }
    return std::max<int64_t>(43200, span / 8 / 86400 * 86400);
}

}  // namespace

SpanChart::SpanChart(const Theme &theme, const QString &name, Scale scale, QWidget *parent)
    : QChartView(parent), theme_(theme), time_(new QCategoryAxis(this)), legend_(new QLabel)
{
    setAccessibleName(name);
    setAccessibleDescription(tr("Drag over a span, or use the arrow keys with Shift and Enter, to see its exchanges"));
    setRenderHint(QPainter::Antialiasing);
    setFrameShape(NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setMinimumHeight(160);
    setCursor(Qt::CrossCursor);
    chart()->setMargins(QMargins(0, 0, 0, 0));
    chart()->layout()->setContentsMargins(0, 0, 0, 0);
    chart()->setBackgroundRoundness(0);
    chart()->setAnimationOptions(QChart::NoAnimation);
    chart()->legend()->hide();
    if (scale == Scale::Linear)
        value_ = linear_ = new QValueAxis(this);
    else
        value_ = logarithmic_ = new QLogValueAxis(this);
    legend_->setAccessibleName(tr("Lines of the chart"));
    chart()->addAxis(time_, Qt::AlignBottom);
    chart()->addAxis(value_, Qt::AlignLeft);
    time_->setLabelsPosition(QCategoryAxis::AxisLabelsPositionOnValue);
    if (linear_)
        linear_->setTickCount(5);
    connect(&theme_, &Theme::changed, this, &SpanChart::restyle);
    restyle();
}

void SpanChart::restyle()
{
    const Palette &c = theme_.colors();
    setBackgroundBrush(c.surface);
    chart()->setBackgroundVisible(false);
    for (QAbstractAxis *axis : {static_cast<QAbstractAxis *>(time_), value_}) {
        axis->setLabelsColor(c.muted);
        axis->setLabelsFont(theme_.ui(11));
        axis->setGridLineColor(c.border);
        axis->setLinePen(QPen(c.border));
        axis->setTitleBrush(c.muted);
        axis->setTitleFont(theme_.ui(11));
    }
    time_->setGridLineVisible(false);
}

void SpanChart::setLines(const std::vector<Line> &lines, WallTime from, WallTime to, Nanos step, const QString &unit)
{
    if (dragging_)
        return;
    step = std::max(step, Nanos(1000));
    moveChosen(from, to, step);
    from_ = from;
    to_ = to;
    step_ = step;
    chart()->removeAllSeries();
    double highest = 0, lowest = std::numeric_limits<double>::max();
    QStringList said;
    for (const Line &line : lines) {
        auto *series = new QLineSeries;
        QList<QPointF> points;
        for (const auto &[time, value] : line.points) {
            if (logarithmic_ && value <= 0)
                continue;
            lowest = std::min(lowest, value);
            points << QPointF(double(time.time_since_epoch().count()) / 1000, value);
            highest = std::max(highest, value);
        }
        series->replace(points);
        series->setName(line.name);
        series->setPen(QPen(line.color, 2, line.style, Qt::RoundCap, Qt::RoundJoin));
        QAbstractSeries *shown = series;
        if (line.filled) {
            auto *area = new QAreaSeries(series);
            series->setParent(area);  // it draws it, but would leave it behind
            QColor ground = line.color;
            ground.setAlphaF(0.25f);
            area->setBrush(ground);
            area->setPen(QPen(line.color, 2));
            area->setName(line.name);
            shown = area;
        }
        chart()->addSeries(shown);
        shown->attachAxis(time_);
        shown->attachAxis(value_);
        if (!line.points.empty())
            said << tr("%1 now %2 %3").arg(line.name).arg(line.points.back().second, 0, 'f', 1).arg(unit);
    }
    placeTicks();
    scaleTo(lowest, highest, unit);
    showLegend(lines);
    setToolTip(said.join(u"\n"_qs));
    viewport()->update();
}

void SpanChart::moveChosen(WallTime from, WallTime to, Nanos step)
{
    if (!chosen_)
        return;
    const int64_t moved = Nanos(from - from_).count(),
                  count = (Nanos(to - from).count() + step.count() - 1) / step.count();
    chosen_->anchor -= moved / step.count();
    chosen_->end -= moved / step.count();
    if (step != step_ || moved % step.count() != 0 || std::min(chosen_->anchor, chosen_->end) < 0
        || std::max(chosen_->anchor, chosen_->end) >= count)
        chosen_.reset();
}

void SpanChart::placeTicks()
{
    const QStringList old = time_->categoriesLabels();
    for (const QString &label : old)
        time_->remove(label);
    const int64_t from = from_.time_since_epoch().count() / 1'000'000, to = to_.time_since_epoch().count() / 1'000'000;
    const int64_t step = tickSeconds(to - from);
    const int64_t shift = QDateTime::fromSecsSinceEpoch(from).offsetFromUtc();
    time_->setRange(double(from) * 1000, double(to) * 1000);
    time_->setStartValue(double(from) * 1000);
    const int64_t edge = (to - from) / 30;  // a label nearer to the end would be cut
    for (int64_t at = (from + edge + shift + step - 1) / step * step - shift; at <= to - edge; at += step) {
        QString label = QDateTime::fromSecsSinceEpoch(at).toString(step < 60 ? u"HH:mm:ss"_qs : u"HH:mm"_qs);
        if (time_->categoriesLabels().contains(label))
            label += QChar(0x200b);  // the same time of another day: labels must differ
        time_->append(label, double(at) * 1000);
    }
}

void SpanChart::scaleTo(double lowest, double highest, const QString &unit)
{
    value_->setTitleText(unit);
    if (linear_) {
        const double top = niceTop(highest);
        linear_->setRange(0, top);
        linear_->setLabelFormat(top < 4 ? u"%.1f"_qs : u"%.0f"_qs);
        return;
    }
    const bool any = highest > 0;
    logarithmic_->setBase(10);
    logarithmic_->setLabelFormat(u"%g"_qs);
    logarithmic_->setRange(std::pow(10.0, std::floor(std::log10(any ? lowest : 0.1))),
                           std::pow(10.0, std::floor(std::log10(any ? highest : 10)) + 1));
}

// Each line's own stroke before its name: they differ by their dashes too.
void SpanChart::showLegend(const std::vector<Line> &lines)
{
    constexpr int stroke = 24, gap = 8, between = 20, height = 20;
    const QFontMetrics metrics(theme_.ui(12));
    int width = 0;
    for (const Line &line : lines)
        width += stroke + gap + metrics.horizontalAdvance(line.name) + between;
    QPixmap pixmap(QSize(std::max(1, width - between), height) * devicePixelRatioF());
    pixmap.setDevicePixelRatio(devicePixelRatioF());
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(theme_.ui(12));
    int x = 0;
    QStringList names;
    for (const Line &line : lines) {
        painter.setPen(QPen(line.color, 2.5, line.style));
        painter.drawLine(x, height / 2, x + stroke, height / 2);
        painter.setPen(theme_.colors().muted);
        const int wide = metrics.horizontalAdvance(line.name);
        painter.drawText(x + stroke + gap, 0, wide + 2, height, Qt::AlignVCenter, line.name);
        x += stroke + gap + wide + between;
        names << line.name;
    }
    legend_->setPixmap(pixmap);
    legend_->setAccessibleDescription(names.join(u", "_qs));
}

// ---- choosing

int64_t SpanChart::slices() const
{
    return std::max<int64_t>(1, (Nanos(to_ - from_).count() + step_.count() - 1) / step_.count());
}

int64_t SpanChart::sliceAt(const QPointF &position) const
{
    const QRectF area = chart()->plotArea();
    const double share = area.width() > 0 ? (position.x() - area.left()) / area.width() : 0;
    const double nanos = std::clamp(share, 0.0, 1.0) * double(Nanos(to_ - from_).count());
    return std::clamp<int64_t>(int64_t(nanos / double(step_.count())), 0, slices() - 1);
}

double SpanChart::xOf(int64_t slice) const
{
    const QRectF area = chart()->plotArea();
    const double share = double(slice) * double(step_.count()) / double(Nanos(to_ - from_).count());
    return area.left() + std::min(1.0, share) * area.width();
}

void SpanChart::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || to_ <= from_)
        return;
    dragging_ = true;
    const int64_t at = sliceAt(event->position());
    chosen_ = Span{at, at};
    viewport()->update();
}

void SpanChart::mouseMoveEvent(QMouseEvent *event)
{
    if (!dragging_)
        return;
    chosen_->end = sliceAt(event->position());
    viewport()->update();
}

void SpanChart::mouseReleaseEvent(QMouseEvent *event)
{
    if (!dragging_ || event->button() != Qt::LeftButton)
        return;
    dragging_ = false;
    chosen_->end = sliceAt(event->position());
    choose();
}

void SpanChart::keyPressEvent(QKeyEvent *event)
{
    const int by = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
    if (by != 0 && to_ > from_) {
        if (!chosen_)
            chosen_ = Span{slices() - 1, slices() - 1};
        else
            chosen_->end = std::clamp<int64_t>(chosen_->end + by, 0, slices() - 1);
        if (!(event->modifiers() & Qt::ShiftModifier))
            chosen_->anchor = chosen_->end;
        viewport()->update();
    } else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && chosen_) {
        choose();
    } else if (event->key() == Qt::Key_Escape && chosen_) {
        chosen_.reset();
        viewport()->update();
    } else {
        QChartView::keyPressEvent(event);
    }
}

void SpanChart::focusOutEvent(QFocusEvent *event)
{
    if (!dragging_)
        chosen_.reset();
    viewport()->update();
    QChartView::focusOutEvent(event);
}

void SpanChart::choose()
{
    const int64_t first = std::min(chosen_->anchor, chosen_->end), last = std::max(chosen_->anchor, chosen_->end);
    const int64_t from = from_.time_since_epoch().count(), step = step_.count() / 1000;
    chosen_.reset();
    viewport()->update();
    Q_EMIT spanChosen(from + first * step, from + (last + 1) * step);
}

void SpanChart::drawForeground(QPainter *painter, const QRectF &rect)
{
    QChartView::drawForeground(painter, rect);
    if (!chosen_)
        return;
    const int64_t first = std::min(chosen_->anchor, chosen_->end), last = std::max(chosen_->anchor, chosen_->end);
    QRectF band = chart()->plotArea();
    band.setLeft(xOf(first));
    band.setRight(std::max(xOf(last + 1), band.left() + 2));
    QColor ground = theme_.colors().accent;
    ground.setAlphaF(0.2f);
    painter->fillRect(band, ground);
    painter->setPen(QPen(theme_.colors().accent, 1));
    painter->drawLine(band.topLeft(), band.bottomLeft());
    painter->drawLine(band.topRight(), band.bottomRight());
}

}  // namespace sluice::ui
