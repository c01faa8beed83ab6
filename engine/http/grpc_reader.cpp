// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/grpc_reader.h"

#include "engine/http/characters.h"
#include "engine/http/content_decoder.h"

#include <algorithm>
#include <array>

namespace sluice::http {

namespace {

constexpr uint8_t kCompressed = 1, kTrailers = 0x80;
constexpr std::array<std::string_view, 17> statusNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

}  // namespace

GrpcReader::Step GrpcReader::read(std::string_view &in, size_t keep)
{
    if (!why_.empty())
        return Step::Lost;
    while (headSize_ < sizeof head_) {
        if (in.empty())
            return Step::More;
        head_[headSize_++] = in.front();
        in.remove_prefix(1);
        if (headSize_ < sizeof head_)
            continue;
        const uint8_t flags = uint8_t(head_[0]);
        if (flags & ~(kCompressed | (web_ ? kTrailers : 0))) {
            why_ = "a message has flags that are not known";
            return Step::Lost;
        }
        message_ = GrpcMessage();
        for (size_t i = 1; i < sizeof head_; ++i)
            message_.size = message_.size << 8 | uint8_t(head_[i]);
        message_.compressed = flags & kCompressed;
        message_.trailers = flags & kTrailers;
        left_ = message_.size;
    }
    const std::string_view some = in.substr(0, size_t(std::min<uint64_t>(left_, in.size())));
    in.remove_prefix(some.size());
    left_ -= some.size();
    if (message_.bytes.size() < keep)
        message_.bytes.append(some.substr(0, keep - message_.bytes.size()));
    if (left_ > 0)
        return Step::More;
    finish(keep);
    return Step::Message;
}

void GrpcReader::finish(size_t keep)
{
    headSize_ = 0;
    message_.cut = message_.bytes.size() < message_.size;
    if (message_.compressed && !message_.bytes.empty()) {
        Decoded decoded = decodeContent(message_.bytes, encoding_.empty() ? "unknown" : encoding_, keep);
        message_.coded = decoded.state == Decoded::State::Unknown || decoded.state == Decoded::State::Corrupt;
        if (!message_.coded) {
            message_.cut = message_.cut || decoded.state == Decoded::State::Cut;
            message_.bytes = std::move(decoded.bytes);
        }
    }
    done_ = std::move(message_);
    message_ = GrpcMessage();
}

bool isGrpc(std::string_view type, bool *web)
{
    constexpr std::string_view name = "application/grpc";
    if (!equalsIgnoreCase(type.substr(0, name.size()), name))
        return false;
    std::string_view rest = type.substr(name.size());
    const bool isWeb = equalsIgnoreCase(rest.substr(0, 4), "-web");
    if (isWeb)
        rest.remove_prefix(4);
    if (web)
        *web = isWeb;
    return rest.empty() || rest[0] == '+' || rest[0] == ';' || isBlank(rest[0]);
}

std::optional<Nanos> grpcTimeout(std::string_view text)
{
    if (text.size() < 2 || text.size() > 9)
        return {};
    int64_t value = 0;
    for (const char c : text.substr(0, text.size() - 1)) {
        if (!isDigit(c))
            return {};
        value = value * 10 + (c - '0');
    }
    // 99,999,999 hours do not fit 64 bits of nanoseconds; a hundred years are as good.
    constexpr int64_t longest = int64_t(100) * 365 * 24 * 3600 * 1'000'000'000;
    int64_t unit = 0;
    switch (text.back()) {
    case 'H': unit = int64_t(3600) * 1'000'000'000; break;
    case 'M': unit = int64_t(60) * 1'000'000'000; break;
    case 'S': unit = 1'000'000'000; break;
    case 'm': unit = 1'000'000; break;
    case 'u': unit = 1'000; break;
    case 'n': unit = 1; break;
    default: return {};
    }
    return Nanos(value > longest / unit ? longest : value * unit);
}

int grpcStatusOf(int status)
{
    switch (status) {
    case 400: return 13;  // INTERNAL
    case 401: return 16;  // UNAUTHENTICATED
    case 403: return 7;   // PERMISSION_DENIED
    case 404:
    case 405: return 12;  // UNIMPLEMENTED
    case 408: return 4;
    case 413: return 8;  // RESOURCE_EXHAUSTED
    case 429: return 8;  // a limit of ours is no outage
    case 499: return 1;  // CANCELLED
    case 502:
    case 503: return 14;  // UNAVAILABLE
    case 504: return 4;   // DEADLINE_EXCEEDED
    case 500: return 13;
    default: return 2;  // UNKNOWN
    }
}

std::string_view grpcStatusName(int status)
{
    return status >= 0 && size_t(status) < statusNames.size() ? statusNames[size_t(status)] : std::string_view();
}

std::string encodeGrpcMessage(std::string_view text)
{
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (c >= 0x20 && c < 0x7f && c != '%') {
            out += c;
        } else {
            out += '%';
            out += digits[uint8_t(c) >> 4];
            out += digits[uint8_t(c) & 15];
        }
    }
    return out;
}

std::string decodeGrpcMessage(std::string_view text)
{
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        const auto isHex = [](char c) { return isDigit(c) || (lowerChar(c) >= 'a' && lowerChar(c) <= 'f'); };
        if (text[i] == '%' && i + 2 < text.size() && isHex(text[i + 1]) && isHex(text[i + 2])) {
            out += char(hexValue(text[i + 1]) << 4 | hexValue(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace sluice::http
