// SPDX-License-Identifier: GPL-3.0-or-later
// Writes HTTP/1.1 messages (RFC 9112) behind the end of a block that the caller keeps and reuses. Pure functions; any
// thread.
// Never writes CR, LF or NUL out of a name or value: what cannot be written answers false and leaves `out` as it was.
#pragma once

#include "engine/base/text_block.h"
#include "engine/http/message.h"

#include <optional>
#include <string>
#include <string_view>

namespace sluice::http {

// What the writer says itself in place of what the list says. The default writes the list as it is.
struct Wire {
    // Content-Length and Transfer-Encoding of the list are left out and these written. For a HEAD or 304 answer leave
    // it empty, so that the Content-Length of the list stays. None writes "Content-Length: 0" where a reader would
    // otherwise guess: for POST, PUT and PATCH, and for answers but 1xx and 204. Chunked to an HTTP/1.0 peer is the
    // caller's mistake; use UntilClose.
    std::optional<Framing> framing;
    // Connection and Keep-Alive of the list are left out and this is written, unless empty: "close", "keep-alive",
    // "upgrade".
    std::optional<std::string_view> connection;
};

// Always says HTTP/1.1. False: a method or name that is no token, a target with spaces, controls or nothing in it, or
// a value with a control character but tab.
bool appendHead(TextBlock &out, const RequestHead &, const Wire & = {});
bool appendHead(TextBlock &out, const ResponseHead &, const Wire & = {});

// Makes the list what appendHead() with the same `Wire` writes: for records of what went out.
void noteAsWritten(RequestHead &, const Wire &);
void noteAsWritten(ResponseHead &, const Wire &);

// What stands before and behind `size` bytes of content; size must not be 0, that would end the content.
void appendChunkPrefix(TextBlock &out, uint64_t size);
inline constexpr std::string_view kChunkSuffix = "\r\n";
// The last chunk with its trailers. A trailer that cannot be written, or that frames a message, is left out.
void appendLastChunk(TextBlock &out, const HeaderList *trailers = nullptr);

// The same three behind a string.
template<class Head>
bool appendHead(std::string &out, const Head &head, const Wire &wire = {})
{
    TextBlock text;
    const bool written = appendHead(text, head, wire);
    out += text.view();
    return written;
}
inline void appendChunkPrefix(std::string &out, uint64_t size)
{
    TextBlock text;
    appendChunkPrefix(text, size);
    out += text.view();
}
inline void appendLastChunk(std::string &out, const HeaderList *trailers = nullptr)
{
    TextBlock text;
    appendLastChunk(text, trailers);
    out += text.view();
}

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace sluice::http
