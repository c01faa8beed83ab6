// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/header_bar.h"

#include "ui/text/format.h"
#include "ui/widgets/controls.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>

namespace sluice::ui {

HeaderBar::HeaderBar(Session &session, Theme &theme, QWidget *parent)
    : QFrame(parent),
      session_(session),
      theme_(theme),
      lamp_(new QLabel),
      state_(label({}, "heading")),
      traffic_(label({}, "small")),
      recording_(label({}, "small")),
      address_(button({})),
      trouble_(button({})),
      search_(button(tr("Search and commands   Ctrl+K"))),
      keys_(new QToolButton),
      mode_(new QToolButton)
{
    setAccessibleName(tr("State of the gateway"));
    address_->setProperty("flat", true);
    address_->setToolTip(tr("Copy the address"));
    trouble_->setProperty("flat", true);
    nameButton(keys_, tr("Keyboard shortcuts (Ctrl+/)"));
    search_->setAccessibleName(tr("Search and commands"));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(space::m, space::s, space::m, space::s);
    row->setSpacing(space::s);
    for (QLabel *each : {traffic_, recording_})
        each->setMinimumWidth(1);  // they give way in a narrow window
    row->addWidget(lamp_);
    row->addWidget(state_);
    row->addWidget(address_);
    row->addSpacing(space::s);
    row->addWidget(traffic_);
    row->addSpacing(space::l);
    row->addWidget(recording_);
    row->addStretch(1);
    row->addWidget(trouble_);
    row->addWidget(search_);
    row->addWidget(keys_);
    row->addWidget(mode_);
    connect(address_, &QPushButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setText(session_.address());
        Q_EMIT said(tr("Copied %1").arg(session_.address()));
    });
    connect(trouble_, &QPushButton::clicked, this, &HeaderBar::problemsAsked);
    connect(search_, &QPushButton::clicked, this, &HeaderBar::paletteAsked);
    connect(keys_, &QToolButton::clicked, this, &HeaderBar::shortcutsAsked);
    connect(mode_, &QToolButton::clicked, this,
            [this] { theme_.setMode(theme_.mode() == Mode::Dark ? Mode::Light : Mode::Dark); });
    connect(&session_, &Session::statusChanged, this, &HeaderBar::refresh);
    connect(&session_, &Session::lostChanged, this, &HeaderBar::refresh);
    connect(&theme_, &Theme::changed, this, &HeaderBar::restyle);
    restyle();
}

void HeaderBar::restyle()
{
    const QColor muted = theme_.colors().muted;
    keys_->setIcon(theme_.icon(u"keyboard"_qs, muted));
    search_->setIcon(theme_.icon(u"search"_qs, muted));
    mode_->setIcon(theme_.icon(theme_.mode() == Mode::Dark ? u"sun"_qs : u"moon"_qs, muted));
    nameButton(mode_, theme_.mode() == Mode::Dark ? tr("Use the light theme") : tr("Use the dark theme"));
    refresh();
}

void HeaderBar::refresh()
{
    const gateway::Status &s = session_.status();
    const Palette &c = theme_.colors();
    const bool lost = !session_.lost().isEmpty(), good = !lost && !s.draining && !s.listen.empty();
    lamp_->setPixmap(theme_.pixmap(lost       ? u"error"_qs
                                       : good ? u"check"_qs
                                              : u"warning"_qs,
                                   16,
                                   lost       ? c.bad
                                       : good ? c.good
                                              : c.warn,
                                   devicePixelRatioF()));
    state_->setText(lost             ? tr("Gateway gone")
                        : s.draining ? tr("Draining")
                        : good       ? tr("Serving")
                                     : tr("Not listening"));
    state_->setToolTip(session_.lost());
    address_->setText(session_.address());
    address_->setAccessibleName(tr("Copy the address %1").arg(session_.address()));
    address_->setVisible(!session_.address().isEmpty());
    traffic_->setText(tr("%1 requests  ·  %2 under way  ·  connections: %3")
                          .arg(countText(s.requests), countText(s.active), countText(s.connections)));
    recording_->setText(s.recording.on
                            ? tr("Recorded %1, %2").arg(countText(s.recording.rows), sizeText(s.recording.bytes))
                            : tr("Nothing is recorded"));
    recording_->setToolTip(qs(s.recording.path));

    QString trouble;
    if (!s.recording.trouble.empty())
        trouble = qs(s.recording.trouble);
    else if (s.recording.shed)
        trouble = tr("%1 exchanges were not recorded").arg(countText(s.recording.shed));
    else if (s.fileRefused)
        trouble = tr("The file has errors; the rules before it are on");
    else if (!s.problems.empty())
        trouble = s.problems.size() == 1 ? tr("1 warning") : tr("%1 warnings").arg(s.problems.size());
    trouble_->setVisible(!trouble.isEmpty());
    trouble_->setText(trouble);
    trouble_->setAccessibleName(trouble.isEmpty() ? tr("Problems") : trouble);
    trouble_->setIcon(theme_.icon(u"warning"_qs, s.fileRefused || !s.recording.trouble.empty() ? c.bad : c.warn));
}

}  // namespace sluice::ui
