// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/try_panel.h"

#include "ui/text/fields.h"
#include "ui/text/format.h"
#include "ui/text/highlight.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/decisions_view.h"
#include "ui/widgets/wire.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

// Lets the reasons run over several lines.
class ReasonDelegate : public QStyledItemDelegate {
public:
    explicit ReasonDelegate(QTreeView *view) : QStyledItemDelegate(view), view_(view) {}
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const QRect room(0, 0, view_->columnWidth(index.column()) - 3 * space::s, 10'000);
        const int height = option.fontMetrics.boundingRect(room, Qt::TextWordWrap, index.data().toString()).height();
        return {room.width(), std::max(space::row, height + space::m)};
    }

private:
    QTreeView *view_;
};

}  // namespace

TryPanel::TryPanel(Session &session, const Theme &theme, QWidget *parent)
    : QWidget(parent),
      session_(session),
      theme_(theme),
      method_(new WireCombo),
      target_(new WireLine),
      headers_(new QPlainTextEdit),
      send_(button(tr("Send it"))),
      outcome_(label({}, "heading")),
      answer_(label({}, "muted")),
      candidates_(new QTreeWidget),
      decisions_(new DecisionsView(theme))
{
    auto *splitter = new QSplitter(Qt::Vertical);
    splitter->addWidget(question());
    splitter->addWidget(decisions_);
    splitter->setSizes({420, 260});
    splitter->setChildrenCollapsible(false);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(splitter);
    connect(target_, &QLineEdit::textChanged, this, &TryPanel::askAnew);
    connect(method_, &QComboBox::currentTextChanged, this, &TryPanel::askAnew);
    connect(headers_, &QPlainTextEdit::textChanged, this, &TryPanel::askAnew);
    connect(target_, &QLineEdit::returnPressed, this, &TryPanel::sendIt);
    connect(send_, &QPushButton::clicked, this, &TryPanel::sendIt);
    connect(candidates_, &QTreeWidget::itemActivated, this,
            [this](QTreeWidgetItem *item) { Q_EMIT lineChosen(item->data(0, Qt::UserRole).toInt()); });
    connect(&theme_, &Theme::changed, this, &TryPanel::restyle);
    restyle();
}

QWidget *TryPanel::question()
{
    method_->addItems({u"GET"_qs, u"POST"_qs, u"PUT"_qs, u"PATCH"_qs, u"DELETE"_qs, u"HEAD"_qs, u"OPTIONS"_qs});
    method_->setAccessibleName(tr("Method to try"));
    method_->setFixedWidth(110);
    target_->setText(u"/"_qs);
    target_->setAccessibleName(tr("Path to try"));
    target_->setPlaceholderText(u"/api/users/7?page=2"_qs);
    headers_->setPlaceholderText(tr("Headers, one a line:  X-Tenant: acme"));
    headers_->setAccessibleName(tr("Headers to try"));
    headers_->setTabChangesFocus(true);
    headers_->setFixedHeight(64);
    (new Highlighter(theme_, headers_->document()))->setLanguage(Highlighter::Language::Headers);
    candidates_->setAccessibleName(tr("Routes that were looked at"));
    candidates_->setHeaderLabels({tr("Route"), tr("Why")});
    candidates_->setRootIsDecorated(false);
    candidates_->header()->resizeSection(0, 190);
    candidates_->header()->setStretchLastSection(true);
    candidates_->setWordWrap(true);
    candidates_->setItemDelegate(new ReasonDelegate(candidates_));
    connect(candidates_->header(), &QHeaderView::sectionResized, candidates_, [this] { candidates_->doItemsLayout(); });
    outcome_->setWordWrap(true);
    outcome_->setAccessibleName(tr("What the gateway would do"));
    answer_->setWordWrap(true);

    auto *line = new QHBoxLayout;
    line->setSpacing(space::s);
    line->addWidget(method_);
    line->addWidget(target_, 1);
    line->addWidget(send_);
    auto *top = new QWidget;
    auto *topColumn = new QVBoxLayout(top);
    topColumn->setContentsMargins(space::l, space::m, space::l, space::m);
    topColumn->setSpacing(space::s);
    topColumn->addLayout(line);
    topColumn->addWidget(headers_);
    topColumn->addWidget(outcome_);
    topColumn->addWidget(answer_);
    topColumn->addWidget(candidates_, 1);
    return top;
}

