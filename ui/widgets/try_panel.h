// SPDX-License-Identifier: GPL-3.0-or-later
// TryPanel: a request that has not been sent: which route wins and which lose, and why; and it can be sent.
#pragma once

#include "engine/config/plan.h"
#include "ui/session.h"
#include "ui/theme/theme.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QTreeWidget;

namespace sluice::ui {

class DecisionsView;

class TryPanel : public QWidget {
    Q_OBJECT
public:
    TryPanel(Session &session, const Theme &theme, QWidget *parent = nullptr);

    // The rules to try against; null: the gateway is asked. `unsaved`: they are not the running ones.
    void setPlan(config::PlanPtr plan, bool unsaved);
    // "GET", "/api/users/7"
    void tryRequest(const QString &method, const QString &target);
    void explain();
    QTreeWidget *candidates() const { return candidates_; }
    QString outcomeText() const;
    void focusTarget();

Q_SIGNALS:
    void explained();
    void lineChosen(int line);  // of the file, where a route stands
    void said(const QString &sentence);

private:
    QWidget *question();
    gateway::Question asked() const;
    void show(const gateway::Explanation &explanation);
    void sendIt();
    void askAnew();  // the request was changed
    void restyle();

    Session &session_;
    const Theme &theme_;
    QComboBox *method_;
    QLineEdit *target_;
    QPlainTextEdit *headers_;
    QPushButton *send_;
    QLabel *outcome_, *answer_;
    QTreeWidget *candidates_;
    DecisionsView *decisions_;
    config::PlanPtr plan_;
    bool unsaved_ = false;
    uint64_t asked_ = 0, sent_ = 0;  // an answer that was overtaken is not shown
};

}  // namespace sluice::ui
