// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers and texts as the codecs of this room write them: LEB128, negative ones zigzag; a text is a length and its bytes. Values.
#pragma once

#include "engine/base/moment.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::storage {

class Encoder {
public:
    explicit Encoder(std::string &out) : out_(out) {}
    void number(uint64_t value)
    {
        while (value >= 0x80) {
            out_ += char(value | 0x80);
            value >>= 7;
        }
        out_ += char(value);
    }
    void signedNumber(int64_t value) { number((uint64_t(value) << 1) ^ uint64_t(value >> 63)); }
    void offset(Nanos value) { signedNumber(value.count()); }
    void text(std::string_view value)
    {
        number(value.size());
        out_ += value;
    }
    // One byte where it is as before.
    void text(std::string_view value, std::string_view before)
    {
        if (value == before) {
            number(0);
        } else {
            number(value.size() + 1);
            out_ += value;
        }
    }

private:
    std::string &out_;
};

class Decoder {
public:
    explicit Decoder(std::string_view in) : in_(in) {}
    bool good() const { return good_; }
    void fail() { good_ = false; }
    bool atEnd() const { return at_ == in_.size(); }
    size_t left() const { return in_.size() - at_; }
    uint64_t number()
    {
        uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && at_ < in_.size(); shift += 7) {
            const uint8_t byte = uint8_t(in_[at_++]);
            value |= uint64_t(byte & 0x7f) << shift;
            if (!(byte & 0x80))
                return value;
        }
        good_ = false;
        return 0;
    }
    int64_t signedNumber()
    {
        const uint64_t value = number();
        return int64_t(value >> 1) ^ -int64_t(value & 1);
    }
    Nanos offset() { return Nanos(signedNumber()); }
    size_t count(size_t most)
    {
        const uint64_t value = number();
        if (value > most)
            good_ = false;
        return good_ ? size_t(value) : 0;
    }
    std::string_view text() { return bytes(number()); }
    std::string_view text(std::string_view before)
    {
        const uint64_t size = number();
        return size == 0 ? before : bytes(size - 1);
    }

    std::string_view bytes(uint64_t size)
    {
        if (!good_ || size > in_.size() - at_) {
            good_ = false;
            return {};
        }
        const std::string_view out = in_.substr(at_, size_t(size));
        at_ += size_t(size);
        return out;
    }

private:
    std::string_view in_;
    size_t at_ = 0;
    bool good_ = true;
};

}  // namespace sluice::storage
