// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/body_view.h"

#include "ui/models/revealer.h"
#include "ui/text/format.h"
#include "ui/text/highlight.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/secret_edit.h"

#include <QButtonGroup>
#include <QClipboard>
#include <QCoreApplication>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QThreadPool>
#include <QToolButton>

#include <utility>

namespace sluice::ui {

namespace {

constexpr size_t firstBytes = 64 * 1024, allBytes = 8u << 20;
constexpr qsizetype mostHighlighted = 256 * 1024;

QString kindWord(BodyKind kind)
{
    switch (kind) {
    case BodyKind::Empty: return {};
    case BodyKind::Json: return u"JSON"_qs;
    case BodyKind::Xml: return u"XML"_qs;
    case BodyKind::Text: return u"text"_qs;
    case BodyKind::Binary: return u"binary"_qs;
    case BodyKind::Image: break;
    }
    return u"picture"_qs;
}

}  // namespace

BodyView::BodyView(const Theme &theme, const QString &name, Revealer *revealer, QWidget *parent)
    : QWidget(parent),
      theme_(theme),
      revealer_(revealer),
      title_(label(tr("Body"), "heading")),
      kind_(label({}, "small")),
      note_(label({}, "warn")),
      picture_(new QLabel),
      looks_(new QButtonGroup(this)),
      copy_(new QToolButton),
      all_(button(tr("Show all"))),
      text_(new SecretEdit(theme)),
      pictures_(new QScrollArea),
      stack_(new QStackedWidget)
{
    text_->setAccessibleName(tr("%1 body").arg(name));
    picture_->setAlignment(Qt::AlignCenter);
    picture_->setAccessibleName(tr("%1 body, a picture").arg(name));
    pictures_->setWidget(picture_);
    pictures_->setWidgetResizable(true);
    note_->setWordWrap(true);
    stack_->addWidget(text_);
    stack_->addWidget(pictures_);

    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(0, 0, 0, 0);
    bar->setSpacing(space::xs);
    bar->addWidget(title_);
    bar->addSpacing(space::xs);
    bar->addWidget(kind_, 1);
    const char *const looks[] = {QT_TR_NOOP("Pretty"), QT_TR_NOOP("Plain"), QT_TR_NOOP("Hex")};
    for (int i = 0; i < 3; ++i) {
        auto *each = new QToolButton;
        each->setText(tr(looks[i]));
        each->setCheckable(true);
        each->setAccessibleName(tr("%1 body: %2").arg(name, tr(looks[i])));
        looks_->addButton(each, i);
        bar->addWidget(each);
    }
    looks_->button(0)->setChecked(true);
    nameButton(copy_, tr("Copy the body"));
    bar->addWidget(copy_);

    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space::xs);
    column->addLayout(bar);
    column->addWidget(stack_, 1);
    column->addWidget(note_);
    column->addWidget(all_, 0, Qt::AlignLeft);
    column->addStretch(0);

    connect(looks_, &QButtonGroup::idClicked, this, [this](int look) {
        question_.look = BodyLook(look);
        ask(firstBytes);
    });
    connect(all_, &QPushButton::clicked, this, [this] { ask(allBytes); });
    if (revealer_)
        connect(revealer_, &Revealer::changed, this, &BodyView::showSecrets);
    connect(copy_, &QToolButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(body_.text); });
    connect(&theme_, &Theme::changed, this, &BodyView::restyle);
    restyle();
    clear();
}

void BodyView::restyle()
{
    copy_->setIcon(theme_.icon(u"copy"_qs, theme_.colors().muted));
}

void BodyView::clear()
{
    question_ = {};
    question_.look = BodyLook(looks_->checkedId());
    ++generation_;
    show({});
}

void BodyView::setContent(journey::Content content, const http::HeaderList &headers)
{
    question_.content = std::move(content);
    question_.type = qs(headers.get("Content-Type"));
    question_.encoding = qs(headers.get("Content-Encoding"));
    ask(firstBytes);
}

void BodyView::ask(size_t most)
{
    question_.most = most;
    question_.secrets = revealer_ ? revealer_->secrets() : nullptr;
    ready_ = false;
    const QPointer<BodyView> self(this);
    QThreadPool::globalInstance()->start([self, question = question_, generation = ++generation_] {
        const auto made = std::make_shared<BodyText>(bodyText(question));
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, made, generation] {
                if (self && self->generation_ == generation)
                    self->show(std::move(*made));
            },
            Qt::QueuedConnection);
    });
}

void BodyView::show(BodyText body)
{
    const bool again = body_.text == body.text;
    wipe(body_.open);
    body_ = std::move(body);
    ready_ = true;
    if (revealer_)
        revealer_->meet(body_.placeholders);
    QStringList facts;
    if (body_.kind != BodyKind::Empty) {
        const bool coded = !question_.encoding.isEmpty() && question_.encoding != u"identity";
        // As it went by: a placeholder has another length than its secret.
        facts << kindWord(body_.kind) << sizeText(coded ? body_.decodedSize : question_.content.size);
        if (coded)
            facts << tr("%1, %2 on the wire").arg(question_.encoding, sizeText(question_.content.size));
        if (body_.folds)
            facts << tr("long lines folded");
    }
    if (facts.isEmpty())
        facts << tr("none");
    kind_->setText(facts.join(u" · "_qs));
    note_->setText(body_.note);
    note_->setVisible(!body_.note.isEmpty());
    all_->setVisible(body_.partial && question_.most < allBytes);
    all_->setText(tr("Show all of it (%1)").arg(sizeText(body_.decodedSize)));
    const bool isText = body_.kind != BodyKind::Empty && body_.kind != BodyKind::Image;
    for (QAbstractButton *look : looks_->buttons())
        look->setVisible(body_.kind != BodyKind::Empty);
    copy_->setVisible(isText);
    if (body_.kind == BodyKind::Image) {
        picture_->setPixmap(QPixmap::fromImage(body_.image));
        stack_->setCurrentWidget(pictures_);
    } else if (isText) {
        showText(again);
        stack_->setCurrentWidget(text_);
    } else {
        text_->clear();
    }
    stack_->setVisible(body_.kind != BodyKind::Empty);
    Q_EMIT shown();
}

void BodyView::showText(bool again)
{
    const bool small = body_.text.size() <= mostHighlighted;
    text_->highlighter()->setLanguage(small && body_.kind == BodyKind::Json      ? Highlighter::Language::Json
                                          : small && body_.kind == BodyKind::Xml ? Highlighter::Language::Xml
                                                                                 : Highlighter::Language::None);
    const bool open = question_.secrets && !body_.open.spans.empty();
    text_->show(open ? std::exchange(body_.open, {}) : body_.shown, again);
}

// Hiding is done at once, showing when the text has been made.
void BodyView::showSecrets()
{
    const bool open = revealer_->secrets() != nullptr, some = !body_.shown.spans.empty();
    if (!open) {
        question_.secrets.reset();
        wipe(body_.open);
        if (some)
            showText(true);
    }
    if (!ready_ || (open && some))
        ask(question_.most);
}

}  // namespace sluice::ui
