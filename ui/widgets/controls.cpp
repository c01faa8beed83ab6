// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/controls.h"

#include "ui/widgets/wire.h"

#include <QAbstractButton>
#include <QFrame>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QStyle>

namespace sluice::ui {

void nameButton(QAbstractButton *button, const QString &name)
{
    button->setToolTip(name);
    button->setAccessibleName(name);
}

void repolish(QWidget *widget)
{
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
    widget->update();
}

QLabel *label(const QString &text, const char *role)
{
    QLabel *out = role && std::string_view(role) == "mono" ? new WireLabel(text) : new QLabel(text);
    out->setTextFormat(Qt::PlainText);
    if (role)
        out->setProperty("role", role);
    return out;
}

QMenu *menuUnder(QWidget *widget)
{
    auto *menu = new QMenu(widget);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->move(widget->mapToGlobal(QPoint(0, widget->height() + 4)));
    return menu;
}

void setRole(QLabel *label, const char *role)
{
    if (label->property("role").toByteArray() == role)
        return;
    label->setProperty("role", role);
    repolish(label);
}

QPushButton *button(const QString &text, bool primary)
{
    auto *out = new QPushButton(text);
    out->setAccessibleName(text);
    if (primary)
        out->setProperty("primary", true);
    return out;
}

QFrame *panel()
{
    auto *out = new QFrame;
    out->setProperty("panel", true);
    return out;
}

}  // namespace sluice::ui
