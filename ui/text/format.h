// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers to words, the same words on every page. Pure.
#pragma once

#include "engine/base/moment.h"
#include "engine/base/result.h"

#include <QString>
#include <QStringView>

#include <optional>
#include <string_view>

namespace sluice::ui {

QString durationText(Nanos);       // "840 µs" "12.4 ms" "1.20 s" "2 min 5 s"; "–" for a negative one
QString sizeText(uint64_t bytes);  // "0 B" "512 B" "1.4 kB" "12 MB": powers of 1000
QString countText(uint64_t);       // "1,204,331"
QString counted(uint64_t, const QString &one, const QString &many);  // "1 error" "1,204 errors"
QString percentText(double share);                                   // of 1: "0 %" "0.3 %" "12 %"
QString clockText(WallTime);                                         // local time, "14:03:07.042"
QString dayAndClockText(WallTime);                                   // "24 Nov 2026, 14:03:07.042"
QString agoText(Nanos);                                              // "just now" "5 s ago" "3 min ago"

// What a status is, told by a word beside its colour.
enum class StatusKind { None, Informational, Good, Redirect, ClientError, ServerError, ClientLeft };
StatusKind statusKind(int status);
QString statusText(int status);                   // "404 Not Found"; "no answer" for 0
QString statusWord(StatusKind);                   // "succeeded" "redirected" "refused" "failed" …
QString faultText(const std::optional<Fault> &);  // "the client's fault" …; empty: nobody's

// In the place of a path, where no request could be read: what was wrong with it, if that is known.
QString wordsForNoPath(std::string_view failure);

// Secrets stand in recordings as {{secret:HEX}}: as dots here and the first digits, so that equal ones look equal (text/secrets.h).
QString withSecretsHidden(const QString &text);
// Where the next one begins, at or after `from`; -1: there is none. `end` is one past it.
qsizetype findSecret(QStringView text, qsizetype from, qsizetype &end);
bool hasSecrets(QStringView text);

inline QString qs(std::string_view text)
{
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

}  // namespace sluice::ui
