// SPDX-License-Identifier: GPL-3.0-or-later
// JsonValue: a parsed JSON text whose numbers stay the text that they were (RFC 8259). A value; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::replay {

struct JsonValue {
    enum class Kind : uint8_t { Null, False, True, Number, String, Array, Object };
    Kind kind = Kind::Null;
    std::string text;                                        // of a number as written, of a string decoded
    std::vector<JsonValue> items;                            // of an array
    std::vector<std::pair<std::string, JsonValue>> members;  // of an object, in order, repeated keys too
};

// Nothing: not JSON, or nested deeper than 200.
std::optional<JsonValue> parseJson(std::string_view text);

// For showing: numbers and constants as written, strings quoted, the first 200 bytes or so of arrays and objects.
std::string jsonText(const JsonValue &);

// Exactly the same number, however it is written: 1, 1.0, 10e-1. Never through a double.
bool sameNumber(std::string_view a, std::string_view b);

}  // namespace sluice::replay
