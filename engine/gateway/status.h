// SPDX-License-Identifier: GPL-3.0-or-later
// Status: how a gateway is at a moment. What `sluice status --json`, the control socket and the window's pages show, in the
// same words. Plain values; any thread.
#pragma once

#include "engine/base/moment.h"
#include "engine/base/problem.h"
#include "engine/base/result.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sluice::gateway {

struct EndpointStatus {
    std::string url;
    uint32_t weight = 1;
    bool healthy = true;                  // until health checks are built: every endpoint
    uint64_t requests = 0, failures = 0;  // attempts since start; failures: no answer, or 5xx
    uint32_t active = 0;                  // under way now
    uint32_t idle = 0;                    // kept connections
    Nanos meanLatency{0};                 // to the answer's head, moving average
};

struct ServiceStatus {
    std::string name;
    std::string balance;      // "round_robin" …
    std::string breaker;      // "closed" "open" "half_open"; "off": none is set
    std::string unavailable;  // why it gets 503; empty: it does not
    std::vector<EndpointStatus> endpoints;
};

struct RouteStatus {
    std::string name, path, service;
    std::vector<std::string> hosts, methods;
    std::string unavailable;
    int line = 0;
    uint64_t requests = 0, clientErrors = 0, serverErrors = 0;  // since start; outlive reloads by name
};

// One certificate in use: of a listener, of us towards a service, or the local CA's own.
struct CertificateStatus {
    std::string where;  // "https://127.0.0.1:8443", "service payment-service", "local CA"
    std::string subject, issuer, fingerprint;
    std::vector<std::string> names;
    WallTime notBefore{}, notAfter{};
    int daysLeft = 0;     // at the time of the status, whole ones; negative: it has expired
    std::string file;     // empty: made here
    std::string trouble;  // why it is not in use, or why the files as they are now are not
};

struct RecordingStatus {
    bool on = false;
    std::string path;
    uint64_t rows = 0, bytes = 0, shed = 0, shedMessages = 0, queued = 0;
    int64_t lastId = 0;
    std::string trouble;
    std::string unsealed;  // why secrets are kept as placeholders only; empty: they are sealed, or none came
};

struct Status {
    std::string version, file;
    uint64_t revision = 0;  // counts up at each reload that took effect
    WallTime started{};
    std::vector<std::string> listen;  // URLs with the real ports
    std::string socket;
    int workers = 0;
    bool draining = false;
    uint64_t requests = 0, active = 0;
    uint64_t connections = 0;    // of clients, open now
    uint64_t proxyRefused = 0;   // connections of trusted proxies without a PROXY header that can be read, since start
    uint64_t closedForRoom = 0;  // connections that waited for a request and went for others, at the limit
    std::vector<std::pair<std::string, uint64_t>> http2;  // of clients, counted since start: http::http2CounterNames
    std::vector<std::pair<std::string, uint64_t>> http2Upstream;  // the same, of connections to endpoints
    std::vector<ServiceStatus> services;
    std::vector<RouteStatus> routes;
    std::vector<CertificateStatus> certificates;
    RecordingStatus recording;
    Problems problems;         // of the file as it is now: warnings, or why the last reload was refused
    bool fileRefused = false;  // the file on disk is bad, the rules before it are still on
};

// The object of product.md: listen, services, routes, limits, cache, recording, certificates, revision …
std::string toJson(const Status &);
Result<Status> statusFromJson(std::string_view);

}  // namespace sluice::gateway
