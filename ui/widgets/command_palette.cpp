// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/command_palette.h"

#include "ui/widgets/controls.h"

#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

namespace sluice::ui {

namespace {

// A command's title, and its keys at the right.
class CommandDelegate : public QStyledItemDelegate {
public:
    CommandDelegate(const Theme &theme, QObject *parent) : QStyledItemDelegate(parent), theme_(theme) {}
    QSize sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const override { return {100, 32}; }
    void paint(QPainter *p, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const Palette &c = theme_.colors();
        if (option.state & QStyle::State_Selected)
            p->fillRect(option.rect, c.selection);
        const QRect inner = option.rect.adjusted(space::m, 0, -space::m, 0);
        p->setFont(theme_.ui());
        p->setPen(c.text);
        p->drawText(inner, Qt::AlignVCenter | Qt::AlignLeft, index.data().toString());
        p->setFont(theme_.mono());
        p->setPen(c.muted);
        p->drawText(inner, Qt::AlignVCenter | Qt::AlignRight, index.data(Qt::UserRole).toString());
    }

private:
    const Theme &theme_;
};

}  // namespace

bool lettersMatch(const QString &typed, const QString &title)
{
    qsizetype at = 0;
    for (const QChar c : typed) {
        if (c.isSpace())
            continue;
        at = title.indexOf(c, at, Qt::CaseInsensitive);
        if (at < 0)
            return false;
        ++at;
    }
    return true;
}

CommandPalette::CommandPalette(std::vector<Command> commands,
                               std::function<std::optional<Command>(const QString &)> typed, const Theme &theme,
                               QWidget *parent)
    : QDialog(parent, Qt::Popup | Qt::FramelessWindowHint),
      commands_(std::move(commands)),
      typed_(std::move(typed)),
      line_(new QLineEdit),
      list_(new QListWidget)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setAccessibleName(tr("Commands"));
    setWindowTitle(tr("Commands"));
    line_->setPlaceholderText(tr("Type a command, #17 for an exchange, or a filter"));
    line_->setAccessibleName(tr("Command"));
    line_->installEventFilter(this);
    list_->setAccessibleName(tr("Commands that match"));
    list_->setItemDelegate(new CommandDelegate(theme, list_));
    list_->setFocusPolicy(Qt::NoFocus);
    auto *frame = panel();
    auto *inner = new QVBoxLayout(frame);
    inner->setContentsMargins(space::s, space::s, space::s, space::s);
    inner->addWidget(line_);
    inner->addWidget(list_, 1);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(frame);
    resize(560, 420);
    if (parent)
        move(parent->mapToGlobal(QPoint((parent->width() - width()) / 2, 72)));
    connect(line_, &QLineEdit::textChanged, this, &CommandPalette::fill);
    connect(list_, &QListWidget::itemClicked, this, &CommandPalette::runCurrent);
    fill({});
    line_->setFocus();
}

void CommandPalette::fill(const QString &text)
{
    shown_.clear();
    list_->clear();
    for (const Command &command : commands_) {
        if (lettersMatch(text, command.title))
            shown_.push_back(command);
    }
    std::stable_sort(shown_.begin(), shown_.end(), [&](const Command &a, const Command &b) {
        return a.title.contains(text, Qt::CaseInsensitive) > b.title.contains(text, Qt::CaseInsensitive);
    });
    if (auto made = typed_(text.trimmed()))
        shown_.push_back(std::move(*made));
    for (const Command &command : shown_) {
        auto *item = new QListWidgetItem(command.title, list_);
        item->setData(Qt::UserRole, command.keys);
    }
    list_->setCurrentRow(0);
}

void CommandPalette::runCurrent()
{
    const int row = list_->currentRow();
    if (row < 0 || row >= int(shown_.size()))
        return;
    const std::function<void()> run = shown_[size_t(row)].run;
    close();
    run();
}

bool CommandPalette::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == line_ && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent *>(event)->key();
        const int rows = list_->count(), row = list_->currentRow();
        if ((key == Qt::Key_Down || key == Qt::Key_Up) && rows > 0) {
            list_->setCurrentRow((row + (key == Qt::Key_Down ? 1 : rows - 1)) % rows);
            return true;
        }
        if (key == Qt::Key_Return || key == Qt::Key_Enter) {
            runCurrent();
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

ShortcutSheet::ShortcutSheet(const Theme &, QWidget *parent) : QDialog(parent)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Keyboard shortcuts"));
    setModal(true);
    const std::pair<QString, QString> keys[] = {
        {u"Ctrl+F  or  /"_qs, tr("Filter the traffic")},
        {u"R"_qs, tr("Replay the exchange")},
        {u"E"_qs, tr("Edit and replay it")},
        {u"Ctrl+D"_qs, tr("Compare two exchanges")},
        {u"1 – 6"_qs, tr("Mark; the same again takes it off")},
        {u"Ctrl+Shift+C"_qs, tr("Copy as cURL")},
        {u"Ctrl+Shift+S"_qs, tr("Reveal the secrets, or hide them again")},
        {u"F"_qs, tr("Go to the newest and follow")},
        {u"Esc"_qs, tr("Close the detail")},
        {u"Ctrl+K"_qs, tr("Commands")},
        {u"Ctrl+/"_qs, tr("This page")},
        {u"Alt+1 – Alt+6"_qs, tr("Traffic, Routes, Services, Dashboard, Replay, Certificates")},
        {u"Ctrl+S"_qs, tr("Save the gateway file")},
        {u"F6"_qs, tr("Routes: from the text to the form, and back")},
        {u"Ctrl+Return"_qs, tr("Send (Replay, Routes)")},
        {u"Ctrl+Shift+L"_qs, tr("Light or dark")},
        {u"Ctrl+Q"_qs, tr("Leave")}};
    auto *grid = new QGridLayout(this);
    grid->setContentsMargins(space::xl, space::xl, space::xl, space::xl);
    grid->setHorizontalSpacing(space::xl);
    grid->setVerticalSpacing(space::s);
    grid->addWidget(label(tr("Keyboard shortcuts"), "title"), 0, 0, 1, 2);
    int row = 1;
    for (const auto &[key, what] : keys) {
        grid->addWidget(label(key, "mono"), row, 0);
        grid->addWidget(label(what), row++, 1);
    }
    setAccessibleName(windowTitle());
}

}  // namespace sluice::ui
