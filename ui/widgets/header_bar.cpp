// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/header_bar.h"

#include "ui/text/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/elided_label.h"

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
      traffic_(new ElidedLabel),
      recording_(new ElidedLabel),
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
        each->setProperty("role", "small");
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
    connect(trouble_, &QPushButton::clicked, this, &HeaderBar::tellTrouble);
    connect(search_, &QPushButton::clicked, this, &HeaderBar::paletteAsked);
    connect(keys_, &QToolButton::clicked, this, &HeaderBar::shortcutsAsked);
    connect(mode_, &QToolButton::clicked, this,
            [this] { theme_.setMode(theme_.mode() == Mode::Dark ? Mode::Light : Mode::Dark); });
    connect(&session_, &Session::statusChanged, this, &HeaderBar::refresh);
    connect(&session_, &Session::lostChanged, this, &HeaderBar::refresh);
    connect(&theme_, &Theme::changed, this, &HeaderBar::restyle);
    restyle();
}

void HeaderBar::tellTrouble()
{
    const gateway::RecordingStatus &recording = session_.status().recording;
    if (!ofRecording_)
        Q_EMIT problemsAsked();
    else if (!recording.trouble.empty())
        Q_EMIT said(tr("%1 (%2)").arg(qs(recording.trouble), qs(recording.path)));
    else
        Q_EMIT said(tr("More came than %1 could take in: %2 answered and left out of it")
                        .arg(qs(recording.path), counted(recording.shed, tr("exchange was"), tr("exchanges were"))));
}

void HeaderBar::resizeEvent(QResizeEvent *event)
{
    QFrame::resizeEvent(event);
    if (const bool narrow = width() < 1200; narrow != narrow_) {
        narrow_ = narrow;
        refresh();
    }
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
    const QString requests = counted(s.requests, tr("request"), tr("requests"));
    traffic_->setText(lost          ? tr("Not known: the gateway is gone")
                          : narrow_ ? requests
                                    : tr("%1  ·  %2 under way  ·  %3")
                                          .arg(requests, countText(s.active),
                                               counted(s.connections, tr("connection"), tr("connections"))));
    search_->setText(narrow_ ? tr("Ctrl+K") : tr("Search and commands   Ctrl+K"));
    recording_->setText(s.recording.on
                            ? tr("Recorded %1, %2").arg(countText(s.recording.rows), sizeText(s.recording.bytes))
                            : tr("Nothing is recorded"));
    recording_->setToolTip(qs(s.recording.path));

    QString trouble;
    ofRecording_ = !s.recording.trouble.empty() || s.recording.shed;
    if (!s.recording.trouble.empty())
        trouble = qs(s.recording.trouble);
    else if (s.recording.shed)
        trouble = s.recording.shed == 1 ? tr("1 exchange was not recorded")
                                        : tr("%1 exchanges were not recorded").arg(countText(s.recording.shed));
    else if (s.fileRefused)
        trouble = tr("The file has errors; the rules before it are on");
    else if (!s.problems.empty())
        trouble = s.problems.size() == 1 ? tr("1 warning") : tr("%1 warnings").arg(s.problems.size());
    trouble_->setVisible(!trouble.isEmpty() && !lost);
    trouble_->setText(trouble);
    trouble_->setAccessibleName(trouble.isEmpty() ? tr("Problems") : trouble);
    trouble_->setIcon(theme_.icon(u"warning"_qs, s.fileRefused || !s.recording.trouble.empty() ? c.bad : c.warn));
}

}  // namespace sluice::ui
