// SPDX-License-Identifier: GPL-3.0-or-later
// The conductor. Each of the ten areas has its place here, in the order of the journey; a place whose room is not built
// yet says so, and what a file asks of it is refused by `unavailable` rather than left out.
#include "engine/journey/journey.h"

#include "engine/journey/state.h"

namespace sluice::journey {

namespace {

Task<void> conduct(Journey &j)
{
    if (!identify(j))
        co_return;
    if (!chooseRoute(j))  // 1 routing
        co_return;
    // 8 versioning: which version of the service answers (no room yet)
    if (!j.route->unavailable.empty()) {  // 2 authentication and authorization: closed until the room is there
        j.x->decisions.add(Stage::Auth, "refused", j.route->unavailable);
        j.fail(Fault::Gateway, 503, j.route->unavailable);
        co_return;
    }
    // 3 limits: count and refuse, or wait (no room yet)
    // 7 caching: answer from the store, or follow the one who is asking already (no room yet)
    // 6 transformation of the request (no room yet; path rewriting is routing's)
    // 10 resilience: bulkhead, then breaker (no room yet)
    setTotal(j);
    co_await forward(j);  // 5 balancing, and the attempts with their timeouts
    // 6 transformation of the answer, 7 store: taps of forward (no rooms yet)
}

void count(RouteCounters &counters, const Exchange &x)
{
    counters.requests.fetch_add(1, std::memory_order_relaxed);
    if (x.returned.status >= 500 || (x.failedBy && x.failedBy != Fault::Client))
        counters.serverErrors.fetch_add(1, std::memory_order_relaxed);
    else if (x.returned.status >= 400)
        counters.clientErrors.fetch_add(1, std::memory_order_relaxed);
}

void finish(Journey &j)
{
    Exchange &x = *j.x;
    if (x.times.ended < Nanos(0) || x.failedBy)
        x.times.ended = j.sinceStart();
    if (j.connection.stopped() == Why::ClientGone && !x.failedBy && !j.delivered)
        j.fail(Fault::Client, 499, "the client closed the connection before the answer was whole");
    // A client whose time was up before its request, or its handshake, was let go by us, and has not left.
    const bool gone =
        j.connection.stopped() == Why::ClientGone || (x.failedBy == Fault::Client && x.returned.status != 408);
    if (gone && !j.client.headSent())
        x.returned.status = 499;
    if (j.routeCounters)
        count(*j.routeCounters, x);
    if (j.tap) {
        j.tap->finish();
        j.tap.reset();
    }
    j.world.bodyRoom() += x.requestBody.bytes.size() + x.responseBody.bytes.size();
    j.world.record(std::move(j.x));  // 9 observability
}

}  // namespace

Task<void> handle(ClientStream &client, RulesPtr rules, World &world, Scope &connection)
{
    Journey j(client, std::move(rules), world, connection);
    try {
        co_await conduct(j);
    } catch (const std::exception &e) {
        j.fail(Fault::Gateway, 500, std::string("internal error: ") + e.what());
    }
    if (j.refusal != 0 && (!client.headSent() || client.takeBackHead()))
        co_await answerProblem(j);
    else if (j.x->failedBy && client.headSent())
        client.cutOff();
    finish(j);
}

Task<void> refuse(ClientStream &client, RulesPtr rules, World &world, Scope &connection, int status, std::string why)
{
    Journey j(client, std::move(rules), world, connection);
    identify(j);
    j.refusal = 0;
    j.x->failedBy.reset();
    j.fail(Fault::Client, status, std::move(why));
    client.closeAfter();
    co_await answerProblem(j);
    finish(j);
}

}  // namespace sluice::journey
