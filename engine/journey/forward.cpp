// SPDX-License-Identifier: GPL-3.0-or-later
// Picks endpoints and tries them. Another endpoint is tried only while nothing of the request can have reached one.
#include "engine/http/forwarding.h"
#include "engine/journey/attempt_decision.h"
#include "engine/journey/balance_decision.h"
#include "engine/journey/state.h"

namespace sluice::journey {

namespace {

constexpr size_t mostAttempts = 8;  // further endpoints are not tried for one exchange

// An upgrade is passed on, but that to HTTP/2, which belongs to the connection (RFC 9113 section 3.1 has taken it away). Over
// HTTP/2 only a request for a WebSocket looks like one (RFC 8441).
bool wantsUpgrade(const http::RequestHead &head)
{
    return head.version != http::Version::Http10 && head.headers.hasToken("Connection", "upgrade")
        && head.headers.has("Upgrade") && !head.headers.hasToken("Upgrade", "h2c");
}

// The request as it goes upstream.
void prepare(Journey &j)
{
    Exchange &x = *j.x;
    const routing::RewriteSettings &rewrite = j.route->rewrite;
    const bool query = !x.query.empty() || x.received.target.ends_with('?');
    const bool asItIs = !query && rewrite.path.empty() && rewrite.stripPrefix.empty();
    std::string target;
    if (!asItIs)
        target = routing::rewritten(rewrite, x.path, j.captures);
    if (query) {
        target += '?';
        target += x.query;
    }
    http::ForwardFacts facts;
    facts.peer = j.client.peer().address;
    facts.peerTrusted = j.rules->trusted.contains(facts.peer);
    facts.scheme = x.received.scheme;
    facts.target = asItIs ? x.path : target;
    facts.tunnel = j.upgrade = wantsUpgrade(x.received);
    http::toUpstream(x.received, x.sent, facts, j.world.forwardedLines());
    x.sent.headers.setOwn("X-Request-ID", x.requestId);
    x.sent.headers.setOwn("X-Trace-ID", x.trace.trace);
    x.sent.headers.setOwn("traceparent", traceparent(x.trace));
}

Task<bool> connected(Journey &j, Held &held)
{
    using State = UpstreamStream::State;
    if (held->state() == State::Ready && !held.follow())
        co_return true;
    Scope connecting(j.scope);
    connecting.deadline(j.service->timeouts.connect);
    do {
        while (held->state() == State::Connecting) {
            const Why why = co_await on(held->writable(), connecting);
            if (why == Why::Ok)
                continue;
            if (why != Why::TimedOut || j.scope.stopped() == Why::TimedOut)
                j.failWait(why, "");
            co_return false;
        }
    } while (held->state() == State::Ready && held.follow());
    co_return held->state() == State::Ready;
}

void explainPick(Journey &j, const balancing::Pick &pick)
{
    if (!j.recording)
        return;
    const std::string &ready = j.serviceState->onlyPick;
    if (pick.endpoint && !ready.empty())
        j.x->decisions.addReady(Stage::Balance, ready);
    else
        explainPick(j.x->decisions, *j.service, pick);
}

// What clients do is not the endpoint's failure.
void countAttempt(EndpointCounters &counters, const Attempt &attempt, bool clientsFault)
{
    constexpr auto relaxed = std::memory_order_relaxed;
    counters.active.fetch_sub(1, relaxed);
    counters.requests.fetch_add(1, relaxed);
    if (!clientsFault && (!attempt.error.empty() || attempt.status >= 500))
        counters.failures.fetch_add(1, relaxed);
    if (attempt.firstByte >= Nanos(0)) {
        const int64_t sample = (attempt.firstByte - attempt.started).count(), mean = counters.meanLatency.load(relaxed);
        counters.meanLatency.store(mean == 0 ? sample : mean + (sample - mean) / 8, relaxed);
    }
}

// An attempt is ended and counted on every way out, an exception's too.
class UnderWay {
public:
    UnderWay(Journey &j, Attempt &attempt, EndpointCounters &counters) : j_(j), attempt_(attempt), counters_(counters)
    {
        counters.active.fetch_add(1, std::memory_order_relaxed);
        attempt.started = j.sinceStart();
    }
    ~UnderWay()
    {
        if (attempt_.ended >= Nanos(0))
            return;
        attempt_.fault = Fault::Gateway;
        attempt_.error = "internal error";  // short enough to need no memory, which may be what is missing
        end(true);
    }
    UnderWay(const UnderWay &) = delete;
    UnderWay &operator=(const UnderWay &) = delete;
    void end(bool notItsFault)
    {
        attempt_.ended = j_.sinceStart();
        countAttempt(counters_, attempt_, notItsFault);
    }

private:
    Journey &j_;
    Attempt &attempt_;
    EndpointCounters &counters_;
};

// One try at one endpoint, from connecting to the end of its answer.
Task<Ending> attempt(Journey &j, size_t index, bool fresh)
{
    Exchange &x = *j.x;
    const config::EndpointSettings &endpoint = j.service->endpoints[index];
    Attempt &a = x.attempts.emplace_back();  // nobody adds another while this one runs
    UnderWay underWay(j, a, *j.serviceState->endpoints[index]);
    if (j.recording)
        a.endpoint = x.endpoint = endpoint.url;
    if (x.received.authority.empty())  // an HTTP/1.0 client may leave Host out, we may not (RFC 9112 section 3.2)
        x.sent.headers.set("Host", endpoint.url.substr(endpoint.url.find("//") + 2));
    Ending ending = Ending::Again;
    Held held(j.world, j.world.open(endpoint, fresh));
    a.reused = held->reused();
    const bool kept = a.reused && held->state() == UpstreamStream::State::Ready;
    bool there = kept;
    if (!there)
        there = co_await connected(j, held);
    if (there) {
        a.connected = x.times.connected = kept ? a.started : j.sinceStart();
        ending = co_await converse(j, held, a);
    } else {
        a.fault = held->fault();
        a.error = held->state() == UpstreamStream::State::Failed ? held->reason()
            : j.failed()                                         ? j.x->failure
                         : "no connection within " + durationText(j.service->timeouts.connect);
        ending = j.failed() ? Ending::Failed : Ending::Again;
    }
    underWay.end(x.failedBy && x.failedBy != Fault::Upstream);
    if (ending == Ending::Answered)
        x.times.ended = a.ended;
    if (j.recording)
        explainAttempt(x.decisions, a, x.attempts.size(), j.serviceState->answered[index]);
    co_return ending;
}

}  // namespace

Task<void> forward(Journey &j)
{
    if (!j.service->unavailable.empty()) {
        j.x->decisions.add(Stage::Balance, "refused", j.service->unavailable);
        j.fail(Fault::Gateway, 503, j.service->unavailable);
        co_return;
    }
    prepare(j);
    if (!beginStreaming(j))
        co_return;
    std::vector<size_t> tried;
    while (tried.size() < mostAttempts) {
        const balancing::Pick pick = j.serviceState->balancer.pick(tried);
        explainPick(j, pick);
        if (!pick.endpoint)
            break;
        const size_t endpoint = *pick.endpoint;
        Ending ending = co_await attempt(j, endpoint, false);
        if (ending == Ending::Again && j.x->attempts.back().reused)  // a kept connection had gone stale
            ending = co_await attempt(j, endpoint, true);
        if (ending != Ending::Again)
            co_return;
        tried.push_back(endpoint);
    }
    if (j.x->attempts.empty())
        j.fail(Fault::Gateway, 503, "service " + j.service->name + " has no endpoint that takes requests");
    else
        j.fail(j.x->attempts.back().fault, 502,
               "no endpoint of " + j.service->name + " could be reached: " + j.x->attempts.back().error);
}

}  // namespace sluice::journey
