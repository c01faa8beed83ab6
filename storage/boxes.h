// SPDX-License-Identifier: GPL-3.0-or-later
// Boxes: texts under a key of this user's (AES-256-GCM, a random nonce each), bound to a context that is not in them, so that none can
// be moved to where it does not belong. Internal to storage/. Pure but for OpenSSL's random source; any thread.
#pragma once

#include "engine/base/result.h"
#include "engine/base/secret.h"
#include "storage/sqlite.h"

#include <string>
#include <string_view>

namespace sluice::storage {

constexpr size_t sealingKeyBytes = 32;
// Bits of `kinds`. They stand in files: add, never change.
constexpr int sealedAsText = 1, sealedAsJson = 2;

struct Box {
    std::string nonce, bytes;  // the text, then 16 bytes of tag
    bool empty() const { return bytes.empty(); }
};

// Empty: OpenSSL refused.
Box sealed(const Secret &key, const std::string &context, std::string_view text);
// False: it was not sealed so. Then `out` is empty.
bool opened(const Secret &key, std::string_view nonce, const std::string &context, std::string_view bytes,
            std::string &out);

// Names a key in files: not the key, and nothing that tells of it. 8 bytes.
std::string idOf(const Secret &key);
// The 6 bytes of "{{secret:0123456789ab}}"; empty: it is none.
std::string packedPlaceholder(std::string_view placeholder);
std::string contextOfSecret(std::string_view packedPlaceholder, std::string_view recording);
std::string contextOfMessage(int64_t stream, uint64_t number, std::string_view recording);
// That this recording alone has.
Result<std::string> recordingId(Database &);

// Looks at rows (…, key, nonce, box) until one opens.
struct Unopened {
    bool any = false, damaged = false;  // of those that did not; damaged: one of them was under the key
    bool open(const Statement &row, const Secret &key, const std::string &context, std::string &out);
    Error why() const;
};

}  // namespace sluice::storage
