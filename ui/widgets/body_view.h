// SPDX-License-Identifier: GPL-3.0-or-later
// BodyView: one body to read: laid out, plain or as hex; pictures as pictures. Decoding happens on another thread; of
// a big body the first 64 KiB are shown until all of it is asked for (then at most 8 MiB of text). Secrets are dots
// but where a Revealer has them.
#pragma once

#include "ui/text/body.h"
#include "ui/theme/theme.h"

#include <QWidget>

class QButtonGroup;
class QLabel;
class QPushButton;
class QScrollArea;
class QStackedWidget;
class QToolButton;

namespace sluice::ui {

class Revealer;
class SecretEdit;

class BodyView : public QWidget {
    Q_OBJECT
public:
    // `revealer`: of the exchange whose body this is; must outlive it. Null: its secrets stay dots.
    explicit BodyView(const Theme &theme, const QString &name, Revealer *revealer = nullptr, QWidget *parent = nullptr);

    void setContent(journey::Content content, const http::HeaderList &headers);
    void clear();
    QString recordedText() const { return body_.text; }  // as it is copied: long lines whole, secrets as placeholders
    bool ready() const { return ready_; }
    bool empty() const { return body_.kind == BodyKind::Empty; }

Q_SIGNALS:
    void shown();  // what was asked for last is on the screen

private:
    void ask(size_t most);
    void show(BodyText text);
    void showText(bool again);
    void showSecrets();
    void restyle();

    const Theme &theme_;
    Revealer *revealer_;
    QLabel *title_, *kind_, *note_, *picture_;
    QButtonGroup *looks_;
    QToolButton *copy_;
    QPushButton *all_;
    SecretEdit *text_;
    QScrollArea *pictures_;
    QStackedWidget *stack_;
    BodyQuestion question_;
    BodyText body_;
    uint64_t generation_ = 0;
    bool ready_ = true;
};

}  // namespace sluice::ui
