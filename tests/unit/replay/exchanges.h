// SPDX-License-Identifier: GPL-3.0-or-later
// Exchanges as a recording would give them.
#pragma once

#include "engine/journey/exchange.h"

#include <chrono>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
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

// Gives them one after the other.
inline std::function<std::unique_ptr<journey::Exchange>()> from(std::deque<journey::Exchange> &list)
{
    return [&list]() -> std::unique_ptr<journey::Exchange> {
        if (list.empty())
            return nullptr;
        auto next = std::make_unique<journey::Exchange>(std::move(list.front()));
        list.pop_front();
        return next;
    };
}

// Each a GET of its number, `apart` from the one before.
inline std::deque<journey::Exchange> originals(int count, std::chrono::milliseconds apart = {})
{
    std::deque<journey::Exchange> out;
    for (int i = 0; i < count; ++i) {
        journey::Exchange exchange = asked("GET", "/" + std::to_string(i), {{"Host", "gone.invalid"}});
        exchange.id = 100 + i;
        exchange.time = WallTime(std::chrono::seconds(1'795'000'000)) + i * apart;
        exchange.returned.status = 200;
        exchange.returned.headers.add("X-Target", "/" + std::to_string(i));
        exchange.returned.headers.add("Content-Length", "2");
        exchange.responseBody.bytes = "ok";
        exchange.responseBody.size = 2;
        out.push_back(std::move(exchange));
    }
    return out;
}

}  // namespace sluice::replay
