// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the header that a proxy puts before all that its client sends: the PROXY protocol of HAProxy, versions 1 and 2
// (haproxy's doc/proxy-protocol.txt). Sans-IO, strict; nothing of it is guessed: whether there is one, the owner must know.
// One connection, one thread. Deliberately absent: what the optional values of version 2 say (they are checked for their
// shape, and a checksum among them for its truth), and writing headers.
#pragma once

#include "engine/http/ip.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::http {

struct ProxyHeader {
    // False: the connection's own addresses count. The proxy speaks for itself (LOCAL), does not know (UNKNOWN, UNSPEC), or
    // its client came over something other than TCP (a Unix socket).
    bool known = false;
    IpAddress client;
    uint16_t port = 0;
    int version = 0;
};

class ProxyReader {
public:
    // With its line end a header of version 1 has at most 107 bytes; one of version 2 is refused past 4 KiB of optional values.
    static constexpr size_t mostLine = 107, mostBlock = 4096;

    enum class Step : uint8_t { NeedMore, Done, Refused };
    // `in`: all that came so far. Done: `consumed` bytes of it were the header. Refused: it cannot become one, which is told
    // as soon as it is known; reason() says why.
    Step read(std::string_view in, size_t &consumed);
    // After NeedMore: as many bytes behind `in` belong to the header whatever they are; at least 1. Who reads no more than
    // this leaves to the next reader (TLS) all that is its own.
    size_t wants() const { return wants_; }
    const ProxyHeader &header() const { return header_; }
    const std::string &reason() const { return reason_; }

private:
    Step line(std::string_view in, size_t &consumed);
    Step block(std::string_view in, size_t &consumed);
    Step needs(size_t size, size_t have);
    Step refuse(std::string_view why);

    ProxyHeader header_;
    size_t wants_ = 1;
    std::string reason_;
};

}  // namespace sluice::http
