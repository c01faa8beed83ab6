// SPDX-License-Identifier: GPL-3.0-or-later
// The real upstreams of these stories, and small words that they share.
#pragma once

#include "tests/support/gateway_process.h"
#include "tests/support/http_answer.h"
#include "tests/support/nginx.h"

#include <cstdlib>
#include <memory>

namespace support {

// The same bytes as server.js makes.
inline std::string pattern(size_t size)
{
    std::string out(size, ' ');
    for (size_t i = 0; i < size; ++i)
        out[i] = char(97 + (i * 7 + i / 977) % 26);
    return out;
}

class NodeServer {
public:
    NodeServer() : process_({"node", std::string(SLUICE_SOURCE_DIR) + "/tests/peers/server.js"})
    {
        if (process_.waitForOutput("ready "))
            port_ = uint16_t(std::atoi(process_.out().c_str() + 6));
    }
    bool ready() const { return port_ != 0; }
    uint16_t port() const { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    Process &process() { return process_; }

private:
    Process process_;
    uint16_t port_ = 0;
};

// python3 -m http.server on a folder.
class PythonServer {
public:
    PythonServer()
        : port_(freePort()),
          process_({"python3", "-m", "http.server", std::to_string(port_), "--bind", "127.0.0.1", "--directory",
                    files_.path()})
    {
        ready_ = waitForPort(port_);
    }
    bool ready() const { return ready_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    void file(const std::string &name, const std::string &bytes) const { files_.write(name, bytes); }

private:
    TempFolder files_;
    uint16_t port_;
    Process process_;
    bool ready_ = false;
};

struct CurlAnswer {
    int exitCode = -1;
    int status = 0;
    std::string head, body;
};

inline CurlAnswer curl(const std::vector<std::string> &arguments)
{
    const TempFolder files;
    std::vector<std::string> command = {
        "curl", "-sS", "--max-time", "60", "-o", files.path("body"), "-D", files.path("head"), "-w", "%{http_code}"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const Ran ran = run(command, {}, std::chrono::seconds(90));
    return {ran.exitCode, std::atoi(ran.out.c_str()), readFile(files.path("head")), readFile(files.path("body"))};
}

// What /headers of server.js says that it got: all values of one name, joined by " | ".
inline std::string seen(const QJsonObject &what, const QString &name)
{
    QStringList values;
    for (const QJsonValue &pair : what["headers"].toArray()) {
        if (pair[0].toString().compare(name, Qt::CaseInsensitive) == 0)
            values += pair[1].toString();
    }
    return values.join(" | ").toStdString();
}

inline std::string text(const QJsonObject &row, const char *key)
{
    return row[QLatin1String(key)].toVariant().toString().toStdString();
}

// What /web/json of the gateway below gets.
inline std::unique_ptr<Nginx> nginxWithJson()
{
    return std::make_unique<Nginx>(
        "location = /json { default_type application/json; return 200 '{\"user\": \"ada\", \"n\": 1}'; }");
}

// A gateway before both: /api/** to the Node server, GET /web/** to nginx.
inline GatewaySetup beforeBoth(const NodeServer &node, const Nginx &nginx)
{
    GatewaySetup setup;
    setup.file = "services:\n  node: " + node.url() + "\n  web: " + nginx.url()
        + "\nroutes:\n- {path: /web/**, name: web, service: web, strip_prefix: /web, methods: [GET]}\n"
          "- {path: /api/**, name: api, service: node, strip_prefix: /api}\n";
    return setup;
}

}  // namespace support
