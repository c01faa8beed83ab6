// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/toast.h"

#include <QAccessible>
#include <QEvent>

namespace sluice::ui {

Toast::Toast(QWidget *over) : QLabel(over)
{
    setProperty("role", "toast");
    setTextFormat(Qt::PlainText);
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAccessibleName(tr("Message"));
    hide();
    gone_.setSingleShot(true);
    gone_.setInterval(4000);
    connect(&gone_, &QTimer::timeout, this, &QWidget::hide);
    over->installEventFilter(this);
}

void Toast::say(const QString &sentence)
{
    setText(sentence);
    adjustSize();
    place();
    show();
    raise();
    gone_.start();
    QAccessibleEvent event(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

void Toast::place()
{
    const QSize room = parentWidget()->size();
    resize(std::min(width(), room.width() - 48), height());
    move((room.width() - width()) / 2, room.height() - height() - 24);
}

bool Toast::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::Resize && isVisible())
        place();
    return QLabel::eventFilter(watched, event);
}

}  // namespace sluice::ui
