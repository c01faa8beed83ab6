// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/replay_page.h"

#include "engine/http/content_decoder.h"
#include "engine/replay/replay.h"
#include "ui/text/format.h"
#include "ui/text/highlight.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/message_view.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QSplitter>
#include <QThreadPool>
#include <QTreeWidget>
#include <QUrl>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

constexpr size_t mostEdited = 1u << 20;             // of a body that is put into the editor
enum DifferenceColumn { Where, Before, After, Kind, DifferenceColumns };

// What sending works out anew.
bool isFraming(std::string_view name)
{
    for (const std::string_view own : {"Content-Length", "Transfer-Encoding", "Connection", "Expect", "Keep-Alive", "X-Sluice-Replay"}) {
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

QString verdictWords(replay::Verdict verdict, size_t differences)
{
    switch (verdict) {
    case replay::Verdict::Same: return QObject::tr("The same answer");
    case replay::Verdict::Noise: return QObject::tr("The same but for noise: only what differs every time");
    case replay::Verdict::Different: return QObject::tr("%1 differences").arg(differences);
    case replay::Verdict::Failed: break;
    }
    return QObject::tr("No answer to compare");
}

}  // namespace

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

ReplayPage::ReplayPage(Session &session, const Theme &theme, QWidget *parent)
    : QWidget(parent), session_(session), theme_(theme), what_(label(tr("A new request"), "muted")), bodyNote_(label({}, "small")),
      trouble_(label({}, "bad")), verdictGlyph_(new QLabel), verdict_(label({}, "heading")), method_(new QComboBox), target_(new QLineEdit),
      headers_(wireEdit(tr("Headers to send"))), body_(wireEdit(tr("Body to send"))), send_(button(tr("Send"), true)),
      reset_(button(tr("As it was"))), before_(new MessageView(theme, tr("Original"))), after_(new MessageView(theme, tr("Answer"))),
      differences_(new QTreeWidget)
{
    auto *splitter = new QSplitter(Qt::Horizontal);
    splitter->addWidget(editor());
    splitter->addWidget(result());
    splitter->setSizes({420, 900});
    splitter->setChildrenCollapsible(false);
    auto *frame = panel();
    auto *inner = new QVBoxLayout(frame);
    inner->setContentsMargins(1, 1, 1, 1);
    inner->addWidget(splitter);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(frame);

    auto *sendKey = new QAction(this);
    sendKey->setShortcuts({QKeySequence(u"Ctrl+Return"_qs), QKeySequence(u"Ctrl+Enter"_qs)});
    sendKey->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(sendKey);
    connect(sendKey, &QAction::triggered, this, &ReplayPage::send);
    connect(send_, &QPushButton::clicked, this, &ReplayPage::send);
    connect(reset_, &QPushButton::clicked, this, &ReplayPage::reset);
    connect(&theme_, &Theme::changed, this, &ReplayPage::restyle);
    restyle();
    fill();
}

QWidget *ReplayPage::editor()
{
    method_->addItems({u"GET"_qs, u"POST"_qs, u"PUT"_qs, u"PATCH"_qs, u"DELETE"_qs, u"HEAD"_qs, u"OPTIONS"_qs});
    method_->setEditable(true);
    method_->setAccessibleName(tr("Method"));
    method_->setProperty("mono", true);
    method_->setFixedWidth(110);
    target_->setAccessibleName(tr("URL"));
    target_->setProperty("mono", true);
    trouble_->setWordWrap(true);
    trouble_->hide();
    bodyNote_->setWordWrap(true);
    auto *colors = new Highlighter(theme_, headers_->document());
    colors->setLanguage(Highlighter::Language::Headers);
    auto *bodyColors = new Highlighter(theme_, body_->document());
    bodyColors->setLanguage(Highlighter::Language::Json);

    auto *out = new QWidget;
    auto *column = new QVBoxLayout(out);
    column->setContentsMargins(space::l, space::m, space::l, space::m);
    column->setSpacing(space::s);
    column->addWidget(label(tr("Request"), "title"));
    column->addWidget(what_);
    auto *line = new QHBoxLayout;
    line->setSpacing(space::s);
    line->addWidget(method_);
    line->addWidget(target_, 1);
    column->addLayout(line);
    column->addWidget(label(tr("Headers"), "heading"));
    column->addWidget(headers_, 2);
    column->addWidget(label(tr("Body"), "heading"));
    column->addWidget(body_, 3);
    column->addWidget(bodyNote_);
    column->addWidget(trouble_);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space::s);
    send_->setToolTip(tr("Ctrl+Return"));
    buttons->addWidget(send_);
    buttons->addWidget(reset_);
    buttons->addStretch(1);
    column->addLayout(buttons);
    return out;
}

