// SPDX-License-Identifier: GPL-3.0-or-later
// GrpcReader: the messages in one direction of a gRPC call ("gRPC over HTTP2", Length-Prefixed-Message). Sans-IO; looks on only.
// What stands in headers and trailers of a call. One thread an object; memory: what of the message under way is kept.
#pragma once

#include "engine/base/moment.h"
#include "engine/http/message.h"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::http {

struct GrpcMessage {
    std::string bytes;        // the first that were to be kept, decoded where that could be
    uint64_t size = 0;        // as it went by, without its prefix
    bool compressed = false;  // it was
    bool coded = false;       // `bytes` still are
    bool cut = false;         // `bytes` are not all
    bool trailers = false;    // gRPC-Web: the trailers, as lines of text
};

class GrpcReader {
public:
    // `encoding`: grpc-encoding of this direction. `web`: application/grpc-web, where a frame may hold the trailers.
    explicit GrpcReader(std::string encoding = {}, bool web = false) : encoding_(std::move(encoding)), web_(web) {}
    void setEncoding(std::string encoding) { encoding_ = std::move(encoding); }

    enum class Step : uint8_t { More, Message, Lost };  // as in WebSocketReader
    Step read(std::string_view &in, size_t keep);
    GrpcMessage &message() { return done_; }
    const std::string &why() const { return why_; }
    size_t held() const { return message_.bytes.size(); }
    // A message is under way: the end of the content breaks it off.
    bool inMessage() const { return headSize_ > 0; }

private:
    void finish(size_t keep);

    std::string encoding_;
    bool web_;
    char head_[5] = {};
    size_t headSize_ = 0;
    uint64_t left_ = 0;
    GrpcMessage message_, done_;
    std::string why_;
};

// application/grpc, also +proto, +json and so on. `web`: application/grpc-web.
bool isGrpc(std::string_view contentType, bool *web = nullptr);
// "5S" "100m": at most 8 digits and a unit. Nothing: malformed. 0 is a deadline that has passed.
std::optional<Nanos> grpcTimeout(std::string_view);
// For our own answers: what a status of HTTP means to a gRPC client (grpc.io, "HTTP to gRPC Status Code Mapping").
int grpcStatusOf(int httpStatus);
std::string_view grpcStatusName(int status);  // "OK" "UNAVAILABLE"; empty for one that is not known
// grpc-message: percent-encoded UTF-8.
std::string encodeGrpcMessage(std::string_view);
std::string decodeGrpcMessage(std::string_view);

}  // namespace sluice::http
