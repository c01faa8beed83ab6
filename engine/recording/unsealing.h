// SPDX-License-Identifier: GPL-3.0-or-later
// Puts secrets back where placeholders stand, written as their place wants it: escaped in JSON, encoded in URLs and forms, as they are in
// fields. For a request that goes out again, and for one who asks for them by name. Pure; any thread. Each answers why one cannot be had, and then the
// text is not fit to be sent.
//
// What comes out means what went in; it need not be the same bytes, as other escapes may be used.
#pragma once

#include "engine/base/result.h"
#include "engine/base/secret.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::recording {

struct Unsealed {
    Secret text;
    bool asText = true, asJson = false;  // how it occurred: as a text, as a value of JSON without quotes
};
// What a placeholder stands for. Error: it was not sealed, or with another key, or what is kept is damaged.
using Unseal = std::function<Result<Unsealed>(std::string_view placeholder)>;

// Of a field of a head.
std::optional<Error> unsealField(std::string_view name, std::string &value, const Unseal &);
std::optional<Error> unsealTarget(std::string &target, const Unseal &);
// `type`: its Content-Type.
std::optional<Error> unsealBody(std::string &bytes, std::string_view type, const Unseal &);
// Of a message (journey::Message::bytes) that has no original of its own (Redactor::takeOriginal()): each secret was a text.
std::optional<Error> unsealMessage(std::string &bytes, const Unseal &);

}  // namespace sluice::recording
