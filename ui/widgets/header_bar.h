// SPDX-License-Identifier: GPL-3.0-or-later
// HeaderBar: how the gateway is, in one line above every page: where it listens, what goes through it, what is
// recorded, and whatever is wrong. Never by colour alone: each state has its word.
#pragma once

#include "ui/session.h"
#include "ui/theme/theme.h"

#include <QFrame>

class QLabel;
class QPushButton;
class QToolButton;

namespace sluice::ui {

class HeaderBar : public QFrame {
    Q_OBJECT
public:
    HeaderBar(Session &session, Theme &theme, QWidget *parent = nullptr);

Q_SIGNALS:
    void paletteAsked();
    void shortcutsAsked();
    void problemsAsked();
    void said(const QString &sentence);

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void refresh();
    void tellTrouble();
    void restyle();
    Session &session_;
    Theme &theme_;
    QLabel *lamp_, *state_, *traffic_, *recording_;
    QPushButton *address_, *trouble_, *search_;
    QToolButton *keys_, *mode_;
    bool narrow_ = false, ofRecording_ = false;  // what trouble_ tells is the recording's, not the file's
};

}  // namespace sluice::ui
