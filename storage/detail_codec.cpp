// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/detail_codec.h"

#include "storage/bytes.h"
#include "storage/header_codec.h"

#include <algorithm>
#include <cstring>

namespace sluice::storage {

namespace {

using journey::Attempt;
using journey::Content;
using journey::Exchange;

constexpr uint8_t aloneLayout = 1, likeLayout = 2;
constexpr size_t mostAttempts = 1'000;

void encodeContent(Encoder &out, const Content &content)
{
    out.number((content.complete ? 1u : 0u) | (content.redacted ? 2u : 0u) | (content.wasCut ? 4u : 0u));
    out.text(content.withheld);
}

void decodeContent(Decoder &in, Content &content)
{
    const uint64_t bits = in.number();
    content.complete = bits & 1;
    content.redacted = bits & 2;
    content.wasCut = bits & 4;
    content.withheld = in.text();
}

http::Version version(uint64_t number)
{
    return number > uint64_t(http::Version::Http2) ? http::Version::Http11 : http::Version(number);
}

void encodeHeads(Encoder &out, const Exchange &x, const Exchange *like)
{
    const auto text = [&](const std::string &value, const std::string *other) {
        other ? out.text(value, *other) : out.text(value);
    };
    const ListsLike lists{x};
    const auto list = [&](const http::HeaderList &one, const http::HeaderList *other,
                          const http::HeaderList *before = nullptr) {
        other ? lists.encode(out, one, *other, before) : encodeHeaders(out, one, before);
    };
    text(x.received.target, like ? &like->received.target : nullptr);
    text(x.received.scheme, like ? &like->received.scheme : nullptr);
    out.number(uint64_t(x.received.version));
    list(x.received.headers, like ? &like->received.headers : nullptr);
    out.text(x.sent.method, x.received.method);
    out.text(x.sent.target, x.received.target);
    out.text(x.sent.scheme, x.received.scheme);
    out.text(x.sent.authority, x.received.authority);
    out.number(uint64_t(x.sent.version));
    list(x.sent.headers, like ? &like->sent.headers : nullptr, &x.received.headers);
    out.signedNumber(x.answer.status);
    text(x.answer.reason, like ? &like->answer.reason : nullptr);
    out.number(uint64_t(x.answer.version));
    list(x.answer.headers, like ? &like->answer.headers : nullptr);
    out.text(x.returned.reason, x.answer.reason);
    out.number(uint64_t(x.returned.version));
    list(x.returned.headers, like ? &like->returned.headers : nullptr, &x.answer.headers);
    list(x.requestTrailers, like ? &like->requestTrailers : nullptr);
    list(x.responseTrailers, like ? &like->responseTrailers : nullptr);
}

void decodeHeads(Decoder &in, Exchange &x, const Exchange *like)
{
    const auto text = [&](const std::string *other) { return other ? in.text(*other) : in.text(); };
    const ListsLike lists{x};
    const auto list = [&](http::HeaderList &one, const http::HeaderList *other,
                          const http::HeaderList *before = nullptr) {
        other ? lists.decode(in, one, *other, before) : decodeHeaders(in, one, before);
    };
    x.received.target = text(like ? &like->received.target : nullptr);
    x.received.scheme = text(like ? &like->received.scheme : nullptr);
    x.received.version = version(in.number());
    list(x.received.headers, like ? &like->received.headers : nullptr);
    x.sent.method = in.text(x.received.method);
    x.sent.target = in.text(x.received.target);
    x.sent.scheme = in.text(x.received.scheme);
    x.sent.authority = in.text(x.received.authority);
    x.sent.version = version(in.number());
    list(x.sent.headers, like ? &like->sent.headers : nullptr, &x.received.headers);
    x.answer.status = int(in.signedNumber());
    x.answer.reason = text(like ? &like->answer.reason : nullptr);
    x.answer.version = version(in.number());
    list(x.answer.headers, like ? &like->answer.headers : nullptr);
    x.returned.reason = in.text(x.answer.reason);
    x.returned.version = version(in.number());
    list(x.returned.headers, like ? &like->returned.headers : nullptr, &x.answer.headers);
    list(x.requestTrailers, like ? &like->requestTrailers : nullptr);
    list(x.responseTrailers, like ? &like->responseTrailers : nullptr);
}

void encodeAttempts(Encoder &out, const Exchange &x)
{
    out.number(x.attempts.size());
    for (const Attempt &attempt : x.attempts) {
        out.text(attempt.endpoint, x.endpoint);
        for (const Nanos offset : {attempt.started, attempt.connected, attempt.firstByte, attempt.ended})
            out.offset(offset);
        out.signedNumber(attempt.status);
        out.number(attempt.reused);
        out.text(attempt.error);
    }
}

void decodeAttempts(Decoder &in, Exchange &x)
{
    const size_t size = in.count(mostAttempts);
    for (size_t i = 0; i < size && in.good(); ++i) {
        Attempt &attempt = x.attempts.emplace_back();
        attempt.endpoint = in.text(x.endpoint);
        for (Nanos *offset : {&attempt.started, &attempt.connected, &attempt.firstByte, &attempt.ended})
            *offset = in.offset();
        attempt.status = int(in.signedNumber());
        attempt.reused = in.number();
        attempt.error = in.text();
    }
}

void encodeTimes(Encoder &out, const Exchange &x)
{
    for (const Nanos offset :
         {x.times.routed, x.times.connected, x.times.requestSent, x.times.firstByte, x.times.answered, x.times.ended})
        out.offset(offset);
}

void decodeTimes(Decoder &in, Exchange &x)
{
    for (Nanos *offset : {&x.times.routed, &x.times.connected, &x.times.requestSent, &x.times.firstByte,
                          &x.times.answered, &x.times.ended})
        *offset = in.offset();
}

void encodeTrace(Encoder &out, const Exchange &x)
{
    out.text(x.trace.parent);
    out.text(x.trace.span);
    out.number(x.trace.sampled);
}

void decodeTrace(Decoder &in, Exchange &x)
{
    x.trace.parent = in.text();
    x.trace.span = in.text();
    x.trace.sampled = in.number();
}

// How many bytes at the front both have.
size_t alikeFrom(std::string_view a, std::string_view b)
{
    const size_t most = std::min(a.size(), b.size());
    size_t at = 0;
    for (uint64_t x = 0, y = 0; at + sizeof x <= most; at += sizeof x) {
        std::memcpy(&x, a.data() + at, sizeof x);
        std::memcpy(&y, b.data() + at, sizeof y);
        if (x != y)
            break;
    }
    while (at < most && a[at] == b[at])
        ++at;
    return at;
}

// What stands between what both begin and end with.
void encodeBetween(Encoder &out, std::string_view text, std::string_view other)
{
    const size_t front = alikeFrom(text, other);
    const size_t most = std::min(text.size(), other.size()) - front;
    size_t back = 0;
    while (back < most && text[text.size() - back - 1] == other[other.size() - back - 1])
        ++back;
    out.number(front);
    out.number(back);
    out.text(text.substr(front, text.size() - front - back));
}

std::string decodeBetween(Decoder &in, std::string_view other)
{
    const size_t front = in.count(other.size()), back = in.count(other.size() - front);
    std::string out(other.substr(0, front));
    out += in.text();
    out += other.substr(other.size() - back);
    return out;
}

bool decodeAlone(Decoder &in, Exchange &x)
{
    x.decisions = journey::DecisionLog::restored(std::string(in.text()));
    x.peer = in.text();
    decodeHeads(in, x, nullptr);
    decodeContent(in, x.requestBody);
    decodeContent(in, x.responseBody);
    decodeAttempts(in, x);
    decodeTimes(in, x);
    decodeTrace(in, x);
    return in.good() && in.atEnd();
}

bool decodeLike(Decoder &in, Exchange &x, const Exchange &like)
{
    x.decisions = journey::DecisionLog::restored(decodeBetween(in, like.decisions.text()));
    x.peer = in.text(like.peer);
    decodeTrace(in, x);
    decodeHeads(in, x, &like);
    decodeContent(in, x.requestBody);
    decodeContent(in, x.responseBody);
    decodeAttempts(in, x);
    decodeTimes(in, x);
    return in.good() && in.atEnd();
}

}  // namespace

// The decisions come first, so that a list which wants them alone need not read the rest.
void encodeDetail(const Exchange &x, std::string &bytes)
{
    Encoder out(bytes);
    out.number(aloneLayout);
    out.text(x.decisions.text());
    out.text(x.peer);
    encodeHeads(out, x, nullptr);
    encodeContent(out, x.requestBody);
    encodeContent(out, x.responseBody);
    encodeAttempts(out, x);
    encodeTimes(out, x);
    encodeTrace(out, x);
}

void encodeDetail(const Exchange &x, const Exchange &like, std::string &bytes)
{
    Encoder out(bytes);
    out.number(likeLayout);
    encodeBetween(out, x.decisions.text(), like.decisions.text());
    out.text(x.peer, like.peer);
    encodeTrace(out, x);
    encodeHeads(out, x, &like);
    encodeContent(out, x.requestBody);
    encodeContent(out, x.responseBody);
    encodeAttempts(out, x);
    encodeTimes(out, x);
}

bool decodeDetail(std::string_view detail, std::string_view like, Exchange &x)
{
    Decoder in(detail);
    const uint64_t layout = in.number();
    if (layout == aloneLayout)
        return decodeAlone(in, x);
    Exchange other;
    Decoder first(like);
    return layout == likeLayout && first.number() == aloneLayout && decodeAlone(first, other)
        && decodeLike(in, x, other);
}

std::string decisionsOf(std::string_view detail, std::string_view like)
{
    Decoder in(detail), first(like);
    const uint64_t layout = in.number();
    std::string text;
    if (layout == aloneLayout)
        text = in.text();
    else if (layout == likeLayout && first.number() == aloneLayout)
        text = decodeBetween(in, first.text());
    return in.good() && first.good() && !text.empty() ? text + "]" : std::string("[]");
}

}  // namespace sluice::storage
