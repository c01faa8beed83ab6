// SPDX-License-Identifier: GPL-3.0-or-later
// FieldSection: one field section of HTTP/2 (the head of a message, or its trailers) while it is decoded, field by field
// (RFC 9113 sections 8.1.1, 8.2, 8.3, RFC 8441). Strict: what could be read in another way once it is written as HTTP/1 is
// refused. Sans-IO; one thread; a connection needs one, as sections come one after the other.
#pragma once

#include "engine/http/limits.h"
#include "engine/http/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::http {

class FieldSection {
public:
    enum class Kind : uint8_t { Request, Response, Trailers };

    explicit FieldSection(const Limits &limits) : limits_(limits) {}

    // `tls`: how the connection is, which makes the scheme of a request; what :scheme claims is only checked for its form.
    void begin(Kind kind, bool tls = false);
    // One decoded field, in order. After a refusal fields are counted only, so a long section costs no memory:
    // at most Limits::headBytes (trailers: trailerBytes) are kept, 431 past it.
    void add(std::string_view name, std::string_view value);
    // The section is whole. `last`: nothing follows it in its direction (END_STREAM). False: refused.
    bool finish(bool last);

    // Decoded bytes, each field with 32 more (RFC 9113 section 6.5.2), also past a refusal: for the owner to end it all.
    uint64_t size() const { return size_; }

    // After finish(); may be moved from. A request's cookies are one field again (section 8.2.3). A request for a WebSocket
    // (RFC 8441) reads as the GET that it stands for, with Upgrade and Connection, but without Sec-WebSocket-Key.
    RequestHead &request() { return request_; }
    ResponseHead &response() { return response_; }
    HeaderList &trailers() { return trailers_; }
    bool informational() const { return response_.status >= 100 && response_.status < 200; }
    std::optional<uint64_t> contentLength() const { return contentLength_; }
    bool expectsContinue() const { return expectsContinue_; }
    bool isWebSocket() const { return webSocket_; }
    // Status for the client: 400, 414, 431, 501; of a response or trailers 400 or 431.
    const Refusal &refusal() const { return refusal_; }

private:
    enum Pseudo : uint8_t { Method = 1, Scheme = 2, Path = 4, HasAuthority = 8, Protocol = 16, Status = 32 };
    bool pseudo(std::string_view name, std::string_view value);
    bool once(Pseudo which);
    bool requestPseudo(std::string_view name, std::string_view value);
    bool target(std::string_view value);
    bool status(std::string_view value);
    bool regular(std::string_view name, std::string_view value);
    bool special(std::string_view name, std::string_view value);
    bool host(std::string_view value);
    bool withinLimits(std::string_view name, std::string_view value);
    bool finishRequest(bool last);
    void asUpgrade();
    HeaderList &list();
    bool refuse(int status, std::string_view what);  // always false

    Limits limits_;
    Kind kind_ = Kind::Request;
    RequestHead request_;
    ResponseHead response_;
    HeaderList trailers_;
    std::string cookie_, host_;
    uint64_t size_ = 0, bytes_ = 0;
    uint32_t count_ = 0;
    uint8_t seen_ = 0;  // pseudo-header fields
    bool tls_ = false, regular_ = false, hasHost_ = false, hasCookie_ = false;
    bool expectsContinue_ = false, webSocket_ = false;
    std::optional<uint64_t> contentLength_;
    Refusal refusal_;
};

// These belong to one connection of HTTP/1 and have no place in HTTP/2 (section 8.2.2). `te` is told apart by its value.
bool isConnectionSpecific(std::string_view lowerName);

}  // namespace sluice::http
