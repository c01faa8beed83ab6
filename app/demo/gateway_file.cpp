// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/demo/gateway_file.h"

namespace sluice::demo {

extern const char *const gatewayFileText;  // made from resources/demo.yaml by the build

std::string gatewayFile(const Ports &ports, uint16_t listenPort)
{
    std::string out = gatewayFileText;
    const auto put = [&](const std::string &name, uint16_t port) {
        const std::string mark = "PORT_" + name;
        for (size_t at = out.find(mark); at != out.npos; at = out.find(mark))
            out.replace(at, mark.size(), std::to_string(port));
    };
    put("listen", listenPort);
    // Longest names first: "users" begins "users-v3".
    for (const char *name : {"users-v3", "users", "orders", "payments", "inventory", "reports"}) {
        for (size_t i = 0; i < ports.size(); ++i) {
            if (serviceNames()[i] == name)
                put(name, ports[i]);
        }
    }
    return out;
}

}  // namespace sluice::demo
