// SPDX-License-Identifier: GPL-3.0-or-later
// sluice status: how the running gateway is.
#include "app/cli/control_call.h"
#include "app/cli/output.h"
#include "app/cli/verbs.h"

#include <algorithm>

namespace sluice::cli {

namespace {

constexpr int soonDays = 14;

std::string joined(const std::vector<std::string> &list, const char *between)
{
    std::string out;
    for (const std::string &item : list)
        out += (out.empty() ? "" : between) + item;
    return out;
}

void printServices(const gateway::Status &s)
{
    Table table({"SERVICE", "ENDPOINT", "WEIGHT", "REQUESTS", "FAILED", "ACTIVE", "KEPT", "MEAN"});
    for (const gateway::ServiceStatus &service : s.services) {
        if (!service.unavailable.empty())
            table.add({service.name, "503: " + service.unavailable}, Colour::Yellow);
        for (const gateway::EndpointStatus &e : service.endpoints)
            table.add({service.name, e.url, std::to_string(e.weight), std::to_string(e.requests),
                       std::to_string(e.failures), std::to_string(e.active), std::to_string(e.idle),
                       e.requests ? latencyText(e.meanLatency) : "-"});
    }
    print("\n" + table.text());
}

void printRoutes(const gateway::Status &s)
{
    Table table({"ROUTE", "REQUESTS", "4XX", "5XX", "METHODS", "PATH"});
    for (const gateway::RouteStatus &r : s.routes)
        table.add({r.name, std::to_string(r.requests), std::to_string(r.clientErrors), std::to_string(r.serverErrors),
                   r.methods.empty() ? "any" : joined(r.methods, ","),
                   joined(r.hosts, ",") + r.path + (r.unavailable.empty() ? "" : "  503: " + r.unavailable)},
                  r.unavailable.empty() ? Colour::None : Colour::Yellow);
    print("\n" + table.text());
}

// "42 days", and a word where that is not enough.
std::string lifeOf(const gateway::CertificateStatus &c)
{
    if (c.subject.empty())
        return "-";
    const std::string date = rfc3339(c.notAfter).substr(0, 10);
    if (c.daysLeft < 0)
        return "EXPIRED on " + date;
    const std::string days = std::to_string(c.daysLeft) + (c.daysLeft == 1 ? " day" : " days");
    return c.daysLeft < soonDays ? "EXPIRES SOON: " + days : days;
}

void printCertificates(const gateway::Status &s)
{
    if (s.certificates.empty())
        return;
    Table table({"CERTIFICATE OF", "LEFT", "NAMES", "FILE"});
    for (const gateway::CertificateStatus &c : s.certificates) {
        const std::string names = !c.names.empty() ? joined(c.names, " ") : c.subject.empty() ? "-" : c.subject;
        const bool bad = !c.trouble.empty() || (!c.subject.empty() && c.daysLeft < 0);
        const bool soon = !c.subject.empty() && c.daysLeft < soonDays;
        const Colour colour = bad ? Colour::Red : soon ? Colour::Yellow : Colour::None;
        table.add({c.where, lifeOf(c), names,
                   (c.file.empty() ? "(made here)" : c.file) + (c.trouble.empty() ? "" : "  " + c.trouble)},
                  colour);
    }
    print("\n" + table.text());
}

// What HTTP/2 connections did, as far as there were any.
void printHttp2(const char *whose, const std::vector<std::pair<std::string, uint64_t>> &counts)
{
    std::string out;
    for (const auto &[name, count] : counts) {
        if (count == 0)
            continue;
        out += (out.empty() ? whose : ", ") + name + ' ' + std::to_string(count);
    }
    std::replace(out.begin(), out.end(), '_', ' ');
    if (!out.empty())
        printLine(out);
}

void printStatus(const gateway::Status &s)
{
    printLine(painted(joined(s.listen, " "), Colour::Bold) + (s.draining ? "  draining" : ""));
    printLine("file " + (s.file.empty() ? "(none, --to)" : s.file) + ", revision " + std::to_string(s.revision) + ", "
              + std::to_string(s.workers) + " workers, since " + localTime(s.started));
    printLine(std::to_string(s.requests) + " requests, " + std::to_string(s.active) + " under way, "
              + std::to_string(s.connections) + " client connections");
    printHttp2("HTTP/2 of clients: ", s.http2);
    printHttp2("HTTP/2 to endpoints: ", s.http2Upstream);
    const gateway::RecordingStatus &r = s.recording;
    if (r.on)
        printLine("recording " + r.path + ": " + std::to_string(r.rows) + " exchanges, " + sizeText(r.bytes)
                  + (r.shed ? ", " + std::to_string(r.shed) + " shed" : "")
                  + (r.shedMessages ? ", " + std::to_string(r.shedMessages) + " messages shed" : "")
                  + (r.trouble.empty() ? "" : ", " + r.trouble));
    else
        printLine("recording off");
    if (!r.unsealed.empty())
        printLine(painted("secrets are recorded as placeholders only: " + printable(r.unsealed), Colour::Yellow));
    if (s.fileRefused)
        printLine(painted("the file as it is now is refused, the rules before it are on:", Colour::Red));
    for (const Problem &problem : s.problems)
        printLine(problem.text());
    printServices(s);
    printRoutes(s);
    printCertificates(s);
}

}  // namespace

int status(const ControlArgs &args)
{
    const std::optional<gateway::ControlAnswer> answer = ask(args.socket, "GET", "/status");
    if (!answer)
        return Failed;
    if (answer->status != 200)
        return fail(Failed, "the gateway answered " + std::to_string(answer->status) + ": " + answer->body);
    if (args.json) {
        print(answer->body);
        return Fine;
    }
    const Result<gateway::Status> status = gateway::statusFromJson(answer->body);
    if (!status)
        return fail(Failed, status.error().what);
    printStatus(*status);
    return Fine;
}

}  // namespace sluice::cli