QWidget *ReplayPage::result()
{
    differences_->setAccessibleName(tr("Differences"));
    differences_->setColumnCount(DifferenceColumns);
    differences_->setHeaderLabels({tr("Where"), tr("Original"), tr("Answer"), tr("Kind")});
    differences_->setRootIsDecorated(false);
    differences_->setUniformRowHeights(true);
    differences_->header()->setStretchLastSection(false);
    differences_->header()->setSectionResizeMode(Where, QHeaderView::Interactive);
    differences_->header()->resizeSection(Where, 220);
    differences_->header()->setSectionResizeMode(Before, QHeaderView::Stretch);
    differences_->header()->setSectionResizeMode(After, QHeaderView::Stretch);
    differences_->header()->resizeSection(Kind, 110);
    verdict_->setAccessibleName(tr("Verdict"));

    auto *messages = new QSplitter(Qt::Horizontal);
    messages->addWidget(before_);
    messages->addWidget(after_);
    messages->setSizes({1000, 1000});
    messages->setChildrenCollapsible(false);
    auto *compared = new QWidget;
    auto *column = new QVBoxLayout(compared);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto *row = new QHBoxLayout;
    row->setContentsMargins(space::m, space::s, space::m, space::s);
    row->setSpacing(space::s);
    row->addWidget(verdictGlyph_);
    row->addWidget(verdict_, 1);
    column->addLayout(row);
    column->addWidget(differences_, 1);
    auto *out = new QSplitter(Qt::Vertical);
    out->addWidget(messages);
    out->addWidget(compared);
    out->setSizes({520, 240});
    out->setChildrenCollapsible(false);
    return out;
}

void ReplayPage::restyle()
{
    send_->setIcon(theme_.icon(u"send"_qs, theme_.colors().onAccent));
    reset_->setIcon(theme_.icon(u"undo"_qs));
    headers_->setFont(theme_.mono());
    body_->setFont(theme_.mono());
    const Palette &c = theme_.colors();
    const bool same = shown_ == replay::Verdict::Same || shown_ == replay::Verdict::Noise;
    verdictGlyph_->setPixmap(hasVerdict_ ? theme_.pixmap(same ? u"check"_qs : shown_ == replay::Verdict::Failed ? u"error"_qs : u"compare"_qs, 20,
                                                         same ? c.good : shown_ == replay::Verdict::Failed ? c.bad : c.warn, devicePixelRatioF())
                                         : QPixmap());
    if (!hasVerdict_)
        verdict_->setText(original_ ? tr("Send it to compare the answer with the original") : tr("Send it to see the answer"));
}

QString ReplayPage::verdictText() const
{
    return verdict_->text();
}

// ---- the request

void ReplayPage::load(int64_t id, bool sendNow)
{
    session_.recording().exchange({this, 0}, id, [this, sendNow](Result<journey::Exchange> exchange) {
        if (!exchange) {
            Q_EMIT said(qs(exchange.error().what));
            return;
        }
        original_ = std::make_shared<const journey::Exchange>(exchange.take());
        fill();
        if (sendNow)
            send();
    });
}

void ReplayPage::reset()
{
    fill();
}

