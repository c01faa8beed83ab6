// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/exchange_json.h"

#include "app/cli/messages.h"
#include "storage/row_json.h"

#include <QByteArray>
#include <QStringConverter>

#include <algorithm>

namespace sluice::cli {

namespace {

std::string headersJson(const http::HeaderList &headers)
{
    std::string out = "[";
    for (const http::Field field : headers) {
        out += out.size() > 1 ? ",[" : "[";
        appendJson(out, field.name);
        out += ',';
        appendJson(out, field.value);
        out += ']';
    }
    return out + ']';
}

std::string contentJson(const journey::Content &content)
{
    std::string out;
    JsonObject o(out);
    o.add("size", content.size)
        .add("complete", content.complete)
        .add("cut", content.cut())
        .add("redacted", content.redacted)
        .addOrNull("withheld", content.withheld);
    if (isText(content.bytes))
        o.add("encoding", "utf-8").add("content", content.bytes);
    else
        o.add("encoding", "base64").add("content", base64(content.bytes));
    o.close();
    return out;
}

std::string requestJson(const http::RequestHead &head)
{
    if (head.method.empty())
        return "null";
    std::string out;
    JsonObject o(out);
    o.add("method", head.method)
        .add("target", head.target)
        .add("scheme", head.scheme)
        .add("authority", head.authority)
        .add("version", http::name(head.version))
        .addRaw("headers", headersJson(head.headers));
    o.close();
    return out;
}

std::string responseJson(const http::ResponseHead &head)
{
    if (head.status == 0)
        return "null";
    std::string out;
    JsonObject o(out);
    o.add("status", head.status)
        .add("reason", head.reason)
        .add("version", http::name(head.version))
        .addRaw("headers", headersJson(head.headers));
    o.close();
    return out;
}

void addTime(JsonObject &o, JsonKey name, Nanos time)
{
    if (time < Nanos(0))
        o.addRaw(name, "null");
    else
        o.add(name, time.count() / 1000);
}

std::string timesJson(const journey::Times &t)
{
    std::string out;
    JsonObject o(out);
    addTime(o, "routed_us", t.routed);
    addTime(o, "connected_us", t.connected);
    addTime(o, "request_sent_us", t.requestSent);
    addTime(o, "first_byte_us", t.firstByte);
    addTime(o, "answered_us", t.answered);
    addTime(o, "ended_us", t.ended);
    o.close();
    return out;
}

std::string attemptsJson(const journey::Exchange &x)
{
    std::string out = "[";
    for (const journey::Attempt &a : x.attempts) {
        if (out.size() > 1)
            out += ',';
        JsonObject o(out);
        o.add("endpoint", a.endpoint).add("status", a.status).add("reused", a.reused).addOrNull("error", a.error);
        addTime(o, "started_us", a.started);
        addTime(o, "connected_us", a.connected);
        addTime(o, "first_byte_us", a.firstByte);
        addTime(o, "ended_us", a.ended);
        o.close();
    }
    return out + ']';
}

}  // namespace

bool isText(std::string_view bytes)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    [[maybe_unused]] const QString text = decoder(QByteArrayView(bytes.data(), qsizetype(bytes.size())));
    return !decoder.hasError() && std::none_of(bytes.begin(), bytes.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
    });
}

std::string base64(std::string_view bytes)
{
    return QByteArray::fromRawData(bytes.data(), qsizetype(bytes.size())).toBase64().toStdString();
}

Result<std::string> exchangeJson(storage::Reader &reader, const journey::Exchange &x)
{
    Result<std::vector<storage::Row>> rows = x.id > 0 ? reader.rows({x.id}) : reader.open();
    if (!rows)
        return rows.error();
    if (x.id < 0)
        std::erase_if(*rows, [&](const storage::Row &row) { return row.id != x.id; });
    if (rows->empty())
        return Error{Fault::Client, "exchange " + std::to_string(x.id) + " is not in the recording any more"};
    rows->front().decisions = x.decisions.json();
    const Result<std::string> messages = messagesJson(reader, x);
    if (!messages)
        return messages.error();
    std::string out = storage::jsonLine(rows->front(), *messages), rest;
    JsonObject o(rest);
    o.add("peer", x.peer)
        .add("tunnel", x.tunnel)
        .addRaw("request", requestJson(x.received))
        .addRaw("request_sent", requestJson(x.sent))
        .addRaw("answer", responseJson(x.answer))
        .addRaw("response", responseJson(x.returned))
        .addRaw("request_body", contentJson(x.requestBody))
        .addRaw("response_body", contentJson(x.responseBody))
        .addRaw("request_trailers", headersJson(x.requestTrailers))
        .addRaw("response_trailers", headersJson(x.responseTrailers))
        .addRaw("times", timesJson(x.times))
        .addRaw("tries", attemptsJson(x));
    o.close();
    out.back() = ',';
    return out.append(rest, 1);
}

}  // namespace sluice::cli
