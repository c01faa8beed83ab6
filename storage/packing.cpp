// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/packing.h"

#include <zstd.h>

namespace sluice::storage {

namespace {
constexpr int level = -1;
constexpr size_t least = 256;
constexpr unsigned long long most = 1ull << 30;
}  // namespace

Packer::Packer() : context_(ZSTD_createCCtx())
{
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
}

Packer::~Packer()
{
    ZSTD_freeCCtx(context_);
}

bool Packer::pack(std::string_view bytes, std::string &out)
{
    if (bytes.size() < least || !context_)
        return false;
    // No more room than what it may take to be worth it: zstd gives up early.
    out.resize(bytes.size() - bytes.size() / 8);
    const size_t size = ZSTD_compress2(context_, out.data(), out.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(size))
        return false;
    out.resize(size);
    return true;
}

Unpacker::Unpacker() : context_(ZSTD_createDCtx()) {}
Unpacker::~Unpacker()
{
    ZSTD_freeDCtx(context_);
}

bool Unpacker::unpack(std::string_view bytes, std::string &out)
{
    const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > most || !context_)
        return false;
    out.resize(size_t(size));
    const size_t got = ZSTD_decompressDCtx(context_, out.data(), out.size(), bytes.data(), bytes.size());
    return !ZSTD_isError(got) && got == size;
}

}  // namespace sluice::storage
