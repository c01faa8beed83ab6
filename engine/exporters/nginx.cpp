// SPDX-License-Identifier: GPL-3.0-or-later
// The nginx export, put together.
#include "engine/exporters/nginx.h"

#include "engine/exporters/notes.h"

#include <algorithm>

namespace sluice::exporters::nginx {

namespace {

std::string problem(int status, std::string_view title, std::string_view detail)
{
    std::string out = R"('{"type":"about:blank","title":")";
    out.append(title).append(R"(","status":)").append(std::to_string(status));
    return out.append(R"(,"detail":")").append(detail).append(R"(","request_id":"$sluice_request_id"}')");
}

constexpr std::string_view ownHeaders = "            add_header X-Request-ID $sluice_request_id always;\n"
                                        "            add_header X-Trace-ID $sluice_trace_id always;\n";

std::string closedRoute(std::string_view why)
{
    std::string out = "            # " + comment(why) + '\n';
    out.append(ownHeaders).append("            add_header Retry-After 1 always;\n            return 503 ");
    return out + problem(503, "Service Unavailable", "This route is not available.") + ";\n";
}

std::string placeText(const Draft &draft, const config::Place &place)
{
    const std::string file = draft.plan.file.empty() ? "(command line)" : draft.plan.file;
    return place.line > 0 ? file + ':' + std::to_string(place.line) : file;
}

std::string routeTitle(const Draft &draft, const config::RouteSettings &route)
{
    const std::string path = route.name.ends_with(' ' + route.match.path) ? "" : ": " + route.match.path;
    return "        # "
        + comment(route.name + path + (route.service.empty() ? "" : " -> " + route.service) + " ("
                  + placeText(draft, route.place) + ")")
        + '\n';
}

std::string writeRoute(Draft &draft, const TableRoute &route, const std::vector<Upstream> &upstreams, std::string &maps)
{
    const config::RouteSettings &settings = draft.plan.routes[route.index];
    std::string out = routeTitle(draft, settings) + "        location = /" + route.location + " {\n";
    const bool known = settings.serviceIndex < draft.plan.services.size();
    const std::string target = writeRewrite(draft, route, maps);
    std::string closed = !settings.unavailable.empty() ? settings.unavailable : route.closed;
    if (closed.empty() && target.empty())
        closed = "its new path cannot be said";
    if (closed.empty() && known)
        closed = upstreams[settings.serviceIndex].closed;
    if (closed.empty() && !known)
        closed = "service " + settings.service + " has no endpoint that takes requests";
    if (!settings.unavailable.empty())
        draft.say("route " + settings.name + ": " + (settings.restricted.empty() ? "unavailable" : settings.restricted),
                  settings.place, Fidelity::Impossible,
                  settings.unavailable
                      + ". Sluice answers 503, and so does the export: it never opens what the "
                        "file closes");
    if (!closed.empty())
        return out + closedRoute(closed) + "        }\n\n";
    if (route.path.regex && !settings.rewrite.path.empty())
        out +=
            "            if (" + target + " ~ \"^//|/\\.\\.?(?:/|$)\") {\n                return 400;\n            }\n";
    const Upstream &upstream = upstreams[settings.serviceIndex];
    out += upstream.settings + "            proxy_pass " + upstream.url + target + "$sluice_query;\n        }\n\n";
    return out;
}

// The path as it is matched and sent on: the one that came where that is in normal form already; what nginx makes of it
// where only unreserved characters were escaped; else empty, which is refused (engine/http/uri.h).
std::string writePath(Draft &draft)
{
    const bool escapes =
        std::any_of(draft.plan.routes.begin(), draft.plan.routes.end(), [](const config::RouteSettings &r) {
            return r.match.path.find('%') != std::string::npos || r.match.path.starts_with('~');
        });
    const std::string hex = escapes ? "[89A-F][0-9A-F]" : "[89A-Fa-f][0-9A-Fa-f]";
    const std::string letters = escapes
        ? "0[1-9A-F]|1[0-9A-F]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[BCDF]"
        : "0[1-9A-Fa-f]|1[0-9A-Fa-f]|2[0-9A-Ca-cFf]|3[A-Fa-f]|40|5[B-Eb-e]|60|7[B-Db-dFf]";
    draft.say("path normalisation", {}, Fidelity::Approximate,
              std::string("dot segments and escaped letters are resolved as here; a path that has these and other "
                          "escapes, too, is refused "
                          "with 400, where Sluice normalises it")
                  + (escapes ? "; so is one with escapes in lower case"
                             : "; escapes in lower case are sent on as they came"));
    const std::string dot = "(?:\\.|%2[Ee])", edge = "(?:/|%2[Ff]|%5[Cc])";
    return "    map $request_uri $sluice_path {\n        "
        + quoted("~^(?![^?]*" + edge + dot + "{1,2}(?:[/;?]|%2[Ff]|%5[Cc]|$))(/(?:[^?%#\\\\\\x00-\\x20\\x7f-\\xff]|%(?:"
                 + hex + "|" + letters + "))*)(?:\\?|$)")
        + "  $1;\n        "
        + quoted("~^(?![^?]*/" + dot
                 + "{1,2};)/(?:[^?%#\\\\\\x00-\\x20\\x7f-\\xff]|%(?:2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]"
                   "|7[0-9AaEe]))*(?:\\?|$)")
        + "  $uri;\n        default  \"\";\n    }\n" + "    map $request_uri $sluice_query {\n        "
        + quoted("~^[^?]*(\\?.*)$") + "  $1;\n        default  \"\";\n    }\n\n";
}

std::string writeHttp(Draft &draft)
{
    const config::LimitSettings &limits = draft.plan.limits;
    const uint32_t lines = std::max(1u, limits.headerBytes / std::max(1u, limits.requestLine));
    draft.say("http.request_line, http.header_bytes", {}, Fidelity::Approximate,
              "nginx bounds single lines and their number, not the sum");
    draft.say("http.header_count", {}, Fidelity::Impossible, "nginx does not count headers");
    draft.say("http.header_timeout, http.keep_alive, http.drain", {}, Fidelity::Exact);
    draft.say("answers of the gateway itself", {}, Fidelity::Approximate,
              "404, 405, 502, 503 and 504 are problem+json with the request id as here, without the path in the "
              "detail; malformed "
              "requests get nginx's own page");
    draft.say("messages", {}, Fidelity::Approximate,
              "headers that Connection names are passed on, Expect: 100-continue is answered by nginx itself, 1xx and "
              "trailers of the "
              "upstream are dropped, headers with \"_\" in their name are dropped, Server is the upstream's or nginx");
    return "    client_header_timeout " + time(limits.header) + ";\n    keepalive_timeout " + time(limits.keepAlive)
        + ";\n    keepalive_requests 1000000;\n    client_max_body_size 0;\n    client_header_buffer_size 1k;\n    "
          "large_client_header_buffers "
        + std::to_string(lines) + ' ' + std::to_string(limits.requestLine) + ";\n" + R"(    types { }
    default_type application/problem+json;
    server_tokens off;
    variables_hash_max_size 16384;
    variables_hash_bucket_size 128;
    map_hash_max_size 65536;
    map_hash_bucket_size 128;
    client_body_temp_path temp_body;
    proxy_temp_path temp_proxy;
    fastcgi_temp_path temp_fastcgi;
    uwsgi_temp_path temp_uwsgi;
    scgi_temp_path temp_scgi;
    geo $sluice_dollar { default "$"; }

)";
}

