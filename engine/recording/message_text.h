// SPDX-License-Identifier: GPL-3.0-or-later
// A message of a stream as text for people: on one line for lists, whole for reading. The same words in the window and on the
// command line. Pure; any thread.
#pragma once

#include "engine/journey/message.h"

#include <functional>
#include <optional>
#include <string>

namespace sluice::recording {

// What gives the fields of a protobuf message their names, where a schema is known; nothing: it does not fit.
using NamedFields = std::function<std::optional<std::string>(std::string_view message, bool fromClient, bool lines)>;

// One line of at most `most` bytes: text with its line ends as "⏎", binary as the beginning of its hex digits, protobuf by its
// fields, a close by its code and reason.
std::string lineOf(const journey::Message &, const NamedFields &names = {}, size_t most = 400);
// All that was kept of it: protobuf a field a line, binary as a hex dump of at most 64 KiB; anything else as it is.
std::string wholeOf(const journey::Message &, const NamedFields &names = {});
// "from client, text, compressed, cut": what else there is to say of it.
std::string remarksOf(const journey::Message &);
std::string_view closeCodeName(uint16_t code);  // RFC 6455 section 7.4.1; empty for one that it does not name

}  // namespace sluice::recording
