// SPDX-License-Identifier: GPL-3.0-or-later
// The words of the list's cells, made when they are painted.
#include "ui/models/exchange_model.h"
#include "ui/text/fold.h"
#include "ui/text/format.h"

namespace sluice::ui {

namespace {

QString pathText(const storage::Row &r)
{
    const QString path = r.path.empty() ? wordsForNoPath(r.failure) : shortened(qs(r.path));
    return r.query.empty() ? path : path + u'?' + shortened(withSecretsHidden(qs(r.query)));
}

QVariant cell(const storage::Row &r, int column)
{
    switch (column) {
    case ExchangeModel::Mark: return r.mark ? QString::number(r.mark) : QString();
    case ExchangeModel::Id: return QString::number(r.id);
    case ExchangeModel::Time: return clockText(r.time);
    case ExchangeModel::Method: return qs(r.method);
    case ExchangeModel::Status: return r.status ? QString::number(r.status) : u"–"_qs;
    case ExchangeModel::Path: return pathText(r);
    case ExchangeModel::Route: return qs(r.route);
    case ExchangeModel::Service: return qs(r.service);
    case ExchangeModel::Latency: return durationText(r.latency);
    case ExchangeModel::Size: return sizeText(r.responseBytes);
    default: return {};
    }
}

QString told(const storage::Row &r)
{
    QString out = (r.method.empty() ? QString() : qs(r.method) + u' ') + pathText(r) + u"\n"_qs + statusText(r.status)
        + u" after "_qs + durationText(r.latency) + u", "_qs + dayAndClockText(r.time) + u"\nfrom "_qs + qs(r.client);
    if (!r.endpoint.empty())
        out += u", by "_qs + qs(r.endpoint);
    if (!r.failure.empty() && !r.path.empty())
        out += u'\n' + qs(r.failure);
    return out;
}

}  // namespace

QVariant ExchangeModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    if (role == Qt::TextAlignmentRole) {
        const bool number = index.column() == Id || index.column() == Latency || index.column() == Size;
        return int((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole && role != Qt::AccessibleTextRole)
        return {};
    const storage::Row *row = rowAt(index.row());
    if (!row && index.column() == Path && gone(index.row()))
        return tr("no longer kept");
    if (!row)
        return index.column() == Id && role != Qt::ToolTipRole ? QVariant(QString::number(idAt(index.row())))
                                                               : QVariant();
    if (role == Qt::ToolTipRole)
        return told(*row);
    if (role == Qt::AccessibleTextRole && index.column() == Status)
        return QString(statusText(row->status) + u", "_qs
                       + (row->failedBy ? tr("failed") : statusWord(statusKind(row->status))));
    return cell(*row, index.column());
}

QVariant ExchangeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    static constexpr const char *names[ColumnCount] = {"",     "#",     "Time",    "Method",  "Status",
                                                       "Path", "Route", "Service", "Latency", "Size"};
    if (role == Qt::AccessibleTextRole && section == Mark)
        return tr("Mark");
    if (role == Qt::DisplayRole && section >= 0 && section < ColumnCount)
        return tr(names[section]);
    if (role == Qt::TextAlignmentRole)
        return int((section == Id || section >= Latency ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    return {};
}

}  // namespace sluice::ui
