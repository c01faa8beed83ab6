// SPDX-License-Identifier: GPL-3.0-or-later
// Exchanges for the tests of the recording: one that has everything, and as many random ones as are wanted.
#pragma once

#include "engine/base/random.h"
#include "engine/config/plan.h"
#include "engine/journey/exchange.h"
#include "engine/recording/sink.h"

#include <array>
#include <memory>
#include <string>

namespace sluice::samples {

using namespace std::chrono_literals;

inline WallTime at(int64_t seconds)
{
    return WallTime(std::chrono::seconds(seconds));
}
constexpr int64_t today = 1'795'000'000;  // seconds since 1970

// Every member has a value of its own.
inline journey::Exchange everything()
{
    journey::Exchange x;
    x.time = at(today) + 123'456us;
    x.client = "192.0.2.7";
    x.peer = "127.0.0.1:54321";
    x.user = "ada";
    x.received = {"POST", "/api/users/7?page=2", "https", "api.localhost:8443", http::Version::Http2, {}};
    x.received.headers.add("Host", "api.localhost:8443");
    x.received.headers.add("Accept", "*/*");
    x.received.headers.add("Content-Type", "application/json");
    x.path = "/api/users/7";
    x.query = "page=2";
    x.sent = {"POST", "/users/7?page=2", "http", "127.0.0.1:9001", http::Version::Http11, {}};
    x.sent.headers.add("Accept", "*/*");
    x.sent.headers.add("Content-Type", "application/json");
    x.sent.headers.add("X-Request-ID", "one");
    x.answer = {201, "Created", http::Version::Http11, {}};
    x.answer.headers.add("Content-Type", "application/json");
    x.answer.headers.add("Server", "users");
    x.returned = {201, "Created", http::Version::Http2, {}};
    x.returned.headers.add("Content-Type", "application/json");
    x.returned.headers.add("X-Request-ID", "one");
    x.requestTrailers.add("X-Sum", "1");
    x.responseTrailers.add("Grpc-Status", "0");
    x.requestBody = {"{\"name\":\"Ada\"}", 14, true, false, false, {}};
    x.responseBody = {std::string(2000, 'a'), 5000, false, true, true, "because"};
    x.route = "users";
    x.service = "user-service";
    x.endpoint = "http://127.0.0.1:9001";
    x.version = "v3";
    x.cache = "miss";
    x.attempts.push_back({"http://127.0.0.1:9011", 1ms, Nanos(-1), Nanos(-1), 3ms, 0, false, "refused"});
    x.attempts.push_back({"http://127.0.0.1:9001", 4ms, 5ms, 6ms, 9ms, 201, true, ""});
    x.requestId = "01981234-5678-7abc-8def-0123456789ab";
    x.trace = {"4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "b7ad6b7169203331", false};
    x.failedBy = Fault::Upstream;
    x.failure = "the upstream broke off";
    x.replayOf = 3;
    x.tunnel = true;
    x.times = {1us, 2us, 3us, 4us, 5us, 6789us};
    x.decisions.add(journey::Stage::Route, "matched", "path", [](JsonObject &f) { f.add("route", "users"); });
    x.decisions.add(journey::Stage::Breaker, "closed", "2 of 20 failed");
    return x;
}

template<size_t N>
const std::string &pick(Random &random, const std::array<std::string, N> &of)
{
    return of[random.below(N)];
}

// Small sets of values, so that filters hit.
inline journey::Exchange any(Random &random)
{
    static const std::array<std::string, 4> methods = {"GET", "POST", "DELETE", "get"};
    static const std::array<std::string, 4> hosts = {"api.localhost", "API.localhost:8080", "[::1]:8080", ""};
    static const std::array<std::string, 6> paths = {"/",          "/api/users/7", "/api/users/7/orders",
                                                     "/api/users", "/API/users/8", "/a*b/100%"};
    static const std::array<std::string, 4> queries = {"", "page=2", "page=2&q=card", "Q=CARD"};
    static const std::array<std::string, 4> names = {"", "users", "orders", "users-v3"};
    static const std::array<std::string, 4> people = {"", "ada", "Ada", "bob"};
    static const std::array<std::string, 3> clients = {"127.0.0.1", "192.0.2.7", "2001:db8::1"};
    static const std::array<std::string, 4> caches = {"", "hit", "miss", "stale"};
    static const std::array<std::string, 4> bodies = {"", "{\"card\":\"4111\"}", "no CARD here", "plain text"};
    static const std::array<int, 7> statuses = {200, 200, 201, 404, 429, 500, 503};
    journey::Exchange x;
    x.time = at(today) + std::chrono::seconds(random.below(3600));
    x.received.method = pick(random, methods);
    x.received.authority = pick(random, hosts);
    x.path = pick(random, paths);
    x.query = pick(random, queries);
    x.received.target = x.path;
    x.route = pick(random, names);
    x.service = pick(random, names);
    x.endpoint = x.service.empty() ? "" : "http://127.0.0.1:9001";
    x.user = pick(random, people);
    x.client = pick(random, clients);
    x.cache = pick(random, caches);
    x.version = random.below(2) ? "v3" : "";
    x.returned.status = statuses[random.below(statuses.size())];
    x.answer.status = random.below(3) ? x.returned.status : 0;
    x.times.ended = Nanos(int64_t(random.below(20)) * 50'000'000) - Nanos(random.below(2));
    x.requestBody.bytes = pick(random, bodies);
    x.requestBody.size = x.requestBody.bytes.size();
    x.responseBody.bytes = pick(random, bodies);
    x.responseBody.size = x.responseBody.bytes.size() + random.below(2) * 1'000'000;
    if (random.below(2))
        x.received.headers.add("X-Tenant", random.below(2) ? "acme" : "Acme, Inc");
    if (random.below(3) == 0)
        x.returned.headers.add("x-tenant", "acme");
    for (uint64_t n = random.below(4); n > 0; --n)
        x.attempts.push_back({x.endpoint, 1ms, 2ms, 3ms, 4ms, 200, false, ""});
    if (random.below(5) == 0)
        x.failedBy = Fault(random.below(3));
    x.replayOf = random.below(5) == 0 ? int64_t(random.below(50)) : 0;
    x.tunnel = random.below(10) == 0;
    x.trace = continueTrace("", random);
    x.requestId = random.below(2) ? makeUuid(x.time, random) : "request-" + std::to_string(random.below(40));
    if (random.below(4) == 0)
        x.decisions.add(journey::Stage::Breaker, random.below(2) ? "open" : "closed", "because");
    if (random.below(6) == 0)
        x.decisions.add(journey::Stage::Limit, random.below(2) ? "limited" : "admitted", "because");
    return x;
}

inline recording::Batch batchOf(journey::Exchange x)
{
    recording::Batch batch;
    batch.push_back(std::make_unique<journey::Exchange>(std::move(x)));
    return batch;
}

// Nothing goes by its age.
inline config::RecordSettings forEver()
{
    config::RecordSettings settings;
    settings.keepAge = Nanos(0);
    return settings;
}

// Alike but for their paths, with bodies that do not pack.
inline recording::Batch many(size_t count, size_t bodyBytes, WallTime time = at(today))
{
    recording::Batch batch;
    Random random(count);
    for (size_t i = 0; i < count; ++i) {
        auto x = std::make_unique<journey::Exchange>();
        x->time = time;
        x->received.method = "GET";
        x->path = "/" + std::to_string(i);
        x->returned.status = 200;
        x->responseBody.bytes.resize(bodyBytes);
        for (char &c : x->responseBody.bytes)
            c = char(random.next());
        x->responseBody.size = bodyBytes;
        batch.push_back(std::move(x));
    }
    return batch;
}

}  // namespace sluice::samples