void TryPanel::restyle()
{
    send_->setIcon(theme_.icon(u"send"_qs));
}

void TryPanel::setPlan(config::PlanPtr plan, bool unsaved)
{
    plan_ = std::move(plan);
    unsaved_ = unsaved;
    explain();
}

void TryPanel::focusTarget()
{
    target_->setFocus();
}

QString TryPanel::outcomeText() const
{
    return outcome_->text();
}

void TryPanel::tryRequest(const QString &method, const QString &target)
{
    method_->setCurrentText(method);
    target_->setText(target);
    explain();
}

gateway::Question TryPanel::asked() const
{
    gateway::Question out;
    out.method = method_->currentText().trimmed().toStdString();
    out.target = target_->text().trimmed().toStdString();
    out.host = session_.address().section(u"://"_qs, 1).toStdString();
    if (const auto fields = fieldsOf(headers_->toPlainText())) {
        for (const http::Field field : *fields) {
            out.headers.emplace_back(field.name, field.value);
            if (http::equalsIgnoreCase(field.name, "Host"))
                out.host = field.value;
        }
    }
    return out;
}

void TryPanel::askAnew()
{
    ++sent_;
    answer_->clear();
    answer_->hide();
    explain();
}

void TryPanel::explain()
{
    ++asked_;
    if (target_->text().trimmed().isEmpty())
        return;
    if (plan_) {
        show(gateway::explain(*plan_, asked()));
        return;
    }
    session_.explain(asked(), this, [this, number = asked_](Result<gateway::Explanation> explanation) {
        if (number != asked_)
            return;
        if (explanation)
            show(*explanation);
        else
            outcome_->setText(qs(explanation.error().what));
    });
}

void TryPanel::show(const gateway::Explanation &e)
{
    const QString unsaved = unsaved_ ? tr(" (by the text that is not saved yet)") : QString();
    outcome_->setText(e.status
                          ? tr("The gateway answers %1 by itself%2").arg(statusText(e.status), unsaved)
                          : tr("Goes to %1 as %2, by route %3%4").arg(qs(e.service), qs(e.path), qs(e.route), unsaved));
    setRole(outcome_, e.status ? "bad" : "heading");
    candidates_->clear();
    bool winner = true;
    const Palette &c = theme_.colors();
    for (const gateway::Explanation::Candidate &each : e.candidates) {
        const bool won = winner && each.matched;
        winner = winner && !each.matched;
        auto *item = new QTreeWidgetItem(candidates_, {qs(each.route), qs(each.why)});
        item->setIcon(0, theme_.icon(won ? u"check"_qs : u"close"_qs, won ? c.good : c.muted));
        item->setData(0, Qt::UserRole, each.line);
        item->setToolTip(1, qs(each.why));
        if (!won) {
            item->setForeground(0, c.muted);
            item->setForeground(1, c.muted);
        }
    }
    decisions_->show(QString(), e.decisions);
    Q_EMIT explained();
}

void TryPanel::sendIt()
{
    const auto fields = fieldsOf(headers_->toPlainText());
    if (!fields) {
        Q_EMIT said(qs(fields.error().what));
        return;
    }
    replay::Request request;
    request.url = session_.address().toStdString();
    request.head.method = method_->currentText().trimmed().toStdString();
    request.head.target = target_->text().trimmed().toStdString();
    request.head.headers = *fields;
    answer_->show();
    answer_->setText(tr("Sending…"));
    session_.send(std::move(request), this, [this, number = ++sent_](replay::Answer answer) {
        if (number != sent_)
            return;
        answer_->setText(answer->returned.status
                             ? tr("Sent: the running rules answered %1 after %2. It is in Traffic.")
                                   .arg(statusText(answer->returned.status), durationText(answer->times.ended))
                             : tr("Sent, but no answer came: %1").arg(qs(answer->failure)));
    });
}

}  // namespace sluice::ui
