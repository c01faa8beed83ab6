// SPDX-License-Identifier: GPL-3.0-or-later
// The access log of the nginx export: what `sluice log --json` says, as far as nginx knows it.
#include "engine/exporters/nginx.h"

namespace sluice::exporters::nginx {

namespace {

constexpr int mostTries = 8;  // proxy_next_upstream_tries

// Locations have names of their own; the log has those of the file. The "/" keeps a route called `default` from being
// taken for a word of nginx's.
std::string writeNames(const Draft &draft, const Table &table)
{
    std::string routes, services;
    for (const TableRoute &route : table.routes) {
        const config::RouteSettings &settings = draft.plan.routes[route.index];
        routes += "        /" + route.location + "  " + literal(settings.name) + ";\n";
        if (!settings.service.empty())
            services += "        /" + route.location + "  " + literal(settings.service) + ";\n";
    }
    return "    map /$sluice_route $sluice_route_name {\n" + routes
        + "        default  \"\";\n    }\n    map /$sluice_route $sluice_service {\n" + services
        + "        default  \"\";\n    }\n";
}

// nginx lists the addresses that it tried, with commas between.
std::string writeAttempts()
{
    std::string out = "    map $upstream_addr $sluice_attempts {\n        \"\"  0;\n";
    for (int others = 0; others < mostTries; ++others)
        out += "        " + quoted("~^(?:[^,]*,){" + std::to_string(others) + "}[^,]*$") + "  "
            + std::to_string(others + 1) + ";\n";
    return out + "        default  " + std::to_string(mostTries) + ";\n    }\n";
}

// Where no service speaks TLS the scheme needs no map.
std::string writeEndpoint(const Draft &draft, const Table &table)
{
    std::string schemes;
    for (const TableRoute &route : table.routes) {
        const size_t index = draft.plan.routes[route.index].serviceIndex;
        if (index < draft.plan.services.size() && speaksTls(draft.plan.services[index]))
            schemes += "        /" + route.location + "  https;\n";
    }
    if (schemes.empty())
        return "    map $upstream_addr $sluice_endpoint {\n        \"~([^ ,]+)$\"  \"http://$1\";\n";
    return "    map /$sluice_route $sluice_scheme {\n" + schemes + "        default  http;\n    }\n"
        + "    map $upstream_addr $sluice_endpoint {\n        \"~([^ ,]+)$\"  \"$sluice_scheme://$1\";\n";
}

constexpr std::string_view fixed = R"nginx(
        default  "";
    }
    # Seconds with three decimals, as microseconds.
    map $request_time $sluice_latency {
        "~^0\.0*(?<sluice_ms>[1-9]\d*)$"                   "${sluice_ms}000";
        "~^(?<sluice_s>[1-9]\d*)\.(?<sluice_rest>\d{3})$"  "$sluice_s${sluice_rest}000";
        default  0;
    }
    # The length of content that comes in chunks is not known.
    map "$http_transfer_encoding:$content_length" $sluice_request_bytes {
        ":"         0;
        "~^:(\d+)$"  $1;
        default     null;
    }
    log_format sluice escape=json '{"time":"$time_iso8601","method":"$request_method","host":"$http_host",'
        '"path":"$sluice_path","query":"$args","status":$status,"latency_us":$sluice_latency,'
        '"request_bytes":$sluice_request_bytes,"response_bytes":$body_bytes_sent,"client":"$remote_addr",'
        '"route":"$sluice_route_name","service":"$sluice_service","endpoint":"$sluice_endpoint",'
        '"attempts":$sluice_attempts,"request_id":"$sluice_request_id","trace_id":"$sluice_trace_id"}';
    access_log access.log sluice;

)nginx";

}  // namespace

std::string writeLog(Draft &draft, const Table &table)
{
    if (draft.plan.record.on)
        draft.say(
            "record", {}, Fidelity::Approximate,
            "one JSON line an exchange in access.log, with the names of `sluice log --json`, \"\" where that has "
            "null, and latency_us in whole milliseconds; no id, user, version, cache, failed_by and decisions, no "
            "headers and bodies");
    return "    # The log.\n" + writeNames(draft, table) + writeAttempts() + writeEndpoint(draft, table)
        + std::string(fixed.substr(1));
}

}  // namespace sluice::exporters::nginx
