// SPDX-License-Identifier: GPL-3.0-or-later
// Services as upstreams, and what is told to them about the client.
#include "engine/exporters/nginx.h"

#include <algorithm>

namespace sluice::exporters::nginx {

namespace {

bool isAddress(std::string_view host)
{
    return host.find(':') != host.npos || host.find_first_not_of("0123456789.") == host.npos;
}

std::string hostPort(const config::EndpointSettings &endpoint)
{
    const bool ipv6 = endpoint.host.find(':') != std::string::npos;
    return (ipv6 ? '[' + endpoint.host + ']' : endpoint.host) + ':' + std::to_string(endpoint.port);
}

// The directive of the algorithm; empty: nginx's default.
std::string balance(Draft &draft, const config::ServiceSettings &service)
{
    const std::string feature = "service " + service.name + ": balance";
    switch (service.balance.algorithm) {
    case balancing::Algorithm::RoundRobin:
    case balancing::Algorithm::Weighted:
        draft.say(feature, service.place, Fidelity::Exact);
        return "        zone %NAME% 64k;\n";  // shared: all worker processes count together, as ours do
    case balancing::Algorithm::LeastConnections:
        draft.say(feature, service.place, Fidelity::Exact);
        return "        zone %NAME% 64k;\n        least_conn;\n";
    case balancing::Algorithm::IpHash:
        draft.say(feature, service.place, Fidelity::Approximate,
                  "consistent as here, by another hash: a client may meet another endpoint");
        return "        hash $remote_addr consistent;\n";
    case balancing::Algorithm::LeastResponseTime:
        draft.say(feature, service.place, Fidelity::Impossible,
                  "least_time is in the commercial nginx only; least_conn stands in");
        return "        zone %NAME% 64k;\n        least_conn;\n";
    }
    return {};
}

void reportTimeouts(Draft &draft, const config::ServiceSettings &service)
{
    const config::TimeoutSettings &t = service.timeouts;
    const std::string feature = "service " + service.name + ": timeouts.";
    const bool several = service.endpoints.size() > 1;
    draft.say(feature + "connect", service.place, several ? Fidelity::Approximate : Fidelity::Exact,
              several ? "502 as here, but nginx tries no other endpoint after it" : "");
    draft.say(feature + "response", service.place, Fidelity::Exact);
    if (t.idle == t.response)
        draft.say(feature + "idle", service.place, Fidelity::Exact);
    else
        draft.say(feature + "idle", service.place, Fidelity::Approximate,
                  "nginx has one time for both, between two reads: that of `response` (" + durationText(t.response)
                      + ") stands for idle (" + durationText(t.idle)
                      + ") too. Raise proxy_read_timeout where answers may pause");
    if (t.total > Nanos(0))
        draft.say(feature + "total", service.place, Fidelity::Impossible, "nginx has no bound for a whole exchange");
}

std::string writeUpstream(Draft &draft, const config::ServiceSettings &service, const std::string &name)
{
    std::string out = "    # service " + comment(service.name) + "\n    upstream " + name + " {\n";
    std::string how = balance(draft, service);
    for (size_t at = how.find("%NAME%"); at != how.npos; at = how.find("%NAME%"))
        how.replace(at, 6, name);
    out += how;
    bool named = false;
    for (const config::EndpointSettings &endpoint : service.endpoints) {
        named = named || !isAddress(endpoint.host);
        out += "        server " + hostPort(endpoint);
        if (endpoint.weight == 0)
            out += " down";
        else if (endpoint.weight != 1)
            out += " weight=" + std::to_string(endpoint.weight);
        out += endpoint.weight == 0 ? ";\n" : " max_fails=0;\n";
    }
    out += "        keepalive " + std::to_string(std::max(1u, draft.plan.limits.pooled)) + ";\n    }\n\n";
    draft.say("service " + service.name + ": endpoints", service.place, named ? Fidelity::Approximate : Fidelity::Exact,
              named ? "nginx looks names up once, when it starts" : "");
    if (service.endpoints.size() > 1)
        draft.say("service " + service.name + ": next endpoint", service.place, Fidelity::Approximate,
                  "the next endpoint is tried after a refused connection as here; nginx also tries it when an "
                  "idempotent request "
                  "found its connection closed without an answer");
    return out;
}

bool takesHttp2Only(const config::ServiceSettings &service)
{
    return std::any_of(service.endpoints.begin(), service.endpoints.end(),
                       [](const config::EndpointSettings &e) { return e.http2 && e.weight > 0; });
}

// In a location.
std::string writeTimeouts(const config::ServiceSettings &service)
{
    const config::TimeoutSettings &t = service.timeouts;
    return "            proxy_connect_timeout  " + time(t.connect) + ";\n            proxy_read_timeout     "
        + time(t.response) + ";\n            proxy_send_timeout     " + time(t.idle)
        + ";\n            client_body_timeout    " + time(t.idle) + ";\n            send_timeout           "
        + time(t.idle) + ";\n";
}

}  // namespace

std::string writeUpstreams(Draft &draft, std::vector<Upstream> &upstreams)
{
    std::string text;
    Names unique;
    for (const config::ServiceSettings &service : draft.plan.services) {
        Upstream &out = upstreams.emplace_back();
        const std::string feature = "service " + service.name;
        const auto count = [&](bool tls) {
            return std::count_if(service.endpoints.begin(), service.endpoints.end(),
                                 [tls](const config::EndpointSettings &e) { return e.weight > 0 && e.tls == tls; });
        };
        out.closed = feature + " has no endpoint that takes requests";
        if (!service.unavailable.empty()) {
            draft.say(feature + (service.restricted.empty() ? "" : ": " + service.restricted), service.place,
                      Fidelity::Impossible, service.unavailable + ". Sluice answers 503, and so does the export");
            continue;
        }
        if (count(true) + count(false) == 0) {
            draft.say(feature, service.place, Fidelity::Exact);
            continue;  // no endpoint takes requests: 503, as here
        }
        if (takesHttp2Only(service)) {
            out.closed = feature + " has endpoints that speak HTTP/2 alone";
            draft.say(
                feature + ": endpoints", service.place, Fidelity::Impossible,
                "nginx speaks HTTP/1.1 to services, and h2c:// is HTTP/2 alone. The export answers 503; write http:// "
                "where the service speaks HTTP/1.1, too (for gRPC, nginx has grpc_pass)");
            continue;
        }
        if (count(true) > 0 && count(false) > 0) {
            out.closed = feature + " has endpoints with and without TLS";
            draft.say(
                feature + ": endpoints", service.place, Fidelity::Impossible,
                "nginx speaks to all endpoints of a service with TLS, or to all without. The export answers 503; make "
                "two services of it, or all of its URLs https");
            continue;
        }
        out.closed.clear();
        const std::string name = unique.unique(service.name);
        text += writeUpstream(draft, service, name);
        reportTimeouts(draft, service);
        out.url = (speaksTls(service) ? "https://" : "http://") + name;
        out.settings = writeTimeouts(service) + (speaksTls(service) ? writeClientTls(draft, service) : "");
    }
    return text;
}

std::string writeForwarding(Draft &draft)
{
    std::string trusted;
    for (const std::string &network : draft.plan.trusted)
        trusted += "        " + network + "  1;\n";
    draft.say("forwarded headers", {}, Fidelity::Approximate,
              "X-Forwarded-For, -Proto, -Host, Forwarded and Via are made as here; of others from untrusted clients "
              "nginx removes "
              "X-Real-IP and X-Forwarded-Port, -Prefix, -Server, -Ssl only");
    draft.say("X-Request-ID, X-Trace-ID, traceparent", {}, Fidelity::Approximate,
              "made and continued as here; nginx's ids are random, without the time in them");
    std::string out = R"nginx(    # Whose word about the client is taken.
    geo $remote_addr $sluice_trusted {
        default  0;
%TRUSTED%    }
    # Who may name a request: these, and this machine's own programs.
    geo $remote_addr $sluice_namer {
        default  0;
        127.0.0.0/8  1;
        ::1/128  1;
%TRUSTED%    }
    map "$sluice_trusted$http_x_forwarded_for" $sluice_forwarded_for {
        "~^1."   "$http_x_forwarded_for, $remote_addr";
        default  $remote_addr;
    }
    map "$sluice_trusted$http_x_forwarded_proto" $sluice_forwarded_proto {
        "~^1(.+)"  $1;
        default  $scheme;
    }
    map "$sluice_trusted$http_x_forwarded_host" $sluice_forwarded_host {
        "~^1(.+)"  $1;
        default  $http_host;
    }
    map $remote_addr $sluice_node {
        "~:"     "\"[$remote_addr]\"";
        default  $remote_addr;
    }
    map "$sluice_trusted$http_forwarded" $sluice_forwarded {
        "~^1(.+)"  "$1, for=$sluice_node;host=\"$http_host\";proto=$scheme";
        default  "for=$sluice_node;host=\"$http_host\";proto=$scheme";
    }
    map $sluice_trusted $sluice_real_ip { 1  $http_x_real_ip; }
    map $sluice_trusted $sluice_forwarded_port { 1  $http_x_forwarded_port; }
    map $sluice_trusted $sluice_forwarded_prefix { 1  $http_x_forwarded_prefix; }
    map $sluice_trusted $sluice_forwarded_server { 1  $http_x_forwarded_server; }
    map $sluice_trusted $sluice_forwarded_ssl { 1  $http_x_forwarded_ssl; }
    map "$server_protocol $http_via" $sluice_via {
        "~^HTTP/(?<sluice_http>[0-9.]+) (?<sluice_before>.+)$"  "$sluice_before, $sluice_http sluice";
        "~^HTTP/(?<sluice_http2>[0-9.]+)"  "$sluice_http2 sluice";
    }
    map $http_upgrade $sluice_upgrade {
        "~*h2c"  "";
        default  $http_upgrade;
    }
    map $sluice_upgrade $sluice_connection {
        ""       "";
        default  upgrade;
    }

    # A request's name, shaped as a UUID where we give it; its trace, continued where it is valid (W3C Trace Context).
    map $request_id $sluice_new_id {
        "~^(.{8})(.{4})(.{4})(.{4})(.{12})$"  "$1-$2-$3-$4-$5";
    }
    map "$sluice_namer$http_x_request_id" $sluice_request_id {
        "~^1([-A-Za-z0-9_.:=+/@~]{1,128})$"  $1;
        default  $sluice_new_id;
    }
    map $http_traceparent $sluice_trace_id {
        "~^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)"  $1;
        default  $request_id;
    }
    map $request_id $sluice_span_id { "~^(.{16})"  $1; }

)nginx";
    for (size_t at = out.find("%TRUSTED%"); at != out.npos; at = out.find("%TRUSTED%"))
        out.replace(at, 9, trusted);
    return out;
}

}  // namespace sluice::exporters::nginx
