// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/header_codec.h"

#include <algorithm>

namespace sluice::storage {

namespace {

constexpr size_t mostFields = 1 << 16;  // http.header_count, and what the gateway adds
constexpr size_t mostSought = 256;      // fields of the list before that are compared with one

// How a field is told, where there is an exchange that it may be like. Then `name` is that of the same place in the other's list.
enum FieldForm : uint64_t {
    kSpelled,  // name and value
    kSame,     // name and value
    kRequestId,
    kTraceId,
    kTraceParent,
    kNewValue,    // name, and a value of its own
    kEarlierOnes  // and a place: the same field in the list before
};

bool same(const http::Field &a, const http::Field &b)
{
    return a.name == b.name && a.value == b.value;
}

// The place of this field in `before`, looked for from `expected` on, which may be past its end; npos: it is not there, or far from there.
size_t placeIn(const http::HeaderList *before, const http::Field &field, size_t expected)
{
    const size_t size = before ? before->size() : 0;
    for (size_t i = 0; i < std::min(size, mostSought); ++i) {
        const size_t at = (expected + i) % size;
        if (same((*before)[at], field))
            return at;
    }
    return http::HeaderList::npos;
}

}  // namespace

void encodeHeaders(Encoder &out, const http::HeaderList &list, const http::HeaderList *before)
{
    out.number(list.size());
    size_t expected = 0;
    for (const http::Field field : list) {
        const size_t place = placeIn(before, field, expected);
        if (place != http::HeaderList::npos) {
            out.number(place + 1);
            expected = place + 1;
        } else {
            out.number(0);
            out.text(field.name);
            out.text(field.value);
        }
    }
}

void decodeHeaders(Decoder &in, http::HeaderList &list, const http::HeaderList *before)
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

uint64_t ListsLike::formOf(std::string_view value) const
{
    return value == x_.requestId             ? kRequestId
        : value == x_.trace.trace            ? kTraceId
        : value == std::string_view(parent_) ? kTraceParent
                                             : kNewValue;
}

std::string_view ListsLike::valueOf(uint64_t form) const
{
    return form == kRequestId ? std::string_view(x_.requestId)
        : form == kTraceId    ? std::string_view(x_.trace.trace)
                              : std::string_view(parent_);
}

void ListsLike::encode(Encoder &out, const http::HeaderList &list, const http::HeaderList &other,
                       const http::HeaderList *before) const
{
    out.number(list.size());
    size_t at = 0, expected = 0;
    for (const http::Field field : list) {
        const bool named = at < other.size() && other[at].name == field.name;
        const bool same = named && other[at].value == field.value;
        ++at;
        const size_t place = same ? http::HeaderList::npos : placeIn(before, field, expected);
        if (same) {
            out.number(kSame);
            ++expected;
        } else if (place != http::HeaderList::npos) {
            out.number(kEarlierOnes + place);
            expected = place + 1;
        } else if (named) {
            const uint64_t form = formOf(field.value);
            out.number(form);
            if (form == kNewValue)
                out.text(field.value);
        } else {
            out.number(kSpelled);
            out.text(field.name);
            out.text(field.value);
        }
    }
}

void ListsLike::decode(Decoder &in, http::HeaderList &list, const http::HeaderList &other,
                       const http::HeaderList *before) const
{
    const size_t size = in.count(mostFields);
    for (size_t i = 0; i < size && in.good(); ++i) {
        const uint64_t form = in.number();
        if (form == kSpelled) {
            const std::string_view name = in.text();
            list.add(name, in.text());
        } else if (form >= kEarlierOnes) {
            const size_t place = size_t(form - kEarlierOnes);
            if (!before || place >= before->size())
                return in.fail();
            list.add((*before)[place].name, (*before)[place].value);
        } else if (i >= other.size()) {
            return in.fail();
        } else {
            list.add(other[i].name, form == kSame ? other[i].value : form == kNewValue ? in.text() : valueOf(form));
        }
    }
}

}  // namespace sluice::storage
