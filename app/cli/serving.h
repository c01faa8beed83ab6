// SPDX-License-Identifier: GPL-3.0-or-later
// A gateway with its recording, as `run` and `demo` hold it: started whole or not at all, told about on stderr, drained
// by a signal. Main thread, which needs its Qt application.
#pragma once

#include "app/cli/signals.h"
#include "engine/gateway/gateway.h"
#include "engine/gateway/secret_store.h"
#include "storage/recorder.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <string>

namespace sluice::cli {

class Serving : public QObject {
    Q_OBJECT
public:
    // `record`: a path or "none".
    Serving(gateway::GatewayOptions options, std::string record);
    ~Serving() override;  // what is recorded is on disk then

    // Fine, or the exit code; the reasons are on stderr.
    int start();
    gateway::Gateway &gateway() { return *gateway_; }
    // "sluice ready: http://127.0.0.1:8080 …"
    std::string readyLine() const;
    // Runs the event loop until SIGTERM or SIGINT have drained it; answers the exit code.
    int serve();
    // As the first SIGTERM.
    void end();

private:
    int openRecording(const config::Plan &plan);
    void told(bool accepted);
    void watchRecording();
    void takeDescriptorSets(const config::Plan &plan);
    gateway::GatewayOptions options_;
    std::string record_;
    gateway::SecretStore secrets_;                 // outlives both below
    std::unique_ptr<storage::Recorder> recorder_;  // outlives the gateway
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<Signals> signals_;
    QTimer watch_;
    std::string trouble_, unsealed_;  // of the recording, as told last
    bool ending_ = false;
};

}  // namespace sluice::cli
