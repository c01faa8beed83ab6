// SPDX-License-Identifier: GPL-3.0-or-later
// GatewayProcess: the real `sluice run` of this build, with a folder of its own for its file, recording and control socket.
#pragma once

#include "tests/support/process.h"

#include <QByteArray>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QList>

#include <memory>

namespace support {

// The program under test, and an environment in which it finds nothing of the user's.
std::string sluiceProgram();
std::map<std::string, std::string> cleanEnvironment(const TempFolder &home);

// One object a line; what is no object is left out.
QList<QJsonObject> jsonLines(const std::string &text);
QJsonObject jsonObject(const std::string &text);

struct GatewaySetup {
    std::string file;                           // text of the gateway file; empty: `to` is given
    std::string to;                             // --to
    std::string listen = "http://127.0.0.1:0";  // --listen; empty: what the file says
    int workers = 1;
    bool recording = true;
    unsigned mostFiles = 0;  // ulimit -n
};

class GatewayProcess {
public:
    // Starts it and waits for its ready line; ready() tells whether that came.
    explicit GatewayProcess(const GatewaySetup &setup);

    bool ready() const { return port_ != 0; }
    uint16_t port() const { return port_; }
    std::string url(const std::string &target = {}) const
    {
        return "http://127.0.0.1:" + std::to_string(port_) + target;
    }
    Process &process() { return *process_; }
    std::string trouble() const;  // all that it said, for a test's message

    // SIGTERM, then waits; the exit code, -1: it did not end.
    int stop();
    std::string filePath() const { return home_.path("sluice.yaml"); }
    std::string recording() const { return home_.path("recording.db"); }
    std::string socket() const { return home_.path("control.sock"); }
    void rewriteFile(const std::string &text) const { home_.write("sluice.yaml", text); }

    // `sluice VERB…` in the same environment. onRecording adds --record, onSocket --socket.
    Ran sluice(std::vector<std::string> arguments) const;
    Ran onRecording(std::vector<std::string> arguments) const;
    Ran onSocket(std::vector<std::string> arguments) const;
    // `sluice log --json`, once it has at least so many rows; what is there after a while otherwise.
    QList<QJsonObject> log(int atLeast, const std::vector<std::string> &filter = {}) const;

private:
    TempFolder home_;
    std::unique_ptr<Process> process_;
    uint16_t port_ = 0;
};

}  // namespace support
