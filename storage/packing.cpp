// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/packing.h"

#include <lz4.h>

#include <cstdint>
#include <cstring>

namespace sluice::storage {

namespace {

constexpr size_t least = 256, most = size_t(1) << 30;
constexpr size_t longestVarint = 5;  // of `most`

size_t putVarint(uint32_t value, char *out)
{
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        out[n++] = char(value | 0x80);
    out[n++] = char(value);
    return n;
}

// 0: that is none.
size_t takeVarint(std::string_view in, uint64_t &value)
{
    value = 0;
    for (size_t n = 0; n < std::min(in.size(), longestVarint); ++n) {
        value |= uint64_t(uint8_t(in[n]) & 0x7f) << (7 * n);
        if (!(in[n] & char(0x80)))
            return n + 1;
    }
    return 0;
}

}  // namespace

Packer::Packer() : stream_(std::make_unique_for_overwrite<LZ4_stream_u>())
{
    LZ4_initStream(stream_.get(), sizeof *stream_);
}

Packer::~Packer() = default;

bool Packer::pack(std::string_view bytes, std::string &out)
{
    if (bytes.size() < least || bytes.size() > most)
        return false;
    LZ4_resetStream_fast(stream_.get());
    // No more room than what it may take to be worth it: LZ4 gives up there.
    out.resize(bytes.size() - bytes.size() / 8);
    const size_t head = putVarint(uint32_t(bytes.size()), out.data());
    const int size = LZ4_compress_fast_continue(stream_.get(), bytes.data(), out.data() + head, int(bytes.size()),
                                                int(out.size() - head), 1);
    if (size <= 0) {
        LZ4_initStream(stream_.get(), sizeof *stream_);  // after a failure it is in no state to go on
        return false;
    }
    out.resize(head + size_t(size));
    return true;
}

bool unpack(std::string_view bytes, std::string &out, std::string_view dictionary)
{
    uint64_t size = 0;
    const size_t head = takeVarint(bytes, size);
    if (head == 0 || size > most || bytes.size() > most)
        return false;
    out.resize(size_t(size));
    const int got = LZ4_decompress_safe_usingDict(bytes.data() + head, out.data(), int(bytes.size() - head), int(size),
                                                  dictionary.data(), int(dictionary.size()));
    return got >= 0 && size_t(got) == size;
}

}  // namespace sluice::storage
