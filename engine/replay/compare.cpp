// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/replay/compare.h"

#include "engine/http/content_decoder.h"
#include "engine/recording/placeholders.h"
#include "engine/replay/compare_body.h"
#include "engine/replay/differences.h"
#include "engine/replay/volatile_text.h"

#include <algorithm>
#include <map>

namespace sluice::replay {

namespace {

constexpr size_t mostBody = size_t(64) << 20;

std::string lower(std::string_view text)
{
    std::string out(text);
    for (char &c : out)
        c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
    return out;
}

// `words`: each with a space before and behind it.
bool isOneOf(std::string_view name, std::string_view words)
{
    std::string word;
    word.append(" ").append(name).append(" ");
    return words.find(word) != words.npos;
}

// Say how one connection carried the message, not what it says (RFC 9110 section 7.6.1, RFC 9112 section 6).
bool isHopByHop(std::string_view name)
{
    return isOneOf(name,
                   " connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer"
                   " transfer-encoding upgrade alt-svc ");
}

bool isNoisy(std::string_view name)
{
    return isOneOf(name,
                   " age date expires x-request-id x-trace-id x-correlation-id traceparent tracestate via"
                   " server-timing x-runtime x-response-time ratelimit ratelimit-remaining ratelimit-reset"
                   " x-ratelimit-remaining x-ratelimit-reset retry-after cf-ray x-amzn-trace-id cache-status ");
}

using Grouped = std::map<std::string, std::vector<std::string_view>>;  // by lower-case name

Grouped grouped(const http::HeaderList &list)
{
    Grouped out;
    for (const http::Field &field : list)
        out[lower(field.name)].push_back(field.value);
    return out;
}

std::string joined(const std::vector<std::string_view> &values)
{
    std::string out;
    for (const std::string_view value : values) {
        out += out.empty() ? "" : ", ";
        out += value;
    }
    return out;
}

std::string_view trimmed(std::string_view text)
{
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    return text;
}

struct Cookie {
    std::string_view value;
    std::string attributes;  // sorted, without Expires: it follows the time
};

std::map<std::string, Cookie> cookiesOf(const std::vector<std::string_view> &fields)
{
    std::map<std::string, Cookie> out;
    for (std::string_view field : fields) {
        const size_t end = field.find(';');
        const std::string_view pair = field.substr(0, end);
        const size_t equals = pair.find('=');
        Cookie cookie{equals == pair.npos ? std::string_view() : trimmed(pair.substr(equals + 1)), {}};
        std::string_view rest = end == field.npos ? std::string_view() : field.substr(end + 1);
        std::vector<std::string> attributes;
        while (!rest.empty()) {
            const size_t semicolon = rest.find(';');
            const std::string attribute = lower(trimmed(rest.substr(0, semicolon)));
            if (!attribute.empty() && !attribute.starts_with("expires="))
                attributes.push_back(attribute);
            rest = semicolon == rest.npos ? std::string_view() : rest.substr(semicolon + 1);
        }
        std::sort(attributes.begin(), attributes.end());
        for (const std::string &attribute : attributes)
            cookie.attributes += "; " + attribute;
        out[std::string(trimmed(pair.substr(0, equals)))] = std::move(cookie);
    }
    return out;
}

void compareCookies(const std::vector<std::string_view> &before, const std::vector<std::string_view> &after,
                    Differences &out)
{
    const std::map<std::string, Cookie> a = cookiesOf(before);
    std::map<std::string, Cookie> b = cookiesOf(after);
    for (const auto &[name, cookie] : a) {
        const std::string where = "header Set-Cookie " + name;
        const auto other = b.find(name);
        if (other == b.end()) {
            out.add(where, std::string(cookie.value) + cookie.attributes, {}, false);
            continue;
        }
        if (cookie.attributes != other->second.attributes)
            out.add(where, cookie.attributes, other->second.attributes, false);
        else if (cookie.value != other->second.value)
            out.add(where, cookie.value, other->second.value,
                    recording::isPlaceholder(cookie.value) == recording::isPlaceholder(other->second.value));
        b.erase(other);
    }
    for (const auto &[name, cookie] : b)
        out.add("header Set-Cookie " + name, {}, std::string(cookie.value) + cookie.attributes, false);
}

// As written in whichever message has it.
std::string writtenName(std::string_view name, const http::HeaderList &a, const http::HeaderList &b)
{
    const http::HeaderList &list = a.has(name) ? a : b;
    return std::string(list[list.find(name)].name);
}

struct Messages {
    const journey::Exchange &before, &after;
    // Content-Length says the same as the body, but where there is none.
    bool lengthMatters() const
    {
        const std::string &method = before.received.method;
        return method == "HEAD" || before.returned.status == 304;
    }
    bool redacted() const { return before.responseBody.redacted || after.responseBody.redacted; }
};

bool isNoise(std::string_view name, std::string_view before, std::string_view after, const Messages &m)
{
    if (isNoisy(name))
        return true;
    if (name == "content-length")
        return !m.lengthMatters();
    if (name == "content-encoding")  // redaction keeps content decoded
        return m.redacted();
    return !before.empty() && !after.empty() && sameButVolatile(before, after);
}

void compareHeaders(std::string_view what, const http::HeaderList &before, const http::HeaderList &after,
                    const Messages &m, Differences &out)
{
    const Grouped a = grouped(before), b = grouped(after);
    static const std::vector<std::string_view> none;
    Grouped all = a;
    all.insert(b.begin(), b.end());
    for (const auto &[name, unused] : all) {
        const auto atA = a.find(name), atB = b.find(name);
        const std::vector<std::string_view> &valuesA = atA == a.end() ? none : atA->second;
        const std::vector<std::string_view> &valuesB = atB == b.end() ? none : atB->second;
        if (isHopByHop(name))
            continue;
        if (name == "set-cookie") {
            compareCookies(valuesA, valuesB, out);
            continue;
        }
        const std::string textA = joined(valuesA), textB = joined(valuesB);
        if (textA == textB && valuesA.empty() == valuesB.empty())
            continue;
        out.add(std::string(what) + ' ' + writtenName(name, before, after), textA, textB,
                isNoise(name, textA, textB, m));
    }
}

std::string sizeText(const journey::Content &content)
{
    return std::to_string(content.size) + " bytes" + (content.complete ? "" : ", then it broke off");
}

// Only the beginnings are kept, of one or of both.
void compareBeginnings(std::string_view a, std::string_view b, const journey::Content &before,
                       const journey::Content &after, Differences &out)
{
    const size_t both = std::min(a.size(), b.size());
    if (a.substr(0, both) != b.substr(0, both))
        compareBytes({a.substr(0, both)}, {b.substr(0, both)}, out);
    if (before.size != after.size)
        out.add("body length", sizeText(before), sizeText(after), false);
}

void compareBodies(const Messages &m, Differences &out)
{
    const journey::Content &before = m.before.responseBody, &after = m.after.responseBody;
    if (!before.withheld.empty() || !after.withheld.empty()) {
        out.add("body", before.withheld.empty() ? sizeText(before) : before.withheld,
                after.withheld.empty() ? sizeText(after) : after.withheld, true);
        return;
    }
    if (before.complete != after.complete)
        out.add("body length", sizeText(before), sizeText(after), false);
    const http::Decoded a =
        http::decodeContent(before.bytes, m.before.returned.headers.joined("Content-Encoding"), mostBody);
    const http::Decoded b =
        http::decodeContent(after.bytes, m.after.returned.headers.joined("Content-Encoding"), mostBody);
    const auto readable = [](const http::Decoded &d) {
        return d.state == http::Decoded::State::Whole || d.state == http::Decoded::State::Cut;
    };
    const bool decoded = readable(a) && readable(b);
    const std::string_view bytesA = decoded ? a.bytes : before.bytes, bytesB = decoded ? b.bytes : after.bytes;
    if (before.cut() || after.cut() || a.state == http::Decoded::State::Cut || b.state == http::Decoded::State::Cut)
        return compareBeginnings(bytesA, bytesB, before, after, out);
    if (bytesA == bytesB)
        return;
    const Body bodyA{bytesA, m.before.time}, bodyB{bytesB, m.after.time};
    if (!compareJson(bodyA, bodyB, out) && !compareText(bodyA, bodyB, out))
        compareBytes(bodyA, bodyB, out);
}

}  // namespace

std::string_view name(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Same: return "same";
    case Verdict::Noise: return "noise";
    case Verdict::Different: return "different";
    case Verdict::Failed: break;
    }
    return "failed";
}

Comparison compare(const journey::Exchange &original, const journey::Exchange &repeated)
{
    Differences out;
    const auto statusText = [](const journey::Exchange &exchange) {
        return exchange.returned.status == 0 ? std::string() : std::to_string(exchange.returned.status);
    };
    if (repeated.returned.status == 0) {
        out.add("answer", statusText(original), repeated.failure.empty() ? "no answer came" : repeated.failure, false);
        Comparison failed = out.take();
        failed.verdict = Verdict::Failed;
        return failed;
    }
    if (original.returned.status != repeated.returned.status)
        out.add("status", statusText(original), statusText(repeated), false);
    const Messages messages{original, repeated};
    compareHeaders("header", original.returned.headers, repeated.returned.headers, messages, out);
    compareHeaders("trailer", original.responseTrailers, repeated.responseTrailers, messages, out);
    compareBodies(messages, out);
    return out.take();
}

}  // namespace sluice::replay
