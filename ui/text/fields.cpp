// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/text/fields.h"

#include "ui/text/format.h"

namespace sluice::ui {

QString fieldLines(const http::HeaderList &fields)
{
    QString out;
    for (const http::Field field : fields)
        out += qs(field.name) + u": "_qs + qs(field.value) + u'\n';
    out.chop(1);
    return out;
}

Result<http::HeaderList> fieldsOf(const QString &lines)
{
    http::HeaderList out;
    int number = 0;
    for (const QString &line : lines.split(u'\n')) {
        ++number;
        if (line.trimmed().isEmpty())
            continue;
        const qsizetype colon = line.indexOf(u':');
        const std::string name = line.left(colon < 0 ? 0 : colon).trimmed().toStdString();
        if (!http::isToken(name))
            return Error{Fault::Client, "header line " + std::to_string(number) + " is not \"Name: value\""};
        out.add(name, line.mid(colon + 1).trimmed().toStdString());
    }
    return out;
}

}  // namespace sluice::ui
