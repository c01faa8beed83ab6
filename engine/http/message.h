// SPDX-License-Identifier: GPL-3.0-or-later
// The heads of messages, as both HTTP/1 and HTTP/2 give and take them (RFC 9110 section 6). Values.
#pragma once

#include "engine/http/headers.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace sluice::http {

enum class Version : uint8_t { Http10, Http11, Http2 };
std::string_view name(Version);  // "HTTP/1.0" "HTTP/1.1" "HTTP/2"

// How the content of a message is delimited, once its head is read (RFC 9112 section 6.3).
struct Framing {
    enum class Kind : uint8_t { None, Length, Chunked, UntilClose };
    Kind kind = Kind::None;
    uint64_t length = 0;  // with Length; never 0 (that is None)
};

struct RequestHead {
    std::string method;     // case matters
    std::string target;     // as sent, with HTTP/2: :path
    std::string scheme;     // "http" "https"; how it came in, or of an absolute-form target
    std::string authority;  // Host, :authority or of an absolute-form target: host[:port]; lower case
    Version version = Version::Http11;
    HeaderList headers;  // with HTTP/2 without pseudo-headers; Host stays in the list with HTTP/1
    bool operator==(const RequestHead &) const = default;
};

// Exchange all that they hold, memory included; cheaper than moving three times.
inline void swap(RequestHead &a, RequestHead &b) noexcept
{
    a.method.swap(b.method);
    a.target.swap(b.target);
    a.scheme.swap(b.scheme);
    a.authority.swap(b.authority);
    std::swap(a.version, b.version);
    a.headers.swap(b.headers);
}

struct ResponseHead {
    int status = 0;      // 100 to 999
    std::string reason;  // may be empty
    Version version = Version::Http11;
    HeaderList headers;
    bool operator==(const ResponseHead &) const = default;
};

inline void swap(ResponseHead &a, ResponseHead &b) noexcept
{
    std::swap(a.status, b.status);
    a.reason.swap(b.reason);
    std::swap(a.version, b.version);
    a.headers.swap(b.headers);
}

// Methods whose repeat is safe (RFC 9110 section 9.2.2).
bool isIdempotent(std::string_view method);
bool isToken(std::string_view text);        // RFC 9110 section 5.6.2
std::string_view reasonPhrase(int status);  // "Not Found"; empty for one that we do not know
// A response to this method with this status has no content (RFC 9110 section 6.4.1): HEAD, 1xx, 204, 304.
bool hasNoContent(std::string_view method, int status);

}  // namespace sluice::http
