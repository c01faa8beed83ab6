// SPDX-License-Identifier: GPL-3.0-or-later
// Nginx: a real nginx on a free port, with one worker and a folder of its own.
#pragma once

#include "tests/support/process.h"

#include <memory>

namespace support {

class Nginx {
public:
    // `server`: what stands in its server block behind `listen`; files lie in root(), which is the block's root.
    explicit Nginx(const std::string &server = {});
    // A whole nginx.conf, as an export wrote it into `folder`; `port` is where it listens.
    Nginx(const std::string &folder, uint16_t port);

    bool ready() const { return ready_; }
    uint16_t port() const { return port_; }
    std::string url(const std::string &target = {}) const
    {
        return "http://127.0.0.1:" + std::to_string(port_) + target;
    }
    void file(const std::string &name, const std::string &bytes) const { home_.write("root/" + name, bytes); }
    std::string trouble() const { return process_->err() + readFile(home_.path("error.log")); }
    Process &process() { return *process_; }

private:
    void start(const std::string &folder, const std::string &conf);
    TempFolder home_;
    uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
    bool ready_ = false;
};

}  // namespace support
