// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/websocket_reader.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

namespace sluice::http {

namespace {

constexpr size_t step = 16 * 1024;
constexpr size_t mostControl = 125;
enum Opcode : uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

bool isControl(uint8_t opcode)
{
    return opcode & 8;
}

}  // namespace

bool isUtf8(std::string_view text)
{
    for (size_t i = 0; i < text.size();) {
        const auto byte = [&](size_t at) { return at < text.size() ? uint8_t(text[at]) : uint8_t(0); };
        const uint8_t first = byte(i);
        if (first < 0x80) {
            ++i;
            continue;
        }
        const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        if (first < 0xc2 || first > 0xf4)
            return false;
        const uint8_t second = byte(i + 1);
        const uint8_t lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        const uint8_t highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        if (second < lowest || second > highest)
            return false;
        for (size_t k = 2; k < length; ++k) {
            if ((byte(i + k) & 0xc0) != 0x80)
                return false;
        }
        i += length;
    }
    return true;
}

struct WebSocketReader::Inflater {
    z_stream z{};
    bool good = false;
    // The largest window reads what was written with any smaller one.
    Inflater() { good = inflateInit2(&z, -15) == Z_OK; }
    ~Inflater()
    {
        if (good)
            inflateEnd(&z);
    }
    Inflater(const Inflater &) = delete;
    Inflater &operator=(const Inflater &) = delete;
};

WebSocketReader::WebSocketReader(From from, Terms terms) : from_(from), terms_(terms) {}
WebSocketReader::~WebSocketReader() = default;
WebSocketReader::WebSocketReader(WebSocketReader &&) noexcept = default;

std::string WebSocketReader::takeNote()
{
    return std::exchange(note_, {});
}

WebSocketReader::Step WebSocketReader::lose(std::string why)
{
    lost_ = true;
    why_ = std::move(why);
    data_.bytes = {};
    inflater_.reset();
    return Step::Lost;
}

WebSocketReader::Step WebSocketReader::read(std::string_view &in, size_t keep)
{
    if (lost_)
        return Step::Lost;
    for (;;) {
        if (closed_) {
            if (in.empty())
                return Step::More;
            return lose("more came after the close frame");  // section 5.5.1
        }
        if (!inPayload_) {
            if (!readHead(in))
                return Step::More;
            if (!checkHead())
                return Step::Lost;
        }
        readPayload(in, keep);
        if (left_ > 0)
            return Step::More;
        inPayload_ = false;
        headSize_ = 0;
        headWanted_ = 2;
        if (endFrame(keep))
            return Step::Message;
        if (lost_)
            return Step::Lost;
    }
}

// Section 5.2. False: more must come.
bool WebSocketReader::readHead(std::string_view &in)
{
    for (;;) {
        const size_t some = std::min(headWanted_ - headSize_, in.size());
        if (some > 0)
            std::memcpy(head_ + headSize_, in.data(), some);
        headSize_ += some;
        in.remove_prefix(some);
        if (headSize_ < headWanted_)
            return false;
        if (headSize_ > 2)
            return true;
        const uint8_t second = uint8_t(head_[1]);
        const uint8_t length = second & 0x7f;
        headWanted_ = 2 + (length == 126 ? 2u : length == 127 ? 8u : 0u) + (second & 0x80 ? 4u : 0u);
        if (headWanted_ == 2)
            return true;
    }
}

bool WebSocketReader::checkHead()
{
    const uint8_t first = uint8_t(head_[0]), second = uint8_t(head_[1]);
    fin_ = first & 0x80;
    opcode_ = first & 0x0f;
    masked_ = second & 0x80;
    const size_t lengthBytes = headWanted_ - 2 - (masked_ ? 4 : 0);
    uint64_t length = second & 0x7f;
    if (lengthBytes > 0) {
        length = 0;
        for (size_t i = 0; i < lengthBytes; ++i)
            length = length << 8 | uint8_t(head_[2 + i]);
    }
    if (masked_)
        std::memcpy(mask_, head_ + headWanted_ - 4, 4);
    const auto bad = [&](const char *why) {
        lose(why);
        return false;
    };
    const bool control = isControl(opcode_), first1 = first & 0x40;
    if (first & 0x30)
        return bad("a frame has a reserved bit set that no agreed extension uses");
    if (first1 && (!terms_.deflate || control || opcode_ == kContinuation))
        return bad("a frame says that it is compressed where that is not allowed");
    if (opcode_ > kBinary && (opcode_ < kClose || opcode_ > kPong))
        return bad("a frame has an opcode that is reserved");
    if (masked_ != (from_ == From::Client))
        return bad(masked_ ? "a frame of the server is masked" : "a frame of the client is not masked");
    if (control && !fin_)
        return bad("a control frame is fragmented");
    if (control && length > mostControl)
        return bad("a control frame is longer than 125 bytes");
    if ((lengthBytes == 2 && length < 126) || (lengthBytes == 8 && length <= 0xffff))
        return bad("a frame's length is not written in the shortest form");
    if (length >> 63)
        return bad("a frame's length has its highest bit set");
    if (opcode_ == kContinuation && !inMessage_)
        return bad("a frame continues a message that was not begun");
    if (!control && opcode_ != kContinuation && inMessage_)
        return bad("a message begins before the last one has ended");
    if (opcode_ == kClose && length == 1)
        return bad("a close frame has one byte");
    beginPayload(length, first1);
    return true;
}

void WebSocketReader::beginPayload(uint64_t length, bool compressed)
{
    const bool control = isControl(opcode_);
    if (control) {
        control_ = WebSocketMessage();
        control_.kind = opcode_ == kClose ? WebSocketMessage::Kind::Close
            : opcode_ == kPing            ? WebSocketMessage::Kind::Ping
                                          : WebSocketMessage::Kind::Pong;
    } else if (opcode_ != kContinuation) {
        data_ = WebSocketMessage();
        data_.kind = opcode_ == kText ? WebSocketMessage::Kind::Text : WebSocketMessage::Kind::Binary;
        data_.compressed = compressed;
        data_.coded = compressed && !decoding_;
        skipping_ = false;
        inMessage_ = true;
        if (compressed && inflater_ && !terms_.takeOver)
            inflateReset(&inflater_->z);
    }
    left_ = length;
    at_ = 0;
    inPayload_ = true;
    if (!control) {
        ++data_.frames;
        data_.wire += length;
    } else {
        control_.frames = 1;
        control_.wire = control_.size = length;
    }
}

void WebSocketReader::readPayload(std::string_view &in, size_t keep)
{
    while (left_ > 0 && !in.empty()) {
        std::string_view some = in.substr(0, size_t(std::min<uint64_t>({left_, in.size(), step})));
        in.remove_prefix(some.size());
        left_ -= some.size();
        const bool control = isControl(opcode_);
        const bool wanted = control || (data_.compressed && !data_.coded && !skipping_) || data_.bytes.size() < keep;
        if (masked_ && wanted) {
            plain_.assign(some);
            for (size_t i = 0; i < plain_.size(); ++i)
                plain_[i] = char(plain_[i] ^ mask_[(at_ + i) & 3]);
            some = plain_;
        }
        at_ += some.size();
        if (control)
            control_.bytes.append(some);
        else
            takeData(some, keep);
    }
}

void WebSocketReader::takeData(std::string_view plain, size_t keep)
{
    if (data_.compressed && !data_.coded) {
        if (!skipping_)
            inflate(plain, keep);
        return;
    }
    data_.size += plain.size();
    if (data_.bytes.size() < keep)
        data_.bytes.append(plain.substr(0, keep - data_.bytes.size()));
}

// False: decoding has ended, for this message or for all that come.
bool WebSocketReader::inflate(std::string_view plain, size_t keep)
{
    if (!inflater_)
        inflater_ = std::make_unique<Inflater>();
    z_stream &z = inflater_->z;
    char out[step];
    z.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(plain.data()));
    z.avail_in = uInt(plain.size());
    for (;;) {
        z.next_out = reinterpret_cast<Bytef *>(out);
        z.avail_out = sizeof out;
        const int result = inflater_->good ? ::inflate(&z, Z_SYNC_FLUSH) : Z_MEM_ERROR;
        const size_t got = sizeof out - z.avail_out;
        data_.size += got;
        if (data_.bytes.size() < keep)
            data_.bytes.append(out, std::min(got, keep - data_.bytes.size()));
        // A block with BFINAL ends the deflate stream, not the message (RFC 7692 section 7.2.3.4).
        if (result == Z_STREAM_END && inflateReset(&z) == Z_OK) {
            if (z.avail_in == 0)
                return true;
            continue;
        }
        if (result != Z_OK && result != Z_BUF_ERROR) {
            stopInflating("a message is not compressed as the handshake agreed");
            return false;
        }
        if (data_.size > mostInflated) {
            stopInflating("a message inflates to more than 16 MiB");
            return false;
        }
        if (z.avail_out > 0)
            return true;
    }
}

