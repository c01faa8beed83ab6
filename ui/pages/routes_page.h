// SPDX-License-Identifier: GPL-3.0-or-later
// RoutesPage: the gateway file as text and as a form side by side, checked while it is typed; a request tried against the text
// as it stands, saved or not: who wins, who loses and why; and it can be sent.
#pragma once

#include "engine/config/load.h"
#include "ui/session.h"
#include "ui/theme/theme.h"

#include <QTimer>
#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QPushButton;
class QTabWidget;
class QTreeWidget;

namespace sluice::ui {

class DecisionsView;
class FileEdit;
class RouteForm;

class RoutesPage : public QWidget {
    Q_OBJECT
public:
    RoutesPage(Session &session, const Theme &theme, QWidget *parent = nullptr);

    FileEdit *edit() const { return edit_; }
    RouteForm *form() const { return form_; }
    const Problems &problems() const { return problems_; }
    bool modified() const { return text_ != saved_; }
    void save();
    void revert();                                  // to what the disk has
    // "GET", "/api/users/7": explained against the text.
    void tryRequest(const QString &method, const QString &target);
    QTreeWidget *candidates() const { return candidates_; }
    QLabel *outcome() const { return outcome_; }
    void showTry();

Q_SIGNALS:
    void checked();                                 // problems() tells of the text as it is
    void explained();
    void said(const QString &sentence);

private:
    QWidget *editorPart();
    QWidget *tryPart();
    void open();
    void changed();
    void check();
    void take(config::Loaded loaded);
    void showProblems();
    void showButtons();
    void explain();
    void show(const gateway::Explanation &explanation);
    void sendIt();
    void restyle();
    gateway::Question question() const;

    Session &session_;
    const Theme &theme_;
    FileEdit *edit_;
    RouteForm *form_;
    QTabWidget *side_;
    QLabel *file_, *state_, *outcome_, *answer_;
    QListWidget *problemList_;
    QPushButton *save_, *revert_, *send_;
    QComboBox *method_;
    QLineEdit *target_;
    QPlainTextEdit *headers_;
    QTreeWidget *candidates_;
    DecisionsView *decisions_;
    QString path_, text_, saved_;
    Problems problems_;
    config::PlanPtr plan_;
    QTimer typing_;
    uint64_t generation_ = 0;
};

// Environment variables, as ${env:NAME} in a file sees them.
config::Environment processEnvironment();

}  // namespace sluice::ui
