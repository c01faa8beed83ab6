// SPDX-License-Identifier: GPL-3.0-or-later
// What the tables `stream` and `stream_message` hold, as their writer and their readers share it. Pure.
#pragma once

#include <cstdint>

namespace sluice::storage {

// Bits of stream_message.flags. They stand in files: add, never change.
enum MessageFlag : uint8_t {
    kMessageCut = 1,
    kMessageCoded = 2,       // its bytes are compressed still
    kMessageCompressed = 4,  // it went by compressed
    kMessageBadText = 8,
    kMessageRedacted = 16,
    kMessagePacked = 32  // storage/packing.h
};

constexpr int messageBits = 32;
constexpr int64_t firstMessage(int64_t stream)
{
    return stream << messageBits;
}
constexpr int64_t lastMessage(int64_t stream)
{
    return (stream << messageBits) | int64_t(0xffffffff);
}

}  // namespace sluice::storage
