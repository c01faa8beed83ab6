// SPDX-License-Identifier: GPL-3.0-or-later
// Tap: looks on while the content of an exchange goes by, finds the messages in it and hands them to the recording as they end. It
// never holds the content up and never changes it. What it cannot follow any more it says once, as a decision, and looks away.
// Internal to this room. One thread.
//
// Bounds: a message keeps at most record.bodies bytes, which count against World::bodyRoom while they are here. Messages are held
// for 200 ms, 16 of them or 64 KiB: an exchange that ends sooner is written whole, and never shown as an open one.
#pragma once

#include "engine/base/scope.h"
#include "engine/http/event_stream_reader.h"
#include "engine/http/grpc_reader.h"
#include "engine/http/websocket_handshake.h"
#include "engine/http/websocket_reader.h"
#include "engine/journey/message.h"

#include <optional>

namespace sluice::journey {

struct Journey;

class Tap {
public:
    Tap(Journey &, Streaming);
    ~Tap();
    Tap(const Tap &) = delete;
    Tap &operator=(const Tap &) = delete;

    void setWebSocket(const http::WebSocketAgreement &);
    void setGrpc(bool web, std::string requestEncoding);
    void setGrpcAnswer(std::string encoding);

    // What comes from there is none of it: an error page, say.
    void ignore(Message::From from) { sides_[size_t(from)].lost = true; }
    // Some content went by.
    void take(Message::From, std::string_view bytes);
    // Both sides of a WebSocket have said that they close it (RFC 6455 section 7.1.3).
    bool closed() const { return sides_[0].closed && sides_[1].closed; }
    // The exchange is over: what is held goes out, and its facts stand in the exchange. Once.
    void finish();

private:
    struct Side {
        std::optional<http::WebSocketReader> socket;
        std::optional<http::EventStreamReader> events;
        std::optional<http::GrpcReader> grpc;
        bool lost = false;
        bool closed = false;  // its close frame went by
        size_t held = 0;      // bytes that were taken off bodyRoom
    };
    void readSocket(Side &, Message::From, std::string_view);
    void readEvents(Side &, Message::From, std::string_view);
    void readGrpc(Side &, Message::From, std::string_view);
    void readWebTrailers(std::string_view lines);
    size_t room(const Side &) const;
    void account(Side &, size_t held);
    void add(Message &&);
    void lose(Side &, Message::From, std::string why);
    void note(Message::From, std::string_view outcome, const std::string &why);
    void open();
    void send();

    Journey &j_;
    Streaming kind_;
    Side sides_[2];
    uint64_t count_ = 0;
    std::vector<Message> held_;
    size_t heldBytes_ = 0;
    bool opened_ = false, finished_ = false;
    Timer opening_;
};

}  // namespace sluice::journey
