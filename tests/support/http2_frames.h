// SPDX-License-Identifier: GPL-3.0-or-later
// Frames of HTTP/2 as bytes (RFC 9113 sections 4 and 6), so that a test says and sees exactly what goes over the wire, also
// what no library would send. Field sections are literals without Huffman coding and without a table (RFC 7541 section 6.2.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support::h2 {

enum Type : uint8_t {
    Data = 0,
    Headers = 1,
    Priority = 2,
    RstStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9
};
enum Flag : uint8_t { EndStream = 1, Ack = 1, EndHeaders = 4, Padded = 8 };

inline constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

inline std::string number(uint64_t value, int bytes)
{
    std::string out;
    for (int i = bytes - 1; i >= 0; --i)
        out += char(uint8_t(value >> (8 * i)));
    return out;
}

inline std::string frame(uint8_t type, uint8_t flags, uint32_t stream, const std::string &payload = {})
{
    return number(payload.size(), 3) + char(type) + char(flags) + number(stream, 4) + payload;
}

// A string literal of HPACK: its length in the form for 7 bits, then its bytes.
inline std::string literal(const std::string &text)
{
    std::string out;
    if (text.size() < 127)
        return char(uint8_t(text.size())) + text;
    out += char(127);
    size_t rest = text.size() - 127;
    for (; rest >= 128; rest /= 128)
        out += char(uint8_t(128 + rest % 128));
    return out + char(uint8_t(rest)) + text;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string section(const Fields &fields)
{
    std::string out;
    for (const auto &[name, value] : fields)
        out += '\0' + literal(name) + literal(value);
    return out;
}

inline std::string headers(uint32_t stream, const Fields &fields, bool last = true)
{
    return frame(Headers, uint8_t(EndHeaders | (last ? EndStream : 0)), stream, section(fields));
}
inline std::string data(uint32_t stream, const std::string &bytes, bool last = true)
{
    return frame(Data, last ? EndStream : 0, stream, bytes);
}
inline std::string settings(const std::vector<std::pair<uint16_t, uint32_t>> &entries = {})
{
    std::string payload;
    for (const auto &[id, value] : entries)
        payload += number(id, 2) + number(value, 4);
    return frame(Settings, 0, 0, payload);
}
inline std::string settingsAck()
{
    return frame(Settings, Ack, 0);
}
inline std::string ping(const std::string &eight = "12345678")
{
    return frame(Ping, 0, 0, eight);
}
inline std::string reset(uint32_t stream, uint32_t code = 8)
{
    return frame(RstStream, 0, stream, number(code, 4));
}
inline std::string windowUpdate(uint32_t stream, uint32_t bytes)
{
    return frame(WindowUpdate, 0, stream, number(bytes, 4));
}
inline std::string goAway(uint32_t last, uint32_t code = 0)
{
    return frame(GoAway, 0, 0, number(last, 4) + number(code, 4));
}

inline Fields get(const std::string &path = "/", const Fields &more = {})
{
    Fields out = {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", path}};
    out.insert(out.end(), more.begin(), more.end());
    return out;
}
inline Fields post(const std::string &path = "/", const Fields &more = {})
{
    Fields out = get(path, more);
    out[0].second = "POST";
    return out;
}

struct Frame {
    uint8_t type = 0, flags = 0;
    uint32_t stream = 0;
    std::string payload;
    bool ends() const { return (type == Data || type == Headers) && (flags & EndStream); }
    // Of RST_STREAM and GOAWAY.
    uint32_t code() const
    {
        const size_t at = type == GoAway ? 4 : 0;
        return payload.size() < at + 4 ? 0xffffffff
                                       : uint32_t(uint8_t(payload[at])) << 24 | uint32_t(uint8_t(payload[at + 1])) << 16
                | uint32_t(uint8_t(payload[at + 2])) << 8 | uint32_t(uint8_t(payload[at + 3]));
    }
};

// Takes one whole frame off the front; false: there is none.
inline bool take(std::string &bytes, Frame &out)
{
    const auto byte = [&](size_t i) { return uint32_t(uint8_t(bytes[i])); };
    if (bytes.size() < 9)
        return false;
    const size_t length = byte(0) << 16 | byte(1) << 8 | byte(2);
    if (bytes.size() < 9 + length)
        return false;
    out.type = uint8_t(bytes[3]);
    out.flags = uint8_t(bytes[4]);
    out.stream = (byte(5) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8)) & 0x7fffffff;
    out.payload = bytes.substr(9, length);
    bytes.erase(0, 9 + length);
    return true;
}

}  // namespace support::h2
