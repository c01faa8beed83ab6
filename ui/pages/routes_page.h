// SPDX-License-Identifier: GPL-3.0-or-later
// RoutesPage: the gateway file as text and as a form side by side, checked while it is typed; a request tried against
// the text as it stands, saved or not: who wins, who loses and why; and it can be sent.
#pragma once

#include "engine/config/load.h"
#include "ui/session.h"
#include "ui/theme/theme.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QListWidget;
class QPushButton;
class QTabWidget;

namespace sluice::ui {

class FileEdit;
class RouteForm;
class TryPanel;

class RoutesPage : public QWidget {
    Q_OBJECT
public:
    RoutesPage(Session &session, const Theme &theme, QWidget *parent = nullptr);

    FileEdit *edit() const { return edit_; }
    RouteForm *form() const { return form_; }
    const Problems &problems() const { return problems_; }
    bool modified() const { return text_ != saved_; }
    void save();
    void revert();  // to what the disk has
    TryPanel *tryPanel() const { return try_; }
    void showTry();

Q_SIGNALS:
    void checked();  // problems() tells of the text as it is
    void said(const QString &sentence);

private:
    QWidget *editorPart();
    void open();
    void changed();
    void check();
    void take(config::Loaded loaded);
    void showProblems();
    void showButtons();
    void restyle();

    Session &session_;
    const Theme &theme_;
    FileEdit *edit_;
    RouteForm *form_;
    TryPanel *try_;
    QTabWidget *side_;
    QLabel *file_, *state_;
    QListWidget *problemList_;
    QPushButton *save_, *revert_;
    QString path_, text_, saved_;
    Problems problems_;
    config::PlanPtr plan_;
    QTimer typing_;
    uint64_t generation_ = 0;
};

// Environment variables, as ${env:NAME} in a file sees them.
config::Environment processEnvironment();

}  // namespace sluice::ui
