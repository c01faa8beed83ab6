// SPDX-License-Identifier: GPL-3.0-or-later
// Small things that every page is made of. The window's thread.
#pragma once

#include <QString>

class QAbstractButton;
class QFrame;
class QLabel;
class QMenu;
class QPushButton;
class QToolButton;
class QWidget;

namespace sluice::ui {

// A tooltip and an accessible name, for a button that shows only an icon.
void nameButton(QAbstractButton *button, const QString &name);
// After a property that the style sheet looks at was changed.
void repolish(QWidget *widget);
// role: "title" "heading" "muted" "small" "figure" "mono" "bad" "warn" "caution" "good" of resources/themes.
QLabel *label(const QString &text, const char *role = nullptr);
QPushButton *button(const QString &text, bool primary = false);
// A surface with a hair line around it.
QFrame *panel();
// A menu that deletes itself when it closes; fill it, then popup(menu->pos()): just under the widget, ending where it
// ends.
QMenu *menuUnder(QWidget *widget);
void setRole(QLabel *label, const char *role);

}  // namespace sluice::ui
