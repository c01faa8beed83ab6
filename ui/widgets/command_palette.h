// SPDX-License-Identifier: GPL-3.0-or-later
// CommandPalette: everything the window can do, found by typing. ShortcutSheet: every key of it on one page.
#pragma once

#include "ui/theme/theme.h"

#include <QDialog>

#include <functional>
#include <vector>

class QLineEdit;
class QListWidget;

namespace sluice::ui {

struct Command {
    QString title, keys;
    std::function<void()> run;
};

class CommandPalette : public QDialog {
    Q_OBJECT
public:
    // `typed`: makes a command of what was typed where it is none ("#17": go there); may answer none.
    CommandPalette(std::vector<Command> commands, std::function<std::optional<Command>(const QString &)> typed,
                   const Theme &theme, QWidget *parent);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void fill(const QString &text);
    void runCurrent();
    std::vector<Command> commands_, shown_;
    std::function<std::optional<Command>(const QString &)> typed_;
    QLineEdit *line_;
    QListWidget *list_;
};

// True when the letters of `typed` come in `title` in this order, whatever the case.
bool lettersMatch(const QString &typed, const QString &title);

class ShortcutSheet : public QDialog {
    Q_OBJECT
public:
    ShortcutSheet(const Theme &theme, QWidget *parent);
};

}  // namespace sluice::ui
