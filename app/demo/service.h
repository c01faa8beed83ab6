// SPDX-License-Identifier: GPL-3.0-or-later
// Service: a small HTTP/1.1 server on loopback, whose answers a function makes. For the demo only: it never stands on the
// way of a gateway's data. One thread, with a Qt event loop.
// Bounds: 256 connections, 1 MiB of a request's content.
#pragma once

#include "engine/http/message.h"

#include <QTcpServer>

#include <chrono>
#include <functional>
#include <string>

namespace sluice::demo {

struct Call {
    http::RequestHead head;
    std::string path, query, body;
};

struct Reply {
    int status = 200;
    std::string body;                    // JSON
    http::HeaderList headers;            // besides Content-Type and Content-Length
    std::chrono::milliseconds after{0};  // answers so much later
    bool cut = false;                    // closes the connection in the middle of the answer
};

class Service : public QTcpServer {
public:
    using Handler = std::function<Reply(const Call &)>;
    explicit Service(Handler handler, QObject *parent = nullptr);
    // On 127.0.0.1, any free port; 0: it could not.
    uint16_t open();

private:
    void accept();
    Handler handler_;
    int connections_ = 0;
};

}  // namespace sluice::demo
