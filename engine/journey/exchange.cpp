// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/journey/exchange.h"

namespace sluice::journey {

namespace {

constexpr size_t mostKept = 16 * 1024;

void clear(std::string &text)
{
    text.clear();
}

void clear(http::HeaderList &list)
{
    list.clear();
}

void clear(http::RequestHead &head)
{
    for (std::string *text : {&head.method, &head.target, &head.scheme, &head.authority})
        text->clear();
    head.version = http::Version::Http11;
    head.headers.clear();
}

void clear(http::ResponseHead &head)
{
    head.status = 0;
    head.reason.clear();
    head.version = http::Version::Http11;
    head.headers.clear();
}

void clear(Content &content)
{
    auto &[bytes, size, complete, redacted, wasCut, withheld] = content;
    if (bytes.capacity() > mostKept)
        std::string().swap(bytes);
    bytes.clear();
    size = 0;
    complete = true;
    redacted = wasCut = false;
    withheld.clear();
}

void clear(StreamFacts &stream)
{
    if (stream.kind != Streaming::None)
        stream = StreamFacts();
}

void clear(DecisionLog &log)
{
    log.clear();
}

void clear(TraceContext &trace)
{
    trace.trace.clear();
    trace.parent.clear();
    trace.span.clear();
    trace.sampled = true;
}

void clear(std::vector<Attempt> &attempts)
{
    attempts.clear();
}

template<class Plain>
void clear(Plain &value)
{
    value = Plain();
}

template<class... Members>
void clearAll(Members &...members)
{
    (clear(members), ...);
}

// All members by name: with one more this does not compile until it stands here too.
void clear(Exchange &x)
{
    auto &[id, time, started, client, peer, user, received, path, query, sent, answer, returned, requestTrailers,
           responseTrailers, requestBody, responseBody, route, service, endpoint, version, cache, attempts, requestId,
           trace, failedBy, failure, replayOf, tunnel, stream, kept, times, decisions] = x;
    clearAll(id, time, started, client, peer, user, received, path, query, sent, answer, returned, requestTrailers,
             responseTrailers, requestBody, responseBody, route, service, endpoint, version, cache, attempts, requestId,
             trace, failedBy, failure, replayOf, tunnel, stream, times, decisions);
    kept = true;
}

}  // namespace

void Exchange::reset()
{
    clear(*this);
}

}  // namespace sluice::journey
