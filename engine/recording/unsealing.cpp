// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recording/unsealing.h"

#include "engine/base/json.h"
#include "engine/http/headers.h"
#include "engine/http/uri.h"
#include "engine/recording/content_kinds.h"
#include "engine/recording/placeholders.h"
#include "engine/recording/redaction.h"

namespace sluice::recording {

namespace {

constexpr int mostWithin = 4;           // as redaction goes
constexpr size_t mostBytes = 64 << 20;  // of a body that is filled in
constexpr std::string_view notUtf8 = "\xef\xbf\xbd";

Error failed(std::string what)
{
    return Error{Fault::Client, std::move(what)};
}

using Placed = std::optional<Error>;
// Appends the secret as its place wants it; may widen [begin, end), what it replaces.
using Put = std::function<Placed(const Unsealed &secret, size_t &begin, size_t &end, std::string &out)>;

// Every placeholder of the text.
Placed fill(std::string &text, const Unseal &unseal, const Put &put)
{
    std::string out;
    size_t kept = 0, end = 0;
    for (size_t begin = findPlaceholder(text, 0, end); begin != text.npos; begin = findPlaceholder(text, end, end)) {
        const Result<Unsealed> secret = unseal(std::string_view(text).substr(begin, end - begin));
        if (!secret)
            return secret.error();
        std::string written;
        size_t from = begin, to = end;
        if (Placed wrong = put(*secret, from, to, written))
            return wrong;
        out.append(text, kept, from - kept).append(written);
        Secret::wipe(written);
        kept = end = to;
        if (out.size() > mostBytes)
            return failed("with its secrets it is larger than 64 MiB");
    }
    if (kept > 0)
        text = out.append(text, kept);
    return std::nullopt;
}

Placed putEncoded(const Unsealed &secret, size_t &, size_t &, std::string &out)
{
    out += http::percentEncode(secret.text.reveal(), "");
    return std::nullopt;
}

// A field must stay one field (RFC 9110 section 5.5).
Placed putInField(const Unsealed &secret, size_t &, size_t &, std::string &out)
{
    const std::string_view text = secret.text.reveal();
    if (text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos)
        return failed("a secret with a line end cannot stand in a header field");
    out += text;
    return std::nullopt;
}

Placed putAsIs(const Unsealed &secret, size_t &, size_t &, std::string &out)
{
    out += secret.text.reveal();
    return std::nullopt;
}

Placed putInXml(const Unsealed &secret, size_t &, size_t &, std::string &out)
{
    for (const char c : secret.text.reveal()) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&apos;"; break;
        default: out += c;
        }
    }
    return std::nullopt;
}

// As the content of a JSON string.
std::string escaped(std::string_view text)
{
    std::string out;
    appendJson(out, text);
    return out.substr(1, out.size() - 2);
}

// In JSON a placeholder is always a whole string. JSON within a text of JSON has its quotes escaped, \" and then \\\": the backslashes
// before the quote tell how deep it is.
Placed putInJson(std::string_view text, const Unsealed &secret, size_t &begin, size_t &end, std::string &out)
{
    size_t slashes = 0;
    const bool quoted = begin > 0 && text[begin - 1] == '"';
    while (quoted && slashes + 1 < begin && text[begin - 2 - slashes] == '\\')
        ++slashes;
    int depth = 0;
    while (depth <= mostWithin && (size_t(1) << depth) - 1 < slashes)
        ++depth;
    const std::string close = std::string(slashes, '\\') + '"';
    if (!quoted || (size_t(1) << depth) - 1 != slashes || text.substr(end, close.size()) != close)
        return failed("a secret stands where it cannot be told how it was written");
    if (secret.asText && secret.asJson)
        return failed("a secret was written both with quotes and without");
    std::string written(secret.text.reveal());
    const bool replaced = written.find(notUtf8) != written.npos;
    for (int i = secret.asJson ? 0 : -1; i < depth; ++i)
        written = escaped(written);
    if (!replaced && written.find(notUtf8) != written.npos)
        return failed("a secret is no UTF-8, which JSON must be");
    if (secret.asJson) {
        begin -= close.size();
        end += close.size();
    }
    out += written;
    return std::nullopt;
}

bool carriesUrl(std::string_view name)
{
    for (const std::string_view each : {"Referer", "Location", "Content-Location", "Host"}) {
        if (http::equalsIgnoreCase(each, name))
            return true;
    }
    return false;
}

Placed unsealContent(std::string &bytes, std::string_view type, const Unseal &unseal, int within)
{
    size_t end = 0;
    if (isPicture(type) || findPlaceholder(bytes, 0, end) == bytes.npos)
        return std::nullopt;
    if (isMultipart(type)) {
        Placed wrong;
        const auto part = [&](std::string &content, std::string_view, std::string_view typeOfIt) {
            if (!wrong && within < mostWithin)
                wrong = isPlaceholder(content) ? fill(content, unseal, putAsIs)
                                               : unsealContent(content, typeOfIt, unseal, within + 1);
            return true;
        };
        if (!redactMultipart(bytes, type, part))
            return failed("its parts cannot be told apart");
        return wrong;
    }
    if (isForm(type))
        return fill(bytes, unseal, putEncoded);
    if (isXml(type, bytes))
        return fill(bytes, unseal, putInXml);
    return fill(bytes, unseal, [&](const Unsealed &secret, size_t &from, size_t &to, std::string &out) {
        return putInJson(bytes, secret, from, to, out);
    });
}

}  // namespace

std::optional<Error> unsealField(std::string_view name, std::string &value, const Unseal &unseal)
{
    return fill(value, unseal, carriesUrl(name) ? putEncoded : putInField);
}

std::optional<Error> unsealTarget(std::string &target, const Unseal &unseal)
{
    return fill(target, unseal, putEncoded);
}

std::optional<Error> unsealBody(std::string &bytes, std::string_view type, const Unseal &unseal)
{
    return unsealContent(bytes, type, unseal, 0);
}

std::optional<Error> unsealMessage(std::string &bytes, const Unseal &unseal)
{
    const auto asText = [&](std::string_view placeholder) {
        Result<Unsealed> secret = unseal(placeholder);
        if (secret) {
            secret->asText = true;
            secret->asJson = false;
        }
        return secret;
    };
    return unsealContent(bytes, {}, asText, 0);
}

}  // namespace sluice::recording
