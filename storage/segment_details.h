// SPDX-License-Identifier: GPL-3.0-or-later
// What one exchange at a time is asked for, of all exchanges of a segment: details (detail_codec.h) and small contents, packed together, as
// each is much like another. Form: a byte for the layout, how many (varint), for each its bits, the row that it is like, counted from 1
// (0: none), and three sizes (varints), and then all of their bytes, as packing.h has them or, where that does not pay, as they are. It stands in files.
#pragma once

#include "storage/packing.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::storage {

// Bits of an exchange. They stand in files.
enum DetailBits : uint8_t {
    kRequestCoded = 1,  // the content has a coding of its own
    kResponseCoded = 2,
    kRequestApart = 4,  // the content is in the table body
    kResponseApart = 8,
    kRequestLike = 16,  // the content is that of the row that this one is like
    kResponseLike = 32
};

// Gathers. One thread an object.
class SegmentDetails {
public:
    size_t size() const { return rows_.size(); }
    size_t bytes() const { return bytes_.size(); }
    void clear();
    // Appends a detail to this, then end() with the contents that belong to it. `like`: a row before this one, that is like none; -1: none.
    std::string &begin() { return bytes_; }
    void end(unsigned bits, int like, std::string_view request, std::string_view response);
    void encode(std::string &out, Packer &);  // appends

private:
    struct Row {
        unsigned bits;
        int like;
        size_t detail, request, response;  // sizes
    };
    std::vector<Row> rows_;
    std::string bytes_, packed_;
    size_t told_ = 0;  // bytes that belong to rows
};

// A copy of what encode() wrote, unpacked.
class SegmentDetailView {
public:
    struct Row {
        unsigned bits = 0;
        std::string_view detail, like, request, response;  // like: the detail of the row that it is like
    };
    // False: damaged; then there are no rows.
    bool open(std::string_view bytes);
    size_t size() const { return rows_.size(); }
    // Valid until open().
    const Row &row(size_t n) const { return rows_[n]; }

private:
    std::vector<Row> rows_;
    std::string plain_;
};

}  // namespace sluice::storage
