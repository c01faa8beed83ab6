// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/replay_page.h"

#include "engine/replay/replay.h"

#include "ui/models/revealer.h"
#include "ui/text/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/message_view.h"
#include "ui/widgets/request_editor.h"
#include "ui/widgets/reveal_button.h"

#include <QAction>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QSplitter>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

constexpr qsizetype mostDifference = 500;  // characters of what differs that a cell and its tooltip show
enum DifferenceColumn { DifferencePlace, DifferenceBefore, DifferenceAfter, DifferenceKind, DifferenceColumns };

QString verdictWords(replay::Verdict verdict, size_t differences)
{
    switch (verdict) {
    case replay::Verdict::Same: return QObject::tr("The same answer");
    case replay::Verdict::Noise: return QObject::tr("The same but for noise: only what differs every time");
    case replay::Verdict::Different:
        return differences == 1 ? QObject::tr("1 difference") : QObject::tr("%1 differences").arg(differences);
    case replay::Verdict::Failed: break;
    }
    return QObject::tr("No answer to compare");
}

}  // namespace

ReplayPage::ReplayPage(Session &session, const Theme &theme, QWidget *parent)
    : QWidget(parent),
      session_(session),
      theme_(theme),
      revealer_(new Revealer(session.recording(), this)),
      editor_(new RequestEditor(theme)),
      verdictGlyph_(new QLabel),
      verdict_(label({}, "heading")),
      reveal_(new RevealButton(*revealer_, theme)),
      before_(new MessageView(theme, tr("Original"), revealer_)),
      after_(new MessageView(theme, tr("Answer"), revealer_)),
      differences_(new QTreeWidget)
{
    auto *splitter = new QSplitter(Qt::Horizontal);
    splitter->addWidget(editor_);
    splitter->addWidget(result());
    splitter->setSizes({480, 840});
    splitter->setChildrenCollapsible(false);
    auto *frame = panel();
    auto *inner = new QVBoxLayout(frame);
    inner->setContentsMargins(1, 1, 1, 1);
    inner->addWidget(splitter);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    setFocusProxy(editor_->target());
    column->addWidget(frame);

    auto *sendKey = new QAction(this);
    sendKey->setShortcuts({QKeySequence(u"Ctrl+Return"_qs), QKeySequence(u"Ctrl+Enter"_qs)});
    sendKey->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(sendKey);
    connect(sendKey, &QAction::triggered, this, &ReplayPage::send);
    auto *revealKey = new QAction(this);
    revealKey->setShortcut(QKeySequence(u"Ctrl+Shift+S"_qs));
    revealKey->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(revealKey);
    connect(revealKey, &QAction::triggered, this, &ReplayPage::reveal);
    connect(editor_, &RequestEditor::sendAsked, this, &ReplayPage::send);
    connect(editor_, &RequestEditor::resetAsked, this, &ReplayPage::reset);
    connect(editor_, &RequestEditor::filled, this, [this] {
        if (std::exchange(sendWhenReady_, false))
            send();
    });
    connect(&session_, &Session::recordingReplaced, this, [this] {
        original_.reset();  // its id is another exchange's now
        fill();
    });
    connect(&theme_, &Theme::changed, this, &ReplayPage::restyle);
    restyle();
    fill();
}

