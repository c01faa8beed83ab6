// SPDX-License-Identifier: GPL-3.0-or-later
// Small-blob compression: LZ4, only where it pays. What is alike from blob to blob (heads, decisions) is packed against a
// dictionary. Form: the size of what was packed (varint), then one LZ4 block. One thread an object.
#pragma once

#include <memory>
#include <string>
#include <string_view>

union LZ4_stream_u;

namespace sluice::storage {

// Bits of message.packing: what is packed, and which content has a content coding of its own. They stand in files.
enum Packed : uint8_t {
    kDetailPacked = 1,
    kRequestPacked = 2,
    kResponsePacked = 4,
    kRequestCoded = 8,
    kResponseCoded = 16
};

// A dictionary that is ready for use. Value of at most 64 KiB.
class Dictionary {
public:
    explicit Dictionary(std::string bytes);
    ~Dictionary();
    Dictionary(const Dictionary &) = delete;
    Dictionary &operator=(const Dictionary &) = delete;
    const std::string &bytes() const { return bytes_; }

private:
    friend class Packer;
    std::string bytes_;
    std::unique_ptr<LZ4_stream_u> loaded_;
};

class Packer {
public:
    Packer();
    ~Packer();
    Packer(const Packer &) = delete;
    Packer &operator=(const Packer &) = delete;
    // True: `out` holds it, smaller by an eighth at least. False: keep it as it is (below 256 bytes it is not tried).
    bool pack(std::string_view bytes, std::string &out, const Dictionary *dictionary = nullptr);

private:
    std::unique_ptr<LZ4_stream_u> stream_;
};

// False: damaged, or more than 1 GiB. `dictionary` is what it was packed with.
bool unpack(std::string_view bytes, std::string &out, std::string_view dictionary = {});

}  // namespace sluice::storage
