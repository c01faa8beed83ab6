// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/content_decoder.h"

#include "engine/http/characters.h"
#include "engine/http/headers.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

namespace sluice::http {

namespace {

constexpr size_t kStep = 64 * 1024;
constexpr size_t kMostCodings = 4;
constexpr int kZstdWindowLog = 23;  // 8 MiB, what RFC 9659 lets a server use

using State = Decoded::State;

// Grows `bytes` by what is still allowed, at most one step, and tells where to write.
size_t roomFor(std::string &bytes, size_t most)
{
    const size_t size = bytes.size(), room = std::min(kStep, most - size);
    bytes.resize(size + room);
    return room;
}

void full(Decoded &out)
{
    out.state = State::Cut;
    out.why = "The content is larger than is shown";
}

void endedEarly(Decoded &out)
{
    out.state = State::Cut;
    out.why = "The coded content ends early";
}

void corrupt(Decoded &out, const char *coding)
{
    out.state = State::Corrupt;
    out.why = std::string("The content is not ") + coding + ", or damaged";
}

// windowBits as zlib takes them: 15 + 16 gzip, 15 zlib, -15 neither.
Decoded inflateAll(std::string_view body, int windowBits, const char *coding, size_t most)
{
    Decoded out;
    z_stream z{};
    if (inflateInit2(&z, windowBits) != Z_OK) {
        corrupt(out, coding);
        return out;
    }
    const std::unique_ptr<z_stream, int (*)(z_stream *)> owner(&z, inflateEnd);
    for (;;) {
        if (z.avail_in == 0 && !body.empty()) {
            const size_t piece = std::min<size_t>(body.size(), std::numeric_limits<uInt>::max());
            z.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(body.data()));
            z.avail_in = uInt(piece);
            body.remove_prefix(piece);
        }
        // One byte past the bound tells "just fits" from "too much".
        const size_t before = out.bytes.size();
        const size_t room = roomFor(out.bytes, most + 1);
        z.next_out = reinterpret_cast<Bytef *>(out.bytes.data() + before);
        z.avail_out = uInt(room);
        const int result = inflate(&z, Z_NO_FLUSH);
        out.bytes.resize(before + room - z.avail_out);
        if (out.bytes.size() > most) {
            out.bytes.resize(most);
            full(out);
            return out;
        }
        if (result == Z_STREAM_END) {
            if (z.avail_in == 0 && body.empty())
                return out;
            // Another gzip member (RFC 1952 section 2.2); bytes behind zlib data are damage.
            if (windowBits < 16 || inflateReset(&z) != Z_OK) {
                corrupt(out, coding);
                return out;
            }
        } else if (result == Z_BUF_ERROR && z.avail_in == 0 && body.empty()) {
            endedEarly(out);
            return out;
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            corrupt(out, coding);
            return out;
        }
    }
}

Decoded inflateDeflate(std::string_view body, size_t most)
{
    // "deflate" is zlib data (RFC 9110 section 8.4.1.2), but many send it without the zlib header.
    const bool zlib = body.size() >= 2 && (body[0] & 0x0f) == 8
        && ((static_cast<unsigned char>(body[0]) << 8) + static_cast<unsigned char>(body[1])) % 31 == 0;
    if (zlib) {
        Decoded out = inflateAll(body, 15, "deflate", most);
        if (out.state != State::Corrupt || !out.bytes.empty())
            return out;
    }
    return inflateAll(body, -15, "deflate", most);
}

Decoded brotli(std::string_view body, size_t most)
{
    Decoded out;
    const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState *)> decoder(
        BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
    size_t left = body.size();
    auto in = reinterpret_cast<const uint8_t *>(body.data());
    for (;;) {
        const size_t before = out.bytes.size();
        size_t room = roomFor(out.bytes, most + 1);
        auto to = reinterpret_cast<uint8_t *>(out.bytes.data() + before);
        const size_t had = room;
        const BrotliDecoderResult result =
            BrotliDecoderDecompressStream(decoder.get(), &left, &in, &room, &to, nullptr);
        out.bytes.resize(before + had - room);
        if (out.bytes.size() > most) {
            out.bytes.resize(most);
            full(out);
            return out;
        }
        switch (result) {
        case BROTLI_DECODER_RESULT_SUCCESS:
            if (left)
                corrupt(out, "br");
            return out;
        case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: break;
        case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT: endedEarly(out); return out;
        case BROTLI_DECODER_RESULT_ERROR: corrupt(out, "br"); return out;
        }
    }
}

Decoded zstd(std::string_view body, size_t most)
{
    Decoded out;
    const std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream *)> decoder(ZSTD_createDStream(), ZSTD_freeDStream);
    ZSTD_DCtx_setParameter(decoder.get(), ZSTD_d_windowLogMax, kZstdWindowLog);
    ZSTD_inBuffer in{body.data(), body.size(), 0};
    for (;;) {
        const size_t before = out.bytes.size();
        const size_t room = roomFor(out.bytes, most + 1);
        ZSTD_outBuffer to{out.bytes.data() + before, room, 0};
        const size_t consumedBefore = in.pos;
        const size_t result = ZSTD_decompressStream(decoder.get(), &to, &in);
        out.bytes.resize(before + (ZSTD_isError(result) ? 0 : to.pos));
        if (ZSTD_isError(result)) {
            corrupt(out, "zstd");
            return out;
        }
        if (out.bytes.size() > most) {
            out.bytes.resize(most);
            full(out);
            return out;
        }
        if (in.pos == in.size && (result == 0 || to.pos < room)) {
            if (result != 0)
                endedEarly(out);
            return out;
        }
        if (in.pos == consumedBefore && to.pos == 0) {
            endedEarly(out);
            return out;
        }
    }
}

