// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/detail_panel.h"

#include "ui/text/fields.h"
#include "ui/text/fold.h"
#include "ui/text/format.h"
#include "ui/text/highlight.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/decisions_view.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/exchange_delegate.h"
#include "ui/widgets/message_view.h"
#include "ui/widgets/messages_view.h"
#include "ui/widgets/timing_view.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSplitter>
#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>

namespace sluice::ui {

DetailPanel::DetailPanel(RecordingAccess &recording, const Theme &theme, QWidget *parent)
    : QWidget(parent),
      recording_(recording),
      theme_(theme),
      pill_(new QLabel),
      title_(new ElidedWireLabel),
      facts_(label({}, "small")),
      tabs_(new QTabWidget),
      request_(new MessageView(theme, tr("Request"))),
      response_(new MessageView(theme, tr("Response"))),
      decisions_(new DecisionsView(theme)),
      timing_(new TimingView(theme)),
      messages_(new MessagesView(recording, theme)),
      raw_(new QPlainTextEdit),
      rawColors_(new Highlighter(theme, raw_->document()))
{
    rawColors_->setLanguage(Highlighter::Language::Headers);
    raw_->setReadOnly(true);
    raw_->setFrameShape(QFrame::NoFrame);
    raw_->setAccessibleName(tr("Raw heads"));
    raw_->setLineWrapMode(QPlainTextEdit::NoWrap);
    pill_->setAccessibleName(tr("Status"));

    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(space::m, space::s, space::s, 0);
    bar->setSpacing(space::s);
    bar->addWidget(pill_);
    bar->addWidget(title_, 1);
    bar->addWidget(facts_);
    bar->addSpacing(space::s);
    bar->addWidget(tool(u"replay"_qs, tr("Replay (R)"), &DetailPanel::replayAsked));
    bar->addWidget(tool(u"edit"_qs, tr("Edit and replay (E)"), &DetailPanel::editAsked));
    bar->addWidget(tool(u"compare"_qs, tr("Compare (Ctrl+D)"), &DetailPanel::compareAsked));
    bar->addWidget(tool(u"copy"_qs, tr("Copy as cURL (Ctrl+Shift+C)"), &DetailPanel::curlAsked));
    bar->addWidget(tool(u"close"_qs, tr("Close the detail (Esc)"), &DetailPanel::closed));

    MessageView::pair(request_, response_);
    auto *messages = new QSplitter(Qt::Horizontal);
    messages->addWidget(request_);
    messages->addWidget(response_);
    messages->setStretchFactor(0, 1);
    messages->setStretchFactor(1, 1);
    messages->setSizes({1000, 1000});
    messages->setChildrenCollapsible(false);
    tabs_->addTab(messages, tr("Request and response"));
    messagesTab_ = tabs_->addTab(messages_, tr("Messages"));
    tabs_->setTabVisible(messagesTab_, false);
    connect(messages_, &MessagesView::ended, this, &DetailPanel::readAgain);
    tabs_->addTab(decisions_, tr("Decisions"));
    tabs_->addTab(timing_, tr("Timing"));
    tabs_->addTab(raw_, tr("Raw"));
    tabs_->setDocumentMode(true);
    tabs_->tabBar()->setAccessibleName(tr("Parts of the exchange"));
    tabs_->tabBar()->setDrawBase(false);

    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(bar);
    column->addWidget(tabs_, 1);
    setAccessibleName(tr("Detail of the exchange"));
    connect(&theme_, &Theme::changed, this, &DetailPanel::restyle);
    restyle();
}

QToolButton *DetailPanel::tool(const QString &icon, const QString &name, void (DetailPanel::*signal)())
{
    auto *out = new QToolButton;
    nameButton(out, name);
    connect(out, &QToolButton::clicked, this, signal);
    tools_.emplace_back(out, icon);
    return out;
}

void DetailPanel::restyle()
{
    for (const auto &[button, icon] : tools_)
        button->setIcon(theme_.icon(icon, theme_.colors().muted));
    if (exchange_)
        fillTitle();
}

void DetailPanel::show(int64_t id)
{
    if (id == id_ && !failed_)
        return;
    id_ = id;
    failed_ = false;
    recording_.exchange({this, 0}, id, [this](Result<journey::Exchange> exchange) { take(std::move(exchange)); });
}

// What was open has ended: the same number leads to its record.
void DetailPanel::readAgain()
{
    if (id_ < 0)
        recording_.exchange({this, 0}, id_, [this](Result<journey::Exchange> exchange) { take(std::move(exchange)); });
}

void DetailPanel::showMessages()
{
    wantMessages_ = true;
    if (exchange() && exchange_->stream.kind != journey::Streaming::None)
        tabs_->setCurrentIndex(messagesTab_);
}

void DetailPanel::forget()
{
    id_ = 0;
    exchange_.reset();
}

void DetailPanel::take(Result<journey::Exchange> result)
{
    failed_ = !result;
    if (!result) {
        exchange_.reset();
        pill_->clear();
        title_->setText(tr("#%1: %2").arg(id_).arg(qs(result.error().what)));
        facts_->clear();
        request_->clear();
        response_->clear();
        decisions_->clear();
        timing_->clear();
        raw_->clear();
        messages_->clear();
        return;
    }
    exchange_ = std::make_unique<journey::Exchange>(result.take());
    if (id_ < 0)  // it has ended meanwhile
        id_ = exchange_->id;
    fillTitle();
    tabs_->setTabVisible(messagesTab_, exchange_->stream.kind != journey::Streaming::None);
    messages_->show(*exchange_);
    if (std::exchange(wantMessages_, false) && exchange_->stream.kind != journey::Streaming::None)
        tabs_->setCurrentIndex(messagesTab_);
    request_->showRequest(*exchange_);
    response_->showResponse(*exchange_);
    decisions_->show(*exchange_);
    timing_->show(*exchange_);
    raw_->setPlainText(folded(rawText(*exchange_)));
    Q_EMIT shown(id_);
}

void DetailPanel::fillTitle()
{
    const journey::Exchange &x = *exchange_;
    pill_->setPixmap(
        statusPixmap(theme_, x.returned.status, isBroken(x.returned.status, x.failedBy), devicePixelRatioF()));
    pill_->setToolTip(statusText(x.returned.status));
    pill_->setAccessibleDescription(statusText(x.returned.status));
    const QString title =
        qs(x.received.method) + u' ' + withSecretsHidden(qs(x.received.authority + x.received.target));
    title_->setText(title);
    title_->setToolTip(shortened(title));
    QStringList facts{x.id < 0 ? tr("open") : u'#' + QString::number(x.id),
                      x.id < 0 ? tr("since %1").arg(clockText(x.time)) : durationText(x.times.ended), qs(x.client)};
    if (x.replayOf)
        facts << tr("replay of #%1").arg(x.replayOf);
    facts_->setText(facts.join(u"  ·  "_qs));
    facts_->setToolTip(dayAndClockText(x.time)
                       + tr("\nrequest id %1\ntrace %2").arg(qs(x.requestId), qs(x.trace.trace)));
}

QString rawText(const journey::Exchange &x)
{
    const auto version = [](http::Version v) {
        const std::string_view name = http::name(v);
        return QString::fromUtf8(name.data(), qsizetype(name.size()));
    };
    const auto request = [&](const QString &heading, const http::RequestHead &head) {
        return heading + u'\n' + qs(head.method) + u' ' + qs(head.target) + u' ' + version(head.version) + u'\n'
            + fieldLines(head.headers) + u"\n\n"_qs;
    };
    const auto response = [&](const QString &heading, const http::ResponseHead &head) {
        return heading + u'\n' + version(head.version) + u' ' + QString::number(head.status) + u' ' + qs(head.reason)
            + u'\n' + fieldLines(head.headers) + u"\n\n"_qs;
    };
    QString out = request(QObject::tr("— as the client sent it —"), x.received);
    if (!x.sent.method.empty())
        out += request(QObject::tr("— as it went on to the upstream —"), x.sent);
    if (x.answer.status)
        out += response(QObject::tr("— as the upstream answered —"), x.answer);
    if (x.returned.status)
        out += response(QObject::tr("— as the client got it —"), x.returned);
    out += QObject::tr("— sizes —\nrequest body: %1\nresponse body: %2\n")
               .arg(sizeText(x.requestBody.size), sizeText(x.responseBody.size));
    return withSecretsHidden(out.trimmed());
}

}  // namespace sluice::ui
