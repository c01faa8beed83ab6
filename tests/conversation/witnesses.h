// SPDX-License-Identifier: GPL-3.0-or-later
// A real nginx and a real Node server that keep a list of all that reached them. Each request is known by the X-Request-ID
// that the gateway gave it; what comes without one, or twice, was smuggled past the gateway.
#pragma once

#include "tests/support/gateway_process.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace support {

struct Witnessed {
    std::string method, target, body;
    bool fieldsKnown = false;                                 // Node tells them, nginx does not
    std::vector<std::pair<std::string, std::string>> fields;  // names as they came; "trailer " before a trailer's
    bool operator==(const Witnessed &) const = default;
};

class Witness {
public:
    virtual ~Witness() = default;
    virtual bool ready() const = 0;
    virtual std::string url() const = 0;
    // The whole request with this id, once it is there.
    std::optional<Witnessed> request(const std::string &id);
    // How often each id has been seen; "" counts what came without one or could not be read.
    virtual std::map<std::string, int> counts() = 0;
    virtual void stop() = 0;  // ends in order, so that all is told
    virtual std::string trouble() const = 0;

protected:
    virtual std::optional<Witnessed> find(const std::string &id) = 0;
};

std::unique_ptr<Witness> nginxWitness();
std::unique_ptr<Witness> nodeWitness();

}  // namespace support