constexpr std::string_view serverSettings = R"(        merge_slashes off;
%UNDERSCORES%
        # Streams, both ways, and kept connections.
        proxy_http_version 1.1;
        proxy_buffering off;
        proxy_request_buffering off;
        proxy_redirect off;
        proxy_next_upstream error;
        proxy_next_upstream_tries 8;
        proxy_set_header Host $http_host;
        proxy_set_header Connection $sluice_connection;
        proxy_set_header Upgrade $sluice_upgrade;
        proxy_set_header Proxy-Authorization "";
        proxy_set_header Proxy-Connection "";
        proxy_set_header Via $sluice_via;
        proxy_set_header X-Forwarded-For $sluice_forwarded_for;
        proxy_set_header X-Forwarded-Proto $sluice_forwarded_proto;
        proxy_set_header X-Forwarded-Host $sluice_forwarded_host;
        proxy_set_header X-Forwarded-Port $sluice_forwarded_port;
        proxy_set_header X-Forwarded-Prefix $sluice_forwarded_prefix;
        proxy_set_header X-Forwarded-Server $sluice_forwarded_server;
        proxy_set_header X-Forwarded-Ssl $sluice_forwarded_ssl;
        proxy_set_header X-Real-IP $sluice_real_ip;
        proxy_set_header Forwarded $sluice_forwarded;
        proxy_set_header X-Request-ID $sluice_request_id;
        proxy_set_header X-Trace-ID $sluice_trace_id;
        proxy_set_header traceparent "00-$sluice_trace_id-$sluice_span_id-01";
        # What a service says to nginx alone is not obeyed: it could lead past the routes.
        proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;
        proxy_pass_header Server;
        proxy_pass_header Date;
        proxy_hide_header X-Request-ID;
        proxy_hide_header X-Trace-ID;
        add_header X-Request-ID $sluice_request_id always;
        add_header X-Trace-ID $sluice_trace_id always;
        add_header Via "1.1 sluice" always;
        error_page 502 = @bad_gateway;
        error_page 504 = @gateway_timeout;

        rewrite ^ /$sluice_route;

)";

constexpr const char *longNames = "    server_names_hash_max_size 65536;\n    server_names_hash_bucket_size 512;\n";

// As it stands in a file of its own, not within a block of a block.
std::string outdented(std::string_view text)
{
    constexpr std::string_view indent = "        ";
    std::string out;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size() - 1);
        std::string_view line = text.substr(0, end + 1);
        text.remove_prefix(line.size());
        if (line.starts_with(indent))
            line.remove_prefix(indent.size());
        out += line;
    }
    return out;
}

