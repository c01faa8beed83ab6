// SPDX-License-Identifier: GPL-3.0-or-later
// RevealButton shows the secrets that a Revealer is asked for, and hides them again; it is there where there are some. RevealNotice
// says why some cannot be shown, and what to do.
#pragma once

#include "ui/models/revealer.h"
#include "ui/theme/theme.h"

#include <QLabel>
#include <QToolButton>

namespace sluice::ui {

class RevealButton : public QToolButton {
    Q_OBJECT
public:
    // Both must outlive it.
    RevealButton(Revealer &revealer, const Theme &theme, QWidget *parent = nullptr);
    // False: there are none to be shown.
    bool press();
    void setWords(bool on);  // false: the icon alone, where there is little room

private:
    void tell();
    Revealer &revealer_;
    const Theme &theme_;
};

class RevealNotice : public QLabel {
    Q_OBJECT
public:
    explicit RevealNotice(Revealer &revealer, QWidget *parent = nullptr);
    QString shown() const { return isHidden() ? QString() : text(); }

private:
    void tell();
    Revealer &revealer_;
};

}  // namespace sluice::ui
