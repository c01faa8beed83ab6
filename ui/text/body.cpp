// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/text/body.h"

#include "engine/http/content_decoder.h"
#include "ui/text/fold.h"
#include "ui/text/format.h"

#include <QBuffer>
#include <QImageReader>
#include <QStringDecoder>
#include <QXmlStreamReader>
#include <QXmlStreamWriter>

namespace sluice::ui {

namespace {

constexpr size_t mostDecoded = 64u << 20;
constexpr int deepest = 512;
constexpr size_t mostPlaceholders = 8192;  // more than are revealed

bool isXml(const QString &type, QByteArrayView bytes)
{
    return type.contains(u"xml", Qt::CaseInsensitive) || bytes.startsWith("<?xml");
}

bool looksLikeJson(const QString &type, QByteArrayView bytes)
{
    if (type.contains(u"json", Qt::CaseInsensitive))
        return true;
    const QByteArrayView start = bytes.trimmed();
    return !start.isEmpty() && (start.front() == '{' || start.front() == '[') && !type.contains(u"html");
}

std::optional<QString> asText(QByteArrayView bytes)
{
    if (bytes.first(std::min<qsizetype>(bytes.size(), 8192)).contains('\0'))
        return std::nullopt;
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString text = decoder(bytes);
    if (!decoder.hasError())
        return text;
    // Cut in the middle of a character is still text.
    qsizetype bad = 0;
    for (const QChar c : text)
        bad += c == QChar::ReplacementCharacter;
    return bad <= 1 + text.size() / 200 ? std::optional(text) : std::nullopt;
}

std::optional<QByteArray> laidOutXml(QByteArrayView xml)
{
    QByteArray out;
    QXmlStreamReader reader(xml.toByteArray());
    QXmlStreamWriter writer(&out);
    writer.setAutoFormatting(true);
    writer.setAutoFormattingIndent(2);
    while (!reader.atEnd()) {
        reader.readNext();
        if (reader.hasError())
            return std::nullopt;
        if (reader.isDTD())
            return std::nullopt;  // entities are not ours to unfold
        if (reader.isWhitespace() || reader.tokenType() == QXmlStreamReader::EndDocument)
            continue;
        writer.writeCurrentToken(reader);
    }
    return out.trimmed();
}

void addNote(QString &note, const QString &sentence)
{
    note += (note.isEmpty() ? QString() : u" "_qs) + sentence;
}

Place placeOf(BodyKind kind, const QString &type)
{
    if (kind == BodyKind::Json)
        return Place::Json;
    if (kind == BodyKind::Xml)
        return Place::Xml;
    return type.startsWith(u"application/x-www-form-urlencoded", Qt::CaseInsensitive) ? Place::Form : Place::Text;
}

QString notes(const journey::Content &content, const http::Decoded &decoded)
{
    QString note;
    if (!content.withheld.empty())
        addNote(note, u"Not kept: "_qs + qs(content.withheld) + u'.');
    if (!content.complete)
        addNote(note, QStringLiteral("The body broke off after %1.").arg(sizeText(content.size)));
    if (content.cut() && content.withheld.empty())
        addNote(note,
                QStringLiteral("The recording kept the first %1 of %2.")
                    .arg(sizeText(content.bytes.size()), sizeText(content.size)));
    if (decoded.state != http::Decoded::State::Whole && !decoded.why.empty())
        addNote(note, qs(decoded.why) + u'.');
    return note;
}

bool isCut(const journey::Content &content, const http::Decoded &decoded)
{
    return content.cut() || !content.complete || decoded.state != http::Decoded::State::Whole;
}

// One past the string that begins here; past the end: it is not closed.
qsizetype stringEnd(QByteArrayView json, qsizetype begin)
{
    qsizetype i = begin + 1;
    while (i < json.size() && json[i] != '"')
        i += json[i] == '\\' ? 2 : 1;
    return i + 1;
}

void setBounded(BodyText &out, QByteArrayView bytes, size_t most)
{
    out.partial = size_t(bytes.size()) > most;
    out.text = QString::fromUtf8(out.partial ? bytes.first(qsizetype(most)) : bytes);
}

BodyText readBody(const BodyQuestion &question)
{
    BodyText out;
    const journey::Content &content = question.content;
    const http::Decoded decoded = http::decodeContent(content.bytes, question.encoding.toStdString(), mostDecoded);
    out.note = notes(content, decoded);
    out.decodedSize = decoded.bytes.size();
    const QByteArrayView bytes(decoded.bytes.data(), qsizetype(decoded.bytes.size()));
    if (bytes.isEmpty())
        return out;
    if (question.type.startsWith(u"image/") && question.look != BodyLook::Hex && !question.type.contains(u"svg")) {
        QByteArray data = bytes.toByteArray();
        QBuffer buffer(&data);
        QImageReader reader(&buffer);
        const QSize size = reader.size();
        if (size.isValid() && (size.width() > 2048 || size.height() > 2048))
            reader.setScaledSize(size.scaled(2048, 2048, Qt::KeepAspectRatio));
        out.image = reader.read();
        if (!out.image.isNull()) {
            out.kind = BodyKind::Image;
            return out;
        }
    }
    const std::optional<QString> text = question.look == BodyLook::Hex ? std::nullopt : asText(bytes);
    if (!text) {
        out.kind = BodyKind::Binary;
        const size_t shown = std::min<size_t>(decoded.bytes.size(), question.most / 4);
        out.partial = shown < decoded.bytes.size();
        out.text = hexDump(bytes.first(qsizetype(shown)));
        if (decoded.bytes.find("{{secret:") != std::string::npos)
            addNote(out.note, u"The bytes of secrets are those of what stands for them."_qs);
        return out;
    }
    const bool json = looksLikeJson(question.type, bytes);
    const bool xml = !json && isXml(question.type, bytes);
    out.kind = json ? BodyKind::Json : xml ? BodyKind::Xml : BodyKind::Text;
    std::optional<QByteArray> pretty;
    if (question.look == BodyLook::Pretty && (json || xml))
        pretty = json ? laidOutJson(bytes, isCut(content, decoded)) : laidOutXml(bytes);
    setBounded(out, pretty ? QByteArrayView(*pretty) : bytes, question.most);
    return out;
}

}  // namespace

BodyText bodyText(const BodyQuestion &question)
{
    BodyText out = readBody(question);
    out.folds = hasLongLine(out.text);
    out.shown = folded(shownText(out.text));
    out.placeholders = placeholdersIn(out.text, mostPlaceholders);
    if (question.secrets && !out.shown.spans.empty())
        out.open = folded(shownText(out.text, placeOf(out.kind, question.type), question.secrets.get()));
    return out;
}

std::optional<QByteArray> laidOutJson(QByteArrayView json, bool cut)
{
    QByteArray out, nesting;
    out.reserve(json.size() + json.size() / 2);
    const auto newLine = [&] {
        out += '\n';
        out.append(nesting.size() * 2, ' ');
    };
    const auto nextAfter = [&](qsizetype i) {
        while (i < json.size() && QByteArrayView(" \t\r\n").contains(json[i]))
            ++i;
        return i;
    };
    bool any = false;
    for (qsizetype i = nextAfter(0); i < json.size(); i = nextAfter(i)) {
        const char c = json[i];
        any = true;
        if (c == '"') {
            const qsizetype begin = i;
            i = stringEnd(json, begin);
            if (i > json.size() && !cut)
                return std::nullopt;
            i = std::min(i, json.size());
            out.append(json.sliced(begin, i - begin));
        } else if (c == '{' || c == '[') {
            const qsizetype next = nextAfter(i + 1);
            const char close = c == '{' ? '}' : ']';
            if (next < json.size() && json[next] == close) {
                out.append(c).append(close);
                i = next + 1;
                continue;
            }
            if (nesting.size() >= deepest)
                return std::nullopt;
            out += c;
            nesting += close;
            newLine();
            ++i;
        } else if (c == '}' || c == ']') {
            if (nesting.isEmpty() || nesting.back() != c)
                return std::nullopt;
            nesting.chop(1);
            newLine();
            out += c;
            ++i;
        } else if (c == ',') {
            out += c;
            newLine();
            ++i;
        } else if (c == ':') {
            out.append(": ");
            ++i;
        } else {
            const qsizetype begin = i;
            while (i < json.size() && !QByteArrayView(" \t\r\n,:{}[]\"").contains(json[i]))
                ++i;
            out.append(json.sliced(begin, i - begin));
        }
    }
    return any && (nesting.isEmpty() || cut) ? std::optional(out) : std::nullopt;
}

QString hexDump(QByteArrayView bytes)
{
    static constexpr char digits[] = "0123456789abcdef";
    QString out;
    out.reserve(bytes.size() / 16 * 78 + 80);
    for (qsizetype line = 0; line < bytes.size(); line += 16) {
        out += QStringLiteral("%1  ").arg(line, 8, 16, QLatin1Char('0'));
        QString plain;
        for (qsizetype i = line; i < line + 16; ++i) {
            if (i == line + 8)
                out += u' ';
            if (i >= bytes.size()) {
                out += u"   ";
                continue;
            }
            const auto byte = static_cast<unsigned char>(bytes[i]);
            out += QLatin1Char(digits[byte >> 4]);
            out += QLatin1Char(digits[byte & 15]);
            out += u' ';
            plain += byte >= 0x20 && byte < 0x7f ? QChar(byte) : QChar(u'·');
        }
        out += u' ' + plain + u'\n';
    }
    return out;
}

}  // namespace sluice::ui