QWidget *ReplayPage::result()
{
    differences_->setAccessibleName(tr("Differences"));
    differences_->setColumnCount(DifferenceColumns);
    differences_->setHeaderLabels({tr("Where"), tr("Original"), tr("Answer"), tr("Kind")});
    differences_->setRootIsDecorated(false);
    differences_->setUniformRowHeights(true);
    differences_->header()->setStretchLastSection(false);
    differences_->header()->setSectionResizeMode(DifferencePlace, QHeaderView::Interactive);
    differences_->header()->resizeSection(DifferencePlace, 220);
    differences_->header()->setSectionResizeMode(DifferenceBefore, QHeaderView::Stretch);
    differences_->header()->setSectionResizeMode(DifferenceAfter, QHeaderView::Stretch);
    differences_->header()->resizeSection(DifferenceKind, 110);
    verdict_->setAccessibleName(tr("Verdict"));
    before_->setPlaceholder(tr("The answer that was recorded"));
    after_->setPlaceholder(tr("The answer will stand here"));

    MessageView::pair(before_, after_);
    auto *messages = new QSplitter(Qt::Horizontal);
    messages->addWidget(before_);
    messages->addWidget(after_);
    messages->setSizes({1000, 1000});
    messages->setChildrenCollapsible(false);
    auto *compared = new QWidget;
    auto *column = new QVBoxLayout(compared);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(verdictRow());
    column->addWidget(differences_, 1);
    auto *out = new QSplitter(Qt::Vertical);
    out->addWidget(messages);
    out->addWidget(compared);
    out->setSizes({520, 240});
    out->setChildrenCollapsible(false);
    return out;
}

QWidget *ReplayPage::verdictRow()
{
    auto *out = new QWidget;
    auto *column = new QVBoxLayout(out);
    column->setContentsMargins(space::m, space::s, space::m, space::s);
    column->setSpacing(space::s);
    auto *row = new QHBoxLayout;
    row->setSpacing(space::s);
    row->addWidget(verdictGlyph_);
    row->addWidget(verdict_, 1);
    row->addWidget(reveal_);
    column->addLayout(row);
    column->addWidget(new RevealNotice(*revealer_));
    return out;
}

void ReplayPage::reveal()
{
    if (!reveal_->press())
        Q_EMIT said(tr("There are no secrets in these answers"));
}

void ReplayPage::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    revealer_->hide();
}

void ReplayPage::restyle()
{
    const Palette &c = theme_.colors();
    verdictGlyph_->setVisible(shown_.has_value());
    if (!shown_)
        return;
    const bool same = *shown_ == replay::Verdict::Same || *shown_ == replay::Verdict::Noise,
               failed = *shown_ == replay::Verdict::Failed;
    verdictGlyph_->setPixmap(theme_.pixmap(same         ? u"check"_qs
                                               : failed ? u"error"_qs
                                                        : u"compare"_qs,
                                           20,
                                           same         ? c.good
                                               : failed ? c.bad
                                                        : c.warn,
                                           devicePixelRatioF()));
}

void ReplayPage::say(std::optional<replay::Verdict> verdict, const QString &words)
{
    shown_ = verdict;
    verdict_->setText(words);
    restyle();
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
        if (sendNow && editor_->ready())
            send();
        else
            sendWhenReady_ = sendNow;
    });
}

void ReplayPage::reset()
{
    fill();
}

void ReplayPage::fill()
{
    ++generation_;
    sending_ = sendWhenReady_ = false;
    answer_.reset();
    differences_->clear();
    revealer_->start(original_ ? original_->id : 0);
    after_->setTitle(tr("Answer"));
    after_->clear();
    editor_->fill(original_, session_.address());
    say(std::nullopt,
        original_ ? tr("Send it to compare the answer with the original") : tr("Send it to see the answer"));
    if (!original_) {
        before_->setTitle(tr("Original"));
        before_->clear();
        return;
    }
    before_->setTitle(tr("Original #%1").arg(original_->id));
    before_->showResponse(*original_);
}

void ReplayPage::send()
{
    if (sending_)
        return;
    auto made = editor_->request();
    editor_->setTrouble(made ? QString() : qs(made.error().what));
    if (!made)
        return;
    sending_ = true;
    editor_->setSending(true);
    if (!replay::holdsSecrets(*made))
        return dispatch(made.take());
    say(std::nullopt, tr("Its secrets are put in…"));
    session_.recording().putSecrets({this, 3}, original_->id, made.take(),
                                    [this, generation = generation_](Result<replay::Request> whole) {
                                        if (generation != generation_)
                                            return;
                                        if (whole)
                                            return dispatch(whole.take());
                                        sending_ = false;
                                        editor_->setSending(false);
                                        editor_->setTrouble(qs(whole.error().what));
                                        say(std::nullopt, tr("Not sent: a secret is missing."));
                                    });
}

