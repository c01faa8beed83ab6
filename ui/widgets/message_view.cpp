// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/message_view.h"

#include "ui/models/revealer.h"
#include "ui/text/fields.h"
#include "ui/text/fold.h"
#include "ui/text/format.h"
#include "ui/text/highlight.h"
#include "ui/widgets/body_view.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/exchange_delegate.h"
#include "ui/widgets/secret_edit.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QSplitter>
#include <QTextBlock>

namespace sluice::ui {

MessageView::MessageView(const Theme &theme, const QString &name, Revealer *revealer, QWidget *parent)
    : QWidget(parent),
      theme_(theme),
      revealer_(revealer),
      title_(label(name, "heading")),
      pill_(new QLabel),
      count_(label({}, "small")),
      start_(new ElidedWireLabel(theme)),
      fields_(new SecretEdit(theme)),
      body_(new BodyView(theme, name, revealer)),
      splitter_(new QSplitter(Qt::Vertical))
{
    fields_->highlighter()->setLanguage(Highlighter::Language::Headers);
    pill_->setAccessibleName(tr("Status"));
    pill_->hide();
    fields_->setMinimumHeight(32);  // one line, where there is only one
    fields_->setAccessibleName(tr("%1 headers").arg(name));
    title_->setMinimumHeight(30);  // as the bar of a body has it

    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(0, 0, 0, 0);
    bar->setSpacing(space::s);
    bar->addWidget(title_);
    bar->addWidget(pill_);
    bar->addWidget(start_, 1);
    bar->addWidget(count_);
    auto *head = new QWidget;
    auto *headColumn = new QVBoxLayout(head);
    headColumn->setContentsMargins(0, 0, 0, space::s);
    headColumn->setSpacing(space::xs);
    headColumn->addLayout(bar);
    headColumn->addWidget(fields_, 1);
    auto *bodyPart = new QWidget;
    auto *bodyColumn = new QVBoxLayout(bodyPart);
    bodyColumn->setContentsMargins(0, space::s, 0, 0);
    bodyColumn->addWidget(body_);

    splitter_->addWidget(head);
    splitter_->addWidget(bodyPart);
    splitter_->setChildrenCollapsible(false);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(space::m, space::s, space::m, space::s);
    column->addWidget(splitter_);

    connect(splitter_, &QSplitter::splitterMoved, this, [this] {
        sizes_ = splitter_->sizes();
        if (partner_) {
            partner_->sizes_ = sizes_;
            partner_->place();
        }
    });
    connect(body_, &BodyView::shown, this, &MessageView::share);
    if (revealer_)
        connect(revealer_, &Revealer::changed, this, &MessageView::showSecrets);
    connect(&theme_, &Theme::changed, this, &MessageView::restyle);
    restyle();
}

void MessageView::restyle()
{
    if (status_ >= 0)
        pill_->setPixmap(statusPixmap(theme_, status_, broken_, devicePixelRatioF()));
}

void MessageView::setPlaceholder(const QString &sentence)
{
    placeholder_ = sentence;
    fields_->setPlaceholderText(sentence);
}

void MessageView::pair(MessageView *one, MessageView *other)
{
    one->partner_ = other;
    other->partner_ = one;
}

void MessageView::share()
{
    place();
    if (partner_)
        partner_->place();
}

// Without a body the fields get its room; else what they need of it, at most half.
void MessageView::place()
{
    const int height = splitter_->height();
    const int other = partner_ && !partner_->body_->empty() ? partner_->fieldsHeight() : 0;
    const int wanted = std::min(height / 2, std::max(fieldsHeight(), other));
    if (body_->empty())
        splitter_->setSizes({height, 0});
    else if (!sizes_.isEmpty())
        splitter_->setSizes({sizes_[0] * 1000, sizes_[1] * 1000});
    else if (height > 0)
        splitter_->setSizes({wanted, height - wanted});
}

int MessageView::fieldsHeight() const
{
    const QFontMetrics metrics(fields_->font());
    const int width = std::max(100, fields_->viewport()->width() - 2 * int(fields_->document()->documentMargin()));
    int lines = 0;
    for (QTextBlock block = fields_->document()->begin(); block.isValid() && lines < 100; block = block.next())
        lines += 1 + metrics.horizontalAdvance(block.text()) / width;
    const int above = fields_->mapTo(splitter_->widget(0), QPoint()).y();
    return above + lines * metrics.lineSpacing() + 2 * int(fields_->document()->documentMargin()) + space::m;
}

void MessageView::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    QMetaObject::invokeMethod(this, &MessageView::share, Qt::QueuedConnection);  // once the layout has its new size
}

void MessageView::setTitle(const QString &title)
{
    title_->setText(title);
}

void MessageView::setFields(const http::HeaderList &fields, const http::HeaderList &trailers)
{
    fieldText_ = fieldLines(fields);
    if (!trailers.empty())
        fieldText_ += u"\n— trailers —\n"_qs + fieldLines(trailers);
    const size_t count = fields.size() + trailers.size();
    count_->setText(count == 1 ? tr("1 header") : tr("%1 headers").arg(count));
    if (revealer_) {
        revealer_->meet(startText_);
        revealer_->meet(fieldText_);
    }
    showTexts(false);
}

void MessageView::showSecrets()
{
    if (hasSecrets(startText_) || hasSecrets(fieldText_))
        showTexts(true);
}

// The tooltip shows nothing that the line itself may hide again.
void MessageView::showTexts(bool again)
{
    const Secrets *open = revealer_ ? revealer_->secrets().get() : nullptr;
    start_->show(shownText(startText_, Place::Url, open));
    start_->setToolTip(shortened(withSecretsHidden(startText_)));
    fields_->show(shownText(fieldText_, Place::Fields, open), again);
}

void MessageView::showRequest(const journey::Exchange &x)
{
    status_ = -1;
    pill_->hide();
    startText_ = qs(x.received.method) + u' ' + qs(x.received.target);
    fields_->setPlaceholderText(x.received.method.empty() ? tr("No request that could be read") : placeholder_);
    setFields(x.received.headers, x.requestTrailers);
    body_->setContent(x.requestBody, x.received.headers);
}

void MessageView::showResponse(const journey::Exchange &x)
{
    status_ = x.returned.status;
    broken_ = isBroken(status_, x.failedBy);
    pill_->setPixmap(statusPixmap(theme_, status_, broken_, devicePixelRatioF()));
    pill_->setToolTip(statusText(status_));
    pill_->show();
    startText_ = x.returned.status ? statusText(x.returned.status).section(u' ', 1) : QString();
    if (!x.failure.empty())
        startText_ = qs(x.failure);
    fields_->setPlaceholderText(x.unanswered() ? tr("The client got no answer") : placeholder_);
    setFields(x.returned.headers, x.responseTrailers);
    body_->setContent(x.responseBody, x.returned.headers);
}

void MessageView::clear()
{
    status_ = -1;
    pill_->hide();
    startText_.clear();
    fields_->setPlaceholderText(placeholder_);
    setFields({}, {});
    count_->clear();
    body_->clear();
}

}  // namespace sluice::ui
