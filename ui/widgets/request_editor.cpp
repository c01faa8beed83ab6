// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/request_editor.h"

#include "engine/http/content_decoder.h"
#include "engine/recording/placeholders.h"
#include "ui/text/fields.h"
#include "ui/text/fold.h"
#include "ui/text/format.h"
#include "ui/text/highlight.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/wire.h"

#include <QComboBox>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QThreadPool>
#include <QUrl>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

constexpr size_t mostEdited = 1u << 20;  // of a body that is put into the editor

// A recording has placeholders where secrets stood; one that is sent is taken for the secret.
bool holdsSecret(std::string_view text)
{
    size_t end = 0;
    return recording::findPlaceholder(text, 0, end) != text.npos;
}

// What sending works out anew.
bool isFraming(std::string_view name)
{
    for (const std::string_view own :
         {"Content-Length", "Transfer-Encoding", "Connection", "Expect", "Keep-Alive", "X-Sluice-Replay"}) {
        if (http::equalsIgnoreCase(name, own))
            return true;
    }
    return false;
}

QPlainTextEdit *wireEdit(const QString &name)
{
    auto *out = new QPlainTextEdit;
    out->setAccessibleName(name);
    out->setTabChangesFocus(true);
    out->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    return out;
}

}  // namespace

RequestEditor::RequestEditor(const Theme &theme, QWidget *parent)
    : QWidget(parent),
      theme_(theme),
      what_(label({}, "muted")),
      secretNote_(
          label(tr("Where {{secret:…}} stands, the secret itself goes out. Move it, or write something else over it."),
                "small")),
      bodyNote_(label({}, "small")),
      trouble_(label({}, "bad")),
      method_(new WireCombo),
      target_(new WireLine),
      headers_(wireEdit(tr("Headers to send"))),
      body_(wireEdit(tr("Body to send"))),
      send_(button(tr("Send"), true)),
      reset_(button(tr("As it was")))
{
    method_->addItems({u"GET"_qs, u"POST"_qs, u"PUT"_qs, u"PATCH"_qs, u"DELETE"_qs, u"HEAD"_qs, u"OPTIONS"_qs});
    method_->setAccessibleName(tr("Method"));
    method_->setFixedWidth(110);
    target_->setAccessibleName(tr("URL"));
    trouble_->setWordWrap(true);
    trouble_->setAccessibleName(tr("Why it cannot be sent"));
    trouble_->hide();
    what_->setWordWrap(true);
    bodyNote_->setWordWrap(true);
    secretNote_->setWordWrap(true);
    secretNote_->hide();
    send_->setToolTip(tr("Ctrl+Return"));
    (new Highlighter(theme_, headers_->document()))->setLanguage(Highlighter::Language::Headers);
    (new Highlighter(theme_, body_->document()))->setLanguage(Highlighter::Language::Json);

    auto *line = new QHBoxLayout;
    line->setSpacing(space::s);
    line->addWidget(method_);
    line->addWidget(target_, 1);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space::s);
    buttons->addWidget(send_);
    buttons->addWidget(reset_);
    buttons->addStretch(1);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(space::l, space::m, space::l, space::m);
    column->setSpacing(space::s);
    column->addWidget(label(tr("Request"), "title"));
    column->addWidget(what_);
    column->addLayout(line);
    column->addWidget(secretNote_);
    column->addWidget(label(tr("Headers"), "heading"));
    column->addWidget(headers_, 2);
    column->addWidget(label(tr("Body"), "heading"));
    column->addWidget(body_, 3);
    column->addWidget(bodyNote_);
    column->addWidget(trouble_);
    column->addLayout(buttons);
    connect(send_, &QPushButton::clicked, this, &RequestEditor::sendAsked);
    connect(reset_, &QPushButton::clicked, this, &RequestEditor::resetAsked);
    connect(&theme_, &Theme::changed, this, &RequestEditor::restyle);
    restyle();
}

void RequestEditor::restyle()
{
    send_->setIcon(theme_.icon(u"send"_qs, theme_.colors().onAccent));
    reset_->setIcon(theme_.icon(u"undo"_qs));
}

