// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/segment_columns.h"

#include "engine/base/ids.h"
#include "engine/http/headers.h"
#include "storage/bytes.h"
#include "storage/row_keys.h"

#include <algorithm>
#include <cstring>

namespace sluice::storage {

namespace {

constexpr uint8_t layout = 1;
constexpr size_t idBytes = 16;
constexpr size_t lookBack = 8;  // texts that are compared before one counts as new

// Little-endian, as every machine that this runs on has it.
static_assert(std::endian::native == std::endian::little);

template<class T>
void put(std::string &out, T value)
{
    out.append(reinterpret_cast<const char *>(&value), sizeof value);
}

template<class T>
void putAll(std::string &out, const int64_t *values, size_t size, int64_t base)
{
    const size_t at = out.size();
    out.resize(at + size * sizeof(T));
    for (size_t i = 0; i < size; ++i) {
        const T value = T(uint64_t(values[i]) - uint64_t(base));
        std::memcpy(out.data() + at + i * sizeof(T), &value, sizeof value);
    }
}

template<class T>
uint64_t get(const char *from)
{
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

void encodeNumbers(std::string &out, const int64_t *values, size_t size)
{
    const auto [low, high] = std::minmax_element(values, values + size);
    const int64_t base = *low;
    const uint64_t widest = uint64_t(*high) - uint64_t(base);
    const uint8_t width = widest == 0 ? 0 : widest <= 0xff ? 1 : widest <= 0xffff ? 2 : widest <= 0xffffffff ? 4 : 8;
    put(out, width);
    put(out, base);
    switch (width) {
    case 0: break;
    case 1: putAll<uint8_t>(out, values, size, base); break;
    case 2: putAll<uint16_t>(out, values, size, base); break;
    case 4: putAll<uint32_t>(out, values, size, base); break;
    default: putAll<uint64_t>(out, values, size, base); break;
    }
}

}  // namespace

void SegmentColumns::Texts::add(std::string_view text, size_t row)
{
    for (size_t i = used; i > 0 && i + lookBack > used; --i) {
        if (distinct[i - 1] == text) {
            which[row] = uint8_t(i - 1);
            return;
        }
    }
    if (used == distinct.size())
        distinct.emplace_back();
    distinct[used] = text;
    which[row] = uint8_t(used++);
}

void SegmentColumns::Texts::encode(std::string &bytes, size_t rows) const
{
    Encoder out(bytes);
    out.number(used);
    for (size_t i = 0; i < used; ++i)
        out.text(distinct[i]);
    if (used > 1)
        bytes.append(reinterpret_cast<const char *>(which.data()), rows);
}

void SegmentColumns::clear()
{
    size_ = 0;
    for (Texts *texts : {&path_, &query_, &failure_, &trace_.texts, &request_.texts})
        texts->used = 0;
    trace_.bytes.clear();
    request_.bytes.clear();
}

// As bytes as long as each is an id; from the first that is none on as texts, and then all of them.
void SegmentColumns::addId(TextColumn column, Ids &ids, std::string_view text)
{
    char bytes[idBytes];
    const bool trace = column == TextColumn::Trace;
    if (ids.texts.used == 0 && (trace ? packHex(text, bytes) : packUuid(text, bytes))) {
        ids.bytes.append(bytes, idBytes);
        return;
    }
    if (ids.texts.used == 0) {
        for (size_t row = 0; row < size_; ++row) {
            const std::string_view each(ids.bytes.data() + row * idBytes, idBytes);
            ids.texts.add(trace ? hex(each) : unpackUuid(each), row);
        }
        ids.bytes.clear();
    }
    ids.texts.add(text, size_);
}

void SegmentColumns::add(const RowNumbers &numbers, const RowTexts &texts)
{
    for (size_t column = 0; column < numberColumns; ++column)
        numbers_[column][size_] = numbers[column];
    addId(TextColumn::Trace, trace_, texts[size_t(TextColumn::Trace)]);
    addId(TextColumn::RequestId, request_, texts[size_t(TextColumn::RequestId)]);
    path_.add(texts[size_t(TextColumn::Path)], size_);
    query_.add(texts[size_t(TextColumn::Query)], size_);
    failure_.add(texts[size_t(TextColumn::Failure)], size_);
    ++size_;
}

void SegmentColumns::encodeIds(const Ids &ids, std::string &out) const
{
    put(out, uint8_t(ids.texts.used == 0));
    if (ids.texts.used == 0)
        out += ids.bytes;
    else
        ids.texts.encode(out, size_);
}

void SegmentColumns::encode(std::string &out) const
{
    put(out, layout);
    put(out, uint8_t(size_));
    for (const auto &column : numbers_)
        encodeNumbers(out, column.data(), size_);
    encodeIds(trace_, out);
    encodeIds(request_, out);
    for (const Texts *texts : {&path_, &query_, &failure_})
        texts->encode(out, size_);
}

namespace {

// Takes `size` bytes off the front; nothing where there are not so many.
bool take(std::string_view &in, size_t size, const char *&at)
{
    if (in.size() < size)
        return false;
    at = in.data();
    in.remove_prefix(size);
    return true;
}

}  // namespace

bool SegmentView::openNumbers(Numbers &column, std::string_view &in) const
{
    const char *at = nullptr;
    if (!take(in, 1 + sizeof column.base, at))
        return false;
    column.width = uint8_t(at[0]);
    column.base = int64_t(get<uint64_t>(at + 1));
    const uint8_t w = column.width;
    return (w == 0 || w == 1 || w == 2 || w == 4 || w == 8) && take(in, w * size_, column.at);
}

bool SegmentView::openTexts(Texts &texts, std::string_view &in) const
{
    Decoder head(in);
    const size_t count = head.count(segmentRows);
    texts.distinct.clear();
    for (size_t i = 0; i < count; ++i)
        texts.distinct.push_back(head.text());
    if (!head.good() || count == 0)
        return false;
    in.remove_prefix(in.size() - head.left());
    texts.form = count == 1 ? Form::One : Form::Many;
    return count == 1 || take(in, size_, texts.at);
}

bool SegmentView::openIds(Texts &texts, Form form, std::string_view &in) const
{
    const char *packed = nullptr;
    if (!take(in, 1, packed))
        return false;
    if (!*packed)
        return openTexts(texts, in);
    texts.form = form;
    return take(in, idBytes * size_, texts.at);
}

bool SegmentView::open(std::string_view bytes)
{
    const char *head = nullptr;
    size_ = 0;
    if (!take(bytes, 2, head) || uint8_t(head[0]) != layout)
        return false;
    size_ = uint8_t(head[1]);
    bool good = size_ <= segmentRows;
    for (size_t i = 0; i < numberColumns && good; ++i)
        good = openNumbers(numbers_[i], bytes);
    good = good && openIds(texts_[size_t(TextColumn::Trace)], Form::Hex, bytes)
        && openIds(texts_[size_t(TextColumn::RequestId)], Form::Uuid, bytes);
    unopened_ = bytes;
    if (!good)
        size_ = 0;
    return good;
}

bool SegmentView::openAllTexts()
{
    if (unopened_.data() == nullptr)
        return true;
    bool good = true;
    for (const TextColumn column : {TextColumn::Path, TextColumn::Query, TextColumn::Failure}) {
        Texts &texts = texts_[size_t(column)];
        good = good && openTexts(texts, unopened_);
        if (!good) {
            texts.form = Form::One;
            texts.distinct.assign(1, {});
        }
    }
    unopened_ = {};
    return good;
}

int64_t SegmentView::number(NumberColumn column, size_t row) const
{
    const Numbers &numbers = numbers_[size_t(column)];
    const auto sum = [&](uint64_t value) { return int64_t(uint64_t(numbers.base) + value); };
    switch (numbers.width) {
    case 1: return sum(get<uint8_t>(numbers.at + row));
    case 2: return sum(get<uint16_t>(numbers.at + row * 2));
    case 4: return sum(get<uint32_t>(numbers.at + row * 4));
    case 8: return sum(get<uint64_t>(numbers.at + row * 8));
    default: return numbers.base;
    }
}

std::string_view SegmentView::text(TextColumn column, size_t row)
{
    if (column >= TextColumn::Path)
        openAllTexts();
    const Texts &texts = texts_[size_t(column)];
    switch (texts.form) {
    case Form::One: return texts.distinct.front();
    case Form::Many: return texts.distinct[std::min(size_t(uint8_t(texts.at[row])), texts.distinct.size() - 1)];
    case Form::Hex: return written_ = hex({texts.at + row * idBytes, idBytes});
    case Form::Uuid: return written_ = unpackUuid({texts.at + row * idBytes, idBytes});
    }
    return {};
}

bool SegmentView::hasRequest(size_t row, std::string_view id, const char *packed)
{
    const Texts &texts = texts_[size_t(TextColumn::RequestId)];
    if (texts.form == Form::Uuid)
        return packed && std::memcmp(texts.at + row * idBytes, packed, idBytes) == 0;
    return http::equalsIgnoreCase(text(TextColumn::RequestId, row), id);
}

int64_t SegmentView::traceKey(size_t row)
{
    const Texts &texts = texts_[size_t(TextColumn::Trace)];
    int64_t low = -1, high = 0;
    if (texts.form != Form::Hex)
        return traceKeys(text(TextColumn::Trace, row), low, high) && high == low ? low : -1;
    return int64_t(__builtin_bswap64(get<uint64_t>(texts.at + row * idBytes)) >> 4);
}

}  // namespace sluice::storage
