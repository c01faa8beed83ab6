// SPDX-License-Identifier: GPL-3.0-or-later
// What the HTTP/1 readers take at most, and what they answer past it.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::http {

// All in bytes but headerCount. Line ends are not counted in `line` and `chunkLine`.
struct Limits {
    uint32_t line = 8192;           // request line: 414 past it; field line: 431. At most 65535
    uint32_t headerCount = 100;     // field lines of a head, 431; and of trailers: 400
    uint32_t headBytes = 65536;     // a head with its line ends: 431. Also what the owner's buffer must hold
    uint32_t chunkLine = 1024;      // chunk-size with its extensions: 400
    uint32_t trailerBytes = 16384;  // all trailers with their line ends, and all chunk extensions of a body: 400
    bool operator==(const Limits &) const = default;
};

// Why a message was refused. The connection cannot be used any further: answer (if it is a request), then close.
struct Refusal {
    int status = 0;    // of a request: 400 414 431 501 505; of a response: 502; 0: not refused
    std::string what;  // one sentence, never with bytes of the message
};

}  // namespace sluice::http
