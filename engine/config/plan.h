// SPDX-License-Identifier: GPL-3.0-or-later
// Plan: the whole gateway file, checked and compiled, as the engine runs it. Immutable, shared by all workers; an exchange
// keeps the one that it began with.
#pragma once

#include "engine/balancing/balancing_settings.h"
#include "engine/base/moment.h"
#include "engine/http/limits.h"
#include "engine/routing/router.h"
#include "engine/routing/routing_settings.h"
#include "engine/tls/tls_settings.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::config {

using namespace std::chrono_literals;

// Where something stands in the gateway file; line and column are 1-based, 0: not from a file.
struct Place {
    int line = 0, column = 0;
    bool operator==(const Place &) const = default;
};

// A ${secret:NAME} or ${file:PATH} of the file, as it is written there.
struct Reference {
    std::string text;
    Place place;
    bool operator==(const Reference &) const = default;
};

struct ListenSettings {
    std::string url;    // as written
    std::string host;   // an address or a name of this machine; "" or "*": every address
    uint16_t port = 0;  // 0: any free one
    bool tls = false;
    Place place;
    tls::ServerSettings secure;  // with tls; its files' names made whole
    bool proxyProtocol = false;  // peers of Plan::trusted begin each connection with a PROXY header
};

struct EndpointSettings {
    std::string url;   // "http://127.0.0.1:9001" or h2c://…, normalised: scheme, host, port, no path
    std::string host;  // without brackets
    uint16_t port = 0;
    bool tls = false;
    bool http2 = false;   // h2c://: HTTP/2 in clear, without asking (RFC 9113 section 3.3)
    uint32_t weight = 1;  // 0 to balancing::maxWeight
    Place place;
    // Which connections may carry its requests: by url, and with tls by service too, as each trusts and shows its own.
    std::string pool, service;
};

struct TimeoutSettings {
    Nanos connect = 1s;    // TCP; past it: 502, the next attempt may follow
    Nanos response = 30s;  // from the request's last byte to the response's head; past it: 504
    Nanos idle = 60s;      // nothing moved in either direction; past it: 504, or cut off when it has begun
    Nanos total = 0s;      // the whole exchange; 0: no bound. Never applied to a tunnel
};

struct ServiceSettings {
    std::string name;
    std::vector<EndpointSettings> endpoints;  // in file order; may be empty where they are discovered
    balancing::BalancingSettings balance;
    TimeoutSettings timeouts;
    tls::ClientSettings secure;  // towards the endpoints that have tls
    std::string descriptorSet;  // file with the schema of its gRPC messages, its name made whole; only for showing them
    std::string unavailable;    // not empty: something that the file asks for here is not in effect yet and must not be
                                // left out (credentials, say): exchanges get 503 with this sentence
    std::string restricted;     // the key that this is about: "credentials", "discover"
    Place place;
};

constexpr size_t noService = size_t(-1);

struct RouteSettings {
    std::string name;  // `name:`, or made from methods and path; unique
    routing::MatchSettings match;
    routing::RewriteSettings rewrite;
    std::string service;              // names one of Plan::services; empty only with `unavailable`
    size_t serviceIndex = noService;  // of `service` in Plan::services; noService only with `unavailable`
    std::string
        unavailable;  // not empty: 503 with this sentence (auth, say): a gateway never opens what its file closes
    std::string restricted;  // the 503's short name of what is missing, the key: "auth", "request.headers.remove"
    Place place;
};

struct RecordSettings {
    bool on = true;
    uint64_t bodyLimit = 1 << 20;  // bytes kept of each body; the rest is counted
    std::vector<std::string> redactHeaders = {"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie",
                                              "X-API-Key"};
    std::vector<std::string> redactJson = {"password"};  // a key, or a dotted path from the top
    uint64_t keepBytes = uint64_t(2) << 30;
    Nanos keepAge = 7 * 24h;
};

struct LimitSettings {
    uint32_t requestLine = 8192, headerCount = 100, headerBytes = 65'536;  // over: 414, 431
    uint32_t connections = 20'000;  // clients of one gateway at once; further ones wait in the kernel's queue
    uint32_t pooled = 256;          // idle upstream connections kept an endpoint and worker
    Nanos header = 10s;             // a request's head must be whole after this long: 408
    Nanos keepAlive = 75s;          // an idle client connection
    Nanos drain = 10s;              // what is under way at SIGTERM gets this long
    http::Limits ofHeads() const;   // as the reader takes them
};

struct Plan {
    std::string file;  // where it came from; empty: made from the command line
    std::vector<ListenSettings> listen;
    std::vector<ServiceSettings> services;
    std::vector<RouteSettings> routes;  // in file order; routing::Router answers indices into it
    routing::Router router;
    RecordSettings record;
    LimitSettings limits;
    std::vector<std::string> trusted;   // CIDRs whose X-Forwarded-*, Forwarded, X-Request-ID are believed
    std::vector<Reference> references;  // what the file takes from elsewhere, in its order
    std::string metricsUrl;             // admin.metrics, not in effect yet

    const ServiceSettings *service(std::string_view name) const;  // nothing: no such service
};
using PlanPtr = std::shared_ptr<const Plan>;

}  // namespace sluice::config