std::string answer(int status, std::string_view title, std::string_view detail, std::string_view headers = {})
{
    std::string out(ownHeaders);
    out.append(headers).append("            return ").append(std::to_string(status)) += ' ';
    return out + problem(status, title, detail) + ";\n";
}

std::string writeAnswers(bool allow)
{
    std::string out =
        "        location = /refused {\n" + answer(400, "Bad Request", "The path is not valid.") + "        }\n";
    out += "        location = /none {\n";
    if (allow)
        out += "            error_page 405 = @not_allowed;\n            if ($sluice_allow) {\n                return "
               "405;\n            }\n";
    out += answer(404, "Not Found", "No route takes this request.") + "        }\n";
    if (allow)
        out += "        location @not_allowed {\n"
            + answer(405, "Method Not Allowed", "This method is not allowed here.",
                     "            add_header Allow $sluice_allow always;\n")
            + "        }\n";
    const std::string bad = problem(
        502, "Bad Gateway", "The service behind this gateway could not be reached, or its answer was not valid.");
    out += "        location @bad_gateway {\n"
        + answer(502, "Bad Gateway",
                 "The service behind this gateway could not be reached, or its answer was not valid.")
        + "        }\n";
    out += "        location @gateway_timeout {\n            # Not even connected: that is 502.\n            if "
           "($upstream_connect_time ~ "
           "\"-$\") {\n                return 502 "
        + bad + ";\n            }\n"
        + answer(504, "Gateway Timeout", "The service behind this gateway did not answer in time.") + "        }\n";
    return out;
}

// What several blocks have in common is a file of its own.
std::string writeServers(const std::vector<Server> &servers, const std::string &all, std::vector<OutputFile> &files)
{
    if (servers.empty())
        return "    # Nothing listens: what the gateway file asks for cannot be said here (see above).\n";
    if (servers.size() == 1)
        return "    server {\n" + servers[0].lines + all + "    }\n";
    std::string out = longNames;
    for (const Server &server : servers)
        out += "    server {\n" + server.lines + "        include routes.conf;\n    }\n";
    files.push_back({"routes.conf", "# Made by Sluice. What all servers of nginx.conf do.\n" + outdented(all)});
    return out;
}

// What nginx says otherwise, at the top of the file.
std::string writeHead(const Draft &draft)
{
    std::string out = "# Made by Sluice from " + comment(draft.plan.file.empty() ? "its command line" : draft.plan.file)
        + ".\n"
          "# Run it: nginx -p DIR -c nginx.conf, where DIR is the folder of this file. Logs, pid and temporary files "
          "stay in it.\n#\n"
          "# What differs from the gateway file or from Sluice (report.json has the whole list):\n";
    for (const ReportLine &line : draft.report) {
        if (line.fidelity != Fidelity::Exact)
            out += "#   " + std::string(name(line.fidelity)) + ": " + comment(line.feature)
                + (line.where.empty() ? "" : " (" + comment(line.where) + ")") + ": " + comment(line.why) + '\n';
    }
    return out + '\n';
}

}  // namespace

void Draft::say(std::string feature, const config::Place &where, Fidelity fidelity, std::string why)
{
    report.push_back({std::move(feature), placeText(*this, where), fidelity, std::move(why)});
}

std::vector<OutputFile> writeNginx(Draft &draft, const Table &table, const Problems &notes)
{
    std::vector<Upstream> known;
    const std::vector<Server> servers = makeServers(draft);
    const std::string upstreams = writeUpstreams(draft, known);
    std::string rewriteMaps, routes;
    for (const TableRoute &route : table.routes)
        routes += writeRoute(draft, route, known, rewriteMaps);
    const std::string tableText = writeTable(draft, table);
    const bool allow = tableText.find("$sluice_allow {") != std::string::npos;
    std::string settings(serverSettings);
    settings.replace(settings.find("%UNDERSCORES%"), 13,
                     table.underscores ? "        underscores_in_headers on;\n" : "");
    std::string body =
        "worker_processes auto;\nworker_rlimit_nofile 20480;\npid nginx.pid;\nerror_log error.log warn;\npcre_jit on;\n"
        "worker_shutdown_timeout "
        + time(draft.plan.limits.drain) + ";\n\nevents {\n    worker_connections 10000;\n}\n\nhttp {\n";
    body += writeHttp(draft) + writePath(draft) + writeForwarding(draft) + writeLog(draft, table) + tableText
        + rewriteMaps + upstreams;
    const std::string all = settings + routes + writeAnswers(allow);
    std::vector<OutputFile> out;
    body += writeServers(servers, all, out) + "}\n";
    addNotes(draft.plan, notes, draft.report);
    addReferences(draft.plan, draft.report);
    out.insert(out.begin(), {"nginx.conf", writeHead(draft) + body});
    return out;
}

Result<Export> exportNginx(const config::Plan &plan, const Problems &notes, const Surroundings &around)
{
    Draft draft(plan, around);
    Result<Table> table = makeTable(draft);
    if (!table)
        return table.error();
    Export out;
    out.files = writeNginx(draft, *table, notes);
    out.report = std::move(draft.report);
    return out;
}

}  // namespace sluice::exporters::nginx
