// SPDX-License-Identifier: GPL-3.0-or-later
// Redactor: replaces the secrets that RecordSettings names by placeholders, in a whole exchange, before it reaches a disk.
// A placeholder is {{secret:NNNNNNNNNNNN}}: 48 bits of HMAC-SHA256(key, secret), so the same secret looks the same everywhere.
// One thread an object; the key stays in memory as long as it.
//
// Looked into: the fields of all four heads and of the trailers (Authorization keeps its scheme, Cookie and Set-Cookie their names and
// attributes); JSON content at the named keys, every byte around the values left as it is, also cut off or malformed; form content
// and query parameters of those names, in targets and in the URLs of Referer, Location and Content-Location. What was found is then
// looked for in decisions and failures too. Content in a content coding is decoded for that; where a secret was in it, it is
// kept decoded, with Content-Encoding: identity in the heads; where it cannot be decoded it is withheld (Content::withheld).
// Deliberately absent: multipart forms, JSON within a JSON text, XML.
// Bounds: 16 MiB of decoded content; the placeholders of the last 4,096 secrets are remembered.
#pragma once

#include "engine/config/plan.h"
#include "engine/journey/exchange.h"
#include "engine/recording/match.h"

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::recording {

using PlaceholderKey = std::array<unsigned char, 32>;

// Makes placeholders, and remembers which secrets it met since clearFound().
class Placeholders {
public:
    explicit Placeholders(const PlaceholderKey &key) : key_(key) {}
    // Lives until the next call. Of an empty secret: empty. One of more than 1 KiB is not remembered.
    const std::string &of(std::string_view secret);
    struct Found {
        std::string secret, placeholder;
    };
    const std::vector<Found> &found() const { return found_; }
    void clearFound() { found_.clear(); }

private:
    std::string made(std::string_view secret) const;
    PlaceholderKey key_;
    std::unordered_map<std::string, std::string> known_;
    std::vector<Found> found_;  // at most 64: further ones are only replaced where they stand
    std::string last_;
};

class Redactor {
public:
    Redactor(const config::RecordSettings &, const PlaceholderKey &);
    void redact(journey::Exchange &);

private:
    void redactHead(http::HeaderList &);
    void redactContent(journey::Content &, http::HeaderList &first, http::HeaderList &second);
    bool redactBody(std::string &bytes, std::string_view type);
    bool redactTarget(std::string &target);
    void redactWords(journey::Exchange &);
    bool worthLooking(std::string_view body, bool form) const;

    std::vector<std::string> headers_, names_;  // names_: JSON keys and dotted paths
    std::vector<FoldedSearch> lastKeys_;        // the last key of each, to pass over what cannot have one
    Placeholders placeholders_;
};

// True: `text` was changed. `names` as in RecordSettings::redactJson. A value is replaced whole (text, number, object …); null stays.
bool redactJson(std::string &text, const std::vector<std::string> &names, Placeholders &);
// a=b&c=d, as in a form or a query.
bool redactForm(std::string &text, const std::vector<std::string> &names, Placeholders &);
// The value of one header field, as it may be kept.
std::string redactedFieldValue(std::string_view name, std::string_view value, Placeholders &);

}  // namespace sluice::recording
