// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/secret_edit.h"

#include "ui/text/fold.h"
#include "ui/text/highlight.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QMenu>
#include <QMimeData>
#include <QScrollBar>

#include <algorithm>
#include <memory>

namespace sluice::ui {

SecretEdit::SecretEdit(const Theme &theme, QWidget *parent)
    : QPlainTextEdit(parent), highlighter_(new Highlighter(theme, document()))
{
    setReadOnly(true);
    setUndoRedoEnabled(false);  // or the document would keep what it showed before
    setFrameShape(QFrame::NoFrame);
    setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    highlighter_->setSecrets(&shown_.spans);
}

SecretEdit::~SecretEdit()
{
    highlighter_->setSecrets(nullptr);
    wipe(shown_);
}

void SecretEdit::show(ShownText text, bool scrolled)
{
    const int across = horizontalScrollBar()->value(), down = verticalScrollBar()->value();
    wipe(shown_);
    shown_ = folded(std::move(text));
    setPlainText(shown_.text);
    if (scrolled) {
        verticalScrollBar()->setValue(down);
        horizontalScrollBar()->setValue(across);
    }
}

void SecretEdit::clear()
{
    show({});
}

bool SecretEdit::opensSecrets() const
{
    const QTextCursor cursor = textCursor();
    return std::any_of(shown_.spans.begin(), shown_.spans.end(), [&](const SecretSpan &span) {
        return span.open && span.begin < cursor.selectionEnd() && span.begin + span.size > cursor.selectionStart();
    });
}

QMimeData *SecretEdit::createMimeDataFromSelection() const
{
    const QTextCursor cursor = textCursor();
    auto *out = new QMimeData;
    out->setText(recordedPart(shown_, cursor.selectionStart(), cursor.selectionEnd()));
    return out;
}

void SecretEdit::copyWithSecrets()
{
    const QTextCursor cursor = textCursor();
    copySecret(shown_.text.mid(cursor.selectionStart(), cursor.selectionEnd() - cursor.selectionStart()));
}

void SecretEdit::contextMenuEvent(QContextMenuEvent *event)
{
    QMenu *menu = createStandardContextMenu(event->pos());
    menu->setAttribute(Qt::WA_DeleteOnClose);
    if (opensSecrets()) {
        menu->addSeparator();
        menu->addAction(tr("Copy with secrets"), this, &SecretEdit::copyWithSecrets);
    }
    menu->popup(event->globalPos());
}

void copySecret(const QString &text)
{
    auto data = std::make_unique<QMimeData>();
    data->setText(text);
    data->setData(QStringLiteral("x-kde-passwordManagerHint"), "secret");
    QGuiApplication::clipboard()->setMimeData(data.release());
}

}  // namespace sluice::ui
