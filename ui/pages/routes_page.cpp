// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/routes_page.h"

#include "ui/pages/replay_page.h"
#include "ui/text/format.h"
#include "ui/text/highlight.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/decisions_view.h"
#include "ui/widgets/file_edit.h"
#include "ui/widgets/route_form.h"

#include <QAction>
#include <QComboBox>
#include <QFile>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPointer>
#include <QProcessEnvironment>
#include <QPushButton>
#include <QSaveFile>
#include <QSplitter>
#include <QTabWidget>
#include <QThreadPool>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

constexpr int typingMs = 250;

}  // namespace

config::Environment processEnvironment()
{
    config::Environment out;
    const QProcessEnvironment system = QProcessEnvironment::systemEnvironment();
    for (const QString &name : system.keys())
        out.emplace(name.toStdString(), system.value(name).toStdString());
    return out;
}

RoutesPage::RoutesPage(Session &session, const Theme &theme, QWidget *parent)
    : QWidget(parent), session_(session), theme_(theme), edit_(new FileEdit(theme)), form_(new RouteForm(theme)), side_(new QTabWidget),
      file_(label({}, "mono")), state_(label({}, "muted")), outcome_(label({}, "heading")), answer_(label({}, "muted")),
      problemList_(new QListWidget), save_(button(tr("Save"), true)), revert_(button(tr("Discard changes"))), send_(button(tr("Send it"))),
      method_(new QComboBox), target_(new QLineEdit), headers_(new QPlainTextEdit), candidates_(new QTreeWidget),
      decisions_(new DecisionsView(theme))
{
    side_->setDocumentMode(true);
    side_->tabBar()->setDrawBase(false);
    side_->tabBar()->setAccessibleName(tr("Form or try"));
    side_->addTab(form_, tr("Route"));
    side_->addTab(tryPart(), tr("Try a request"));
    auto *splitter = new QSplitter(Qt::Horizontal);
    splitter->addWidget(editorPart());
    splitter->addWidget(side_);
    splitter->setSizes({760, 520});
    splitter->setChildrenCollapsible(false);
    auto *frame = panel();
    auto *inner = new QVBoxLayout(frame);
    inner->setContentsMargins(1, 1, 1, 1);
    inner->addWidget(splitter);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(frame);

    auto *saveKey = new QAction(this);
    saveKey->setShortcut(QKeySequence(u"Ctrl+S"_qs));
    saveKey->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(saveKey);
    connect(saveKey, &QAction::triggered, this, &RoutesPage::save);
    connect(save_, &QPushButton::clicked, this, &RoutesPage::save);
    connect(revert_, &QPushButton::clicked, this, &RoutesPage::revert);
    connect(edit_, &FileEdit::textChanged, this, &RoutesPage::changed);
    connect(edit_, &FileEdit::lineChanged, form_, &RouteForm::chooseLine);
    connect(form_, &RouteForm::edited, edit_, &FileEdit::changeTo);
    connect(form_, &RouteForm::routeChosen, edit_, [this](int line) { edit_->goTo(line, 1); });
    connect(form_, &RouteForm::refused, this, &RoutesPage::said);
    connect(problemList_, &QListWidget::itemActivated, this, [this](QListWidgetItem *item) {
        edit_->goTo(item->data(Qt::UserRole).toInt(), item->data(Qt::UserRole + 1).toInt());
        edit_->setFocus();
    });
    typing_.setSingleShot(true);
    typing_.setInterval(typingMs);
    connect(&typing_, &QTimer::timeout, this, &RoutesPage::check);
    connect(&session_, &Session::statusChanged, this, [this] {
        if (qs(session_.status().file) != path_)
            open();
    });
    connect(&theme_, &Theme::changed, this, &RoutesPage::restyle);
    restyle();
    open();
}

