// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/detail_panel.h"

#include "ui/models/revealer.h"
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
#include "ui/widgets/reveal_button.h"
#include "ui/widgets/secret_edit.h"
#include "ui/widgets/timing_view.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSplitter>
#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>

namespace sluice::ui {

namespace {

constexpr int narrow = 900;  // pixels, from which on the button that reveals has words

}  // namespace

DetailPanel::DetailPanel(RecordingAccess &recording, const Theme &theme, QWidget *parent)
    : QWidget(parent),
      recording_(recording),
      theme_(theme),
      revealer_(new Revealer(recording, this)),
      pill_(new QLabel),
      facts_(label({}, "small")),
      title_(new ElidedWireLabel(theme)),
      reveal_(new RevealButton(*revealer_, theme)),
      notice_(new RevealNotice(*revealer_)),
      tabs_(new QTabWidget),
      request_(new MessageView(theme, tr("Request"), revealer_)),
      response_(new MessageView(theme, tr("Response"), revealer_)),
      decisions_(new DecisionsView(theme, revealer_)),
      timing_(new TimingView(theme)),
      messages_(new MessagesView(recording, theme, revealer_)),
      raw_(new SecretEdit(theme))
{
    raw_->highlighter()->setLanguage(Highlighter::Language::Headers);
    raw_->setAccessibleName(tr("Raw heads"));
    raw_->setLineWrapMode(QPlainTextEdit::NoWrap);
    pill_->setAccessibleName(tr("Status"));

    fillTabs();
    auto *notice = new QVBoxLayout;
    notice->setContentsMargins(space::m, space::xs, space::m, 0);
    notice->addWidget(notice_);

    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(bar());
    column->addLayout(notice);
    column->addWidget(tabs_, 1);
    setAccessibleName(tr("Detail of the exchange"));
    connect(&theme_, &Theme::changed, this, &DetailPanel::restyle);
    connect(revealer_, &Revealer::changed, this, &DetailPanel::showSecrets);
    restyle();
}

QWidget *DetailPanel::bar()
{
    auto *out = new QWidget;
    auto *bar = new QHBoxLayout(out);
    bar->setContentsMargins(space::m, space::s, space::s, 0);
    bar->setSpacing(space::s);
    bar->addWidget(pill_);
    bar->addWidget(title_, 1);
    bar->addWidget(facts_);
    bar->addSpacing(space::s);
    bar->addWidget(reveal_);
    bar->addWidget(tool(u"replay"_qs, tr("Replay (R)"), &DetailPanel::replayAsked));
    bar->addWidget(tool(u"edit"_qs, tr("Edit and replay (E)"), &DetailPanel::editAsked));
    bar->addWidget(tool(u"compare"_qs, tr("Compare (Ctrl+D)"), &DetailPanel::compareAsked));
    bar->addWidget(tool(u"copy"_qs, tr("Copy as cURL (Ctrl+Shift+C)"), &DetailPanel::curlAsked));
    bar->addWidget(tool(u"close"_qs, tr("Close the detail (Esc)"), &DetailPanel::closed));
    return out;
}

void DetailPanel::fillTabs()
{
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

// ---- secrets

void DetailPanel::showSecrets()
{
    if (!exchange_)
        return;
    fillTitle();
    const QString raw = rawText(*exchange_);
    if (hasSecrets(raw))
        raw_->show(shownText(raw, Place::Fields, revealer_->secrets().get()), true);
}

void DetailPanel::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    revealer_->hide();
}

void DetailPanel::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    // The URL is what is read.
    reveal_->setWords(width() >= narrow);
}

// ---- what is shown

void DetailPanel::show(int64_t id)
{
    if (id == id_ && !failed_)
        return;
    revealer_->stop();
    id_ = id;
    failed_ = false;
    ask();
}

void DetailPanel::ask()
{
    recording_.exchange({this, 0}, id_, [this, asked = id_](Result<journey::Exchange> exchange) {
        if (asked == id_)  // else it was forgotten meanwhile
            take(std::move(exchange));
    });
}

// What was open has ended: the same number leads to its record.
void DetailPanel::readAgain()
{
    if (id_ < 0)
        ask();
}

void DetailPanel::showMessages()
{
    wantMessages_ = true;
    if (exchange() && exchange_->stream.kind != journey::Streaming::None)
        tabs_->setCurrentIndex(messagesTab_);
}

void DetailPanel::forget()
{
    revealer_->stop();
    id_ = 0;
    exchange_.reset();
}

void DetailPanel::take(Result<journey::Exchange> result)
{
    failed_ = !result;
    if (!result) {
        exchange_.reset();
        pill_->clear();
        title_->show({tr("#%1: %2").arg(id_).arg(qs(result.error().what)), {}});
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
    revealer_->start(exchange_->id);
    revealer_->meet(qs(exchange_->received.authority + exchange_->received.target));
    fillTitle();
    tabs_->setTabVisible(messagesTab_, exchange_->stream.kind != journey::Streaming::None);
    messages_->show(*exchange_);
    if (std::exchange(wantMessages_, false) && exchange_->stream.kind != journey::Streaming::None)
        tabs_->setCurrentIndex(messagesTab_);
    request_->showRequest(*exchange_);
    response_->showResponse(*exchange_);
    decisions_->show(*exchange_);
    timing_->show(*exchange_);
    const QString raw = rawText(*exchange_);
    revealer_->meet(raw);
    raw_->show(shownText(raw));
    Q_EMIT shown(id_);
}

void DetailPanel::fillTitle()
{
    const journey::Exchange &x = *exchange_;
    pill_->setPixmap(
        statusPixmap(theme_, x.returned.status, isBroken(x.returned.status, x.failedBy), devicePixelRatioF()));
    pill_->setToolTip(statusText(x.returned.status));
    pill_->setAccessibleDescription(statusText(x.returned.status));
    const QString title = x.received.method.empty()
        ? tr("No request")
        : qs(x.received.method) + u' ' + qs(x.received.authority + x.received.target);
    title_->show(shownText(title, Place::Url, revealer_->secrets().get()));
    title_->setToolTip(shortened(withSecretsHidden(title)));
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
    QString out = x.received.method.empty() ? QObject::tr("— no request that could be read —\n\n")
                                            : request(QObject::tr("— as the client sent it —"), x.received);
    if (!x.sent.method.empty())
        out += request(QObject::tr("— as it went on to the upstream —"), x.sent);
    if (x.answer.status)
        out += response(QObject::tr("— as the upstream answered —"), x.answer);
    if (x.unanswered())
        out += QObject::tr("— the client got no answer —\n\n");
    else if (x.returned.status)
        out += response(QObject::tr("— as the client got it —"), x.returned);
    out += QObject::tr("— sizes —\nrequest body: %1\nresponse body: %2\n")
               .arg(sizeText(x.requestBody.size), sizeText(x.responseBody.size));
    return out.trimmed();
}

}  // namespace sluice::ui
