// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/replay/json_value.h"

#include "engine/base/json.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <charconv>

namespace sluice::replay {

namespace {

constexpr size_t deepest = 200;

class Builder {
public:
    using Ch = char;
    bool Null() { return put(JsonValue::Kind::Null); }
    bool Bool(bool b) { return put(b ? JsonValue::Kind::True : JsonValue::Kind::False); }
    bool RawNumber(const char *s, rapidjson::SizeType n, bool) { return put(JsonValue::Kind::Number, {s, n}); }
    bool String(const char *s, rapidjson::SizeType n, bool) { return put(JsonValue::Kind::String, {s, n}); }
    bool StartObject() { return open(JsonValue::Kind::Object); }
    bool StartArray() { return open(JsonValue::Kind::Array); }
    bool Key(const char *s, rapidjson::SizeType n, bool)
    {
        stack_.back()->members.emplace_back(std::string(s, n), JsonValue());
        return true;
    }
    bool EndObject(rapidjson::SizeType) { return close(); }
    bool EndArray(rapidjson::SizeType) { return close(); }
    // Numbers come as RawNumber; the reader's face asks for these all the same.
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(int64_t) { return false; }
    bool Uint64(uint64_t) { return false; }
    bool Double(double) { return false; }

    JsonValue root;

private:
    // An element's address holds until the next one of the same parent, and by then it is closed.
    JsonValue &place()
    {
        if (stack_.empty())
            return root;
        JsonValue &parent = *stack_.back();
        if (parent.kind == JsonValue::Kind::Object)
            return parent.members.back().second;
        return parent.items.emplace_back();
    }
    bool put(JsonValue::Kind kind, std::string_view text = {})
    {
        JsonValue &value = place();
        value.kind = kind;
        value.text = text;
        return true;
    }
    bool open(JsonValue::Kind kind)
    {
        if (stack_.size() >= deepest)
            return false;
        JsonValue &value = place();
        value.kind = kind;
        stack_.push_back(&value);
        return true;
    }
    bool close()
    {
        stack_.pop_back();
        return true;
    }
    std::vector<JsonValue *> stack_;
};

void appendText(std::string &out, const JsonValue &value)
{
    constexpr size_t enough = 256;
    switch (value.kind) {
    case JsonValue::Kind::Null: out += "null"; return;
    case JsonValue::Kind::False: out += "false"; return;
    case JsonValue::Kind::True: out += "true"; return;
    case JsonValue::Kind::Number: out += value.text; return;
    case JsonValue::Kind::String: appendJson(out, value.text); return;
    case JsonValue::Kind::Array:
        out += '[';
        for (size_t i = 0; i < value.items.size() && out.size() < enough; ++i) {
            out += i > 0 ? "," : "";
            appendText(out, value.items[i]);
        }
        out += ']';
        return;
    case JsonValue::Kind::Object:
        out += '{';
        for (size_t i = 0; i < value.members.size() && out.size() < enough; ++i) {
            out += i > 0 ? "," : "";
            appendJson(out, value.members[i].first);
            out += ':';
            appendText(out, value.members[i].second);
        }
        out += '}';
        return;
    }
}

// A number as digits without zeros at either end, and the power of ten of the last one.
struct Decimal {
    bool negative = false;
    std::string digits;  // empty: zero
    int64_t exponent = 0;
    bool operator==(const Decimal &) const = default;
};

std::optional<Decimal> decimal(std::string_view text)
{
    Decimal out;
    out.negative = text.starts_with('-');
    if (out.negative)
        text.remove_prefix(1);
    const size_t e = text.find_first_of("eE");
    if (e != text.npos) {
        std::string_view power = text.substr(e + 1);
        if (power.starts_with('+'))
            power.remove_prefix(1);
        const auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), out.exponent);
        constexpr int64_t largest = int64_t(1) << 60;
        if (error != std::errc() || out.exponent > largest || out.exponent < -largest)
            return std::nullopt;
        text = text.substr(0, e);
    }
    const size_t point = text.find('.');
    out.digits = text.substr(0, point);
    if (point != text.npos) {
        out.digits += text.substr(point + 1);
        out.exponent -= int64_t(text.size() - point - 1);
    }
    out.digits.erase(0, out.digits.find_first_not_of('0'));
    const size_t last = out.digits.find_last_not_of('0');
    if (last == out.digits.npos)
        return Decimal();  // -0 is 0
    out.exponent += int64_t(out.digits.size() - last - 1);
    out.digits.erase(last + 1);
    return out;
}

}  // namespace

std::optional<JsonValue> parseJson(std::string_view text)
{
    constexpr unsigned flags =
        rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
    rapidjson::MemoryStream raw(text.data(), text.size());
    rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(raw);
    rapidjson::Reader reader;
    Builder builder;
    if (reader.Parse<flags>(stream, builder).IsError())
        return std::nullopt;
    return std::move(builder.root);
}

std::string jsonText(const JsonValue &value)
{
    std::string out;
    appendText(out, value);
    return out;
}

bool sameNumber(std::string_view a, std::string_view b)
{
    if (a == b)
        return true;
    const std::optional<Decimal> x = decimal(a), y = decimal(b);
    return x && y && *x == *y;
}

}  // namespace sluice::replay
