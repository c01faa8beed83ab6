// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/segment_details.h"

#include "storage/bytes.h"
#include "storage/segment_columns.h"

namespace sluice::storage {

namespace {
constexpr uint8_t plainLayout = 1, packedLayout = 2;
}

void SegmentDetails::clear()
{
    rows_.clear();
    bytes_.clear();
    told_ = 0;
}

void SegmentDetails::end(unsigned bits, int like, std::string_view request, std::string_view response)
{
    rows_.push_back({bits, like, bytes_.size() - told_, request.size(), response.size()});
    bytes_ += request;
    bytes_ += response;
    told_ = bytes_.size();
}

void SegmentDetails::encode(std::string &bytes, Packer &packer)
{
    const bool smaller = packer.pack(bytes_, packed_);
    bytes += char(smaller ? packedLayout : plainLayout);
    Encoder out(bytes);
    out.number(rows_.size());
    for (const Row &row : rows_) {
        for (const uint64_t number : {uint64_t(row.bits), uint64_t(row.like + 1), uint64_t(row.detail),
                                      uint64_t(row.request), uint64_t(row.response)})
            out.number(number);
    }
    bytes += smaller ? packed_ : bytes_;
}

bool SegmentDetailView::open(std::string_view bytes)
{
    rows_.clear();
    if (bytes.empty() || (bytes[0] != plainLayout && bytes[0] != packedLayout))
        return false;
    const bool packed = bytes[0] == packedLayout;
    Decoder head(bytes.substr(1));
    struct Sizes {
        unsigned bits;
        uint64_t like, detail, request, response;
    };
    std::vector<Sizes> sizes(head.count(segmentRows));
    for (Sizes &each : sizes) {
        each.bits = unsigned(head.number());
        each.like = head.number();
        each.detail = head.number();
        each.request = head.number();
        each.response = head.number();
    }
    if (!head.good())
        return false;
    const std::string_view rest = bytes.substr(bytes.size() - head.left());
    if (!packed)
        plain_ = rest;
    else if (!unpack(rest, plain_))
        return false;
    Decoder in(plain_);
    for (const Sizes &each : sizes) {
        Row &row = rows_.emplace_back();
        row.bits = each.bits;
        row.detail = in.bytes(each.detail);
        row.request = in.bytes(each.request);
        row.response = in.bytes(each.response);
        if (each.like == 0)
            continue;
        if (each.like >= rows_.size()) {
            in.fail();
            break;
        }
        const Row &other = rows_[each.like - 1];
        row.like = other.detail;
        if (row.bits & kRequestLike)
            row.request = other.request;
        if (row.bits & kResponseLike)
            row.response = other.response;
    }
    if (!in.good())
        rows_.clear();
    return in.good();
}

}  // namespace sluice::storage
