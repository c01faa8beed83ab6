// SPDX-License-Identifier: GPL-3.0-or-later
// Lines for text edits: laying out one line costs them the square of its length, so that one of a megabyte stops the
// window for a minute. Longer ones are folded for showing; what is copied or sent is the text as it was. Pure.
#pragma once

#include <QString>

namespace sluice::ui {

constexpr qsizetype longestLine = 2000;  // characters

// For one line that is elided where it is painted: its ends, where it is longer than `longestLine`.
QString shortened(const QString &text);
bool hasLongLine(QStringView text);
// Every line at most `longestLine` characters; no character is cut in two.
QString folded(const QString &text);

}  // namespace sluice::ui
