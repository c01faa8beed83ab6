// SPDX-License-Identifier: GPL-3.0-or-later
// Small things about text that the readers and the editor of gateway files share. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::config {

// The first byte that is not part of well-formed UTF-8, or is a control character other than tab and line end; npos: none.
size_t firstBadByte(std::string_view text);
// 1-based, in characters, of the byte at `offset` in its line.
int columnOf(std::string_view text, size_t offset);
// Offset of the first byte of the line that `offset` is in, and of its line end (the "\n" or "\r\n", or the text's end).
size_t lineBegin(std::string_view text, size_t offset);
size_t lineEnd(std::string_view text, size_t offset);
// Offset of the line after; the text's end where there is none.
size_t nextLine(std::string_view text, size_t offset);

// The one that is most like `word`, if one is like it at all; else empty. Case and -_ count little.
std::string nearest(std::string_view word, const std::vector<std::string> &known);
// "did you mean 'x'?", or "known here: a, b, c" (the first dozen), or empty.
std::string nearestHint(std::string_view word, const std::vector<std::string> &known);
// 'text' for a message: quoted, cut after 60 characters.
std::string inQuotes(std::string_view text);

}  // namespace sluice::config