Decoded decodeOne(std::string_view body, std::string_view coding, size_t most)
{
    if (equalsIgnoreCase(coding, "gzip") || equalsIgnoreCase(coding, "x-gzip"))
        return inflateAll(body, 15 + 16, "gzip", most);
    if (equalsIgnoreCase(coding, "deflate"))
        return inflateDeflate(body, most);
    if (equalsIgnoreCase(coding, "br"))
        return brotli(body, most);
    if (equalsIgnoreCase(coding, "zstd"))
        return zstd(body, most);
    Decoded out;
    out.bytes = body.substr(0, most);
    if (!equalsIgnoreCase(coding, "identity")) {
        out.state = State::Unknown;
        out.why = "The content coding is not known";
    } else if (body.size() > most) {
        full(out);
    }
    return out;
}

}  // namespace

Decoded decodeContent(std::string_view body, std::string_view encoding, size_t most)
{
    most = std::min(most, std::numeric_limits<size_t>::max() / 2);
    std::vector<std::string_view> codings;
    while (!encoding.empty() && codings.size() <= kMostCodings) {
        const size_t comma = std::min(encoding.find(','), encoding.size());
        if (const std::string_view one = trimBlanks(encoding.substr(0, comma)); !one.empty())
            codings.push_back(one);
        encoding.remove_prefix(std::min(comma + 1, encoding.size()));
    }
    if (codings.empty())
        return decodeOne(body, "identity", most);
    Decoded out;
    if (codings.size() > kMostCodings) {
        out.bytes = body.substr(0, most);
        out.state = State::Unknown;
        out.why = "There are more content codings than are taken off";
        return out;
    }
    // An empty body stays empty: answers to HEAD carry a coding, too.
    if (body.empty())
        return out;
    out = decodeOne(body, codings.back(), most);
    for (size_t i = codings.size() - 1; i-- > 0 && out.state != State::Unknown && out.state != State::Corrupt;) {
        Decoded inner = decodeOne(out.bytes, codings[i], most);
        // What was cut before stays cut, whatever the coding within says about it.
        if (out.state == State::Cut && inner.state == State::Whole)
            inner.state = State::Cut;
        if (!out.why.empty() && inner.state == State::Cut)
            inner.why = out.why;
        out = std::move(inner);
    }
    return out;
}

}  // namespace sluice::http
