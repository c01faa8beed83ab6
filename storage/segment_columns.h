// SPDX-License-Identifier: GPL-3.0-or-later
// A segment: what lists show and filters ask for, of a run of at most 64 exchanges with ids that follow one another, in columns. Numbers
// are as wide as the segment needs them (nothing at all where all are alike), texts stand once. The layout stands in files: a new one gets
// a new first byte.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::storage {

constexpr size_t segmentRows = 64;

// They stand in files in this order: add at the end, with a new layout.
enum class NumberColumn : uint8_t {
    Time,     // microseconds since 1970
    Status,   // what the client got
    Latency,  // ns
    RequestBytes,
    ResponseBytes,
    Method,  // from here to Breaker: storage/names.h
    Host,
    Client,
    User,
    Route,
    Service,
    Endpoint,
    Version,
    Cache,
    Breaker,
    Attempts,
    Bits,      // engine/recording/facts.h
    FailedBy,  // 0 nobody, 1 client, 2 upstream, 3 gateway
    ReplayOf   // id; 0: none
};
constexpr size_t numberColumns = 19;
enum class TextColumn : uint8_t { Trace, RequestId, Path, Query, Failure };
constexpr size_t textColumns = 5;

using RowNumbers = std::array<int64_t, numberColumns>;
using RowTexts = std::array<std::string_view, textColumns>;

// Gathers rows. One thread an object.
class SegmentColumns {
public:
    size_t size() const { return size_; }
    void clear();
    // At most segmentRows.
    void add(const RowNumbers &, const RowTexts &);
    void encode(std::string &out) const;  // appends

private:
    // Texts of one column: each once, as far as the last few show.
    struct Texts {
        std::vector<std::string> distinct;
        size_t used = 0;  // of these
        std::array<uint8_t, segmentRows> which{};
        void add(std::string_view, size_t row);
        void encode(std::string &out, size_t rows) const;
    };
    // Ids of 128 bits, which are ever new, as bytes; where one is none, all are texts.
    struct Ids {
        std::string bytes;
        Texts texts;
    };
    void addId(TextColumn, Ids &, std::string_view);
    void encodeIds(const Ids &, std::string &out) const;

    size_t size_ = 0;
    std::array<std::array<int64_t, segmentRows>, numberColumns> numbers_{};
    Ids trace_, request_;
    Texts path_, query_, failure_;
};

// Looks into what encode() wrote, without a copy; valid as long as the bytes are.
class SegmentView {
public:
    // False: damaged; then there are no rows.
    bool open(std::string_view bytes);
    // Also of what open() leaves for later. False: damaged; its texts are empty.
    bool check() { return openAllTexts(); }
    size_t size() const { return size_; }
    int64_t number(NumberColumn column, size_t row) const;
    // Ids in their usual form. Valid until the next call, or as long as the bytes are.
    std::string_view text(TextColumn column, size_t row);
    // The request id of this row is this one, whatever its case. `packed`: the same as packUuid() has it; null: it is none.
    bool hasRequest(size_t row, std::string_view id, const char *packed);
    // The first 60 bits of the trace id (storage/row_keys.h); -1: none.
    int64_t traceKey(size_t row);

private:
    enum class Form : uint8_t { One, Many, Hex, Uuid };
    struct Numbers {
        uint8_t width;
        int64_t base;
        const char *at;
    };
    struct Texts {
        Form form;
        const char *at;  // of ids; or of the numbers of texts
        std::vector<std::string_view> distinct;
    };
    bool openNumbers(Numbers &, std::string_view &in) const;
    bool openAllTexts();
    bool openTexts(Texts &, std::string_view &in) const;
    bool openIds(Texts &, Form, std::string_view &in) const;

    size_t size_ = 0;
    std::array<Numbers, numberColumns> numbers_{};
    std::array<Texts, textColumns> texts_{};
    std::string_view unopened_;  // path, query and failure, which few look at
    std::string written_;
};

}  // namespace sluice::storage
