// SPDX-License-Identifier: GPL-3.0-or-later
// Which exchanges are streams of messages: a WebSocket, an event stream, a gRPC call. What they ask of the journey beyond others.
#include "engine/http/characters.h"
#include "engine/journey/state.h"

#include <algorithm>

namespace sluice::journey {

namespace {

bool isEventStream(const http::HeaderList &headers)
{
    const std::string_view type = headers.get("Content-Type");
    return http::equalsIgnoreCase(http::trimBlanks(type.substr(0, type.find(';'))), "text/event-stream");
}

bool isCoded(const http::HeaderList &headers)
{
    const std::string_view coding = headers.get("Content-Encoding");
    return !coding.empty() && !http::equalsIgnoreCase(coding, "identity");
}

}  // namespace

bool beginStreaming(Journey &j)
{
    Exchange &x = *j.x;
    j.webSocket = j.upgrade && http::asksForWebSocket(x.received);
    if (j.webSocket) {
        if (std::string wrong = http::wrongWebSocketRequest(x.received); !wrong.empty()) {
            j.fail(Fault::Client, 400, std::move(wrong));
            return false;
        }
    }
    bool web = false;
    if (j.recording && http::isGrpc(x.received.headers.get("Content-Type"), &web)) {
        j.tap = std::make_unique<Tap>(j, Streaming::Grpc);
        j.tap->setGrpc(web, std::string(x.received.headers.get("grpc-encoding")));
    }
    return true;
}

void setTotal(Journey &j)
{
    j.total = j.service->timeouts.total;
    j.grpc = http::isGrpc(j.x->received.headers.get("Content-Type"));
    if (j.grpc) {
        const auto asked = http::grpcTimeout(j.x->received.headers.get("grpc-timeout"));
        if (asked && (j.total <= Nanos(0) || *asked < j.total)) {
            j.total = std::max(*asked, Nanos(1));
            j.totalIsClients = true;
        }
    }
    j.scope.deadline(j.total);
}

void watchAnswer(Journey &j)
{
    Exchange &x = *j.x;
    if (j.tap) {
        if (x.stream.kind == Streaming::Grpc && !http::isGrpc(x.answer.headers.get("Content-Type")))
            j.tap->ignore(Message::From::Upstream);
        j.tap->setGrpcAnswer(std::string(x.answer.headers.get("grpc-encoding")));
        return;
    }
    if (!j.recording || x.answer.status != 200 || !isEventStream(x.answer.headers))
        return;
    if (isCoded(x.answer.headers))
        x.decisions.add(Stage::Record, "not decoded", "events are read only where the stream has no content coding");
    else
        j.tap = std::make_unique<Tap>(j, Streaming::Events);
}

std::string watchWebSocket(Journey &j, const http::ResponseHead &answer)
{
    const auto agreed = http::checkWebSocketAnswer(j.x->received, answer);
    if (!agreed)
        return agreed.error().what;
    if (!j.recording)
        return {};
    j.tap = std::make_unique<Tap>(j, Streaming::WebSocket);
    j.tap->setWebSocket(*agreed);
    // What goes by is masked and compressed: as bytes it would be of no use, and could hide secrets.
    for (Content *content : {&j.x->requestBody, &j.x->responseBody})
        content->withheld = "its messages are recorded one by one";
    return {};
}

}  // namespace sluice::journey
