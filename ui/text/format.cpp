// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/text/format.h"

#include "engine/gateway/status.h"
#include "storage/reader.h"
#include "ui/text/fold.h"
#include "ui/text/secrets.h"

#include <QDateTime>
#include <QLocale>

namespace sluice::ui {

namespace {

const QLocale &words()
{
    static const QLocale locale(QLocale::English, QLocale::UnitedKingdom);
    return locale;
}

QString threeDigits(double value)
{
    return words().toString(value, 'f', value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

QDateTime localTime(WallTime time)
{
    return QDateTime::fromMSecsSinceEpoch(time.time_since_epoch().count() / 1000);
}

constexpr QStringView secretBegin = u"{{secret:";

}  // namespace

QString durationText(Nanos duration)
{
    const double nanos = double(duration.count());
    if (nanos < 0)
        return u"–"_qs;
    if (nanos < 1e6)
        return words().toString(qRound64(nanos / 1e3)) + u" µs"_qs;
    if (nanos < 1e9)
        return threeDigits(nanos / 1e6) + u" ms"_qs;
    if (nanos < 60e9)
        return threeDigits(nanos / 1e9) + u" s"_qs;
    const qint64 seconds = qRound64(nanos / 1e9);
    if (seconds < 3600)
        return QStringLiteral("%1 min %2 s").arg(seconds / 60).arg(seconds % 60);
    return QStringLiteral("%1 h %2 min").arg(seconds / 3600).arg(seconds / 60 % 60);
}

QString sizeText(uint64_t bytes)
{
    if (bytes < 1000)
        return QString::number(bytes) + u" B"_qs;
    static constexpr const char16_t *units[] = {u" kB", u" MB", u" GB", u" TB"};
    double value = double(bytes) / 1000;
    size_t unit = 0;
    for (; value >= 999.5 && unit < 3; ++unit)
        value /= 1000;
    return threeDigits(value) + QString::fromUtf16(units[unit]);
}

QString countText(uint64_t count)
{
    return words().toString(qulonglong(count));
}

QString counted(uint64_t count, const QString &one, const QString &many)
{
    return countText(count) + u' ' + (count == 1 ? one : many);
}

QString percentText(double share)
{
    const double percent = share * 100;
    return words().toString(percent, 'f', percent > 0 && percent < 9.95 ? 1 : 0) + u" %"_qs;
}

QString clockText(WallTime time)
{
    return localTime(time).toString(u"HH:mm:ss.zzz"_qs);
}

QString dayAndClockText(WallTime time)
{
    return words().toString(localTime(time), u"d MMM yyyy, HH:mm:ss.zzz"_qs);
}

QString agoText(Nanos age)
{
    const qint64 seconds = age.count() / 1'000'000'000;
    if (seconds < 2)
        return u"just now"_qs;
    if (seconds < 60)
        return QStringLiteral("%1 s ago").arg(seconds);
    if (seconds < 3600)
        return QStringLiteral("%1 min ago").arg(seconds / 60);
    if (seconds < 86400)
        return QStringLiteral("%1 h ago").arg(seconds / 3600);
    return QStringLiteral("%1 d ago").arg(seconds / 86400);
}

StatusKind statusKind(int status)
{
    if (status == 499)
        return StatusKind::ClientLeft;
    switch (status / 100) {
    case 1: return StatusKind::Informational;
    case 2: return StatusKind::Good;
    case 3: return StatusKind::Redirect;
    case 4: return StatusKind::ClientError;
    case 0: return StatusKind::None;
    default: return StatusKind::ServerError;
    }
}

QString statusText(int status)
{
    if (status == 0)
        return u"no answer"_qs;
    if (status == 499)
        return u"499 client left"_qs;
    const std::string_view reason = http::reasonPhrase(status);
    return QString::number(status)
        + (reason.empty() ? QString() : u' ' + QString::fromUtf8(reason.data(), qsizetype(reason.size())));
}

QString statusWord(StatusKind kind)
{
    switch (kind) {
    case StatusKind::None: return u"no answer"_qs;
    case StatusKind::Informational: return u"informational"_qs;
    case StatusKind::Good: return u"succeeded"_qs;
    case StatusKind::Redirect: return u"redirected"_qs;
    case StatusKind::ClientError: return u"refused"_qs;
    case StatusKind::ServerError: return u"failed"_qs;
    case StatusKind::ClientLeft: break;
    }
    return u"client left"_qs;
}

QString faultText(const std::optional<Fault> &fault)
{
    if (!fault)
        return {};
    switch (*fault) {
    case Fault::Client: return u"the client’s fault"_qs;
    case Fault::Upstream: return u"the upstream’s fault"_qs;
    case Fault::Gateway: break;
    }
    return u"the gateway’s doing"_qs;
}

QString wordsForNoPath(std::string_view failure)
{
    return failure.empty() ? u"–"_qs : shortened(qs(failure));
}

QString withSecretsHidden(const QString &text)
{
    return shownText(text).text;
}

qsizetype findSecret(QStringView text, qsizetype from, qsizetype &end)
{
    const auto isDigit = [](QChar c) {
        return (c >= u'0' && c <= u'9') || (c >= u'a' && c <= u'f') || (c >= u'A' && c <= u'F');
    };
    for (qsizetype at = text.indexOf(secretBegin, from); at >= 0; at = text.indexOf(secretBegin, at + 1)) {
        qsizetype i = at + secretBegin.size();
        while (i < text.size() && isDigit(text[i]))
            ++i;
        if (i > at + secretBegin.size() && text.mid(i, 2) == u"}}") {
            end = i + 2;
            return at;
        }
    }
    return -1;
}

bool hasSecrets(QStringView text)
{
    qsizetype end = 0;
    return findSecret(text, 0, end) >= 0;
}

}  // namespace sluice::ui