// What was decoded of this message stays. Where the context goes from message to message, it is lost for those that come.
void WebSocketReader::stopInflating(std::string why)
{
    skipping_ = true;
    if (terms_.takeOver) {
        decoding_ = false;
        inflater_.reset();
        why += "; those after it are kept compressed";
    } else {
        inflateReset(&inflater_->z);
    }
    note_ = std::move(why);
}

// True: a message is done.
bool WebSocketReader::endFrame(size_t keep)
{
    if (isControl(opcode_)) {
        endControl();
        return true;
    }
    if (!fin_)
        return false;
    inMessage_ = false;
    // RFC 7692 section 7.2.2: the sender has taken these off.
    if (data_.compressed && !data_.coded && !skipping_)
        inflate(std::string_view("\x00\x00\xff\xff", 4), keep);
    if (data_.kind == WebSocketMessage::Kind::Text && !data_.coded && data_.bytes.size() == data_.size)
        data_.badText = !isUtf8(data_.bytes);
    done_ = std::move(data_);
    data_ = WebSocketMessage();
    return true;
}

void WebSocketReader::endControl()
{
    if (opcode_ == kClose) {
        closed_ = true;
        control_.closeCode = 1005;
        if (control_.bytes.size() >= 2) {
            control_.closeCode = uint16_t(uint8_t(control_.bytes[0]) << 8 | uint8_t(control_.bytes[1]));
            control_.bytes.erase(0, 2);
            control_.badText = !isUtf8(control_.bytes);
        }
    }
    done_ = std::move(control_);
    control_ = WebSocketMessage();
}

}  // namespace sluice::http
