// SPDX-License-Identifier: GPL-3.0-or-later
// What a body looks like to a person: content codings taken off, JSON and XML laid out, other bytes as hex, pictures
// decoded. Pure, and slow for big ones: run it off the window's thread (BodyView does).
#pragma once

#include "storage/reader.h"
#include "ui/text/secrets.h"

#include <QImage>
#include <QString>

#include <vector>

namespace sluice::ui {

enum class BodyKind { Empty, Json, Xml, Text, Binary, Image };
enum class BodyLook { Pretty, Plain, Hex };

struct BodyText {
    BodyKind kind = BodyKind::Empty;
    QString text;     // as it was recorded, secrets as placeholders
    ShownText shown;  // for a text edit: long lines folded, secrets as dots
    ShownText open;   // the same with the secrets, where the question has them and they stand in it
    std::vector<std::string> placeholders;  // in it, each once
    bool folds = false;                     // it has lines that were folded
    QImage image;                           // with Image, at most 2048 pixels a side
    QString note;          // what the reader must know: cut, broken off, a damaged coding …; may be empty
    bool partial = false;  // text is only the beginning of what is there: ask with a larger bound
    uint64_t decodedSize = 0;
};

struct BodyQuestion {
    journey::Content content;
    QString type, encoding;  // Content-Type, Content-Encoding
    BodyLook look = BodyLook::Pretty;
    size_t most = 256 * 1024;  // bytes of text to make; SIZE_MAX: all of it
    SecretsPtr secrets;        // null: none is seen
};

// At most 64 MiB of decoded content are looked at.
BodyText bodyText(const BodyQuestion &);

// Lays out JSON without reading its numbers: every token stays as it was sent. Nothing: it is not JSON. `cut`: it is only
// the beginning of some, and may end anywhere.
std::optional<QByteArray> laidOutJson(QByteArrayView json, bool cut = false);
QString hexDump(QByteArrayView bytes);  // 16 a line: offset, hex, ASCII

}  // namespace sluice::ui
