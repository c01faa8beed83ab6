// SPDX-License-Identifier: GPL-3.0-or-later
// Lists of header fields within a detail (detail_codec.h). The forms stand in files: add, never change. Pure; any thread.
#pragma once

#include "engine/base/ids.h"
#include "engine/journey/exchange.h"
#include "storage/bytes.h"

namespace sluice::storage {

// By themselves: each field is the place + 1 of the same field in the list before, or 0, name and value.
void encodeHeaders(Encoder &, const http::HeaderList &, const http::HeaderList *before = nullptr);
void decodeHeaders(Decoder &, http::HeaderList &, const http::HeaderList *before = nullptr);

// Told by another exchange's list. Wants the exchange's request id and trace to be there, and to stay.
class ListsLike {
public:
    explicit ListsLike(const journey::Exchange &x) : x_(x), parent_(traceparent(x.trace)) {}
    void encode(Encoder &, const http::HeaderList &, const http::HeaderList &other,
                const http::HeaderList *before) const;
    void decode(Decoder &, http::HeaderList &, const http::HeaderList &other, const http::HeaderList *before) const;

private:
    uint64_t formOf(std::string_view value) const;
    std::string_view valueOf(uint64_t form) const;
    const journey::Exchange &x_;
    TraceParent parent_;
};

}  // namespace sluice::storage
