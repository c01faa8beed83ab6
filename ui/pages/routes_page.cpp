// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/routes_page.h"

#include "ui/text/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/file_edit.h"
#include "ui/widgets/route_form.h"
#include "ui/widgets/try_panel.h"

#include <QAction>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPointer>
#include <QProcessEnvironment>
#include <QPushButton>
#include <QSaveFile>
#include <QSplitter>
#include <QTabWidget>
#include <QThreadPool>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

constexpr int typingMs = 250, mostProblemHeight = 140;

}  // namespace

config::Environment processEnvironment()
{
    config::Environment out;
    const QProcessEnvironment system = QProcessEnvironment::systemEnvironment();
    for (const QString &name : system.keys())
        out.variables.emplace(name.toStdString(), system.value(name).toStdString());
    return out;
}

RoutesPage::RoutesPage(Session &session, const Theme &theme, QWidget *parent)
    : QWidget(parent),
      session_(session),
      theme_(theme),
      edit_(new FileEdit(theme)),
      form_(new RouteForm(theme)),
      try_(new TryPanel(session, theme)),
      side_(new QTabWidget),
      file_(label({}, "mono")),
      state_(label({}, "muted")),
      foreignNote_(
          label(tr("The file changed on disk. Discard changes takes what is there; Save overwrites it."), "warn")),
      problemList_(new QListWidget),
      save_(button(tr("Save"), true)),
      revert_(button(tr("Discard changes")))
{
    side_->setDocumentMode(true);
    side_->tabBar()->setDrawBase(false);
    side_->tabBar()->setAccessibleName(tr("Form or try"));
    side_->addTab(form_, tr("Route"));
    side_->addTab(try_, tr("Try a request"));
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
    setFocusProxy(edit_);
    column->addWidget(frame);

    auto *saveKey = new QAction(this);
    saveKey->setShortcut(QKeySequence(u"Ctrl+S"_qs));
    saveKey->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(saveKey);
    // Tab indents in the text, so that another key must lead out of it, and back.
    auto *sideKey = new QAction(this);
    sideKey->setShortcut(QKeySequence(u"F6"_qs));
    sideKey->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(sideKey);
    connect(sideKey, &QAction::triggered, this, &RoutesPage::changeSides);
    connect(saveKey, &QAction::triggered, this, &RoutesPage::save);
    connect(save_, &QPushButton::clicked, this, &RoutesPage::save);
    connect(revert_, &QPushButton::clicked, this, &RoutesPage::revert);
    connect(edit_, &FileEdit::textChanged, this, &RoutesPage::changed);
    connect(edit_, &FileEdit::lineChanged, form_, [this](int line) {
        if (!changing_)
            form_->chooseLine(line);
    });
    connect(form_, &RouteForm::edited, this, &RoutesPage::takeFormEdit);
    connect(form_, &RouteForm::routeChosen, edit_, [this](int line) { goToLine(line, 1); });
    connect(form_, &RouteForm::refused, this, &RoutesPage::said);
    connect(try_, &TryPanel::said, this, &RoutesPage::said);
    connect(try_, &TryPanel::lineChosen, edit_, [this](int line) { edit_->goTo(line, 1); });
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
    connect(&watch_, &FileWatch::changed, this, &RoutesPage::lookAtDisk);
    restyle();
    open();
}

QWidget *RoutesPage::editorPart()
{
    problemList_->setAccessibleName(tr("Problems of the file"));
    problemList_->setWordWrap(true);
    problemList_->setIconSize(QSize(16, 16));
    file_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(space::l, space::s, space::m, space::s);
    bar->setSpacing(space::s);
    bar->addWidget(file_, 1);
    bar->addWidget(state_);
    bar->addWidget(revert_);
    bar->addWidget(save_);
    save_->setToolTip(tr("Ctrl+S"));
    foreignNote_->setWordWrap(true);
    foreignNote_->setContentsMargins(space::l, 0, space::m, space::s);
    foreignNote_->hide();
    auto *out = new QWidget;
    auto *column = new QVBoxLayout(out);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(bar);
    column->addWidget(foreignNote_);
    column->addWidget(edit_, 1);
    column->addWidget(problemList_);
    return out;
}

