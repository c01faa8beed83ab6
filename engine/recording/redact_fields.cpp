// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/http/characters.h"
#include "engine/http/message.h"
#include "engine/recording/redaction.h"

namespace sluice::recording {

namespace {

std::string decoded(std::string_view text)
{
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && http::is(http::kHexDigit, text[i + 1])
            && http::is(http::kHexDigit, text[i + 2])) {
            out += char(http::hexValue(text[i + 1]) * 16 + http::hexValue(text[i + 2]));
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

// "a=1; b=2": the values of all pairs, or of the first alone.
std::string redactedPairs(std::string_view text, bool firstOnly, Placeholders &placeholders)
{
    std::string out;
    for (bool first = true; !text.empty(); first = false) {
        const size_t end = std::min(text.find(';'), text.size());
        const std::string_view pair = text.substr(0, end);
        const size_t equals = pair.find('=');
        if (firstOnly && !first) {
            out += pair;
        } else if (equals == pair.npos) {
            const std::string_view bare = http::trimBlanks(pair);
            out += bare.empty() ? std::string(pair) : placeholders.of(bare);
        } else {
            out += pair.substr(0, equals + 1);
            out += placeholders.of(http::trimBlanks(pair.substr(equals + 1)));
        }
        if (end < text.size())
            out += ';';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace

bool isSecretName(std::string_view raw, const std::vector<std::string> &names)
{
    std::string name = decoded(raw);
    std::string dotted;
    for (const char c : name) {
        if (c == '[')
            dotted += '.';
        else if (c != ']')
            dotted += c;
    }
    for (const std::string &secret : names) {
        if (http::equalsIgnoreCase(secret, name) || http::equalsIgnoreCase(secret, dotted))
            return true;
        // A key counts at any depth.
        if (secret.find('.') == secret.npos && dotted.size() > secret.size()
            && dotted[dotted.size() - secret.size() - 1] == '.'
            && http::equalsIgnoreCase(std::string_view(dotted).substr(dotted.size() - secret.size()), secret))
            return true;
    }
    return false;
}

namespace {

// Where the next pair of a segment begins: some take ";" and a second "?" for separators (RFC 1866 section 8.2.1). What has no
// "=" behind one still belongs to the value before it.
size_t endOfPair(std::string_view segment, size_t from)
{
    for (size_t at = segment.find_first_of(";?", from); at != segment.npos;) {
        const size_t next = segment.find_first_of(";?", at + 1);
        if (segment.substr(at + 1, next == segment.npos ? next : next - at - 1).find('=') != segment.npos)
            return at;
        at = next;
    }
    return segment.size();
}

// What stands between two "&".
bool redactSegment(std::string_view segment, std::string &out, const std::vector<std::string> &names,
                   Placeholders &placeholders)
{
    bool secret = false, changed = false;
    for (size_t at = 0; at < segment.size();) {
        const size_t end = endOfPair(segment, at);
        const std::string_view pair = segment.substr(at, end - at);
        const size_t equals = pair.find('=');
        // Behind a secret: to those who split at "&" alone it is a part of it.
        secret = secret || (equals != pair.npos && isSecretName(pair.substr(0, equals), names));
        const std::string_view value = pair.substr(std::min(equals, pair.size() - 1) + 1);
        if (secret && equals != pair.npos && !value.empty() && !isPlaceholder(value)) {
            out += pair.substr(0, equals + 1);
            out += placeholders.of(decoded(value), value);
            changed = true;
        } else {
            out += pair;
        }
        if (end < segment.size())
            out += segment[end];
        at = end + 1;
    }
    return changed;
}

}  // namespace

bool redactForm(std::string &text, const std::vector<std::string> &names, Placeholders &placeholders)
{
    std::string out;
    bool changed = false;
    const std::string_view all = text;
    for (size_t at = 0; at <= all.size();) {
        const size_t end = std::min(all.find('&', at), all.size());
        changed |= redactSegment(all.substr(at, end - at), out, names, placeholders);
        if (end < all.size())
            out += '&';
        at = end + 1;
    }
    if (changed)
        text = std::move(out);
    return changed;
}

std::string redactedFieldValue(std::string_view name, std::string_view value, Placeholders &placeholders)
{
    if (http::equalsIgnoreCase(name, "Cookie"))
        return redactedPairs(value, false, placeholders);
    if (http::equalsIgnoreCase(name, "Set-Cookie"))
        return redactedPairs(value, true, placeholders);
    if (http::equalsIgnoreCase(name, "Authorization") || http::equalsIgnoreCase(name, "Proxy-Authorization")) {
        const size_t space = value.find(' ');
        if (space != value.npos && http::isToken(value.substr(0, space)))
            return std::string(value.substr(0, space + 1)) + placeholders.of(http::trimBlanks(value.substr(space + 1)));
    }
    return placeholders.of(value);
}

}  // namespace sluice::recording
