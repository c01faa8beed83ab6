// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/timing_view.h"

#include "ui/text/format.h"

#include <QCoreApplication>
#include <QPainter>
#include <QScrollBar>

namespace sluice::ui {

namespace {

constexpr int nameWidth = 220, timeWidth = 150, headHeight = 44, lineHeight = 30, noteHeight = 20, barHeight = 14;

}  // namespace

std::vector<TimingStep> timingSteps(const journey::Exchange &x)
{
    using Kind = TimingStep::Kind;
    std::vector<TimingStep> out;
    Nanos at{0};
    const auto step = [&](const char *name, Nanos end, Kind kind) {
        if (end < Nanos(0))
            return;
        out.push_back({QCoreApplication::translate("TimingView", name), {}, at, std::max(at, end), kind});
        at = std::max(at, end);
    };
    step(QT_TRANSLATE_NOOP("TimingView", "Find the way"), x.times.routed, Kind::Gateway);
    step(QT_TRANSLATE_NOOP("TimingView", "Get a connection"), x.times.connected, Kind::Upstream);
    step(QT_TRANSLATE_NOOP("TimingView", "Send the request"), x.times.requestSent, Kind::Upstream);
    step(QT_TRANSLATE_NOOP("TimingView", "Wait for the answer"), x.times.firstByte, Kind::Upstream);
    step(QT_TRANSLATE_NOOP("TimingView", "Begin to answer"), x.times.answered, Kind::Gateway);
    step(QT_TRANSLATE_NOOP("TimingView", "Pass the body on"), x.times.ended, Kind::Gateway);
    for (size_t i = 0; i < x.attempts.size(); ++i) {
        const journey::Attempt &a = x.attempts[i];
        if (a.started < Nanos(0))
            continue;
        TimingStep attempt;
        attempt.name = QCoreApplication::translate("TimingView", "Attempt %1").arg(i + 1);
        attempt.note = qs(a.endpoint)
            + (a.error.empty() ? u" · "_qs + QString::number(a.status) : u" · "_qs + qs(a.error))
            + (a.reused ? QCoreApplication::translate("TimingView", " · kept connection") : QString());
        attempt.begin = a.started;
        attempt.end = std::max({a.started, a.connected, a.firstByte, a.ended});
        attempt.kind = a.error.empty() && a.status < 500 ? Kind::Attempt : Kind::FailedAttempt;
        out.push_back(std::move(attempt));
    }
    return out;
}

TimingView::TimingView(const Theme &theme, QWidget *parent) : QAbstractScrollArea(parent), theme_(theme)
{
    setFrameShape(NoFrame);
    setAccessibleName(tr("Timing"));
    connect(&theme_, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void TimingView::clear()
{
    steps_.clear();
    total_ = Nanos(0);
    fit();
}

void TimingView::show(const journey::Exchange &x)
{
    steps_ = timingSteps(x);
    total_ = std::max(Nanos(1), x.times.ended);
    QStringList words;
    for (const TimingStep &step : steps_) {
        total_ = std::max(total_, step.end);
        words << step.name + u' ' + durationText(step.end - step.begin);
    }
    setAccessibleDescription(words.join(u", "_qs));
    fit();
}

int TimingView::stepsHeight() const
{
    int height = 0;
    for (const TimingStep &step : steps_)
        height += lineHeight + (step.note.isEmpty() ? 0 : noteHeight);
    return height;
}

void TimingView::fit()
{
    const int height = headHeight + stepsHeight() + space::l;
    verticalScrollBar()->setSingleStep(lineHeight);
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setRange(0, std::max(0, height - viewport()->height()));
    viewport()->update();
}

void TimingView::resizeEvent(QResizeEvent *)
{
    fit();
}

void TimingView::paintEvent(QPaintEvent *)
{
    const Palette &c = theme_.colors();
    QPainter p(viewport());
    p.fillRect(viewport()->rect(), c.surface);
    if (steps_.empty())
        return;
    p.setRenderHint(QPainter::Antialiasing);
    p.translate(0, -verticalScrollBar()->value());
    const int left = space::l + nameWidth;
    const int width = std::max(120, viewport()->width() - left - timeWidth - space::l);
    paintScale(p, left, width);
    int y = headHeight;
    for (const TimingStep &step : steps_) {
        paintStep(p, step, y, left, width);
        y += lineHeight + (step.note.isEmpty() ? 0 : noteHeight);
    }
}

void TimingView::paintScale(QPainter &p, int left, int width) const
{
    const Palette &c = theme_.colors();
    p.setFont(theme_.ui(12));
    for (int i = 0; i <= 4; ++i) {
        const double at = left + width * i / 4.0;
        p.setPen(c.border);
        p.drawLine(QPointF(at, 30), QPointF(at, headHeight + stepsHeight()));
        p.setPen(c.muted);
        const double shift = i == 0 ? 50 : i == 4 ? -50 : 0;
        const Qt::Alignment align = i == 0 ? Qt::AlignLeft : i == 4 ? Qt::AlignRight : Qt::AlignHCenter;
        p.drawText(QRectF(at - 50 + shift, 8, 100, 18), int(align | Qt::AlignVCenter),
                   i == 0 ? u"0"_qs : durationText(total_ * i / 4));
    }
}

void TimingView::paintStep(QPainter &p, const TimingStep &step, int y, int left, int width) const
{
    const Palette &c = theme_.colors();
    const auto x = [&](Nanos at) { return left + double(width) * double(at.count()) / double(total_.count()); };
    p.setPen(c.text);
    p.setFont(theme_.ui());
    p.drawText(QRect(space::l, y, nameWidth - space::m, lineHeight), Qt::AlignVCenter | Qt::AlignLeft, step.name);
    const double begin = x(step.begin), end = std::max(begin + 2, x(step.end));
    const bool failed = step.kind == TimingStep::Kind::FailedAttempt;
    p.setPen(Qt::NoPen);
    p.setBrush(failed                                        ? c.bad
                   : step.kind == TimingStep::Kind::Gateway  ? c.accent
                   : step.kind == TimingStep::Kind::Upstream ? c.series[2]
                                                             : c.strong);
    p.drawRoundedRect(QRectF(begin, y + (lineHeight - barHeight) / 2.0, end - begin, barHeight), 3, 3);
    p.setPen(c.text);
    p.setFont(theme_.mono());
    p.drawText(QRect(left + width + space::m, y, timeWidth - space::m, lineHeight), Qt::AlignVCenter | Qt::AlignRight,
               durationText(step.end - step.begin));
    if (step.note.isEmpty())
        return;
    p.setPen(failed ? c.bad : c.muted);
    p.setFont(theme_.ui(12));
    const QFontMetrics metrics(p.font());
    p.drawText(QRect(left, y + lineHeight - 4, width, noteHeight), Qt::AlignVCenter | Qt::AlignLeft,
               metrics.elidedText(step.note, Qt::ElideMiddle, width));
}

}  // namespace sluice::ui
