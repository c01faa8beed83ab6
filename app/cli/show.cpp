// SPDX-License-Identifier: GPL-3.0-or-later
// sluice show: one exchange, whole: both messages as they came and as they went on, attempts, times and decisions; or one body as it is.
#include "app/cli/exchange_json.h"
#include "app/cli/messages.h"
#include "app/cli/output.h"
#include "app/cli/places.h"
#include "app/cli/verbs.h"
#include "engine/http/content_decoder.h"

namespace sluice::cli {

namespace {

constexpr size_t mostShown = 64 * 1024;  // of a body, for people
constexpr size_t mostDecoded = size_t(256) << 20;

void printHeaders(const http::HeaderList &headers)
{
    for (const http::Field field : headers)
        printLine(painted(printable(field.name) + ":", Colour::Dim) + ' ' + printable(field.value));
}

// Content codings taken off, unless it is not whole or somebody wants the bytes that went by.
std::string decoded(const journey::Content &content, const http::HeaderList &headers, bool raw)
{
    const std::string encoding = headers.joined("Content-Encoding");
    if (raw || encoding.empty() || content.redacted)
        return content.bytes;
    http::Decoded out = http::decodeContent(content.bytes, encoding, mostDecoded);
    if (out.state != http::Decoded::State::Whole)
        complain("the body is shown as far as it could be decoded: " + out.why);
    return std::move(out.bytes);
}

void printBody(const journey::Content &content, const http::HeaderList &headers)
{
    if (content.size == 0)
        return;
    print("\n");
    if (!content.withheld.empty())
        return printLine(painted("(" + sizeText(content.size) + ", not kept: " + content.withheld + ")", Colour::Dim));
    const std::string body = decoded(content, headers, false);
    if (!isText(std::string_view(body).substr(0, mostShown)) && !isText(body))
        return printLine(
            painted("(" + sizeText(content.size) + " that are no text; --body request or --body response gives them)",
                    Colour::Dim));
    print(printable(std::string_view(body).substr(0, mostShown)));
    if (!body.ends_with('\n'))
        print("\n");
    if (body.size() > mostShown)
        printLine(painted("(the first 64 KiB; --body gives all)", Colour::Dim));
    if (content.cut())
        printLine(painted("(cut by the recording's limit: " + sizeText(content.bytes.size()) + " of "
                              + sizeText(content.size) + " were kept)",
                          Colour::Dim));
    if (!content.complete)
        printLine(painted("(it broke off here)", Colour::Dim));
}

void printRequest(const std::string &title, const http::RequestHead &head)
{
    printLine(painted(title, Colour::Bold));
    if (head.method.empty() && head.target.empty() && head.headers.empty())
        return printLine("(no request that could be read)");
    printLine(printable(head.method + ' ' + head.target) + ' ' + std::string(http::name(head.version)));
    printHeaders(head.headers);
}

void printResponse(const std::string &title, const http::ResponseHead &head)
{
    printLine(painted(title, Colour::Bold));
    printLine(painted(std::to_string(head.status), ofStatus(head.status)) + ' ' + printable(head.reason));
    printHeaders(head.headers);
}

void printTrailers(const http::HeaderList &trailers)
{
    if (trailers.empty())
        return;
    printLine("\n" + painted("Trailers", Colour::Bold));
    printHeaders(trailers);
}

// What came to pass, with when, counted from the start.
std::string offsets(std::initializer_list<std::pair<std::string_view, Nanos>> all)
{
    std::string out;
    for (const auto &[name, offset] : all) {
        if (offset >= Nanos(0))
            out.append(out.empty() ? "" : ", ").append(name).append(" ").append(latencyText(offset));
    }
    return out;
}

void printAttempts(const journey::Exchange &x)
{
    if (x.attempts.empty())
        return;
    printLine("\n" + painted("Attempts", Colour::Bold));
    Table table({"ENDPOINT", "STATUS", "TIMES"});
    for (const journey::Attempt &a : x.attempts) {
        std::string times = offsets(
            {{"started", a.started}, {"connected", a.connected}, {"first byte", a.firstByte}, {"ended", a.ended}});
        times += a.reused ? ", over a kept connection" : "";
        times += a.error.empty() ? "" : ": " + a.error;
        table.add({printable(a.endpoint), a.status ? std::to_string(a.status) : "-", printable(times)});
    }
    print(table.text());
}

void printDecisions(const journey::Exchange &x)
{
    const auto decisions = journey::DecisionLog::parse(x.decisions.json());
    if (!decisions || decisions->empty())
        return;
    printLine("\n" + painted("Decisions", Colour::Bold));
    Table table({"STAGE", "OUTCOME", "WHY"});
    for (const journey::Decision &each : *decisions)
        table.add({each.stage, printable(each.outcome), printable(each.why)});
    print(table.text());
}

void printWhole(storage::Reader &reader, const journey::Exchange &x)
{
    const std::string number = x.id < 0 ? "@" + std::to_string(-x.id) : std::to_string(x.id);
    printRequest("Request #" + number + " from " + x.client + ", " + localTime(x.time), x.received);
    printBody(x.requestBody, x.received.headers);
    printTrailers(x.requestTrailers);
    if (!x.sent.method.empty()) {
        print("\n");
        printRequest("Sent on to " + x.endpoint, x.sent);
    }
    if (x.answer.status != 0) {
        print("\n");
        printResponse("Answer of the upstream", x.answer);
    }
    print("\n");
    const Nanos after = x.id < 0 ? x.times.answered : x.times.ended;
    if (x.unanswered())
        printLine(painted(x.received.method.empty() ? "No response"
                                                    : "No response: the client was gone after " + latencyText(after),
                          Colour::Bold));
    else
        printResponse("Response to the client, after " + latencyText(after) + (x.id < 0 ? ", still open" : ""),
                      x.returned);
    printBody(x.responseBody, x.returned.headers);
    printTrailers(x.responseTrailers);
    printMessages(reader, x);
    printAttempts(x);
    const journey::Times &t = x.times;
    printLine("\n" + painted("Times", Colour::Bold));
    printLine(offsets({{"routed", t.routed},
                       {"connected", t.connected},
                       {"request sent", t.requestSent},
                       {"first byte", t.firstByte},
                       {"answered", t.answered},
                       {"ended", t.ended}}));
    printDecisions(x);
    if (!x.failure.empty())
        printLine("\n" + painted(printable(x.failure), Colour::Red));
    if (x.id > 0)
        printLine("\n" + painted("sluice explain " + std::to_string(x.id) + " tells it as a story", Colour::Dim));
}

}  // namespace

int show(const ShowArgs &args)
{
    if (!args.body.empty() && args.body != "request" && args.body != "response")
        return fail(Misused, "--body takes request or response");
    if (args.raw && args.body.empty())
        return fail(Misused, "--raw goes with --body: the bytes as they went by, content codings left on");
    int code = Fine;
    const std::unique_ptr<storage::Reader> reader = openRecording(args.record, code);
    if (!reader)
        return code;
    const bool open = args.id.starts_with('@') || args.id.starts_with('-');
    const int64_t id = std::stoll(args.id.substr(open ? 1 : 0));
    const Result<journey::Exchange> exchange = reader->exchange(open ? -id : id);
    if (!exchange)
        return fail(Failed, exchange.error().what);
    if (args.json) {
        const Result<std::string> json = exchangeJson(*reader, *exchange);
        if (!json)
            return fail(Failed, json.error().what);
        printLine(*json);
    } else if (!args.body.empty()) {
        const bool request = args.body == "request";
        const journey::Content &content = request ? exchange->requestBody : exchange->responseBody;
        const http::HeaderList &head = request ? exchange->received.headers : exchange->returned.headers;
        if (!content.withheld.empty())
            return fail(Failed, "this body was not kept: " + content.withheld);
        if (content.cut())
            complain("only " + sizeText(content.bytes.size()) + " of " + sizeText(content.size) + " were kept");
        if (args.raw && content.redacted && http::equalsIgnoreCase(head.get("Content-Encoding"), "identity"))
            complain("this body held secrets, so it was kept decoded: it is text, not the bytes that went by");
        print(decoded(content, head, args.raw));
    } else {
        printWhole(*reader, *exchange);
    }
    return flush() ? Fine : Failed;
}

}  // namespace sluice::cli
