// SPDX-License-Identifier: GPL-3.0-or-later
// RoutesPage: the gateway file as text and as a form side by side, checked while it is typed; a request tried against
// the text as it stands, saved or not: who wins, who loses and why; and it can be sent.
#pragma once

#include "engine/config/load.h"
#include "ui/file_watch.h"
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
    // The disk has another text than the one that was read or saved here, and this one is not saved.
    bool changedOnDisk() const { return foreign_.has_value(); }
    // Where another program has changed the file since it was read: says so, and writes when asked once more.
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
    void takeFormEdit(const QString &text);
    void changeSides();                   // from the text to what stands beside it, or back
    void goToLine(int line, int column);  // without choosing another route in the form
    void lookAtDisk();
    void setForeign(std::optional<QString> text);
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
    QLabel *file_, *state_, *foreignNote_;
    QListWidget *problemList_;
    QPushButton *save_, *revert_;
    QString path_, text_, saved_;
    std::optional<QString> foreign_, told_;  // what the disk has instead; what a save that was refused told of
    FileWatch watch_;
    Problems problems_;
    config::PlanPtr plan_;
    QTimer typing_;
    uint64_t generation_ = 0;
    bool byForm_ = false;    // the form made the last change of the text
    bool changing_ = false;  // we change the text, or move in it; nobody types
};

// Environment variables, as ${env:NAME} in a file sees them.
config::Environment processEnvironment();

}  // namespace sluice::ui
