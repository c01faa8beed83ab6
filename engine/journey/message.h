// SPDX-License-Identifier: GPL-3.0-or-later
// Message: one message within an exchange that has many: of a WebSocket, an event stream or a gRPC call. Values; one thread at a time.
#pragma once

#include "engine/base/moment.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::journey {

struct Exchange;

// What an exchange carries. They stand in recordings: add, never change.
enum class Streaming : uint8_t { None = 0, WebSocket = 1, Events = 2, Grpc = 3 };
std::string_view name(Streaming);  // "" "websocket" "events" "grpc"

// What an exchange is told with, if it has messages.
struct StreamFacts {
    Streaming kind = Streaming::None;
    uint64_t key = 0;       // joins it with its messages on the way to the recording; 0: it has none
    uint64_t messages = 0;  // all that went by, both directions
    uint64_t kept = 0;      // of these: handed to the recording
    int grpcStatus = -1;    // of the call; -1: not told
    std::string grpcMessage;
};

struct Message {
    // They stand in recordings: add, never change.
    enum class Kind : uint8_t {
        Text = 1,
        Binary = 2,
        Ping = 3,
        Pong = 4,
        Close = 5,
        Event = 6,
        Grpc = 7,
        Trailers = 8
    };
    enum class From : uint8_t { Client = 0, Upstream = 1 };

    uint64_t number = 0;  // 1, 2, … within the exchange, in the order in which they were whole
    From from = From::Client;
    Kind kind = Kind::Text;
    Nanos time{0};            // from the exchange's start to its last byte
    uint64_t size = 0;        // decoded; of one that could not be decoded: as it went by
    std::string bytes;        // the first of it, up to record.bodies
    bool cut = false;         // `bytes` are not all
    bool coded = false;       // `bytes` are compressed still
    bool compressed = false;  // it went by compressed
    bool badText = false;     // a text that is no UTF-8
    bool redacted = false;
    uint16_t closeCode = 0;  // of a close; its reason stands in `bytes`
    std::string event, id;   // of an event: its type and id
};
std::string_view name(Message::Kind);  // "text" "binary" "ping" "pong" "close" "event" "grpc" "trailers"

// What a worker hands to the recording about one stream, in order.
struct StreamNews {
    uint64_t key = 0;
    std::unique_ptr<Exchange>
        opened;  // first: what is known of the exchange so far; only where it lives longer than a moment
    std::vector<Message> messages;
};

}  // namespace sluice::journey
