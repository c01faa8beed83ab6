// SPDX-License-Identifier: GPL-3.0-or-later
// The menu of a row in Traffic: what can be done with it, and filters made from what it shows.
#include "ui/models/exchange_model.h"
#include "ui/pages/traffic_page.h"
#include "ui/text/format.h"
#include "ui/widgets/filter_bar.h"
#include "ui/widgets/long_table.h"

#include <QAction>
#include <QMenu>

namespace sluice::ui {

namespace {

// A term of the filter language for each thing that the row tells; empty where it tells nothing.
QStringList termsOf(const storage::Row &row)
{
    QStringList out;
    const auto add = [&](const QString &field, const std::string &value) {
        if (!value.empty())
            out << field + u":\""_qs + qs(value) + u'"';
    };
    add(u"route"_qs, row.route);
    add(u"service"_qs, row.service);
    add(u"endpoint"_qs, row.endpoint);
    add(u"path"_qs, row.path);
    if (row.status)
        out << u"status:"_qs + QString::number(row.status);
    add(u"client"_qs, row.client);
    if (!row.traceId.empty())
        out << u"trace:"_qs + qs(row.traceId);
    return out;
}

}  // namespace

void TrafficPage::openMenu(const QPoint &at)
{
    const QModelIndex index = table_->indexAt(at);
    const storage::Row *row = model_->rowAt(index.row());
    if (!row)
        return;
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const auto add = [&](const QString &text, const QString &keys, auto &&run) {
        menu->addAction(keys.isEmpty() ? text : text + u'\t' + keys, this, run);
    };
    add(tr("Replay"), u"R"_qs, [this] { replay(false); });
    add(tr("Edit and replay"), u"E"_qs, [this] { replay(true); });
    add(tr("Compare"), u"Ctrl+D"_qs, [this] { compare(); });
    add(tr("Copy as cURL"), u"Ctrl+Shift+C"_qs, [this] { copyCurl(); });
    add(tr("Copy as cURL with secrets"), {}, [this] { copyCurlWithSecrets(); });
    QMenu *marks = menu->addMenu(tr("Mark"));
    for (int i = 1; i <= 6; ++i)
        marks->addAction(QStringLiteral("%1\t%1").arg(i), this, [this, i] { mark(i); });
    menu->addSeparator();
    const QString now = filter_->text().trimmed();
    for (const QString &term : termsOf(*row)) {
        add(tr("Only %1").arg(term), {},
            [this, now, term] { setFilter(now.isEmpty() ? term : u'(' + now + u") "_qs + term); });
    }
    if (const QStringList terms = termsOf(*row); !terms.isEmpty()) {
        menu->addSeparator();
        const QString term = terms.first();
        add(tr("Not %1").arg(term), {},
            [this, now, term] { setFilter(now.isEmpty() ? u"not "_qs + term : u'(' + now + u") not "_qs + term); });
    }
    menu->popup(table_->viewport()->mapToGlobal(at));
}

}  // namespace sluice::ui
