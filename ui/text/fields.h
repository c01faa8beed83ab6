// SPDX-License-Identifier: GPL-3.0-or-later
// Field lines as text that can be edited, and back. Pure.
#pragma once

#include "storage/reader.h"

#include <QString>

namespace sluice::ui {

// "Name: value" a line.
QString fieldLines(const http::HeaderList &);
// Empty lines are skipped. Error: a line that is no field; what() says which.
Result<http::HeaderList> fieldsOf(const QString &lines);

}  // namespace sluice::ui
