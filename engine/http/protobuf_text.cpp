// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/protobuf_text.h"

#include "engine/http/websocket_reader.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace sluice::http {

namespace {

constexpr int mostDepth = 32;
constexpr size_t mostHex = 64;  // bytes of a field that are shown as hex
enum WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kGroup = 3, kEndGroup = 4, kFixed32 = 5 };

struct Input {
    std::string_view rest;
    std::optional<uint64_t> varint()
    {
        uint64_t value = 0;
        for (unsigned shift = 0; shift < 70 && !rest.empty(); shift += 7) {
            const uint8_t byte = uint8_t(rest.front());
            rest.remove_prefix(1);
            if (shift == 63 && byte > 1)
                return {};
            value |= uint64_t(byte & 0x7f) << shift;
            if (!(byte & 0x80))
                return value;
        }
        return {};
    }
    std::optional<uint64_t> fixed(size_t size)
    {
        if (rest.size() < size)
            return {};
        uint64_t value = 0;
        for (size_t i = size; i-- > 0;)
            value = value << 8 | uint8_t(rest[i]);
        rest.remove_prefix(size);
        return value;
    }
    std::optional<std::string_view> bytes(uint64_t size)
    {
        if (size > rest.size())
            return {};
        const std::string_view out = rest.substr(0, size_t(size));
        rest.remove_prefix(size_t(size));
        return out;
    }
};

// Fields up to the end, or to the end of group `group`. Wrong places are told by false.
bool isMessage(Input &in, int depth, uint64_t group = 0)
{
    if (depth > mostDepth)
        return false;
    while (!in.rest.empty()) {
        const auto tag = in.varint();
        if (!tag || *tag >> 3 == 0 || *tag >> 3 > 0x1fffffff)
            return false;
        switch (*tag & 7) {
        case kVarint:
            if (!in.varint())
                return false;
            break;
        case kFixed64:
            if (!in.fixed(8))
                return false;
            break;
        case kFixed32:
            if (!in.fixed(4))
                return false;
            break;
        case kBytes: {
            const auto size = in.varint();
            if (!size || !in.bytes(*size))
                return false;
            break;
        }
        case kGroup:
            if (!isMessage(in, depth + 1, *tag >> 3))
                return false;
            break;
        case kEndGroup: return group == *tag >> 3;
        default: return false;
        }
    }
    return group == 0;
}

bool isReadable(std::string_view text)
{
    return isUtf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
               const uint8_t byte = uint8_t(c);
               return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7f;
           });
}

struct Output {
    std::string text;
    bool lines;
    size_t most;
    bool full() const { return text.size() >= most; }
    void begin(int depth, uint64_t number)
    {
        if (lines) {
            if (!text.empty())
                text += '\n';
            text.append(size_t(depth) * 2, ' ');
        } else if (!text.empty() && text.back() != '{') {
            text += "  ";
        }
        text += std::to_string(number);
    }
    void quoted(std::string_view value)
    {
        text += '"';
        for (const char c : value.substr(0, most)) {
            switch (c) {
            case '"': text += "\\\""; break;
            case '\\': text += "\\\\"; break;
            case '\n': text += "\\n"; break;
            case '\r': text += "\\r"; break;
            case '\t': text += "\\t"; break;
            default: text += c;
            }
        }
        text += '"';
    }
    void hex(std::string_view value)
    {
        constexpr char digits[] = "0123456789abcdef";
        text += "0x";
        for (const char c : value.substr(0, mostHex)) {
            text += digits[uint8_t(c) >> 4];
            text += digits[uint8_t(c) & 15];
        }
        if (value.size() > mostHex)
            text += "… (" + std::to_string(value.size()) + " bytes)";
    }
    // What else the same bits may mean: a number with a fraction is worth saying.
    void real(double value)
    {
        if (!std::isfinite(value) || (value != 0 && (std::fabs(value) < 1e-9 || std::fabs(value) > 1e15)))
            return;
        char number[32];
        const auto end = std::to_chars(number, number + sizeof number, value).ptr;
        text.append(" (").append(number, size_t(end - number)).append(")");
    }
};

void write(Output &out, Input &in, int depth);

void writeBytes(Output &out, std::string_view value, int depth)
{
    Input inner{value}, probe{value};
    if (value.empty() || isReadable(value)) {
        out.text += ": ";
        out.quoted(value);
    } else if (isMessage(probe, depth + 1)) {
        out.text += " {";
        write(out, inner, depth + 1);
        if (out.lines)
            out.text.append("\n").append(size_t(depth) * 2, ' ');
        out.text += '}';
    } else {
        out.text += ": ";
        out.hex(value);
    }
}

// isMessage() has said yes.
void write(Output &out, Input &in, int depth)
{
    while (!in.rest.empty()) {
        const uint64_t tag = in.varint().value_or(0);
        if ((tag & 7) == kEndGroup)
            return;
        if (out.full()) {
            out.text += " …";
            in.rest = {};
            return;
        }
        out.begin(depth, tag >> 3);
        switch (tag & 7) {
        case kVarint: out.text += ": " + std::to_string(in.varint().value_or(0)); break;
        case kFixed64: {
            const uint64_t value = in.fixed(8).value_or(0);
            out.text += ": " + std::to_string(value);
            out.real(std::bit_cast<double>(value));
            break;
        }
        case kFixed32: {
            const uint32_t value = uint32_t(in.fixed(4).value_or(0));
            out.text += ": " + std::to_string(value);
            out.real(double(std::bit_cast<float>(value)));
            break;
        }
        case kBytes: writeBytes(out, in.bytes(in.varint().value_or(0)).value_or(std::string_view()), depth); break;
        default:
            out.text += " {";
            write(out, in, depth + 1);
            if (out.lines)
                out.text.append("\n").append(size_t(depth) * 2, ' ');
            out.text += '}';
        }
    }
}

}  // namespace

std::optional<std::string> protobufText(std::string_view message, bool lines, size_t most)
{
    Input probe{message};
    if (!isMessage(probe, 0))
        return {};
    Output out{{}, lines, most};
    Input in{message};
    write(out, in, 0);
    return std::move(out.text);
}

}  // namespace sluice::http
