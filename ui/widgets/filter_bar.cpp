// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/filter_bar.h"

#include "ui/text/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/wire.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QSettings>
#include <QStringListModel>
#include <QStyledItemDelegate>
#include <QToolButton>
#include <QVBoxLayout>

#include <chrono>

namespace sluice::ui {

namespace {

constexpr qsizetype mostPast = 50;
constexpr int restMs = 250;

WallTime wallNow()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace

FilterBar::FilterBar(const Theme &theme, QWidget *parent)
    : QWidget(parent),
      theme_(theme),
      line_(new WireLine),
      error_(new QLabel(this)),
      history_(new QToolButton),
      help_(new QToolButton),
      completer_(new QCompleter(this)),
      words_(new QStringListModel(this))
{
    past_ = QSettings().value(u"filter/past"_qs).toStringList();
    line_->setPlaceholderText(tr("Filter: status>=500 path:/api/users/** latency>200ms since:10m, or any text"));
    line_->setAccessibleName(tr("Filter"));
    line_->setClearButtonEnabled(true);
    line_->setMaxLength(4096);
    line_->installEventFilter(this);
    search_ = line_->addAction(QIcon(), QLineEdit::LeadingPosition);
    error_->setProperty("role", "wrong");
    error_->setTextFormat(Qt::PlainText);
    error_->setAccessibleName(tr("What is wrong with the filter"));
    error_->setWordWrap(true);
    error_->hide();
    nameButton(history_, tr("Earlier filters"));
    nameButton(help_, tr("What a filter can say"));
    completer_->setModel(words_);
    completer_->setWidget(line_);
    completer_->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
    completer_->popup()->setAccessibleName(tr("Completions"));
    completer_->popup()->setObjectName(u"completions"_qs);
    completer_->popup()->setItemDelegate(new QStyledItemDelegate(completer_->popup()));  // its own knows no style sheet
    completer_->popup()->installEventFilter(this);

    auto *row = new QHBoxLayout;
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(space::xs);
    row->addWidget(line_, 1);
    row->addWidget(history_);
    row->addWidget(help_);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space::xs);
    column->addLayout(row);

    rest_.setSingleShot(true);
    rest_.setInterval(restMs);
    connect(&rest_, &QTimer::timeout, this, &FilterBar::apply);
    connect(line_, &QLineEdit::textChanged, this, &FilterBar::edited);
    connect(line_, &QLineEdit::textEdited, this, &FilterBar::complete);
    connect(line_, &QLineEdit::returnPressed, this, [this] {
        apply();
        remember();
    });
    connect(completer_, qOverload<const QString &>(&QCompleter::activated), this, &FilterBar::put);
    connect(history_, &QToolButton::clicked, this, &FilterBar::openHistory);
    connect(help_, &QToolButton::clicked, this, &FilterBar::openHelp);
    connect(&theme_, &Theme::changed, this, &FilterBar::restyle);
    restyle();
}

void FilterBar::openHistory()
{
    QMenu *menu = menuUnder(history_);
    if (past_.isEmpty())
        menu->addAction(tr("No filters yet"))->setEnabled(false);
    for (const QString &text : std::as_const(past_))
        menu->addAction(text, this, [this, text] { setText(text); });
    menu->popup(menu->pos());
}

void FilterBar::openHelp()
{
    QMenu *menu = menuUnder(help_);
    for (const recording::FilterField &field : recording::filterFields()) {
        const QString example = QString::fromUtf8(field.example.data(), qsizetype(field.example.size()));
        const QString help = QString::fromUtf8(field.help.data(), qsizetype(field.help.size()));
        menu->addAction(example + u'\t' + help, this, [this, example] {
            setText(line_->text().trimmed().isEmpty() ? example : line_->text().trimmed() + u' ' + example);
            focusLine();
        });
    }
    menu->popup(menu->pos());
}

void FilterBar::restyle()
{
    history_->setIcon(theme_.icon(u"history"_qs, theme_.colors().muted));
    help_->setIcon(theme_.icon(u"info"_qs, theme_.colors().muted));
    // The line's own action; its icon is drawn for light themes only.
    if (auto *clear = line_->findChild<QAction *>(u"_q_qlineeditclearaction"_qs))
        clear->setIcon(theme_.icon(u"close"_qs, theme_.colors().muted));
    search_->setIcon(theme_.icon(u"search"_qs, theme_.colors().muted));
}

QString FilterBar::text() const
{
    return line_->text();
}

QString FilterBar::errorText() const
{
    return error_->isHidden() ? QString() : error_->text();
}

void FilterBar::setText(const QString &text)
{
    line_->setText(text);
    apply();
    remember();
}

void FilterBar::setNames(const QStringList &routes, const QStringList &services)
{
    routes_ = routes;
    services_ = services;
}

void FilterBar::focusLine()
{
    line_->setFocus(Qt::ShortcutFocusReason);
    line_->selectAll();
}

bool FilterBar::read()
{
    const QByteArray bytes = line_->text().toUtf8();
    auto parsed = recording::Filter::parse({bytes.constData(), size_t(bytes.size())}, wallNow());
    const bool good = parsed.filter.has_value();
    if (good) {
        parsed_ = std::move(*parsed.filter);
    } else {
        const QString before =
            QString::fromUtf8(bytes.first(std::min<qsizetype>(bytes.size(), qsizetype(parsed.error.position))));
        const QString hint = parsed.error.hint.empty() ? QString() : u"; "_qs + qs(parsed.error.hint);
        error_->setText(tr("Column %1: %2%3").arg(before.size() + 1).arg(qs(parsed.error.what), hint));
    }
    error_->setVisible(!good);
    if (!good)
        placeError();
    if (line_->property("wrong").toBool() != !good) {
        line_->setProperty("wrong", !good);
        repolish(line_);
    }
    return good;
}

void FilterBar::placeError()
{
    // Over what stands beneath the line, which would jump if it had to make room.
    if (QWidget *over = parentWidget(); over && error_->parentWidget() != over) {
        error_->setParent(over);
        error_->show();
    }
    error_->setFixedWidth(line_->width());
    error_->adjustSize();
    error_->move(geometry().topLeft() + line_->geometry().bottomLeft() + QPoint(0, space::xs));
    error_->raise();
}

void FilterBar::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    if (!error_->isHidden())
        placeError();
}

