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

// Builds one object or array; commas are put where they belong.
//   JsonObject o(out); o.add("status", 200).add("path", path); o.close();
class JsonObject {
public:
    explicit JsonObject(std::string &out) : out_(out) { out_ += '{'; }
    JsonObject &add(std::string_view key, std::string_view value)
    {
        name(key);
        appendJson(out_, value);
        return *this;
    }
    JsonObject &add(std::string_view key, const char *value) { return add(key, std::string_view(value)); }
    JsonObject &add(std::string_view key, const std::string &value) { return add(key, std::string_view(value)); }
    JsonObject &add(std::string_view key, bool value)
    {
        name(key);
        out_ += value ? "true" : "false";
        return *this;
    }
    JsonObject &add(std::string_view key, double value);
    template<class T>
    requires std::is_integral_v<T> JsonObject &add(std::string_view key, T value)
    {
        name(key);
        char text[24];
        const auto end = std::to_chars(text, text + sizeof text, value).ptr;
        out_.append(text, size_t(end - text));
        return *this;
    }
    // A null where the text is empty.
    JsonObject &addOrNull(std::string_view key, std::string_view value)
    {
        return value.empty() ? addRaw(key, "null") : add(key, value);
    }
    // `json` is a JSON text already.
    JsonObject &addRaw(std::string_view key, std::string_view json)
    {
        name(key);
        out_ += json;
        return *this;
    }
    // Leaves the caller to append the value.
    std::string &name(std::string_view key);
    void close() { out_ += '}'; }

private:
    std::string &out_;
    bool first_ = true;
};

}  // namespace sluice
