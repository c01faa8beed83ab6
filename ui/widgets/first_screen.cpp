// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/first_screen.h"

#include "ui/text/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/wire.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QToolButton>
#include <QVBoxLayout>

namespace sluice::ui {

QString sampleOf(const QString &pattern)
{
    if (!pattern.startsWith(u'/'))
        return u"/"_qs;  // a regular expression: nothing is sure to match
    static const QRegularExpression parameter(u"\\{[^}]*\\}"_qs);
    QString out = pattern;
    return out.replace(u"/**"_qs, u"/1"_qs).replace(u'*', u'1').replace(parameter, u"1"_qs);
}

FirstScreen::FirstScreen(Session &session, const Theme &theme, QWidget *parent)
    : QWidget(parent),
      session_(session),
      theme_(theme),
      picture_(new QLabel),
      where_(label({}, "muted")),
      outcome_(label({}, "muted")),
      line_(new WireLine),
      copy_(new QToolButton),
      send_(button(tr("Send a test request"), true))
{
    auto *title = label(tr("Waiting for the first request"), "title");
    auto *or_ = label(tr("or"), "muted");
    line_->setReadOnly(true);
    line_->setAccessibleName(tr("A line for the terminal that sends a request"));
    line_->setMinimumWidth(460);
    nameButton(copy_, tr("Copy the line"));
    outcome_->setWordWrap(true);
    outcome_->setAlignment(Qt::AlignHCenter);
    for (QLabel *each : {picture_, title, where_, or_})
        each->setAlignment(Qt::AlignHCenter);

    auto *row = new QHBoxLayout;
    row->setSpacing(space::xs);
    row->addStretch(1);
    row->addWidget(line_);
    row->addWidget(copy_);
    row->addStretch(1);
    auto *column = new QVBoxLayout(this);
    column->setSpacing(space::m);
    column->addStretch(2);
    column->addWidget(picture_);
    column->addWidget(title);
    column->addWidget(where_);
    column->addSpacing(space::s);
    column->addLayout(row);
    column->addWidget(or_);
    column->addWidget(send_, 0, Qt::AlignHCenter);
    column->addWidget(outcome_);
    column->addStretch(3);

    connect(copy_, &QToolButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setText(line_->text());
        outcome_->setText(tr("Copied. Paste it into a terminal."));
    });
    connect(send_, &QPushButton::clicked, this, &FirstScreen::sendTest);
    connect(&session_, &Session::statusChanged, this, &FirstScreen::refresh);
    connect(&theme_, &Theme::changed, this, &FirstScreen::restyle);
    restyle();
    refresh();
}

void FirstScreen::restyle()
{
    picture_->setPixmap(theme_.pixmap(u"traffic"_qs, 48, theme_.colors().accent, devicePixelRatioF()));
    copy_->setIcon(theme_.icon(u"copy"_qs, theme_.colors().muted));
}

QString FirstScreen::target() const
{
    for (const gateway::RouteStatus &route : session_.status().routes) {
        const bool gets = route.methods.empty()
            || std::find(route.methods.begin(), route.methods.end(), "GET") != route.methods.end();
        if (gets && route.hosts.empty() && route.unavailable.empty())
            return sampleOf(qs(route.path));
    }
    return u"/"_qs;
}

QString FirstScreen::line() const
{
    return line_->text();
}

void FirstScreen::refresh()
{
    const QString address = session_.address();
    const QString wanted = address.isEmpty() ? QString() : u"curl "_qs + address + target();
    if (line_->text() != wanted) {
        line_->setText(wanted);
        line_->setCursorPosition(0);
    }
    where_->setText(address.isEmpty() ? tr("The gateway does not listen yet")
                                      : tr("The gateway listens on %1. Send it something:").arg(address));
    send_->setEnabled(!address.isEmpty());
    copy_->setEnabled(!address.isEmpty());
}

void FirstScreen::sendTest()
{
    if (sending_)
        return;
    replay::Request request;
    request.url = session_.address().toStdString();
    request.head.method = "GET";
    request.head.target = target().toStdString();
    request.head.headers.add("User-Agent", "sluice-desktop");
    request.head.headers.add("Accept", "*/*");
    sending_ = true;  // the button stays: it has the focus
    outcome_->setText(tr("Sending…"));
    session_.send(std::move(request), this, [this](replay::Answer answer) {
        sending_ = false;
        outcome_->setText(answer->returned.status
                              ? tr("The gateway answered %1.").arg(statusText(answer->returned.status))
                              : tr("No answer: %1").arg(qs(answer->failure)));
    });
}

}  // namespace sluice::ui
