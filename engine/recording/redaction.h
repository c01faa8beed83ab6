// SPDX-License-Identifier: GPL-3.0-or-later
// Redactor: replaces the secrets that RecordSettings names by placeholders, in a whole exchange, before it reaches a disk.
// One thread an object; the key stays in memory as long as it.
//
// Looked into: the fields of all four heads and of the trailers (Authorization keeps its scheme, Cookie and Set-Cookie their names and
// attributes); JSON content at the named keys, also JSON within its texts (4 deep), every byte around the values left as it is, also
// cut off or malformed; elements and attributes of XML; form content, the parts of multipart content, and query parameters of those
// names, in targets and in the URLs of Referer, Location and Content-Location, where fragments and user information are looked at too.
// What was found is then looked for in the other fields and queries, in decisions and failures. Content in a content coding is
// decoded for that; where a secret was in it, it is kept decoded, with Content-Encoding: identity in the heads; where it cannot be
// decoded, or its parts cannot be told apart, it is withheld (Content::withheld).
// Bounds: 16 MiB of decoded content; the placeholders of the last 4,096 secrets are remembered.
#pragma once

#include "engine/config/plan.h"
#include "engine/journey/exchange.h"
#include "engine/recording/match.h"
#include "engine/recording/placeholders.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::recording {

class Redactor {
public:
    Redactor(const config::RecordSettings &, const PlaceholderKey &);
    void redact(journey::Exchange &);
    // JSON, forms and XML within a text; of binary messages only those that are text. One that is compressed still loses its bytes.
    void redact(journey::Message &);
    // The secrets of the exchange or message that was redacted last, to be sealed; only after wantSecrets(true).
    void wantSecrets(bool wanted)
    {
        wantSecrets_ = wanted;
        placeholders_.wantMet(wanted);
    }
    const std::vector<Placeholders::Met> &secrets() const { return placeholders_.met(); }
    bool droppedSecrets() const { return placeholders_.dropped(); }
    // The content of the message that was redacted last, whole, where unsealMessage() with these secrets would not give it: it was cut
    // within one, has other escapes, or more than are remembered. Else empty. Once a message; only after wantSecrets(true).
    std::string takeOriginal() { return std::exchange(original_, {}); }

private:
    void redactHead(http::HeaderList &);
    void redactContent(journey::Content &, http::HeaderList &first, http::HeaderList &second);
    // Nothing: it may hide secrets and cannot be read.
    std::optional<bool> redactBody(std::string &bytes, std::string_view type, int within = 0);
    bool redactPart(std::string &bytes, std::string_view name, std::string_view type, int within);
    void redactWords(journey::Exchange &);
    void redactAgain(http::HeaderList &) const;
    void redactAgain(journey::Exchange &) const;
    bool worthLooking(std::string_view body, bool form) const;
    bool isClean(std::string_view body, bool form);
    bool redactText(std::string &bytes, std::string_view type);
    bool comesBack(const std::string &redacted, const std::string &original) const;

    std::vector<std::string> headers_, names_;  // names_: JSON keys and dotted paths
    std::vector<FoldedSearch> lastKeys_;        // the last key of each, to pass over what cannot have one
    Placeholders placeholders_;
    // The last content that none of these keys can stand in: often the next one is the same.
    std::string clean_;
    bool cleanForm_ = false;
    bool wantSecrets_ = false;
    std::string original_;
};

// True: `text` was changed. `names` as in RecordSettings::redactJson. A value is replaced whole (text, number, object …); null stays.
bool redactJson(std::string &text, const std::vector<std::string> &names, Placeholders &);
// a=b&c=d, as in a form or a query; also a=b;c=d and a=b?c=d. Behind a secret all values go until the next "&".
bool redactForm(std::string &text, const std::vector<std::string> &names, Placeholders &);
// As one field of a form is named; "card[number]" is what forms say for "card.number".
bool isSecretName(std::string_view raw, const std::vector<std::string> &names);
// <password>x</password> and password="x", whatever the prefix; of a dotted path elements within each other.
bool redactXml(std::string &text, const std::vector<std::string> &names, Placeholders &);
// Calls `redactPart` with the content, name and type of each part, also of the last one that is cut; true: it changed the content.
// Nothing: the type's boundary cannot be read, or is not in the text.
using RedactPart = std::function<bool(std::string &content, std::string_view name, std::string_view type)>;
std::optional<bool> redactMultipart(std::string &text, std::string_view type, const RedactPart &);
bool isMultipart(std::string_view type);
// Query, fragment, and what stands before the "@" of an authority (the name before a colon stays, a lone token does not).
bool redactUrl(std::string &url, const std::vector<std::string> &names, Placeholders &);
// The last of these alone, of an authority that begins there.
bool redactUserInfo(std::string &text, size_t authority, Placeholders &);
// Looks for what was found in the pairs of a query, from `from` on, also where they are encoded.
bool replaceInQuery(std::string &url, size_t from, const Placeholders &);
// The value of one header field, as it may be kept.
std::string redactedFieldValue(std::string_view name, std::string_view value, Placeholders &);

}  // namespace sluice::recording
