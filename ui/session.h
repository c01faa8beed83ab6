// SPDX-License-Identifier: GPL-3.0-or-later
// Session: the gateway that the window looks at, whether it runs in this process (LocalSession) or in another
// (AttachedSession). Lives on the window's thread; every answer comes later, on that thread, and not at all when its
// context is gone.
#pragma once

#include "engine/gateway/explain.h"
#include "engine/gateway/status.h"
#include "engine/replay/sender.h"
#include "ui/recording_access.h"

#include <QObject>

#include <functional>
#include <memory>

namespace sluice::ui {

class Session : public QObject {
    Q_OBJECT
public:
    explicit Session(QObject *parent = nullptr);
    ~Session() override;

    // The recording that the gateway writes, whichever that is at the time. Lives as long as the session.
    virtual RecordingAccess &recording() = 0;
    // Whether the gateway runs in another process.
    virtual bool attached() const = 0;
    virtual void explain(gateway::Question, QObject *context, std::function<void(Result<gateway::Explanation>)>) = 0;
    virtual void reload(QObject *context, std::function<void(Outcome)>) = 0;

    // As it was at most 100 ms ago.
    const gateway::Status &status() const { return status_; }
    int64_t lastId() const { return lastId_; }
    // Why the gateway cannot be asked at present; empty: it can.
    const QString &lost() const { return lost_; }
    // The URL of the first listener, "http://127.0.0.1:8080"; empty: nothing listens yet.
    QString address() const;

    // PEM of CAs that https requests trust beside the system's: the laptop's own. Before the first send().
    void setTrusted(std::string pem) { trusted_ = std::move(pem); }
    // Sends a request, through the gateway or anywhere else on the network.
    void send(replay::Request, QObject *context, std::function<void(replay::Answer)>);

Q_SIGNALS:
    void statusChanged();                   // at most 10 times a second
    void recordingAdvanced(qint64 lastId);  // at most once a frame
    void lostChanged();
    // Another gateway is there, or another recording: what was read of the old one does not go on. Answers that were on
    // their way never come.
    void recordingReplaced();

protected:
    void setStatus(gateway::Status);
    void setLastId(int64_t id);
    void setLost(const QString &why);

private:
    gateway::Status status_;
    int64_t lastId_ = 0;
    QString lost_;
    std::string trusted_;
    std::unique_ptr<replay::Sender> sender_;  // made with the first request
};

}  // namespace sluice::ui
