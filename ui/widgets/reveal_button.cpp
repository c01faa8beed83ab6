// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/reveal_button.h"

#include "ui/text/format.h"
#include "ui/widgets/controls.h"

#include <QAccessible>

namespace sluice::ui {

RevealButton::RevealButton(Revealer &revealer, const Theme &theme, QWidget *parent)
    : QToolButton(parent), revealer_(revealer), theme_(theme)
{
    setCheckable(true);
    setProperty("caution", true);
    setWords(true);
    connect(this, &QToolButton::clicked, this, &RevealButton::press);
    connect(&revealer_, &Revealer::told, this, &RevealButton::tell);
    connect(&theme_, &Theme::changed, this, &RevealButton::tell);
    tell();
}

bool RevealButton::press()
{
    if (!revealer_.any())
        return false;
    if (revealer_.state() == Revealer::State::Hidden)
        revealer_.reveal();
    else
        revealer_.hide();
    return true;
}

void RevealButton::setWords(bool on)
{
    if (property("words").toBool() == on)
        return;
    setProperty("words", on);
    setToolButtonStyle(on ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly);
    repolish(this);
}

void RevealButton::tell()
{
    const Revealer::State state = revealer_.state();
    const bool hidden = state == Revealer::State::Hidden;
    setVisible(revealer_.any());
    setChecked(!hidden);
    const QColor color = hidden ? theme_.colors().muted : theme_.colors().warn;
    setIcon(theme_.icon(hidden ? u"eye"_qs : u"eye-off"_qs, color));
    setText(hidden                                 ? tr("Reveal secrets")
                : state == Revealer::State::Asking ? tr("Stop revealing")
                                                   : tr("Hide secrets"));
    setAccessibleName(text());
    setToolTip(hidden ? tr("Show the secrets, until something else is looked at (Ctrl+Shift+S)")
                      : tr("Show dots again (Ctrl+Shift+S)\nWhat is copied has placeholders in either case"));
}

RevealNotice::RevealNotice(Revealer &revealer, QWidget *parent) : QLabel(parent), revealer_(revealer)
{
    setTextFormat(Qt::PlainText);
    setWordWrap(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    setAccessibleName(tr("About the secrets"));
    setProperty("role", "caution");
    connect(&revealer_, &Revealer::told, this, &RevealNotice::tell);
    tell();
}

void RevealNotice::tell()
{
    const bool waiting = revealer_.waiting();
    setText(waiting ? tr("The keychain is being asked for the key; it may want to be unlocked.") : revealer_.trouble());
    const bool appears = isHidden() && !text().isEmpty();
    setVisible(!text().isEmpty());
    if (appears) {
        QAccessibleEvent event(this, QAccessible::Alert);  // a screen reader says it, wherever the focus is
        QAccessible::updateAccessibility(&event);
    }
}

}  // namespace sluice::ui
