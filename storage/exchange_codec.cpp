// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exchange_codec.h"

#include "storage/bytes.h"
#include "storage/detail_codec.h"

#include <array>

namespace sluice::storage {

namespace {

using journey::Exchange;

constexpr std::string_view begin = "sluice-exchange-1\n";

// What a row has as texts; decodeDetail() wants these to be there.
template<class X>
auto texts(X &x)
{
    return std::array{&x.client,      &x.user,    &x.received.method, &x.received.authority,
                      &x.path,        &x.query,   &x.route,           &x.service,
                      &x.endpoint,    &x.version, &x.cache,           &x.requestId,
                      &x.trace.trace, &x.failure};
}

void encodeBody(Encoder &out, const journey::Content &body)
{
    out.number(body.size);
    out.text(body.bytes);
}

void decodeBody(Decoder &in, journey::Content &body)
{
    body.size = in.number();
    body.bytes = in.text();
}

}  // namespace

std::string encodeExchange(const Exchange &x)
{
    std::string bytes(begin), detail;
    Encoder out(bytes);
    out.signedNumber(x.time.time_since_epoch().count());
    for (const std::string *text : texts(x))
        out.text(*text);
    out.signedNumber(x.returned.status);
    out.number(x.failedBy ? uint64_t(*x.failedBy) + 1 : 0);
    out.signedNumber(x.replayOf);
    out.number(x.tunnel);
    encodeDetail(x, detail);
    out.text(detail);
    encodeBody(out, x.requestBody);
    encodeBody(out, x.responseBody);
    return bytes;
}

std::unique_ptr<Exchange> decodeExchange(std::string_view bytes)
{
    if (!bytes.starts_with(begin))
        return nullptr;
    auto x = std::make_unique<Exchange>();
    Decoder in(bytes.substr(begin.size()));
    x->time = WallTime(std::chrono::microseconds(in.signedNumber()));
    for (std::string *text : texts(*x))
        *text = in.text();
    x->returned.status = int(in.signedNumber());
    if (const uint64_t fault = in.number(); fault >= 1 && fault <= 3)
        x->failedBy = Fault(fault - 1);
    x->replayOf = in.signedNumber();
    x->tunnel = in.number();
    const bool whole = decodeDetail(in.text(), {}, *x);
    decodeBody(in, x->requestBody);
    decodeBody(in, x->responseBody);
    return whole && in.good() && in.atEnd() ? std::move(x) : nullptr;
}

}  // namespace sluice::storage
