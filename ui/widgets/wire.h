// SPDX-License-Identifier: GPL-3.0-or-later
// Text as it goes over the wire, in the monospaced font. Classes of their own, because a font that belongs to a class
// survives the style sheet and a change of parents, where one set on a single widget is lost. Theme gives them
// theirs; every QPlainTextEdit of the window has it too.
#pragma once

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>

namespace sluice::ui {

class WireLabel : public QLabel {
    Q_OBJECT
public:
    using QLabel::QLabel;
};

class WireLine : public QLineEdit {
    Q_OBJECT
public:
    using QLineEdit::QLineEdit;
};

// A choice that takes any other word too.
class WireCombo : public QComboBox {
    Q_OBJECT
public:
    explicit WireCombo(QWidget *parent = nullptr) : QComboBox(parent)
    {
        setEditable(true);
        setLineEdit(new WireLine);
    }
};

}  // namespace sluice::ui
