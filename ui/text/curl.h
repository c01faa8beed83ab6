// SPDX-License-Identifier: GPL-3.0-or-later
// An exchange's request as a line for a shell. Pure. Secrets stay placeholders: they leave the program only when
// asked for by name.
#pragma once

#include "storage/reader.h"
#include "ui/text/secrets.h"

#include <QString>

namespace sluice::ui {

// `address`: the gateway's URL, used where the request does not say its own. Text bodies go in with --data-raw;
// others cannot stand in a line and a comment says so.
QString curlLine(const journey::Exchange &, const QString &address);
// The same with the secrets in their places. Error: which cannot be had, and why; nothing is to be copied then.
Result<QString> curlLineWithSecrets(const journey::Exchange &, const QString &address, const Secrets &);
// What stands for secrets in the request, each once.
std::vector<std::string> placeholdersOf(const journey::Exchange &);
QString shellQuoted(const QString &text);

}  // namespace sluice::ui
