// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/text/curl.h"

#include "engine/recording/placeholders.h"
#include "ui/text/format.h"

#include <QUrl>

#include <algorithm>
#include <set>

namespace sluice::ui {

namespace {

// What curl says by itself, or must work out anew.
bool isCurlsOwn(std::string_view name)
{
    for (const std::string_view own :
         {"Host", "Content-Length", "Connection", "Transfer-Encoding", "Expect", "Keep-Alive"}) {
        if (http::equalsIgnoreCase(name, own))
            return true;
    }
    return false;
}

QString urlOf(const journey::Exchange &x, const QString &address)
{
    if (x.received.target.find("://") != std::string::npos)
        return qs(x.received.target);
    const QUrl base(address);
    QString scheme = qs(x.received.scheme), authority = qs(x.received.authority);
    if (scheme.isEmpty())
        scheme = base.scheme().isEmpty() ? u"http"_qs : base.scheme();
    if (authority.isEmpty())
        authority = base.authority().isEmpty() ? u"127.0.0.1:8080"_qs : base.authority();
    return scheme + u"://"_qs + authority + qs(x.received.target);
}

}  // namespace

QString shellQuoted(const QString &text)
{
    QString inner = text;
    return u'\'' + inner.replace(u'\'', u"'\\''"_qs) + u'\'';
}

QString curlLine(const journey::Exchange &x, const QString &address)
{
    QString out = u"curl"_qs;
    const QString url = urlOf(x, address);
    if (std::any_of(url.begin(), url.end(), [](QChar c) { return QStringView(u"[]{}").contains(c); }))
        out += u" --globoff"_qs;  // curl would take them for a pattern of many URLs
    if (x.received.headers.has("Accept-Encoding"))
        out += u" --compressed"_qs;  // else the answer's coding ends up on the terminal
    const QString method = qs(x.received.method);
    if (method == u"HEAD")
        out += u" --head"_qs;
    else if (method != (x.requestBody.size ? u"POST" : u"GET"))
        out += u" -X "_qs + shellQuoted(method);
    out += u' ' + shellQuoted(url);
    for (const http::Field field : x.received.headers) {
        if (!isCurlsOwn(field.name))
            out += u" \\\n  -H "_qs + shellQuoted(qs(field.name) + u": "_qs + qs(field.value));
    }
    if (x.requestBody.size == 0)
        return out;
    const QString body = qs(x.requestBody.bytes);
    if (body.contains(QChar::Null) || body.contains(QChar::ReplacementCharacter))
        return out + u"  # its body is not text and does not fit into a line"_qs;
    out += u" \\\n  --data-raw "_qs + shellQuoted(body);
    if (x.requestBody.cut())
        out += u"  # the recording kept only the beginning of the body"_qs;
    return out;
}

Result<QString> curlLineWithSecrets(const journey::Exchange &x, const QString &address, const Secrets &secrets)
{
    if (const QString missing = missingText(secrets); !missing.isEmpty())
        return Error{Fault::Gateway, missing.toStdString()};
    const recording::Unseal unseal = [&](std::string_view placeholder) -> Result<recording::Unsealed> {
        const auto at = secrets.known.find(placeholder);
        return at == secrets.known.end() ? Result<recording::Unsealed>(Error{Fault::Gateway, "a secret is missing"})
                                         : at->second;
    };
    journey::Exchange request;
    request.received = x.received;
    request.requestBody = x.requestBody;
    std::optional<Error> wrong = recording::unsealTarget(request.received.target, unseal);
    http::HeaderList fields;
    for (const http::Field field : x.received.headers) {
        std::string value(field.value);
        if (!wrong)
            wrong = recording::unsealField(field.name, value, unseal);
        fields.add(field.name, value);
        Secret::wipe(value);
    }
    request.received.headers = std::move(fields);
    if (!wrong)
        wrong = recording::unsealBody(request.requestBody.bytes, x.received.headers.get("Content-Type"), unseal);
    if (wrong)
        return *std::move(wrong);
    request.requestBody.size = request.requestBody.bytes.size() + (x.requestBody.size - x.requestBody.bytes.size());
    return curlLine(request, address);
}

std::vector<std::string> placeholdersOf(const journey::Exchange &x)
{
    std::set<std::string> found;
    const auto look = [&](std::string_view text) {
        size_t end = 0;
        for (size_t at = recording::findPlaceholder(text, 0, end); at != text.npos;
             at = recording::findPlaceholder(text, end, end))
            found.emplace(text.substr(at, end - at));
    };
    look(x.received.target);
    for (const http::Field field : x.received.headers)
        look(field.value);
    look(x.requestBody.bytes);
    return {found.begin(), found.end()};
}

}  // namespace sluice::ui
