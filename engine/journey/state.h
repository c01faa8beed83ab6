// SPDX-License-Identifier: GPL-3.0-or-later
// What the steps of one journey share while it runs. Internal to this room.
#pragma once

#include "engine/base/fork.h"
#include "engine/journey/tap.h"
#include "engine/journey/world.h"

#include <string>

namespace sluice::journey {

struct Journey {
    Journey(ClientStream &c, RulesPtr r, World &w, Scope &conn);

    ClientStream &client;
    World &world;
    RulesPtr rules;
    const config::Plan &plan;
    Scope &connection;  // stops with the client
    Scope scope;        // this exchange: the total timeout stops it
    std::unique_ptr<Exchange> x;
    const config::RouteSettings *route = nullptr;
    const config::ServiceSettings *service = nullptr;
    RouteCounters *routeCounters = nullptr;
    ServiceState *serviceState = nullptr;
    std::vector<routing::Capture> captures;
    std::string allow;  // for a 405
    Length requestLength;
    bool recording;
    bool uploadBegun = false;     // content was taken from the client
    bool upgrade = false;         // the client asked to switch protocols
    bool webSocket = false;       // to a WebSocket
    bool grpc = false;            // the client speaks gRPC: our own answers do, too
    Nanos total{0};               // what the exchange may take; 0: no bound
    bool totalIsClients = false;  // the client said so (grpc-timeout)
    bool delivered = false;       // the client has all that there was: how it leaves is no failure
    std::unique_ptr<Tap> tap;     // where messages are recorded
    int refusal = 0;              // status of our own answer, when there is one to give

    // What is recorded is timed exactly.
    Moment now() const { return recording ? world.clock() : world.now(); }
    Nanos sinceStart() const { return now() - x->started; }
    // Content that goes by: records of it what the plan and the world's room for bodies allow.
    void keep(Content &, std::string_view chunk);
    // The first failure counts: who, what the client gets if it has no answer yet, and a sentence for people.
    void fail(Fault fault, int status, std::string what);
    // An answer of our own that is nobody's failure (404, 405).
    void answerSelf(int status, std::string what);
    bool failed() const { return refusal != 0 || x->failedBy.has_value(); }
    // Why a wait ended, as a failure. `idle`: what timed out, for the sentence.
    void failWait(Why why, const char *timedOut, int status = 504);
};

// One upstream stream while it is ours: given back closed unless kept.
class Held {
public:
    Held(World &world, UpstreamStream &stream) : world_(world), stream_(&stream) {}
    ~Held() { world_.release(*stream_, keep_); }
    Held(const Held &) = delete;
    Held &operator=(const Held &) = delete;
    UpstreamStream &operator*() const { return *stream_; }
    UpstreamStream *operator->() const { return stream_; }
    void keep() { keep_ = true; }
    // True: another one is held now, which may not be ready.
    bool follow()
    {
        UpstreamStream *next = stream_->successor();
        if (!next)
            return false;
        world_.release(*stream_, false);
        stream_ = next;
        return true;
    }

private:
    World &world_;
    UpstreamStream *stream_;
    bool keep_ = false;
};

// identify.cpp: request id, trace, the client's address; the normalised path. False: the target is no path.
bool identify(Journey &);
// streaming.cpp: what of an exchange is a stream of messages, and who looks on. False: the request is refused.
bool beginStreaming(Journey &);
// The total timeout, and the client's own where that is shorter (grpc-timeout).
void setTotal(Journey &);
// The answer's head is there: an event stream, a gRPC answer.
void watchAnswer(Journey &);
// A 101 to a WebSocket. Not empty: it must not be passed on.
std::string watchWebSocket(Journey &, const http::ResponseHead &);
// choose.cpp: the route and its service; false: the gateway answers by itself.
bool chooseRoute(Journey &);
// forward.cpp: picks endpoints and tries them.
Task<void> forward(Journey &);
// converse.cpp: one request to one endpoint and its answer.
enum class Ending : uint8_t { Answered, Failed, Again };  // Again: nothing happened yet, another try is safe
Task<Ending> converse(Journey &, Held &, Attempt &);
// pump.cpp: content from one side to the other.
struct PumpResult {
    enum class End : uint8_t { Whole, SourceFailed, SinkFailed, Stopped } end = End::Whole;
    Why why = Why::Ok;     // with Stopped
    bool atSink = false;   // with Stopped: the sink was waited for, not the source
    bool drained = false;  // with Stopped, SinkFailed: the sink had taken all that had come
};
struct Pump {
    Journey &j;
    Stream &source;
    Stream &sink;
    Content &content;
    Nanos idle;               // nothing moved for this long: TimedOut
    bool framed = true;       // false: a tunnel
    Scope *shared = nullptr;  // whose deadline moves, where two pumps run and have one; parent of both
    Message::From from = Message::From::Upstream;
};
Task<PumpResult> pump(Pump &, Scope &scope);
// tunnel.cpp: after 101.
Task<void> tunnel(Journey &, UpstreamStream &);
// problem.cpp: the gateway's own answer (RFC 9457).
Task<void> answerProblem(Journey &);

}  // namespace sluice::journey
