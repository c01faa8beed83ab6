// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/http2_frames.h"
#include "tests/support/raw_socket.h"

#include <map>

namespace support {

// One connection that speaks frames.
class FrameClient {
public:
    explicit FrameClient(uint16_t port, const std::vector<std::pair<uint16_t, uint32_t>> &settings = {})
        : socket_(RawSocket::connectTo(port))
    {
        socket_.send(std::string(h2::preface) + h2::settings(settings) + h2::settingsAck());
    }
    bool send(const std::string &frames) { return socket_.send(frames); }
    // The next frame of this kind (on this stream); others are passed over and kept in `passed`. Nothing: the end came first.
    h2::Frame next(uint8_t type, uint32_t stream = 0)
    {
        for (;;) {
            std::string bytes = socket_.readExactly(9);
            h2::Frame frame;
            if (bytes.size() < 9)
                return {};
            const size_t length = size_t(uint8_t(bytes[0])) << 16 | size_t(uint8_t(bytes[1])) << 8 | uint8_t(bytes[2]);
            bytes += socket_.readExactly(length);
            if (!h2::take(bytes, frame))
                return {};
            if (frame.type == type && frame.stream == stream)
                return frame;
            passed += std::to_string(frame.type) + ' ';
        }
    }
    // Of a HEADERS frame of the gateway's: its first byte names the status where it is one of the static table.
    int status(uint32_t stream)
    {
        const h2::Frame frame = next(h2::Headers, stream);
        const std::map<uint8_t, int> known{{0x88, 200}, {0x89, 204}, {0x8b, 304},
                                           {0x8c, 400}, {0x8d, 404}, {0x8e, 500}};
        const auto at = frame.payload.empty() ? known.end() : known.find(uint8_t(frame.payload[0]));
        return at == known.end() ? 0 : at->second;
    }
    RawSocket &socket() { return socket_; }
    std::string passed;

private:
    RawSocket socket_;
};

}  // namespace support