void ReplayPage::fill()
{
    ++generation_;
    sending_ = false;
    answer_.reset();
    hasVerdict_ = decoded_ = false;
    trouble_->hide();
    differences_->clear();
    after_->clear();
    reset_->setEnabled(original_ != nullptr);
    send_->setEnabled(true);
    bodyBytes_.clear();
    filledBody_.clear();
    bodyNote_->clear();
    body_->setReadOnly(false);
    restyle();
    if (!original_) {
        what_->setText(tr("A new one. Press R or E on an exchange in Traffic to take it from there."));
        target_->setText(session_.address() + u'/');
        headers_->setPlainText(u"Accept: */*\nUser-Agent: sluice-desktop"_qs);
        body_->clear();
        return;
    }
    showOriginal();
}

void ReplayPage::showOriginal()
{
    const journey::Exchange &x = *original_;
    what_->setText(tr("Exchange #%1 of %2").arg(x.id).arg(dayAndClockText(x.time)));
    method_->setCurrentText(qs(x.received.method));
    const bool whole = x.received.target.find("://") != std::string::npos;
    const QString authority = qs(x.received.authority);
    QString base = session_.address();
    if (!authority.isEmpty() && base.isEmpty())
        base = u"http://"_qs + authority;
    target_->setText(whole ? qs(x.received.target) : base + qs(x.received.target));
    target_->setCursorPosition(0);
    http::HeaderList fields = x.received.headers;
    for (size_t i = fields.size(); i-- > 0;) {
        if (isFraming(fields[i].name))
            fields.removeAt(i);
    }
    const std::string coding(fields.get("Content-Encoding"));
    bodyBytes_ = x.requestBody.bytes;
    const http::Decoded decoded = http::decodeContent(bodyBytes_, coding, mostEdited);
    const QString text = QString::fromUtf8(decoded.bytes.data(), qsizetype(decoded.bytes.size()));
    const bool editable = decoded.state == http::Decoded::State::Whole && !text.contains(QChar::Null) && !text.contains(QChar::ReplacementCharacter);
    if (editable && !coding.empty()) {
        fields.remove("Content-Encoding");
        bodyBytes_ = decoded.bytes;
        bodyNote_->setText(tr("Shown, and sent, without its coding %1.").arg(qs(coding)));
    }
    headers_->setPlainText(fieldLines(fields));
    body_->setPlainText(editable ? text : QString());
    body_->setReadOnly(!editable);
    if (!editable)
        bodyNote_->setText(tr("Its body of %1 is not text that can be edited; it is sent as it was.").arg(sizeText(bodyBytes_.size())));
    if (x.requestBody.cut())
        bodyNote_->setText(tr("The recording kept only the first %1 of %2: it cannot be sent as it was.").arg(sizeText(bodyBytes_.size()), sizeText(x.requestBody.size)));
    filledBody_ = body_->toPlainText();
    before_->setTitle(tr("Original #%1").arg(x.id));
    before_->showResponse(x);
}

Result<replay::Request> ReplayPage::request() const
{
    const QUrl url(target_->text().trimmed(), QUrl::StrictMode);
    if (!url.isValid() || url.host().isEmpty() || (url.scheme() != u"http" && url.scheme() != u"https"))
        return Error{Fault::Client, "the URL must be like http://127.0.0.1:8080/path"};
    replay::Request out;
    out.url = url.adjusted(QUrl::RemovePath | QUrl::RemoveQuery | QUrl::RemoveFragment).toString(QUrl::FullyEncoded).toStdString();
    out.head.method = method_->currentText().trimmed().toStdString();
    if (!http::isToken(out.head.method))
        return Error{Fault::Client, "the method must be one word"};
    out.head.target = url.path(QUrl::FullyEncoded).toStdString();
    if (out.head.target.empty())
        out.head.target = "/";
    if (url.hasQuery())
        out.head.target += '?' + url.query(QUrl::FullyEncoded).toStdString();
    auto fields = fieldsOf(headers_->toPlainText());
    if (!fields)
        return fields.error();
    for (const http::Field field : *fields) {
        if (field.value.find("{{secret:") != std::string_view::npos)
            return Error{Fault::Client, std::string(field.name) + " holds a secret that the recording does not know; write it, or take the line out"};
    }
    out.head.headers = fields.take();
    out.body = body_->isReadOnly() || body_->toPlainText() == filledBody_ ? bodyBytes_ : body_->toPlainText().toStdString();
    if (original_ && original_->id)
        out.head.headers.set("X-Sluice-Replay", std::to_string(original_->id));
    return out;
}

