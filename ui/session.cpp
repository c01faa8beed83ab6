// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/session.h"

#include <QCoreApplication>
#include <QPointer>

namespace sluice::ui {

Session::Session(QObject *parent) : QObject(parent) {}

Session::~Session() = default;

QString Session::address() const
{
    return status_.listen.empty() ? QString() : QString::fromStdString(status_.listen.front());
}

void Session::send(replay::Request request, QObject *context, std::function<void(replay::Answer)> then)
{
    if (!sender_)
        sender_ = std::make_unique<replay::Sender>(replay::SenderOptions{trusted_});
    const QPointer<QObject> alive(context);
    sender_->send(std::move(request), [alive, then = std::move(then)](replay::Answer answer) {
        const std::shared_ptr<journey::Exchange> kept = std::move(answer);
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [alive, then, kept] {
                if (alive)
                    then(std::make_unique<journey::Exchange>(std::move(*kept)));
            },
            Qt::QueuedConnection);
    });
}

void Session::setStatus(gateway::Status status)
{
    status_ = std::move(status);
    Q_EMIT statusChanged();
}

void Session::setLastId(int64_t id)
{
    if (id == lastId_)
        return;
    lastId_ = id;
    Q_EMIT recordingAdvanced(id);
}

void Session::setLost(const QString &why)
{
    if (why == lost_)
        return;
    lost_ = why;
    Q_EMIT lostChanged();
}

}  // namespace sluice::ui
