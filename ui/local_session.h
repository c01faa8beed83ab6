// SPDX-License-Identifier: GPL-3.0-or-later
// LocalSession: a gateway that runs in the window's own process, on the window's thread (its workers have threads of
// their own).
#pragma once

#include "storage/sealing.h"
#include "ui/session.h"

#include <QTimer>

#include <atomic>
#include <memory>

namespace sluice::gateway {
class Gateway;
}
namespace sluice::storage {
class Recorder;
}

namespace sluice::ui {

class ReaderThread;

class LocalSession : public Session {
    Q_OBJECT
public:
    // Both must outlive the session; the recorder's onCommit becomes ours.
    LocalSession(gateway::Gateway &gateway, storage::Recorder &recorder, storage::SealingKeySource key = {},
                 QObject *parent = nullptr);
    ~LocalSession() override;

    RecordingAccess &recording() override;
    bool attached() const override { return false; }
    void explain(gateway::Question, QObject *context, std::function<void(Result<gateway::Explanation>)>) override;
    void reload(QObject *context, std::function<void(Outcome)>) override;

private:
    void tick();
    gateway::Gateway &gateway_;
    storage::Recorder &recorder_;
    std::unique_ptr<ReaderThread> reader_;
    std::shared_ptr<std::atomic<int64_t>> committed_;  // the recorder's thread writes it
    QTimer frame_, statusTimer_;
};

}  // namespace sluice::ui
