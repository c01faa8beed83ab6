// SPDX-License-Identifier: GPL-3.0-or-later
// A protobuf message as text without its schema, by wire type (protobuf.dev, "Encoding"): `1: 42  2: "Ada"  3 {1: true}`.
// For people. Length-delimited fields are guessed: readable UTF-8 is text, else what reads as a message is one, else bytes.
// Pure; any thread. Bounds: 32 levels, `most` bytes of text, past which "…" stands.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::http {

// Nothing: it is no protobuf. `lines`: a field a line, indented; else all on one.
std::optional<std::string> protobufText(std::string_view message, bool lines, size_t most = 64 * 1024);

}  // namespace sluice::http
