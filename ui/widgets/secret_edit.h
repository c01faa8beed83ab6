// SPDX-License-Identifier: GPL-3.0-or-later
// SecretEdit: a text to read that may hold secrets. What is copied or dragged out of it has placeholders, whatever is seen; the secrets
// themselves only by "Copy with secrets" of its menu, which is there while they are seen.
#pragma once

#include "ui/text/secrets.h"
#include "ui/theme/theme.h"

#include <QPlainTextEdit>

namespace sluice::ui {

class Highlighter;

class SecretEdit : public QPlainTextEdit {
    Q_OBJECT
public:
    // `theme` must outlive it.
    explicit SecretEdit(const Theme &theme, QWidget *parent = nullptr);
    ~SecretEdit() override;
    // Folds long lines. Stays where it was scrolled to when it is the same text with other secrets shown.
    void show(ShownText text, bool scrolled = false);
    using QPlainTextEdit::show;
    void clear();
    Highlighter *highlighter() const { return highlighter_; }
    void copyWithSecrets();  // of what is selected

protected:
    QMimeData *createMimeDataFromSelection() const override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    bool opensSecrets() const;  // something of what is selected
    ShownText shown_;
    Highlighter *highlighter_;
};

// Puts a text with secrets on the clipboard, and asks those who keep a history of it to leave it out.
void copySecret(const QString &text);

}  // namespace sluice::ui