void FilterBar::edited()
{
    rest_.stop();
    if (read())
        rest_.start();
}

void FilterBar::apply()
{
    rest_.stop();
    if (!read() || parsed_ == filter_)
        return;
    filter_ = parsed_;
    Q_EMIT filterChanged(filter_);
}

void FilterBar::remember()
{
    const QString text = line_->text().trimmed();
    if (text.isEmpty() || !error_->isHidden())
        return;
    past_.removeAll(text);
    past_.prepend(text);
    past_ = past_.first(std::min(past_.size(), mostPast));
    QSettings().setValue(u"filter/past"_qs, past_);
}

// ---- completion

Completion completionsAt(const QString &text, int cursor, const QStringList &routes, const QStringList &services)
{
    Completion out;
    int begin = cursor;
    while (begin > 0 && !text[begin - 1].isSpace() && text[begin - 1] != u'(')
        --begin;
    const QString word = text.mid(begin, cursor - begin);
    out.begin = begin;
    const auto offer = [&](const QString &prefix, const QStringList &values) {
        const QString typed = word.mid(prefix.size());
        for (const QString &value : values) {
            if (value.startsWith(typed, Qt::CaseInsensitive) && value != typed)
                out.words << prefix + (value.contains(u' ') ? u'"' + value + u'"' : value);
        }
    };
    if (word.startsWith(u"route:"))
        offer(u"route:"_qs, routes);
    else if (word.startsWith(u"service:"))
        offer(u"service:"_qs, services);
    else if (word.startsWith(u"is:"))
        offer(u"is:"_qs, {u"replayed"_qs, u"cached"_qs, u"limited"_qs, u"retried"_qs, u"failed"_qs, u"tunnel"_qs});
    else if (word.startsWith(u"method:"))
        offer(u"method:"_qs, {u"GET"_qs, u"POST"_qs, u"PUT"_qs, u"PATCH"_qs, u"DELETE"_qs, u"HEAD"_qs, u"OPTIONS"_qs});
    else if (word.startsWith(u"failed:"))
        offer(u"failed:"_qs, {u"client"_qs, u"upstream"_qs, u"gateway"_qs});
    else if (!word.isEmpty() && !word.contains(u':')) {
        QStringList fields;
        for (const recording::FilterField &field : recording::filterFields()) {
            const QString name = QString::fromUtf8(field.name.data(), qsizetype(field.name.size()));
            const bool compared = name == u"status" || name == u"latency" || name == u"size";
            fields << (compared ? name + u">="_qs : name == u"body" ? name + u'~' : name + u':');
        }
        offer({}, fields);
    }
    out.words = out.words.mid(0, 12);
    return out;
}

void FilterBar::complete()
{
    const Completion found = completionsAt(line_->text(), line_->cursorPosition(), routes_, services_);
    words_->setStringList(found.words);
    if (found.words.isEmpty()) {
        completer_->popup()->hide();
        return;
    }
    QRect at = line_->rect();
    at.setLeft(line_->fontMetrics().horizontalAdvance(line_->text().left(found.begin)) + 32);
    at.setWidth(280);
    completer_->complete(at);
}

void FilterBar::put(const QString &completion)
{
    const QString text = line_->text();
    const int cursor = line_->cursorPosition();
    const Completion found = completionsAt(text, cursor, routes_, services_);
    line_->setText(text.left(found.begin) + completion + text.mid(cursor));
    line_->setCursorPosition(found.begin + int(completion.size()));
}

bool FilterBar::eventFilter(QObject *watched, QEvent *event)
{
    const bool keys = event->type() == QEvent::KeyPress || event->type() == QEvent::ShortcutOverride;
    const int key = keys ? static_cast<QKeyEvent *>(event)->key() : 0;
    if (event->type() == QEvent::ShortcutOverride && key == Qt::Key_Escape) {
        event->accept();  // ours before it is the page's: first the completions go, then the line is left
        return true;
    }
    if (event->type() == QEvent::KeyPress && key == Qt::Key_Escape && completer_->popup()->isVisible()) {
        completer_->popup()->hide();
        return true;
    }
    if (watched == line_ && event->type() == QEvent::KeyPress && !completer_->popup()->isVisible()) {
        if (key == Qt::Key_Escape || key == Qt::Key_Down) {
            remember();
            Q_EMIT left();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace sluice::ui
