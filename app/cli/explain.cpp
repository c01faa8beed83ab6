// SPDX-License-Identifier: GPL-3.0-or-later
// sluice explain: why the gateway did what it did, or what it would do.
#include "engine/gateway/explain.h"
#include "app/cli/exchange_json.h"
#include "app/cli/output.h"
#include "app/cli/places.h"
#include "app/cli/verbs.h"
#include "engine/gateway/control.h"
#include "engine/http/uri.h"

namespace sluice::cli {

namespace {

int explainRecorded(const ExplainArgs &args)
{
    int code = Fine;
    const std::unique_ptr<storage::Reader> reader = openRecording(args.record, code);
    if (!reader)
        return code;
    const Result<journey::Exchange> exchange = reader->exchange(args.id);
    if (!exchange)
        return fail(Failed, exchange.error().what);
    if (!args.json) {
        print(printable(gateway::story(*exchange)));
        return Fine;
    }
    const Result<std::string> json = exchangeJson(*reader, *exchange);
    if (!json)
        return fail(Failed, json.error().what);
    printLine(*json);
    return Fine;
}

// "GET /path", or only a path or URL.
std::optional<gateway::Question> questionOf(const ExplainArgs &args)
{
    gateway::Question out;
    const size_t space = args.request.find(' ');
    if (space != std::string::npos)
        out.method = args.request.substr(0, space);
    out.target = args.request.substr(space == std::string::npos ? 0 : args.request.find_first_not_of(' ', space));
    if (!http::isToken(out.method) || out.target.empty() || out.target.find_first_of(" \t") != std::string::npos
        || (out.target[0] != '/' && out.target.find("://") == std::string::npos && out.target != "*")) {
        complain("--request takes a method and a path or URL, as in --request \"GET /api/users/7\"");
        return std::nullopt;
    }
    for (const std::string &text : args.headers) {
        std::optional<std::pair<std::string, std::string>> header = headerOf(text);
        if (!header) {
            complain("-H takes \"Name: value\", not " + text);
            return std::nullopt;
        }
        out.headers.push_back(std::move(*header));
    }
    return out;
}

std::string controlTarget(const gateway::Question &question)
{
    std::string out =
        "/explain?method=" + http::percentEncode(question.method) + "&target=" + http::percentEncode(question.target);
    for (const auto &[name, value] : question.headers)
        out += "&header=" + http::percentEncode(name + ':' + value);
    return out;
}

// Asks the running gateway, in whose words the answer comes back.
int askGateway(const ExplainArgs &args, const gateway::Question &question)
{
    const std::string socket = controlSocket(args.socket);
    if (socket.empty())
        return fail(Failed, "or name a gateway file with -c FILE: no gateway need run then");
    const Result<gateway::ControlAnswer> answer = gateway::control(socket, "GET", controlTarget(question));
    if (!answer)
        return fail(Failed, answer.error().what);
    if (answer->status != 200)
        return fail(Failed, "the gateway answered " + std::to_string(answer->status) + ": " + answer->body);
    if (args.json) {
        print(answer->body);
        return Fine;
    }
    const Result<gateway::Explanation> explanation = gateway::explanationFromJson(answer->body);
    if (!explanation)
        return fail(Failed, explanation.error().what);
    print(printable(gateway::toText(*explanation)));
    return Fine;
}

}  // namespace

int explain(const ExplainArgs &args)
{
    if ((args.id > 0) == !args.request.empty())
        return fail(
            Misused,
            "name either the number of a recorded exchange (`sluice log` lists them), or a request with --request");
    if (args.id > 0)
        return explainRecorded(args);
    const std::optional<gateway::Question> question = questionOf(args);
    if (!question)
        return Misused;
    const std::string file = args.socket.empty() ? gatewayFile(args.file) : args.file;
    if (file.empty())
        return askGateway(args, *question);
    if (!args.socket.empty())
        return fail(Misused, "-c asks a file and --socket a running gateway: give one of them");
    const config::Loaded loaded = loadGatewayFile(file);
    if (!loaded.plan)
        return Misused;
    const gateway::Explanation explanation = gateway::explain(*loaded.plan, *question);
    print(args.json ? gateway::toJson(explanation) + '\n' : printable(gateway::toText(explanation)));
    return Fine;
}

}  // namespace sluice::cli
