// SPDX-License-Identifier: GPL-3.0-or-later
// Toast: a sentence at the foot of the window that goes away by itself after four seconds.
#pragma once

#include <QLabel>
#include <QTimer>

namespace sluice::ui {

class Toast : public QLabel {
    Q_OBJECT
public:
    explicit Toast(QWidget *over);
    void say(const QString &sentence);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void place();
    QTimer gone_;
};

}  // namespace sluice::ui
