// SPDX-License-Identifier: GPL-3.0-or-later
// An exchange's request as a line for a shell. Pure. Secrets stay placeholders: they leave the program only when
// asked for by name.
#pragma once

#include "storage/reader.h"

#include <QString>

namespace sluice::ui {

// `address`: the gateway's URL, used where the request does not say its own. Text bodies go in with --data-raw;
// others cannot stand in a line and a comment says so.
QString curlLine(const journey::Exchange &, const QString &address);
QString shellQuoted(const QString &text);

}  // namespace sluice::ui