QWidget *RoutesPage::editorPart()
{
    problemList_->setAccessibleName(tr("Problems of the file"));
    problemList_->setWordWrap(true);
    problemList_->setMaximumHeight(132);
    file_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(space::l, space::s, space::m, space::s);
    bar->setSpacing(space::s);
    bar->addWidget(file_, 1);
    bar->addWidget(state_);
    bar->addWidget(revert_);
    bar->addWidget(save_);
    save_->setToolTip(tr("Ctrl+S"));
    auto *out = new QWidget;
    auto *column = new QVBoxLayout(out);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(bar);
    column->addWidget(edit_, 1);
    column->addWidget(problemList_);
    return out;
}

QWidget *RoutesPage::tryPart()
{
    method_->addItems({u"GET"_qs, u"POST"_qs, u"PUT"_qs, u"PATCH"_qs, u"DELETE"_qs, u"HEAD"_qs, u"OPTIONS"_qs});
    method_->setEditable(true);
    method_->setAccessibleName(tr("Method to try"));
    method_->setProperty("mono", true);
    method_->setFixedWidth(110);
    target_->setText(u"/"_qs);
    target_->setAccessibleName(tr("Path to try"));
    target_->setPlaceholderText(u"/api/users/7?page=2"_qs);
    target_->setProperty("mono", true);
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
    auto *out = new QSplitter(Qt::Vertical);
    out->addWidget(top);
    out->addWidget(decisions_);
    out->setSizes({420, 260});
    out->setChildrenCollapsible(false);
    connect(target_, &QLineEdit::textChanged, this, &RoutesPage::explain);
    connect(method_, &QComboBox::currentTextChanged, this, &RoutesPage::explain);
    connect(headers_, &QPlainTextEdit::textChanged, this, &RoutesPage::explain);
    connect(target_, &QLineEdit::returnPressed, this, &RoutesPage::sendIt);
    connect(send_, &QPushButton::clicked, this, &RoutesPage::sendIt);
    connect(candidates_, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem *item) { edit_->goTo(item->data(0, Qt::UserRole).toInt(), 1); });
    return out;
}

void RoutesPage::restyle()
{
    save_->setIcon(theme_.icon(u"save"_qs, theme_.colors().onAccent));
    send_->setIcon(theme_.icon(u"send"_qs));
    headers_->setFont(theme_.mono());
    showProblems();
    showButtons();
}

// ---- the file

void RoutesPage::open()
{
    path_ = qs(session_.status().file);
    file_->setText(path_.isEmpty() ? tr("No gateway file: the rules come from the command line") : path_);
    file_->setToolTip(path_);
    edit_->setReadOnly(path_.isEmpty());
    if (path_.isEmpty()) {
        form_->setEnabled(false);
        showButtons();
        explain();
        return;
    }
    revert();
}

void RoutesPage::revert()
{
    const config::FileText read = config::readFile(path_.toStdString());
    if (!read.problems.empty()) {
        problems_ = read.problems;
        showProblems();
        return;
    }
    saved_ = text_ = qs(read.text);
    edit_->setText(text_);
    check();
}

void RoutesPage::save()
{
    if (path_.isEmpty() || !modified())
        return;
    QSaveFile file(path_);
    const QByteArray bytes = text_.toUtf8();
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit()) {
        Q_EMIT said(tr("The file cannot be written: %1").arg(file.errorString()));
        return;
    }
    saved_ = text_;
    showButtons();
    session_.reload(this, [this](Outcome outcome) {
        Q_EMIT said(outcome ? tr("Saved. The new rules are on.") : tr("Saved, but the rules before it stay on: %1").arg(qs(outcome.error().what)));
    });
}

void RoutesPage::changed()
{
    text_ = edit_->text();
    form_->setText(text_.toStdString());
    showButtons();
    typing_.start();
}

void RoutesPage::check()
{
    typing_.stop();
    form_->setText(text_.toStdString());
    const QPointer<RoutesPage> self(this);
    QThreadPool::globalInstance()->start([self, text = text_.toStdString(), path = path_.toStdString(), generation = ++generation_] {
        const auto loaded = std::make_shared<config::Loaded>(config::load(text, path, processEnvironment()));
        QMetaObject::invokeMethod(QCoreApplication::instance(), [self, loaded, generation] {
            if (self && self->generation_ == generation)
                self->take(std::move(*loaded));
        }, Qt::QueuedConnection);
    });
}

