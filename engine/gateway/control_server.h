// SPDX-License-Identifier: GPL-3.0-or-later
// The server's side of the control socket (control.h tells what it answers): HTTP/1.1 over a Unix domain socket in a folder
// that only its user may enter, and peers of other users are turned away all the same. Lives on the gateway's thread.
// Bounds: 32 connections, a request's head 128 KiB and content 1 MiB (24 MiB of POST /record), 10 s a request.
#pragma once

#include "engine/base/result.h"
#include "engine/gateway/control.h"
#include "engine/http/http1_reader.h"

#include <QLocalServer>

#include <functional>
#include <map>
#include <string>

namespace sluice::gateway {

struct ControlRequest {
    std::string method, path, query, body;
};

class ControlServer : public QObject {
public:
    using Answerer = std::function<ControlAnswer(const ControlRequest &)>;
    // Error: the folder cannot be made, or somebody listens there already.
    Outcome listen(const std::string &path, Answerer answerer);
    const std::string &path() const { return path_; }

private:
    struct Talk;
    void accept();
    void read(QLocalSocket *socket);
    void refuse(QLocalSocket *socket, const http::Refusal &refusal);
    void answer(QLocalSocket *socket, const ControlAnswer &answer);
    Answerer answerer_;
    std::string path_;
    std::map<QLocalSocket *, std::shared_ptr<Talk>> talks_;
    QLocalServer server_;  // last: its sockets tell of their end while they go
};

}  // namespace sluice::gateway
