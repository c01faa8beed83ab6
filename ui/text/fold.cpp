// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/text/fold.h"

namespace sluice::ui {

QString shortened(const QString &text)
{
    return text.size() <= longestLine ? text : text.left(longestLine / 2) + u'…' + text.right(longestLine / 2);
}

bool hasLongLine(QStringView text)
{
    for (qsizetype begin = 0; text.size() - begin > longestLine;) {
        const qsizetype end = text.indexOf(u'\n', begin);
        if ((end < 0 ? text.size() : end) - begin > longestLine)
            return true;
        begin = end + 1;
    }
    return false;
}

QString folded(const QString &text)
{
    if (!hasLongLine(text))
        return text;
    QString out;
    out.reserve(text.size() + text.size() / longestLine + 1);
    for (qsizetype begin = 0; begin < text.size();) {
        const qsizetype end = text.indexOf(u'\n', begin), stop = end < 0 ? text.size() : end;
        while (stop - begin > longestLine) {
            const qsizetype piece = longestLine - text[begin + longestLine - 1].isHighSurrogate();
            out.append(QStringView(text).mid(begin, piece)).append(u'\n');
            begin += piece;
        }
        out.append(QStringView(text).mid(begin, stop - begin));
        if (end >= 0)
            out.append(u'\n');
        begin = stop + 1;
    }
    return out;
}

}  // namespace sluice::ui
