// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/conversation/witnesses.h"

#include "tests/support/nginx.h"

#include <csignal>
#include <unistd.h>

namespace support {

namespace {

std::string bytes(const QJsonValue &value)
{
    return value.toString().toLatin1().toStdString();
}

class NginxWitness final : public Witness {
public:
    // The front server reads the whole of a request before the one behind it answers; one kept connection carries many.
    NginxWitness() : port_(freePort())
    {
        for (const char *temp : {"body", "proxy", "fastcgi", "uwsgi", "scgi"})
            std::filesystem::create_directories(home_.path(temp));
        const std::string inner = "unix:" + home_.path("inner.sock");
        home_.write("nginx.conf",
                    (::geteuid() == 0 ? std::string("user root;\n") : std::string())
                        + "worker_processes 1; pid pid;\nevents { worker_connections 256; }\nhttp {\n"
                          "log_format told escape=json "
                          "'{\"id\":\"$http_x_request_id\",\"line\":\"$request\",\"status\":$status,"
                          "\"body\":\"$request_body\"}';\n"
                          "client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; "
                          "uwsgi_temp_path uwsgi;\n"
                          "scgi_temp_path scgi; large_client_header_buffers 8 128k; client_max_body_size 0; "
                          "keepalive_requests 100000;\n"
                          "server { listen "
                        + inner
                        + "; access_log off; return 200 \"nginx\\n\"; }\n"
                          "server { listen 127.0.0.1:"
                        + std::to_string(port_)
                        + "; access_log told.log told;\n"
                          "proxy_buffer_size 128k; proxy_buffers 8 128k;\n"
                          "location / { proxy_pass http://"
                        + inner + "; } } }\n");
        nginx_ = std::make_unique<Nginx>(home_.path(), port_);
    }
    bool ready() const override { return nginx_->ready(); }
    std::string url() const override { return "http://127.0.0.1:" + std::to_string(port_); }
    std::string trouble() const override { return nginx_->trouble(); }
    void stop() override
    {
        nginx_->process().signal(SIGQUIT);
        nginx_->process().wait();
    }
    std::map<std::string, int> counts() override
    {
        std::map<std::string, int> out;
        for (const QJsonObject &line : told()) {
            // A kept connection that closes in silence is logged by nobody; a line without a request is none.
            ++out[bytes(line["id"])];
        }
        return out;
    }

protected:
    std::optional<Witnessed> find(const std::string &id) override
    {
        for (const QJsonObject &line : told()) {
            if (bytes(line["id"]) != id)
                continue;
            const std::string request = bytes(line["line"]);
            const size_t space = request.find(' '), last = request.rfind(' ');
            return Witnessed{
                request.substr(0, space), request.substr(space + 1, last - space - 1), bytes(line["body"]), false, {}};
        }
        return std::nullopt;
    }

private:
    QList<QJsonObject> told() const { return jsonLines(readFile(home_.path("told.log"))); }
    TempFolder home_;
    uint16_t port_;
    std::unique_ptr<Nginx> nginx_;
};

class NodeWitness final : public Witness {
public:
    NodeWitness() : process_({"node", std::string(SLUICE_SOURCE_DIR) + "/tests/conversation/witness.js"})
    {
        if (process_.waitForOutput("ready "))
            port_ = uint16_t(std::atoi(process_.out().c_str() + 6));
    }
    bool ready() const override { return port_ != 0; }
    std::string url() const override { return "http://127.0.0.1:" + std::to_string(port_); }
    std::string trouble() const override { return process_.out() + process_.err(); }
    void stop() override
    {
        process_.signal(SIGTERM);
        process_.wait();
    }
    std::map<std::string, int> counts() override
    {
        std::map<std::string, int> out;
        for (const QJsonObject &line : jsonLines(process_.out())) {
            if (line.contains("begun"))
                ++out[bytes(line["begun"])];
            else if (line.contains("malformed"))
                ++out[""];
        }
        return out;
    }

protected:
    std::optional<Witnessed> find(const std::string &id) override
    {
        for (const QJsonObject &line : jsonLines(process_.out())) {
            if (!line.contains("id") || bytes(line["id"]) != id)
                continue;
            Witnessed out{bytes(line["method"]), bytes(line["url"]), bytes(line["body"]), true, {}};
            addPairs(out, line["headers"].toArray(), "");
            addPairs(out, line["trailers"].toArray(), "trailer ");
            return out;
        }
        return std::nullopt;
    }

private:
    static void addPairs(Witnessed &out, const QJsonArray &list, const std::string &before)
    {
        for (qsizetype i = 0; i + 1 < list.size(); i += 2)
            out.fields.emplace_back(before + bytes(list[i]), bytes(list[i + 1]));
    }
    Process process_;
    uint16_t port_ = 0;
};

}  // namespace

std::optional<Witnessed> Witness::request(const std::string &id)
{
    std::optional<Witnessed> out;
    waitUntil([&] { return (out = find(id)).has_value(); }, std::chrono::seconds(10));
    return out;
}

std::unique_ptr<Witness> nginxWitness()
{
    return std::make_unique<NginxWitness>();
}

std::unique_ptr<Witness> nodeWitness()
{
    return std::make_unique<NodeWitness>();
}

}  // namespace support