void RoutesPage::restyle()
{
    save_->setIcon(theme_.icon(u"save"_qs, theme_.colors().onAccent));
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
    watch_.setPath(path_);
    form_->setEnabled(!path_.isEmpty());
    if (path_.isEmpty()) {
        showButtons();
        try_->explain();
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
    setForeign(std::nullopt);
    edit_->setText(text_);
    byForm_ = false;
    check();
}

void RoutesPage::setForeign(std::optional<QString> text)
{
    foreign_ = std::move(text);
    if (!foreign_)
        told_.reset();
    foreignNote_->setVisible(foreign_.has_value());
}

void RoutesPage::lookAtDisk()
{
    const config::FileText read = config::readFile(path_.toStdString());
    if (!read.problems.empty())
        return;  // gone for a moment while another one takes its place, or for good: then Save makes it again
    const QString disk = qs(read.text);
    if (disk == saved_ || disk == text_) {
        saved_ = disk;
        setForeign(std::nullopt);
        showButtons();
        return;
    }
    if (modified()) {
        setForeign(disk);
        return;
    }
    saved_ = disk;
    edit_->changeTo(disk);
    check();
    Q_EMIT said(tr("The gateway file changed on disk; this is how it is now"));
}

void RoutesPage::save()
{
    form_->commit();
    if (path_.isEmpty() || !modified())
        return;
    lookAtDisk();
    if (foreign_ && foreign_ != told_) {
        told_ = foreign_;
        Q_EMIT said(tr("Not saved: the file changed on disk since it was read. Save again to overwrite it."));
        return;
    }
    if (!modified())
        return;
    QSaveFile file(path_);
    const QByteArray bytes = text_.toUtf8();
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit()) {
        Q_EMIT said(tr("The file cannot be written: %1").arg(file.errorString()));
        return;
    }
    saved_ = text_;
    setForeign(std::nullopt);
    showButtons();
    try_->setPlan(plan_, false);
    session_.reload(this, [this](Outcome outcome) {
        Q_EMIT said(outcome ? tr("Saved. The new rules are on.")
                            : tr("Saved, but the rules before it stay on: %1").arg(qs(outcome.error().what)));
    });
}

void RoutesPage::takeFormEdit(const QString &text)
{
    changing_ = true;
    edit_->changeTo(text);
    changing_ = false;
    byForm_ = true;
    check();  // at once: nobody is in the middle of a word
}

void RoutesPage::goToLine(int line, int column)
{
    changing_ = true;
    edit_->goTo(line, column);
    changing_ = false;
}

void RoutesPage::changed()
{
    byForm_ = byForm_ && changing_;
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
    QThreadPool::globalInstance()->start(
        [self, text = text_.toStdString(), path = path_.toStdString(), generation = ++generation_] {
            const auto loaded = std::make_shared<config::Loaded>(config::load(text, path, processEnvironment()));
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [self, loaded, generation] {
                    if (self && self->generation_ == generation)
                        self->take(std::move(*loaded));
                },
                Qt::QueuedConnection);
        });
}

void RoutesPage::take(config::Loaded loaded)
{
    problems_ = std::move(loaded.problems);
    if (loaded.plan)
        plan_ = loaded.plan;
    form_->setPlan(loaded.plan, problems_, byForm_);
    if (!byForm_)
        form_->chooseLine(edit_->currentLine());
    else if (loaded.plan && form_->line())
        goToLine(form_->line(), 1);
    showProblems();
    showButtons();
    try_->setPlan(plan_, modified());
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
        auto *item = new QListWidgetItem(theme_.icon(error ? u"error"_qs : u"warning"_qs, error ? c.bad : c.warn), text,
                                         problemList_);
        item->setData(Qt::UserRole, problem.line);
        item->setData(Qt::UserRole + 1, problem.column);
        item->setData(Qt::AccessibleTextRole, (error ? tr("Error, ") : tr("Warning, ")) + text);
    }
    int height = 2 * problemList_->frameWidth() + space::s;
    for (int row = 0; row < problemList_->count(); ++row)
        height += problemList_->sizeHintForRow(row);
    problemList_->setFixedHeight(std::min(height, mostProblemHeight));
    problemList_->setVisible(!problems_.empty());
}

void RoutesPage::showButtons()
{
    const auto errors = std::count_if(problems_.begin(), problems_.end(),
                                      [](const Problem &p) { return p.severity == Problem::Severity::Error; });
    const auto warnings = qsizetype(problems_.size()) - errors;
    state_->setText(path_.isEmpty() ? QString()
                        : errors    ? counted(uint64_t(errors), tr("error"), tr("errors"))
                        : warnings  ? tr("valid, %1").arg(counted(uint64_t(warnings), tr("warning"), tr("warnings")))
                                    : tr("valid"));
    setRole(state_, errors ? "bad" : warnings ? "warn" : "good");
    save_->setEnabled(modified());
    revert_->setEnabled(modified());
    save_->setVisible(!path_.isEmpty());
    revert_->setVisible(!path_.isEmpty() && modified());
}

void RoutesPage::changeSides()
{
    if (side_->isAncestorOf(focusWidget()))
        edit_->setFocus();
    else if (side_->currentWidget() == try_)
        try_->focusTarget();
    else
        form_->focusRoutes();
}

void RoutesPage::showTry()
{
    side_->setCurrentWidget(try_);
    try_->focusTarget();
}

}  // namespace sluice::ui
