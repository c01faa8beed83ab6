// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/local_session.h"

#include "engine/gateway/gateway.h"
#include "storage/recorder.h"
#include "ui/reader_thread.h"

#include <QPointer>

namespace sluice::ui {

LocalSession::LocalSession(gateway::Gateway &gateway, storage::Recorder &recorder, storage::SealingKeySource key,
                           QObject *parent)
    : Session(parent),
      gateway_(gateway),
      recorder_(recorder),
      reader_(std::make_unique<ReaderThread>(recorder.path(), std::move(key))),
      committed_(std::make_shared<std::atomic<int64_t>>(recorder.stats().lastId))
{
    recorder_.onCommit(
        [committed = committed_](int64_t lastId) { committed->store(lastId, std::memory_order_relaxed); });
    // One frame: looking at an atomic costs nothing, and the signal only goes out when something came.
    frame_.setInterval(16);
    connect(&frame_, &QTimer::timeout, this, &LocalSession::tick);
    frame_.start();
    statusTimer_.setInterval(250);
    connect(&statusTimer_, &QTimer::timeout, this, [this] { setStatus(gateway_.status()); });
    statusTimer_.start();
    connect(&gateway_, &gateway::Gateway::reloaded, this, [this] { setStatus(gateway_.status()); });
    setStatus(gateway_.status());
    tick();
}

LocalSession::~LocalSession()
{
    recorder_.onCommit({});
}

RecordingAccess &LocalSession::recording()
{
    return *reader_;
}

void LocalSession::tick()
{
    setLastId(committed_->load(std::memory_order_relaxed));
}

void LocalSession::explain(gateway::Question question, QObject *context,
                           std::function<void(Result<gateway::Explanation>)> then)
{
    QMetaObject::invokeMethod(
        context,
        [plan = gateway_.plan(), question = std::move(question), then = std::move(then)] {
            if (plan)
                then(gateway::explain(*plan, question));
            else
                then(Error{Fault::Gateway, "the gateway has no rules yet"});
        },
        Qt::QueuedConnection);
}

void LocalSession::reload(QObject *context, std::function<void(Outcome)> then)
{
    const QPointer<QObject> alive(context);
    QMetaObject::invokeMethod(
        this,
        [this, alive, then = std::move(then)] {
            Outcome outcome = gateway_.reload();
            if (alive)
                then(std::move(outcome));
        },
        Qt::QueuedConnection);
}

}  // namespace sluice::ui
