// SPDX-License-Identifier: GPL-3.0-or-later
// TlsServer: a Node https server (tls_server.js) on a free port.
#pragma once

#include "tests/support/certificates.h"

#include <cstdlib>

namespace support {

class TlsServer {
public:
    // `clientCa`: clients must show a certificate of this one.
    explicit TlsServer(const TestCa::Pair &pair, const std::string &clientCa = {}) : process_(command(pair, clientCa))
    {
        if (process_.waitForOutput("ready "))
            port_ = uint16_t(std::atoi(process_.out().c_str() + 6));
    }
    uint16_t port() const { return port_; }  // 0: it did not start
    std::string url(const std::string &host = "127.0.0.1") const
    {
        return "https://" + host + ':' + std::to_string(port_);
    }

private:
    static std::vector<std::string> command(const TestCa::Pair &pair, const std::string &clientCa)
    {
        std::vector<std::string> out = {"node", std::string(SLUICE_SOURCE_DIR) + "/tests/peers/tls_server.js",
                                        pair.certificate, pair.key};
        if (!clientCa.empty())
            out.push_back(clientCa);
        return out;
    }
    Process process_;
    uint16_t port_ = 0;
};

}  // namespace support
