// SPDX-License-Identifier: GPL-3.0-or-later
// TimingView: where an exchange's time went, as a waterfall: a bar a step, then a bar an attempt.
#pragma once

#include "storage/reader.h"
#include "ui/theme/theme.h"

#include <QAbstractScrollArea>

#include <vector>

class QPainter;

namespace sluice::ui {

// A bar of the waterfall.
struct TimingStep {
    QString name, note;
    Nanos begin{0}, end{0};
    enum class Kind { Gateway, Upstream, Attempt, FailedAttempt } kind = Kind::Gateway;
};
// Pure. Steps that the exchange did not come to are left out.
std::vector<TimingStep> timingSteps(const journey::Exchange &);

class TimingView : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit TimingView(const Theme &theme, QWidget *parent = nullptr);
    void show(const journey::Exchange &);
    void clear();

protected:
    void paintEvent(QPaintEvent *) override;
    void resizeEvent(QResizeEvent *) override;

private:
    int stepsHeight() const;
    void fit();
    void paintScale(QPainter &painter, int left, int width) const;
    void paintStep(QPainter &painter, const TimingStep &step, int y, int left, int width) const;
    const Theme &theme_;
    std::vector<TimingStep> steps_;
    Nanos total_{0};
};

}  // namespace sluice::ui
