// SPDX-License-Identifier: GPL-3.0-or-later
// Exchanges as a recording would give them.
#pragma once

#include "engine/journey/exchange.h"

#include <initializer_list>
#include <string>
#include <utility>

namespace sluice::replay {

using Headers = std::initializer_list<std::pair<std::string, std::string>>;

inline journey::Exchange answered(int status, Headers headers, std::string body)
{
    journey::Exchange exchange;
    exchange.id = 7;
    exchange.received.method = "GET";
    exchange.received.target = "/";
    exchange.received.scheme = "http";
    exchange.returned.status = status;
    for (const auto &[name, value] : headers)
        exchange.returned.headers.add(name, value);
    exchange.responseBody.size = body.size();
    exchange.responseBody.bytes = std::move(body);
    return exchange;
}

inline journey::Exchange asked(std::string method, std::string target, Headers headers, std::string body = {})
{
    journey::Exchange exchange;
    exchange.id = 41;
    exchange.received.method = std::move(method);
    exchange.received.target = std::move(target);
    exchange.received.scheme = "http";
    for (const auto &[name, value] : headers)
        exchange.received.headers.add(name, value);
    exchange.received.authority = exchange.received.headers.get("Host");
    exchange.requestBody.size = body.size();
    exchange.requestBody.bytes = std::move(body);
    return exchange;
}

}  // namespace sluice::replay
