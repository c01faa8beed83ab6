// SPDX-License-Identifier: GPL-3.0-or-later
// FirstScreen: what stands where no traffic has come yet: how to send some.
#pragma once

#include "ui/session.h"
#include "ui/theme/theme.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QToolButton;

namespace sluice::ui {

class FirstScreen : public QWidget {
    Q_OBJECT
public:
    FirstScreen(Session &session, const Theme &theme, QWidget *parent = nullptr);
    QString line() const;  // "curl http://127.0.0.1:8080/api/users/1"
    QPushButton *sendButton() const { return send_; }

private:
    void refresh();
    void sendTest();
    QString target() const;
    void restyle();
    Session &session_;
    const Theme &theme_;
    QLabel *picture_, *where_, *outcome_;
    QLineEdit *line_;
    QToolButton *copy_;
    QPushButton *send_;
    bool sending_ = false;
};

// A path that this route pattern takes: "/api/users/**" → "/api/users/1". Pure.
QString sampleOf(const QString &pattern);

}  // namespace sluice::ui