void RequestEditor::setSending(bool on)
{
    sending_ = on;
    send_->setEnabled(!on && ready_);
}

void RequestEditor::setTrouble(const QString &why)
{
    trouble_->setText(why);
    trouble_->setVisible(!why.isEmpty());
}

QString RequestEditor::troubleText() const
{
    return trouble_->isHidden() ? QString() : trouble_->text();
}

void RequestEditor::fill(std::shared_ptr<const journey::Exchange> original, const QString &address)
{
    address_ = address;
    original_ = std::move(original);
    setTrouble({});
    ++generation_;
    ready_ = true;
    setSending(false);
    reset_->setEnabled(original_ != nullptr);
    bodyBytes_.clear();
    bodyNote_->clear();
    bodyNote_->hide();
    body_->setReadOnly(false);
    if (!original_) {
        what_->setText(tr("A new one. Press R or E on an exchange in Traffic to take it from there."));
        target_->setText(address + u'/');
        headers_->setPlainText(u"Accept: */*\nUser-Agent: sluice-desktop"_qs);
        body_->clear();
        filledBody_.clear();
        tellSecrets();
        Q_EMIT filled();
        return;
    }
    const journey::Exchange &x = *original_;
    what_->setText(tr("Exchange #%1 of %2").arg(x.id).arg(dayAndClockText(x.time)));
    method_->setCurrentText(qs(x.received.method));
    const bool whole = x.received.target.find("://") != std::string::npos;
    const QString base = address.isEmpty() ? u"http://"_qs + qs(x.received.authority) : address;
    target_->setText((whole ? QString() : base) + qs(x.received.target));
    target_->setCursorPosition(0);
    http::HeaderList fields = x.received.headers;
    for (size_t i = fields.size(); i-- > 0;) {
        if (isFraming(fields[i].name))
            fields.removeAt(i);
    }
    headers_->setPlainText(fieldLines(fields));
    askBody();
}

struct RequestEditor::Body {
    std::string bytes;  // without the coding
    QString text;       // its long lines folded
    bool isText = false, longLines = false;
};

RequestEditor::Body RequestEditor::readBody(const std::string &bytes, const std::string &coding)
{
    Body out;
    http::Decoded decoded = http::decodeContent(bytes, coding, mostEdited);
    out.text = qs(decoded.bytes);
    out.isText = decoded.state == http::Decoded::State::Whole && !out.text.contains(QChar::Null)
        && !out.text.contains(QChar::ReplacementCharacter);
    out.longLines = out.isText && hasLongLine(out.text);
    out.text = out.isText ? folded(out.text) : QString();
    out.bytes = std::move(decoded.bytes);
    return out;
}

void RequestEditor::askBody()
{
    bodyBytes_ = original_->requestBody.bytes;
    body_->clear();
    if (bodyBytes_.empty()) {
        takeBody({{}, {}, true});
        return;
    }
    ready_ = false;
    body_->setReadOnly(true);
    setSending(sending_);
    const QPointer<RequestEditor> self(this);
    QThreadPool::globalInstance()->start([self, original = original_, generation = generation_] {
        const auto body = std::make_shared<Body>(
            readBody(original->requestBody.bytes, std::string(original->received.headers.get("Content-Encoding"))));
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, body, generation] {
                if (self && self->generation_ == generation)
                    self->takeBody(std::move(*body));
            },
            Qt::QueuedConnection);
    });
}

void RequestEditor::takeBody(Body body)
{
    const journey::Content &content = original_->requestBody;
    const QString coding = qs(original_->received.headers.get("Content-Encoding"));
    const bool editable = body.isText && !body.longLines;
    if (content.cut())
        bodyNote_->setText(tr("The recording kept only the first %1 of %2: it cannot be sent as it was.")
                               .arg(sizeText(bodyBytes_.size()), sizeText(content.size)));
    else if (body.longLines)
        bodyNote_->setText(tr("It has a line of more than %1 characters, too long to be edited; it is sent as it was.")
                               .arg(longestLine));
    else if (!editable)
        bodyNote_->setText(tr("Its body of %1 is not text that can be edited; it is sent as it was.")
                               .arg(sizeText(bodyBytes_.size())));
    else if (!coding.isEmpty())
        bodyNote_->setText(tr("Shown, and sent, without its coding %1.").arg(coding));
    if (editable && !coding.isEmpty()) {
        QStringList lines = headers_->toPlainText().split(u'\n');
        lines.removeIf([](const QString &line) { return line.startsWith(u"content-encoding:", Qt::CaseInsensitive); });
        headers_->setPlainText(lines.join(u'\n'));
        bodyBytes_ = std::move(body.bytes);
    }
    bodyNote_->setVisible(!bodyNote_->text().isEmpty());
    body_->setPlainText(body.text);
    body_->setReadOnly(!editable);
    filledBody_ = body_->toPlainText();
    ready_ = true;
    tellSecrets();
    setSending(sending_);
    Q_EMIT filled();
}

