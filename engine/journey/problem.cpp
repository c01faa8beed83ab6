// SPDX-License-Identifier: GPL-3.0-or-later
// The gateway's own answers: application/problem+json (RFC 9457). What stands in them never names an upstream's address.
#include "engine/journey/state.h"

namespace sluice::journey {

namespace {

constexpr Nanos answerTime = std::chrono::seconds(5);  // a client that does not take our page in that time is left

// For the client. The record has the whole story (Exchange::failure); this says no more than the client may know.
std::string detail(const Journey &j)
{
    switch (j.refusal) {
    case 502: return "The service behind this gateway could not be reached, or its answer was not valid.";
    case 504: return "The service behind this gateway did not answer in time.";
    case 500: return "The gateway met an internal error.";
    default: return j.x->failure;
    }
}

std::string page(const Journey &j)
{
    std::string out;
    JsonObject o(out);
    o.add("type", "about:blank")
        .add("title", http::reasonPhrase(j.refusal))
        .add("status", j.refusal)
        .add("detail", detail(j))
        .add("request_id", j.x->requestId);
    o.close();
    out += '\n';
    return out;
}

// What is here already of the request's content is recorded, and goes nowhere. False: there is more to come.
bool takeContent(Journey &j)
{
    constexpr size_t most = 256 * 1024;
    if (j.requestLength.kind == Length::Kind::None)
        return true;
    Content &content = j.x->requestBody;
    size_t taken = 0;
    Chunk chunk = j.client.read();
    for (; chunk.kind == Chunk::Kind::Data && taken < most; chunk = j.client.read()) {
        j.keep(content, chunk.data);
        taken += chunk.data.size();
    }
    content.complete = chunk.kind == Chunk::Kind::End;
    return content.complete;
}

void writeHead(Journey &j, bool grpc)
{
    Exchange &x = *j.x;
    http::ResponseHead &head = x.returned;
    head = http::ResponseHead();
    head.status = grpc ? 200 : j.refusal;
    head.reason = http::reasonPhrase(head.status);
    head.headers.add("Date", httpDate(j.world.wallTime()));
    head.headers.add("Content-Type", grpc ? "application/grpc" : "application/problem+json");
    head.headers.add("X-Request-ID", x.requestId);
    head.headers.add("X-Trace-ID", x.trace.trace);
    if (grpc) {  // Trailers-Only: the call's status in the head, no content
        x.stream.kind = Streaming::Grpc;
        x.stream.grpcStatus = http::grpcStatusOf(j.refusal);
        x.stream.grpcMessage = detail(j);
        head.headers.add("grpc-status", std::to_string(x.stream.grpcStatus));
        head.headers.add("grpc-message", http::encodeGrpcMessage(x.stream.grpcMessage));
        return;
    }
    if (!j.allow.empty())
        head.headers.add("Allow", j.allow);
    if (j.refusal == 503)
        head.headers.add("Retry-After", "1");
}

// There is nobody to tell: the record must not look as if somebody had been told.
void unsent(Exchange &x)
{
    const int status = x.returned.status;
    x.returned = http::ResponseHead();
    x.returned.status = status;  // of a client that has gone: finish() says 499
}

}  // namespace

Task<void> answerProblem(Journey &j)
{
    Exchange &x = *j.x;
    const bool grpc = j.grpc || http::isGrpc(x.received.headers.get("Content-Type"));
    const std::string body = grpc ? std::string() : page(j);
    writeHead(j, grpc);
    http::ResponseHead &head = x.returned;
    if (j.connection.stopped() == Why::ClientGone)
        co_return unsent(x);
    if (!takeContent(j))
        j.client.closeAfter();  // said in the head, so that no further request is lost (RFC 9112 section 9.6)
    Scope last(j.connection);
    last.deadline(answerTime);
    const bool content = x.received.method != "HEAD";
    j.client.sendHead(head, Length{Length::Kind::Known, body.size()}, j.recording);
    if (!j.client.headSent())  // a handshake has failed
        co_return unsent(x);
    x.times.answered = j.sinceStart();
    if (content)
        j.keep(x.responseBody, body);
    Sent sent = j.client.write(content ? std::string_view(body) : std::string_view(), true);
    while (sent == Sent::Full) {
        const Why why = co_await on(j.client.writable(), last);
        if (why != Why::Ok)
            co_return;
        sent = j.client.flush();
    }
}

}  // namespace sluice::journey
