// SPDX-License-Identifier: GPL-3.0-or-later
// AttachedSession: a gateway in another process, seen through its control socket and its recording. A gateway that
// goes away is told with lost() and asked again every second.
#pragma once

#include "storage/sealing.h"
#include "ui/session.h"

#include <QThreadPool>
#include <QTimer>

#include <memory>
#include <string>

namespace sluice::ui {

class ReaderThread;

class AttachedSession : public Session {
    Q_OBJECT
public:
    // Asks the gateway once, at most 5 s. Error: nobody answers there, or it records nothing that could be shown.
    // `key`: of sealed secrets.
    static Result<std::unique_ptr<AttachedSession>> create(const std::string &socket,
                                                           storage::SealingKeySource key = {});
    ~AttachedSession() override;

    RecordingAccess &recording() override;
    bool attached() const override { return true; }
    void explain(gateway::Question, QObject *context, std::function<void(Result<gateway::Explanation>)>) override;
    void reload(QObject *context, std::function<void(Outcome)>) override;

private:
    AttachedSession(std::string socket, gateway::Status first, storage::SealingKeySource key);
    void askStatus();
    void takeStatus(gateway::Status status);
    void askLastId();
    // Runs the call on a thread of its own, `then` on ours.
    void call(std::string method, std::string target, QObject *context,
              std::function<void(Result<std::string>, int)> then);

    std::string socket_;
    std::unique_ptr<ReaderThread> reader_;
    QThreadPool calls_;
    QTimer statusTimer_, frame_;
    bool asking_ = false, looking_ = false;
};

// What GET /explain answers, read back. Error: it is not that.
Result<gateway::Explanation> explanationFromJson(const QByteArray &json);

}  // namespace sluice::ui
