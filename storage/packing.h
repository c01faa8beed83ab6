// SPDX-License-Identifier: GPL-3.0-or-later
// Small-blob compression: LZ4, only where it pays. Form: the size of what was packed (varint), then one LZ4 block. One thread an object.
#pragma once

#include <memory>
#include <string>
#include <string_view>

union LZ4_stream_u;

namespace sluice::storage {

class Packer {
public:
    Packer();
    ~Packer();
    Packer(const Packer &) = delete;
    Packer &operator=(const Packer &) = delete;
    // True: `out` holds it, smaller by an eighth at least. False: keep it as it is (below 256 bytes it is not tried).
    bool pack(std::string_view bytes, std::string &out);

private:
    std::unique_ptr<LZ4_stream_u> stream_;
};

// False: damaged, or more than 1 GiB. `dictionary`: what it was packed with, in recordings up to version 5.
bool unpack(std::string_view bytes, std::string &out, std::string_view dictionary = {});

}  // namespace sluice::storage
