// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/detail_codec.h"

#include "storage/bytes.h"

namespace sluice::storage {

namespace {

using journey::Attempt;
using journey::Content;
using journey::Exchange;

constexpr uint8_t layout = 1;
constexpr size_t mostFields = 10'000, mostAttempts = 1'000;

// Each field: the place + 1 of the same field in the list before, or 0, name and value.
void encodeHeaders(Encoder &out, const http::HeaderList &list, const http::HeaderList *before = nullptr)
{
    out.number(list.size());
    size_t expected = 0;
    for (const http::Field field : list) {
        size_t same = http::HeaderList::npos;
        const size_t size = before ? before->size() : 0;
        for (size_t i = 0; i < size && same == http::HeaderList::npos; ++i) {
            const size_t at = expected + i < size ? expected + i : expected + i - size;
            const http::Field other = (*before)[at];
            if (other.name == field.name && other.value == field.value)
                same = at;
        }
        if (same != http::HeaderList::npos) {
            out.number(same + 1);
            expected = same + 1;
        } else {
            out.number(0);
            out.text(field.name);
            out.text(field.value);
        }
    }
}

void decodeHeaders(Decoder &in, http::HeaderList &list, const http::HeaderList *before = nullptr)
{
    const size_t size = in.count(mostFields);
    for (size_t i = 0; i < size && in.good(); ++i) {
        const uint64_t place = in.number();
        if (place == 0) {
            const std::string_view name = in.text();
            list.add(name, in.text());
        } else if (before && place <= before->size()) {
            const http::Field field = (*before)[size_t(place - 1)];
            list.add(field.name, field.value);
        } else {
            in.count(0);
            return;
        }
    }
}

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

void encodeHeads(Encoder &out, const Exchange &x)
{
    out.text(x.received.target);
    out.text(x.received.scheme);
    out.number(uint64_t(x.received.version));
    encodeHeaders(out, x.received.headers);
    out.text(x.sent.method, x.received.method);
    out.text(x.sent.target, x.received.target);
    out.text(x.sent.scheme, x.received.scheme);
    out.text(x.sent.authority, x.received.authority);
    out.number(uint64_t(x.sent.version));
    encodeHeaders(out, x.sent.headers, &x.received.headers);
    out.signedNumber(x.answer.status);
    out.text(x.answer.reason);
    out.number(uint64_t(x.answer.version));
    encodeHeaders(out, x.answer.headers);
    out.text(x.returned.reason, x.answer.reason);
    out.number(uint64_t(x.returned.version));
    encodeHeaders(out, x.returned.headers, &x.answer.headers);
    encodeHeaders(out, x.requestTrailers);
    encodeHeaders(out, x.responseTrailers);
}

void decodeHeads(Decoder &in, Exchange &x)
{
    x.received.target = in.text();
    x.received.scheme = in.text();
    x.received.version = version(in.number());
    decodeHeaders(in, x.received.headers);
    x.sent.method = in.text(x.received.method);
    x.sent.target = in.text(x.received.target);
    x.sent.scheme = in.text(x.received.scheme);
    x.sent.authority = in.text(x.received.authority);
    x.sent.version = version(in.number());
    decodeHeaders(in, x.sent.headers, &x.received.headers);
    x.answer.status = int(in.signedNumber());
    x.answer.reason = in.text();
    x.answer.version = version(in.number());
    decodeHeaders(in, x.answer.headers);
    x.returned.reason = in.text(x.answer.reason);
    x.returned.version = version(in.number());
    decodeHeaders(in, x.returned.headers, &x.answer.headers);
    decodeHeaders(in, x.requestTrailers);
    decodeHeaders(in, x.responseTrailers);
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

}  // namespace

// The decisions come first, so that a list which wants them alone need not read the rest.
void encodeDetail(const Exchange &x, std::string &bytes)
{
    Encoder out(bytes);
    out.number(layout);
    out.text(x.decisions.text());
    out.text(x.peer);
    encodeHeads(out, x);
    encodeContent(out, x.requestBody);
    encodeContent(out, x.responseBody);
    encodeAttempts(out, x);
    for (const Nanos offset :
         {x.times.routed, x.times.connected, x.times.requestSent, x.times.firstByte, x.times.answered, x.times.ended})
        out.offset(offset);
    out.text(x.trace.parent);
    out.text(x.trace.span);
    out.number(x.trace.sampled);
}

bool decodeDetail(std::string_view detail, Exchange &x)
{
    Decoder in(detail);
    if (in.number() != layout)
        return false;
    x.decisions = journey::DecisionLog::restored(std::string(in.text()));
    x.peer = in.text();
    decodeHeads(in, x);
    decodeContent(in, x.requestBody);
    decodeContent(in, x.responseBody);
    decodeAttempts(in, x);
    for (Nanos *offset : {&x.times.routed, &x.times.connected, &x.times.requestSent, &x.times.firstByte,
                          &x.times.answered, &x.times.ended})
        *offset = in.offset();
    x.trace.parent = in.text();
    x.trace.span = in.text();
    x.trace.sampled = in.number();
    return in.good() && in.atEnd();
}

std::string decisionsOf(std::string_view detail)
{
    Decoder in(detail);
    if (in.number() != layout)
        return "[]";
    const std::string_view text = in.text();
    return in.good() && !text.empty() ? std::string(text) + "]" : std::string("[]");
}

}  // namespace sluice::storage
