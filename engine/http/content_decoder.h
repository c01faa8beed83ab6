// SPDX-License-Identifier: GPL-3.0-or-later
// Takes content codings off a body (RFC 9110 section 8.4.1), bounded, for showing and comparing. Never on the way of a
// request.
// Pure; any thread. Memory: the bound, and what the libraries need for themselves (a window of at most 8 MiB for zstd).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::http {

struct Decoded {
    enum class State : uint8_t {
        Whole,
        Cut,      // `most` bytes were reached, or the input ended early; `bytes` is the beginning
        Corrupt,  // `bytes` is what came before the damage
        Unknown,  // a coding that we do not know: `bytes` is as it came
    };
    std::string bytes;
    State state = State::Whole;
    std::string why;  // a sentence, unless Whole
};

// `encoding` is the value of Content-Encoding, with several codings the last is taken off first; at most 4 of them.
// gzip (also x-gzip; several members), deflate (with or without the zlib header, as browsers take it), br, zstd,
// identity.
// The bytes after coding never exceed `most`, at any step.
Decoded decodeContent(std::string_view body, std::string_view encoding, size_t most);

}  // namespace sluice::http
