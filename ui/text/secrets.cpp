// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/text/secrets.h"

#include "engine/http/message.h"
#include "ui/text/fold.h"
#include "ui/text/format.h"

#include <QObject>
#include <QStringList>

#include <algorithm>
#include <set>

namespace sluice::ui {

namespace {

constexpr qsizetype tagDigits = 4;
constexpr int mostReasons = 3;

using Written = std::optional<QString>;

// The name of the field in whose line this stands; empty: it is no field.
std::string fieldAt(QStringView text, qsizetype at)
{
    const qsizetype begin = text.lastIndexOf(u'\n', at) + 1, colon = text.indexOf(u':', begin);
    const std::string name =
        colon < 0 || colon > at ? std::string() : text.mid(begin, colon - begin).toString().toStdString();
    return http::isToken(name) ? name : std::string();
}

// A string of JSON, be it within a text of JSON, has its quotes about it, and what is no string stood without them.
Written inJson(QStringView text, const recording::Unseal &unseal, qsizetype &begin, qsizetype &end)
{
    qsizetype slashes = 0;
    const bool quoted = begin > 0 && text[begin - 1] == u'"';
    while (quoted && slashes + 1 < begin && text[begin - 2 - slashes] == u'\\')
        ++slashes;
    const qsizetype from = begin - slashes - 1, to = end + slashes + 1;
    if (!quoted || to > text.size())
        return std::nullopt;
    std::string bytes = text.mid(from, to - from).toString().toStdString();
    const std::string quote = bytes.substr(0, size_t(slashes) + 1);
    if (recording::unsealBody(bytes, "application/json", unseal))
        return std::nullopt;
    const size_t edge = quote.size();
    if (bytes.size() >= 2 * edge && bytes.starts_with(quote) && bytes.ends_with(quote)) {
        QString out = qs(std::string_view(bytes).substr(edge, bytes.size() - 2 * edge));
        Secret::wipe(bytes);
        return out;
    }
    QString out = qs(bytes);
    Secret::wipe(bytes);
    begin = from;
    end = to;
    return out;
}

// The secret as it is written there; may widen [begin, end), what it replaces. Nothing: it is not known.
Written written(QStringView text, Place place, const Secrets &open, qsizetype &begin, qsizetype &end)
{
    std::string bytes = text.mid(begin, end - begin).toString().toStdString();
    const auto at = open.known.find(bytes);
    if (at == open.known.end())
        return std::nullopt;
    const recording::Unseal unseal = [&](std::string_view) -> Result<recording::Unsealed> { return at->second; };
    std::optional<Error> wrong;
    const std::string name = place == Place::Fields ? fieldAt(text, begin) : std::string();
    switch (place) {
    case Place::Json:
        if (Written out = inJson(text, unseal, begin, end))
            return out;
        bytes = at->second.text.reveal();
        break;
    case Place::Fields:
        wrong = name.empty() ? recording::unsealTarget(bytes, unseal) : recording::unsealField(name, bytes, unseal);
        break;
    case Place::Url: wrong = recording::unsealTarget(bytes, unseal); break;
    case Place::Xml: wrong = recording::unsealBody(bytes, "application/xml", unseal); break;
    case Place::Form: wrong = recording::unsealBody(bytes, "application/x-www-form-urlencoded", unseal); break;
    case Place::Text: bytes = at->second.text.reveal();
    }
    if (wrong)
        bytes = at->second.text.reveal();
    QString out = qs(bytes);
    Secret::wipe(bytes);
    return out;
}

QString dots(QStringView placeholder)
{
    constexpr qsizetype before = 9;  // {{secret:
    const qsizetype digits = std::min(tagDigits, placeholder.size() - before - 2);
    return u"••••••\u00a0"_qs + placeholder.mid(before, digits).toString();
}

}  // namespace

ShownText shownText(const QString &recorded, Place place, const Secrets *open)
{
    ShownText out;
    qsizetype kept = 0, end = 0;
    for (qsizetype begin = findSecret(recorded, 0, end); begin >= 0; begin = findSecret(recorded, end, end)) {
        qsizetype from = begin, to = end;
        Written secret = open ? written(recorded, place, *open, from, to) : std::nullopt;
        const QString there = secret ? *secret : dots(QStringView(recorded).mid(begin, end - begin));
        from = std::max(from, kept);
        out.text.append(QStringView(recorded).mid(kept, from - kept));
        out.spans.push_back({out.text.size(), there.size(), recorded.mid(from, to - from), secret.has_value()});
        out.text.append(there);
        kept = end = to;
    }
    if (out.spans.empty())
        out.text = recorded;
    else
        out.text.append(QStringView(recorded).mid(kept));
    return out;
}

ShownText folded(ShownText text)
{
    if (!hasLongLine(text.text))
        return text;
    ShownText out{folded(text.text), std::move(text.spans)};
    // A fold is a line end that was not there, and never stands before one that was: both texts are walked side by side.
    qsizetype from = 0, to = 0;
    const auto passFold = [&] { to += from < text.text.size() && out.text[to] == u'\n' && text.text[from] != u'\n'; };
    const auto walk = [&](qsizetype until) {
        for (; from < until; ++from, ++to)
            passFold();
        return to;
    };
    for (SecretSpan &span : out.spans) {
        const qsizetype end = span.begin + span.size;
        walk(span.begin);
        passFold();
        span.begin = to;
        span.size = walk(end) - span.begin;
    }
    wipe(text.text);
    return out;
}

std::vector<std::string> placeholdersIn(const QString &recorded, size_t most)
{
    std::set<std::string> found;
    qsizetype end = 0;
    for (qsizetype begin = findSecret(recorded, 0, end); begin >= 0 && found.size() < most;
         begin = findSecret(recorded, end, end))
        found.insert(recorded.mid(begin, end - begin).toStdString());
    return {found.begin(), found.end()};
}

QString recordedPart(const ShownText &text, qsizetype begin, qsizetype end)
{
    QString out;
    for (const SecretSpan &span : text.spans) {
        if (span.begin + span.size <= begin)
            continue;
        if (span.begin >= end)
            break;
        out.append(QStringView(text.text).mid(begin, std::max<qsizetype>(0, span.begin - begin)));
        out.append(span.recorded);
        begin = span.begin + span.size;
    }
    return begin < end ? out.append(QStringView(text.text).mid(begin, end - begin)) : out;
}

void wipe(QString &text)
{
    if (text.isDetached())
        std::fill_n(const_cast<volatile char16_t *>(reinterpret_cast<char16_t *>(text.data())), text.size(), u'\0');
    text = QString();
}

bool ShownText::opens() const
{
    return std::any_of(spans.begin(), spans.end(), [](const SecretSpan &span) { return span.open; });
}

void wipe(ShownText &text)
{
    if (text.opens())
        wipe(text.text);
    text = {};
}

QString missingText(const Secrets &secrets)
{
    if (secrets.missing.empty())
        return {};
    QStringList reasons;
    for (const auto &[placeholder, why] : secrets.missing) {
        if (!reasons.contains(qs(why)) && reasons.size() < mostReasons)
            reasons << qs(why);
    }
    const size_t missing = secrets.missing.size(), all = missing + secrets.known.size();
    const QString which = missing < all ? QObject::tr("%1 of %2 secrets cannot be shown").arg(missing).arg(all)
        : all == 1                      ? QObject::tr("The secret cannot be shown")
                                        : QObject::tr("None of the %1 secrets can be shown").arg(all);
    return which + u": "_qs + reasons.join(u"; "_qs)
        + QObject::tr(". To see it, open the recording as the user who made it, or record the request again.");
}

}  // namespace sluice::ui
