// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of redaction share.
#pragma once

#include "engine/recording/redaction.h"

#include <QRegularExpression>
#include <QString>

#include <string>

namespace sluice::secrets {

inline const recording::PlaceholderKey key{1, 2, 3};

inline config::RecordSettings settings()
{
    config::RecordSettings out;
    out.redactJson = {"password", "card.number"};
    return out;
}

inline std::string placeholder(std::string_view secret)
{
    recording::Placeholders placeholders(key);
    return placeholders.of(secret);
}

// <X> stands for the placeholder of X.
inline std::string filledIn(QString text)
{
    static const QRegularExpression secret("<([^>]*)>");
    for (auto match = secret.match(text); match.hasMatch(); match = secret.match(text))
        text.replace(match.capturedStart(), match.capturedLength(),
                     QString::fromStdString(placeholder(match.captured(1).toStdString())));
    return text.toStdString();
}

}  // namespace sluice::secrets
