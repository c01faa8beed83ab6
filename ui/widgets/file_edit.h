// SPDX-License-Identifier: GPL-3.0-or-later
// FileEdit: the gateway file's text: line numbers, highlighted YAML, problems marked at their lines. QScintilla where
// it was there at build time, else a plain editor with the same face.
#pragma once

#include "engine/base/problem.h"
#include "ui/theme/theme.h"

#include <QWidget>

#include <memory>

namespace sluice::ui {

class FileEdit : public QWidget {
    Q_OBJECT
public:
    explicit FileEdit(const Theme &theme, QWidget *parent = nullptr);
    ~FileEdit() override;

    QString text() const;
    void setText(const QString &text);  // anew: nothing to undo
    // Changes only the middle that differs: the cursor stays, and one undo takes it back.
    void changeTo(const QString &text);
    void setProblems(const Problems &problems);
    void goTo(int line, int column);  // 1-based
    int currentLine() const;          // 1-based
    void setReadOnly(bool on);

Q_SIGNALS:
    void textChanged();
    void lineChanged(int line);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::ui
