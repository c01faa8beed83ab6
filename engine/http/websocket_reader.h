// SPDX-License-Identifier: GPL-3.0-or-later
// WebSocketReader: the messages in one direction of a WebSocket (RFC 6455 section 5), permessage-deflate taken off (RFC 7692).
// Sans-IO. It looks on: whoever reads with it passes the bytes on as they came, also those that it cannot follow.
// One thread an object. Memory: what of the message under way is kept, 125 bytes of a control frame, and with a compressed
// message zlib's 40 KiB.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::http {

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing past U+10FFFF.
bool isUtf8(std::string_view);

struct WebSocketMessage {
    enum class Kind : uint8_t { Text, Binary, Close, Ping, Pong };
    Kind kind = Kind::Text;
    std::string bytes;  // the first that were to be kept; of a close: its reason
    uint64_t size = 0;  // all of it, decoded; of a close with the two bytes of its code
    uint64_t wire = 0;  // payload as it went by, compressed
    uint32_t frames = 0;
    bool compressed = false;  // it was
    bool coded = false;       // `bytes` and `size` are still compressed: see WebSocketReader::note()
    bool badText = false;     // a text, or a close's reason, that is no UTF-8; proxies need not refuse it
    uint16_t closeCode = 0;   // of a close; 1005: it has none (section 7.4.1)
};

class WebSocketReader {
public:
    // Who speaks: clients mask what they send, servers must not (section 5.1).
    enum class From : uint8_t { Client, Server };
    struct Terms {
        bool deflate = false;  // RSV1 is allowed and says: compressed
        bool takeOver = true;  // the compression goes on from message to message
    };
    WebSocketReader(From, Terms);
    ~WebSocketReader();
    WebSocketReader(WebSocketReader &&) noexcept;

    enum class Step : uint8_t {
        More,     // all of the input is read
        Message,  // message() is one; read on, there may be input left
        Lost      // what came is no WebSocket, why() says so; nothing is read any more
    };
    // Takes what it reads from the front of `in`. Of a message at most `keep` bytes are kept; a smaller number than the last time
    // keeps what is kept already.
    Step read(std::string_view &in, size_t keep);
    // Until the next read(); may be moved from.
    WebSocketMessage &message() { return done_; }
    const std::string &why() const { return why_; }
    // Once, after it gave up decoding while it can still follow the frames: why. Else empty.
    std::string takeNote();
    // Bytes of the message under way that are in memory.
    size_t held() const { return data_.bytes.size(); }
    // A close frame has passed; what follows is no frame any more.
    bool closed() const { return closed_; }

    // A message that inflates to more is not decoded further.
    static constexpr uint64_t mostInflated = uint64_t(16) << 20;

private:
    struct Inflater;
    bool readHead(std::string_view &in);
    bool checkHead();
    void beginPayload(uint64_t length, bool compressed);
    void readPayload(std::string_view &in, size_t keep);
    void takeData(std::string_view plain, size_t keep);
    bool inflate(std::string_view plain, size_t keep);
    void stopInflating(std::string why);
    bool endFrame(size_t keep);
    void endControl();
    Step lose(std::string why);

    const From from_;
    const Terms terms_;
    char head_[14] = {};
    size_t headSize_ = 0, headWanted_ = 2;
    bool inPayload_ = false, closed_ = false, lost_ = false;
    uint64_t left_ = 0, at_ = 0;  // payload of this frame: to come, and place for the mask
    uint8_t opcode_ = 0;
    bool fin_ = false, masked_ = false;
    char mask_[4] = {};
    bool inMessage_ = false;  // a fragmented one is under way
    WebSocketMessage data_, control_, done_;
    std::string plain_;  // unmasked
    std::unique_ptr<Inflater> inflater_;
    bool decoding_ = true;   // false: not any more, as the context is lost
    bool skipping_ = false;  // this message is not decoded further
    std::string why_, note_;
};

}  // namespace sluice::http
