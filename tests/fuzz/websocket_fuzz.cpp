// SPDX-License-Identifier: GPL-3.0-or-later
// Frames of a WebSocket, events of a stream and messages of a gRPC call, cut anywhere: what is read must not depend on where the bytes
// were cut, nothing is read behind what was lost, and no more is kept than was asked for. Input: four bytes of settings, then the content.
#include "engine/http/event_stream_reader.h"
#include "engine/http/grpc_reader.h"
#include "engine/http/protobuf_text.h"
#include "engine/http/websocket_reader.h"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace sluice::http;

namespace {

constexpr size_t keep = 100;

void must(bool holds)
{
    if (!holds)
        std::abort();
}

// Everything that a reader said, as one text.
template<class Read>
std::string inPieces(std::string_view bytes, size_t piece, Read read)
{
    std::string told;
    for (size_t at = 0; at < bytes.size(); at += piece)
        read(bytes.substr(at, piece), told);
    return told;
}

std::string socketIn(std::string_view bytes, size_t piece, WebSocketReader::From from, WebSocketReader::Terms terms)
{
    WebSocketReader reader(from, terms);
    return inPieces(bytes, piece, [&](std::string_view in, std::string &told) {
        for (;;) {
            const WebSocketReader::Step step = reader.read(in, keep);
            must(reader.held() <= keep);
            told += reader.takeNote();
            if (step == WebSocketReader::Step::More) {
                must(in.empty());
                return;
            }
            if (step == WebSocketReader::Step::Lost) {
                must(!reader.why().empty());
                if (!told.ends_with('!'))
                    told += reader.why() + '!';
                return;
            }
            const WebSocketMessage &m = reader.message();
            must(m.bytes.size() <= std::max<size_t>(keep, 125) && m.bytes.size() <= m.size);
            told += std::to_string(int(m.kind)) + ' ' + std::to_string(m.size) + ' ' + std::to_string(m.closeCode)
                + m.bytes + (m.coded ? "c" : "") + (m.badText ? "b" : "") + ';';
        }
    });
}

std::string eventsIn(std::string_view bytes, size_t piece)
{
    EventStreamReader reader;
    return inPieces(bytes, piece, [&](std::string_view in, std::string &told) {
        while (reader.read(in, keep)) {
            const ServerEvent &e = reader.event();
            must(e.bytes.size() <= keep && e.bytes.size() <= e.size && e.type.size() <= 1024 && e.id.size() <= 1024);
            told += e.type + '|' + e.id + '|' + e.bytes + '|' + std::to_string(e.size) + std::to_string(e.retry) + ';';
        }
        must(in.empty() && reader.held() <= keep);
    });
}

std::string grpcIn(std::string_view bytes, size_t piece, bool web)
{
    GrpcReader reader("gzip", web);
    return inPieces(bytes, piece, [&](std::string_view in, std::string &told) {
        for (;;) {
            const GrpcReader::Step step = reader.read(in, keep);
            must(reader.held() <= keep);
            if (step != GrpcReader::Step::Message) {
                if (step == GrpcReader::Step::Lost && !told.ends_with('!'))
                    told += reader.why() + '!';
                return;
            }
            const GrpcMessage &m = reader.message();
            must(m.bytes.size() <= keep);
            told += std::to_string(m.size) + m.bytes + (m.cut ? "c" : "") + (m.coded ? "d" : "") + ';';
        }
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    const std::string_view bytes(reinterpret_cast<const char *>(data) + 4, size - 4);
    const size_t piece = 1 + data[1];
    switch (data[0] % 4) {
    case 0:
    case 1: {
        const auto from = data[2] & 1 ? WebSocketReader::From::Client : WebSocketReader::From::Server;
        const WebSocketReader::Terms terms{(data[2] & 2) != 0, (data[2] & 4) != 0};
        must(socketIn(bytes, bytes.size() + 1, from, terms) == socketIn(bytes, piece, from, terms));
        break;
    }
    case 2: must(eventsIn(bytes, bytes.size() + 1) == eventsIn(bytes, piece)); break;
    case 3:
        must(grpcIn(bytes, bytes.size() + 1, data[2] & 1) == grpcIn(bytes, piece, data[2] & 1));
        if (const auto text = protobufText(bytes, data[2] & 2, 1000))
            must(text->size() < 1000 + 8 * bytes.size() + 1000);
        break;
    }
    return 0;
}
