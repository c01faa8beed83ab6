// SPDX-License-Identifier: GPL-3.0-or-later
// Small-blob compression: zstd at its fastest, only where it pays. One thread an object.
#pragma once

#include <optional>
#include <string>
#include <string_view>

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace sluice::storage {

// Bits of message.packing: what is zstd of ours, and which content has a content coding of its own. They stand in files.
enum Packed : uint8_t {
    kDetailPacked = 1,
    kRequestPacked = 2,
    kResponsePacked = 4,
    kRequestCoded = 8,
    kResponseCoded = 16
};

class Packer {
public:
    Packer();
    ~Packer();
    Packer(const Packer &) = delete;
    Packer &operator=(const Packer &) = delete;
    // True: `out` holds it, smaller by an eighth at least. False: keep it as it is (below 256 bytes it is not tried).
    bool pack(std::string_view bytes, std::string &out);

private:
    ZSTD_CCtx_s *context_;
};

class Unpacker {
public:
    Unpacker();
    ~Unpacker();
    Unpacker(const Unpacker &) = delete;
    Unpacker &operator=(const Unpacker &) = delete;
    // False: damaged, or more than 1 GiB.
    bool unpack(std::string_view bytes, std::string &out);

private:
    ZSTD_DCtx_s *context_;
};

}  // namespace sluice::storage