void RequestEditor::tellSecrets()
{
    secretNote_->setVisible(recorded()
                            && (hasSecrets(target_->text()) || hasSecrets(headers_->toPlainText())
                                || hasSecrets(body_->toPlainText()) || holdsSecret(bodyBytes_)));
}

// What stands for its secrets can be looked up.
bool RequestEditor::recorded() const
{
    return original_ && original_->id != 0;
}

Result<replay::Request> RequestEditor::request() const
{
    if (!ready_)
        return Error{Fault::Client, "the body is still being read"};
    // What stands for secrets is no URL yet.
    const QString target = target_->text().trimmed();
    if (!recorded() && holdsSecret(target.toStdString()))
        return Error{Fault::Client, "the URL holds what stands for a secret; write the secret"};
    const QUrl url(QString(target).replace(u"{{secret:"_qs, u"%7B%7Bsecret:"_qs).replace(u"}}"_qs, u"%7D%7D"_qs),
                   QUrl::StrictMode);
    if (!url.isValid() || url.host().isEmpty() || (url.scheme() != u"http" && url.scheme() != u"https"))
        return Error{Fault::Client, "the URL must be like http://127.0.0.1:8080/path"};
    replay::Request out;
    const QUrl base = url.adjusted(QUrl::RemovePath | QUrl::RemoveQuery | QUrl::RemoveFragment);
    out.url = base.toString(QUrl::FullyEncoded).toStdString();
    out.head.method = method_->currentText().trimmed().toStdString();
    if (!http::isToken(out.head.method))
        return Error{Fault::Client, "the method must be one word"};
    out.head.target = url.path(QUrl::FullyEncoded).toStdString();
    if (out.head.target.empty())
        out.head.target = "/";
    if (url.hasQuery())
        out.head.target += '?' + url.query(QUrl::FullyEncoded).toStdString();
    if (holdsSecret(target.toStdString()))
        out.head.target = qs(out.head.target)
                              .replace(u"%7B%7Bsecret:"_qs, u"{{secret:"_qs)
                              .replace(u"%7D%7D"_qs, u"}}"_qs)
                              .toStdString();
    auto fields = fieldsOf(headers_->toPlainText());
    if (!fields)
        return fields.error();
    for (const http::Field field : *fields) {
        if (!recorded() && holdsSecret(field.value))
            return Error{Fault::Client,
                         std::string(field.name)
                             + " holds what stands for a secret; write the secret, or take the line out"};
    }
    const bool untouched = body_->isReadOnly() || body_->toPlainText() == filledBody_;
    if (untouched && original_ && !original_->requestBody.withheld.empty())
        return Error{Fault::Client,
                     "this body was not recorded (" + original_->requestBody.withheld + "); write another one"};
    if (untouched && original_ && (original_->requestBody.cut() || !original_->requestBody.complete))
        return Error{Fault::Client, "the recording kept only a part of this body; write another one"};
    out.head.headers = fields.take();
    out.body = untouched ? bodyBytes_ : body_->toPlainText().toStdString();
    if (!recorded() && holdsSecret(out.body))
        return Error{Fault::Client, "the body holds what stands for a secret; write the secret"};
    // Only its own gateway takes the mark away again.
    if (original_ && original_->id && qs(out.url) == address_)
        out.head.headers.set("X-Sluice-Replay", std::to_string(original_->id));
    return out;
}

}  // namespace sluice::ui