void ReplayPage::fail(const QString &why)
{
    trouble_->setText(why);
    trouble_->setVisible(!why.isEmpty());
}

void ReplayPage::send()
{
    if (sending_)
        return;
    auto made = request();
    fail(made ? QString() : qs(made.error().what));
    if (!made)
        return;
    if (original_ && original_->requestBody.cut() && made->body == bodyBytes_)
        return fail(tr("The recording kept only a part of this body. Edit the body to send another one."));
    sending_ = true;
    send_->setEnabled(false);
    hasVerdict_ = false;
    restyle();
    verdict_->setText(tr("Sending…"));
    session_.send(made.take(), this, [this, generation = generation_](replay::Answer answer) {
        if (generation != generation_)
            return;
        sending_ = false;
        send_->setEnabled(true);
        showAnswer(std::shared_ptr<const journey::Exchange>(std::move(answer)));
        Q_EMIT answered();
    });
}

// ---- the answer

void ReplayPage::compare(int64_t before, int64_t after)
{
    session_.recording().exchange({this, 0}, before, [this, after](Result<journey::Exchange> first) {
        if (!first) {
            Q_EMIT said(qs(first.error().what));
            return;
        }
        original_ = std::make_shared<const journey::Exchange>(first.take());
        fill();
        session_.recording().exchange({this, 1}, after, [this](Result<journey::Exchange> second) {
            if (second)
                showAnswer(std::make_shared<const journey::Exchange>(second.take()));
            else
                Q_EMIT said(qs(second.error().what));
        });
    });
}

void ReplayPage::showAnswer(std::shared_ptr<const journey::Exchange> answer)
{
    answer_ = std::move(answer);
    after_->setTitle(answer_->id ? tr("Answer #%1").arg(answer_->id) : tr("Answer"));
    after_->showResponse(*answer_);
    if (!original_) {
        verdict_->setText(answer_->returned.status ? statusText(answer_->returned.status) + u" after "_qs + durationText(answer_->times.ended)
                                                   : qs(answer_->failure));
        Q_EMIT compared();
        return;
    }
    const QPointer<ReplayPage> self(this);
    QThreadPool::globalInstance()->start([self, before = original_, after = answer_, generation = generation_] {
        const auto comparison = std::make_shared<const replay::Comparison>(replay::compare(*before, *after));
        QMetaObject::invokeMethod(QCoreApplication::instance(), [self, comparison, generation] {
            if (self && self->generation_ == generation)
                self->showComparison(*comparison);
        }, Qt::QueuedConnection);
    });
}

void ReplayPage::showComparison(const replay::Comparison &comparison)
{
    shown_ = comparison.verdict;
    hasVerdict_ = true;
    const auto real = std::count_if(comparison.differences.begin(), comparison.differences.end(), [](const auto &d) { return !d.noise; });
    const QString times = tr("  ·  %1, was %2").arg(durationText(answer_->times.ended), durationText(original_->times.ended));
    verdict_->setText((shown_ == replay::Verdict::Failed && !answer_->failure.empty() ? qs(answer_->failure) : verdictWords(shown_, size_t(real))) + times);
    differences_->clear();
    for (const bool noise : {false, true}) {
        for (const replay::Difference &each : comparison.differences) {
            if (each.noise != noise)
                continue;
            const auto shown = [](const std::string &text) { return text.empty() ? tr("(not there)") : withSecretsHidden(qs(text)).simplified(); };
            auto *item = new QTreeWidgetItem(differences_, {qs(each.where), shown(each.before), shown(each.after), noise ? tr("noise") : tr("different")});
            for (int column = 0; column < DifferenceColumns; ++column) {
                item->setFont(column, column == Kind ? theme_.ui() : theme_.mono());
                item->setToolTip(column, item->text(column));
                if (noise)
                    item->setForeground(column, theme_.colors().muted);
            }
        }
    }
    restyle();
    Q_EMIT compared();
}

}  // namespace sluice::ui
