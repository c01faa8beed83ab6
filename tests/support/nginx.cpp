// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/nginx.h"

#include <unistd.h>

namespace support {

Nginx::Nginx(const std::string &server) : port_(freePort())
{
    file("index.html", "<p>nginx\n");
    for (const char *temp : {"body", "proxy", "fastcgi", "uwsgi", "scgi"})
        std::filesystem::create_directories(home_.path(temp));
    const std::string conf = "daemon off; worker_processes 1; pid " + home_.path("pid") + "; error_log "
        + home_.path("error.log")
        + ";\nevents { worker_connections 1024; }\nhttp { access_log off; default_type text/plain; "
          "client_max_body_size 0;\n"
          "client_body_temp_path "
        + home_.path("body") + "; proxy_temp_path " + home_.path("proxy") + "; fastcgi_temp_path "
        + home_.path("fastcgi") + "; uwsgi_temp_path " + home_.path("uwsgi") + "; scgi_temp_path " + home_.path("scgi")
        + ";\nserver { listen 127.0.0.1:" + std::to_string(port_) + "; root " + home_.path("root") + ";\n" + server
        + "\n} }\n";
    home_.write("nginx.conf", (::geteuid() == 0 ? "user root;\n" : "") + conf);
    start(home_.path(), home_.path("nginx.conf"));
}

Nginx::Nginx(const std::string &folder, uint16_t port) : port_(port)
{
    start(folder, "nginx.conf");
}

void Nginx::start(const std::string &folder, const std::string &conf)
{
    process_ = std::make_unique<Process>(std::vector<std::string>{"nginx", "-p", folder + "/", "-c", conf, "-e",
                                                                  home_.path("error.log"), "-g",
                                                                  conf == "nginx.conf" ? "daemon off;" : ""});
    waitUntil([&] { return waitForPort(port_, std::chrono::milliseconds(50)) || !process_->running(); });
    ready_ = process_->running();
}

}  // namespace support