void ReplayPage::dispatch(replay::Request request)
{
    say(std::nullopt, tr("Sending…"));
    session_.send(std::move(request), this, [this, generation = generation_](replay::Answer answer) {
        if (generation != generation_)
            return;
        sending_ = false;
        editor_->setSending(false);
        takeAnswer(std::shared_ptr<const journey::Exchange>(std::move(answer)));
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
        session_.recording().exchange({this, 1}, after,
                                      [this, generation = generation_](Result<journey::Exchange> second) {
                                          if (generation != generation_)
                                              return;
                                          if (second)
                                              showAnswer(std::make_shared<const journey::Exchange>(second.take()));
                                          else
                                              Q_EMIT said(qs(second.error().what));
                                      });
    });
}

void ReplayPage::takeAnswer(std::shared_ptr<const journey::Exchange> answer)
{
    session_.recording().redacted({this, 4}, answer, [this, generation = generation_](Result<Redacted> redacted) {
        if (generation != generation_)
            return;
        if (!redacted)
            return say(std::nullopt, tr("The answer cannot be shown: %1").arg(qs(redacted.error().what)));
        Redacted made = redacted.take();
        revealer_->offer(std::move(made.secrets));
        showAnswer(std::make_shared<const journey::Exchange>(std::move(made.exchange)));
    });
}

void ReplayPage::showAnswer(std::shared_ptr<const journey::Exchange> answer)
{
    answer_ = std::move(answer);
    after_->setTitle(answer_->id ? tr("Answer #%1").arg(answer_->id) : tr("Answer"));
    after_->showResponse(*answer_);
    if (!original_) {
        say(std::nullopt,
            answer_->returned.status
                ? tr("%1 after %2").arg(statusText(answer_->returned.status), durationText(answer_->times.ended))
                : qs(answer_->failure));
        Q_EMIT compared();
        return;
    }
    session_.recording().compare({this, 2}, original_, answer_,
                                 [this, generation = generation_](Result<replay::Comparison> comparison) {
                                     if (generation != generation_)
                                         return;
                                     if (comparison)
                                         showComparison(*comparison);
                                     else
                                         Q_EMIT said(qs(comparison.error().what));
                                 });
}

void ReplayPage::showComparison(const replay::Comparison &comparison)
{
    const replay::Verdict verdict = comparison.verdict;
    const auto real = std::count_if(comparison.differences.begin(), comparison.differences.end(),
                                    [](const auto &d) { return !d.noise; });
    const QString times =
        tr("  ·  %1, was %2").arg(durationText(answer_->times.ended), durationText(original_->times.ended));
    say(verdict,
        (verdict == replay::Verdict::Failed && !answer_->failure.empty() ? qs(answer_->failure)
                                                                         : verdictWords(verdict, size_t(real)))
            + times);
    differences_->clear();
    for (const bool noise : {false, true}) {
        for (const replay::Difference &each : comparison.differences) {
            if (each.noise != noise)
                continue;
            const auto shown = [](const std::string &text) {
                const QString line = withSecretsHidden(qs(text)).simplified();
                return line.isEmpty()              ? tr("(not there)")
                    : line.size() > mostDifference ? line.left(mostDifference) + u'…'
                                                   : line;
            };
            auto *item = new QTreeWidgetItem(
                differences_,
                {qs(each.where), shown(each.before), shown(each.after), noise ? tr("noise") : tr("different")});
            for (int column = 0; column < DifferenceColumns; ++column) {
                item->setFont(column, column == DifferenceKind ? theme_.ui() : theme_.mono());
                item->setToolTip(column, item->text(column));
                if (noise)
                    item->setForeground(column, theme_.colors().muted);
            }
        }
    }
    Q_EMIT compared();
}

}  // namespace sluice::ui
