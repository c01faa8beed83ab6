// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recording/redaction.h"

#include "engine/http/content_decoder.h"
#include "engine/http/websocket_reader.h"
#include "engine/recording/content_kinds.h"
#include "engine/recording/unsealing.h"

#include <algorithm>

namespace sluice::recording {

namespace {

constexpr size_t mostDecoded = 16 << 20;
constexpr size_t mostClean = 16 << 10;
constexpr int mostWithin = 4;  // a multipart content in a part of one …

bool isAny(std::string_view name, const std::vector<std::string> &names)
{
    for (const std::string &each : names) {
        if (each.size() == name.size() && http::equalsIgnoreCase(each, name))
            return true;
    }
    return false;
}

bool carriesUrl(std::string_view name)
{
    switch (name.size()) {
    case 7: return http::equalsIgnoreCase(name, "Referer");
    case 8: return http::equalsIgnoreCase(name, "Location");
    case 16: return http::equalsIgnoreCase(name, "Content-Location");
    default: return false;
    }
}

// What a message is read by must stay readable: a password may be "charset".
bool isStructure(std::string_view name)
{
    for (const std::string_view each : {"Host", "Content-Type", "Content-Encoding", "Content-Length",
                                        "Transfer-Encoding", "Connection", "Date", "Upgrade"}) {
        if (each.size() == name.size() && http::equalsIgnoreCase(each, name))
            return true;
    }
    return false;
}

bool isHost(std::string_view name)
{
    return name.size() == 4 && http::equalsIgnoreCase(name, "Host");
}

// What is withheld where it cannot be decoded.
bool mayHideSecrets(std::string_view type)
{
    for (const std::string_view kind : {"json", "text", "xml", "script", "event-stream", "multipart", "yaml"}) {
        if (containsFolded(type, kind))
            return true;
    }
    return type.empty() || isForm(type);
}

}  // namespace

Redactor::Redactor(const config::RecordSettings &settings, const PlaceholderKey &key)
    : headers_(settings.redactHeaders), names_(settings.redactJson), placeholders_(key)
{
    for (const std::string &name : names_)
        lastKeys_.emplace_back(std::string_view(name).substr(name.rfind('.') + 1));
}

void Redactor::redactHead(http::HeaderList &list)
{
    bool any = false;
    for (const http::Field field : list)
        any = any || isAny(field.name, headers_)
            || (carriesUrl(field.name) && field.value.find_first_of("?#@") != field.value.npos)
            || (isHost(field.name) && field.value.find('@') != field.value.npos);
    if (!any)
        return;
    http::HeaderList out;
    for (const http::Field field : list) {
        if (isAny(field.name, headers_)) {
            out.add(field.name, redactedFieldValue(field.name, field.value, placeholders_));
        } else if (carriesUrl(field.name)) {
            std::string url(field.value);
            redactUrl(url, names_, placeholders_);
            out.add(field.name, url);
        } else if (isHost(field.name)) {
            std::string host(field.value);
            redactUserInfo(host, 0, placeholders_);
            out.add(field.name, host);
        } else {
            out.add(field.name, field.value);
        }
    }
    list = std::move(out);
}

bool Redactor::worthLooking(std::string_view body, bool form) const
{
    for (const FoldedSearch &key : lastKeys_) {
        if (key.in(body))
            return true;
    }
    // A key may be written with escapes ("p\u0061ssword", or %61 in a form).
    return body.find(form ? "%" : "\\u") != body.npos;
}

std::optional<bool> Redactor::redactBody(std::string &bytes, std::string_view type, int within)
{
    if (isPicture(type))
        return false;
    if (isMultipart(type)) {
        const auto part = [&](std::string &content, std::string_view name, std::string_view typeOfIt) {
            return redactPart(content, name, typeOfIt, within + 1);
        };
        return within < mostWithin ? redactMultipart(bytes, type, part) : std::nullopt;
    }
    const bool form = isForm(type);
    if (isClean(bytes, form))
        return false;
    return form ? redactForm(bytes, names_, placeholders_) : redactText(bytes, type);
}

// None of the names stands in it.
bool Redactor::isClean(std::string_view body, bool form)
{
    if (body == clean_ && form == cleanForm_)
        return true;
    if (worthLooking(body, form))
        return false;
    if (body.size() <= mostClean) {
        clean_ = body;
        cleanForm_ = form;
    }
    return true;
}

bool Redactor::redactText(std::string &bytes, std::string_view type)
{
    const bool xml = isXml(type, bytes) && redactXml(bytes, names_, placeholders_);
    return redactJson(bytes, names_, placeholders_) || xml;
}

bool Redactor::redactPart(std::string &bytes, std::string_view name, std::string_view type, int within)
{
    if (bytes.empty() || isPlaceholder(bytes))
        return false;
    std::optional<bool> changed;
    if (!isSecretName(name, names_))
        changed = redactBody(bytes, type, within);
    if (!changed)
        bytes = placeholders_.of(bytes);
    return changed.value_or(true);
}

// `first` and `second` are the heads that tell of this content; both may say how it is coded.
void Redactor::redactContent(journey::Content &content, http::HeaderList &first, http::HeaderList &second)
{
    if (names_.empty() || content.bytes.empty())
        return;
    const std::string type(first.get("Content-Type"));
    const std::string coding = first.joined("Content-Encoding");
    const bool coded = !coding.empty() && !http::equalsIgnoreCase(coding, "identity"), cut = content.cut();
    const auto withhold = [&](std::string why) {
        content.bytes.clear();
        content.withheld = std::move(why);
    };
    if (coded && isPicture(type))
        return;
    http::Decoded decoded;
    if (coded)
        decoded = http::decodeContent(content.bytes, coding, mostDecoded);
    if (decoded.state == http::Decoded::State::Unknown || decoded.state == http::Decoded::State::Corrupt) {
        if (mayHideSecrets(type))
            withhold("it could not be decoded to look for secrets: " + decoded.why);
        return;
    }
    std::string &plain = coded ? decoded.bytes : content.bytes;
    const std::optional<bool> changed = redactBody(plain, type);
    if (!changed)
        return withhold("its parts could not be told apart to look for secrets: the boundary is missing");
    if (!*changed)
        return;
    content.redacted = true;
    content.wasCut = cut || decoded.state == http::Decoded::State::Cut;
    if (!coded)
        return;
    content.bytes = std::move(decoded.bytes);
    for (http::HeaderList *head : {&first, &second}) {
        if (head->has("Content-Encoding"))
            head->set("Content-Encoding", "identity");
    }
}

// A secret may come again where nobody named it.
void Redactor::redactAgain(http::HeaderList &list) const
{
    bool changed = false;
    for (const http::Field field : list)
        changed = changed || placeholders_.mayStandIn(field.value)
            || (carriesUrl(field.name) && field.value.find_first_of("%+") != field.value.npos);
    if (!changed)  // as nearly always: nothing is copied
        return;
    changed = false;
    http::HeaderList out;
    for (const http::Field field : list) {
        std::string value(field.value);
        if (!isStructure(field.name)) {
            const size_t query = carriesUrl(field.name) ? value.find('?') : value.npos;
            if (query != value.npos)
                changed |= replaceInQuery(value, query + 1, placeholders_);
            changed |= placeholders_.replaceIn(value);
        }
        out.add(field.name, value);
    }
    if (changed)
        list = std::move(out);
}

void Redactor::redactAgain(journey::Exchange &x) const
{
    if (placeholders_.found().empty())
        return;
    for (http::HeaderList *list : {&x.received.headers, &x.sent.headers, &x.answer.headers, &x.returned.headers,
                                   &x.requestTrailers, &x.responseTrailers})
        redactAgain(*list);
    for (std::string *target : {&x.received.target, &x.sent.target})
        replaceInQuery(*target, std::min(target->find('?'), target->size() - 1) + 1, placeholders_);
    replaceInQuery(x.query, 0, placeholders_);
}

void Redactor::redactWords(journey::Exchange &x)
{
    if (placeholders_.found().empty())
        return;
    std::string decisions(x.decisions.text());
    if (placeholders_.replaceInDecisions(decisions))
        x.decisions = journey::DecisionLog::restored(std::move(decisions));
    placeholders_.replaceIn(x.failure);
    placeholders_.replaceIn(x.stream.grpcMessage);
    for (journey::Attempt &attempt : x.attempts)
        placeholders_.replaceIn(attempt.error);
}

void Redactor::redact(journey::Exchange &x)
{
    placeholders_.clearFound();
    redactHead(x.received.headers);
    redactHead(x.sent.headers);
    redactHead(x.answer.headers);
    redactHead(x.returned.headers);
    redactHead(x.requestTrailers);
    redactHead(x.responseTrailers);
    for (http::RequestHead *head : {&x.received, &x.sent}) {
        redactUrl(head->target, names_, placeholders_);
        redactUserInfo(head->authority, 0, placeholders_);
    }
    if (!x.path.starts_with('/'))  // of a target that was refused
        redactUrl(x.path, names_, placeholders_);
    if (!names_.empty() && !x.query.empty())
        redactForm(x.query, names_, placeholders_);
    redactContent(x.requestBody, x.received.headers, x.sent.headers);
    if (x.answer.status)
        redactContent(x.responseBody, x.answer.headers, x.returned.headers);
    else
        redactContent(x.responseBody, x.returned.headers, x.answer.headers);
    redactAgain(x);
    redactWords(x);
}

void Redactor::redact(journey::Message &message)
{
    placeholders_.clearFound();
    original_.clear();
    if (names_.empty() || message.bytes.empty())
        return;
    if (message.coded) {
        message.bytes.clear();
        message.cut = true;
        return;
    }
    const bool text = message.kind == journey::Message::Kind::Text || message.kind == journey::Message::Kind::Event;
    if (!text && !message.cut && !http::isUtf8(message.bytes))
        return;
    if (isClean(message.bytes, false))
        return;
    std::string original = wantSecrets_ ? message.bytes : std::string();
    message.redacted = redactText(message.bytes, {});
    if (message.redacted && wantSecrets_ && !comesBack(message.bytes, original))
        original_ = std::move(original);
}

// Of a secret without quotes it cannot be told later which of the two it was: another message may have it with them.
bool Redactor::comesBack(const std::string &redacted, const std::string &original) const
{
    if (redacted == original)  // what stood there were placeholders
        return true;
    const auto &secrets = placeholders_.met();
    if (std::any_of(secrets.begin(), secrets.end(), [](const Placeholders::Met &met) { return met.json; }))
        return false;
    std::string back = redacted;
    const auto wrong = unsealMessage(back, [&](std::string_view placeholder) -> Result<Unsealed> {
        for (const Placeholders::Met &met : secrets) {
            if (met.placeholder == placeholder)
                return Unsealed{Secret(std::string_view(met.secret))};
        }
        return Error{Fault::Gateway, "it is not known"};
    });
    return !wrong && back == original;
}

}  // namespace sluice::recording
