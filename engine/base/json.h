// SPDX-License-Identifier: GPL-3.0-or-later
// JSON written straight into a string: what the hot path needs and no more. Reading is rapidjson's. Values; any thread.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice {

// Appends "text" with its quotes, escaped (RFC 8259 section 7). Bytes that are not UTF-8 become U+FFFD.
void appendJson(std::string &out, std::string_view text);

// The name of a member. One that stands in the source is looked at when that is compiled, and costs no look any more.
class JsonKey {
public:
    template<size_t size>
    consteval JsonKey(const char (&text)[size]) : text_(text, size - 1), plain_(true)
    {
        for (const char c : text_) {
            if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
                throw "such a name must be escaped";
        }
        if (size > 48)
            throw "such a name is too long";
    }
    static JsonKey of(std::string_view text) { return JsonKey(text); }
    std::string_view text() const { return text_; }
    bool plain() const { return plain_; }

private:
    explicit JsonKey(std::string_view text) : text_(text), plain_(false) {}
    std::string_view text_;
    bool plain_;
};

// Builds one object or array; commas are put where they belong.
//   JsonObject o(out); o.add("status", 200).add("path", path); o.close();
class JsonObject {
public:
    explicit JsonObject(std::string &out) : out_(out) { out_ += '{'; }
    JsonObject &add(JsonKey key, std::string_view value)
    {
        name(key);
        appendJson(out_, value);
        return *this;
    }
    JsonObject &add(JsonKey key, const char *value) { return add(key, std::string_view(value)); }
    JsonObject &add(JsonKey key, const std::string &value) { return add(key, std::string_view(value)); }
    JsonObject &add(JsonKey key, bool value)
    {
        name(key);
        out_ += value ? "true" : "false";
        return *this;
    }
    JsonObject &add(JsonKey key, double value);
    template<class T>
    requires std::is_integral_v<T> JsonObject &add(JsonKey key, T value)
    {
        name(key);
        char text[24];
        const auto end = std::to_chars(text, text + sizeof text, value).ptr;
        out_.append(text, size_t(end - text));
        return *this;
    }
    // A null where the text is empty.
    JsonObject &addOrNull(JsonKey key, std::string_view value)
    {
        return value.empty() ? addRaw(key, "null") : add(key, value);
    }
    // `json` is a JSON text already.
    JsonObject &addRaw(JsonKey key, std::string_view json)
    {
        name(key);
        out_ += json;
        return *this;
    }
    // Leaves the caller to append the value.
    std::string &name(JsonKey key);
    void close() { out_ += '}'; }

private:
    std::string &out_;
    bool first_ = true;
};

}  // namespace sluice