void RoutesPage::take(config::Loaded loaded)
{
    problems_ = std::move(loaded.problems);
    if (loaded.plan)
        plan_ = loaded.plan;
    form_->setPlan(loaded.plan);
    form_->chooseLine(edit_->currentLine());
    showProblems();
    showButtons();
    explain();
    Q_EMIT checked();
}

void RoutesPage::showProblems()
{
    edit_->setProblems(problems_);
    problemList_->clear();
    const Palette &c = theme_.colors();
    for (const Problem &problem : problems_) {
        const bool error = problem.severity == Problem::Severity::Error;
        const QString text = (problem.line ? tr("Line %1: ").arg(problem.line) : QString()) + qs(problem.what)
            + (problem.hint.empty() ? QString() : u". "_qs + qs(problem.hint));
        auto *item = new QListWidgetItem(theme_.icon(error ? u"error"_qs : u"warning"_qs, error ? c.bad : c.warn), text, problemList_);
        item->setData(Qt::UserRole, problem.line);
        item->setData(Qt::UserRole + 1, problem.column);
        item->setData(Qt::AccessibleTextRole, (error ? tr("Error, ") : tr("Warning, ")) + text);
    }
    problemList_->setVisible(!problems_.empty());
}

void RoutesPage::showButtons()
{
    const auto errors = std::count_if(problems_.begin(), problems_.end(), [](const Problem &p) { return p.severity == Problem::Severity::Error; });
    const auto warnings = qsizetype(problems_.size()) - errors;
    state_->setText(path_.isEmpty() ? QString() : errors ? tr("%1 errors").arg(errors) : warnings ? tr("valid, %1 warnings").arg(warnings) : tr("valid"));
    setRole(state_, errors ? "bad" : warnings ? "warn" : "good");
    save_->setEnabled(modified());
    revert_->setEnabled(modified());
    save_->setVisible(!path_.isEmpty());
    revert_->setVisible(!path_.isEmpty() && modified());
}

// ---- trying

void RoutesPage::showTry()
{
    side_->setCurrentIndex(1);
    target_->setFocus();
}

void RoutesPage::tryRequest(const QString &method, const QString &target)
{
    showTry();
    method_->setCurrentText(method);
    target_->setText(target);
    explain();
}

gateway::Question RoutesPage::question() const
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

void RoutesPage::explain()
{
    answer_->clear();
    answer_->hide();
    if (target_->text().trimmed().isEmpty())
        return;
    if (plan_) {
        show(gateway::explain(*plan_, question()));
        return;
    }
    session_.explain(question(), this, [this](Result<gateway::Explanation> explanation) {
        if (explanation)
            show(*explanation);
        else
            outcome_->setText(qs(explanation.error().what));
    });
}

void RoutesPage::show(const gateway::Explanation &e)
{
    const QString unsaved = modified() ? tr(" (by the text that is not saved yet)") : QString();
    outcome_->setText(e.status ? tr("The gateway answers %1 by itself%2").arg(statusText(e.status), unsaved)
                               : tr("Goes to %1 as %2, by route %3%4").arg(qs(e.service), qs(e.path), qs(e.route), unsaved));
    setRole(outcome_, e.status ? "bad" : "heading");
    candidates_->clear();
    bool winner = true;
    const Palette &c = theme_.colors();
    for (const gateway::Explanation::Candidate &each : e.candidates) {
        const bool won = winner && each.matched;
        winner = winner && !each.matched;
        auto *item = new QTreeWidgetItem(candidates_, {qs(each.route), (won ? tr("wins: ") : QString()) + qs(each.why)});
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

void RoutesPage::sendIt()
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
    session_.send(std::move(request), this, [this](replay::Answer answer) {
        answer_->setText(answer->returned.status ? tr("Sent: the running rules answered %1 after %2. It is in Traffic.")
                                                       .arg(statusText(answer->returned.status), durationText(answer->times.ended))
                                                 : tr("Sent, but no answer came: %1").arg(qs(answer->failure)));
    });
}

}  // namespace sluice::ui
