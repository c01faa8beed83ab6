// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of the nginx export. Internal to this room.
//
// How it works: nginx chooses between `location`s by rules of its own, which cannot say ours (a segment's literal before a
// capture before an expression, hosts first, headers and query as parts of the choice). So one `map` is the table of
// routes, most specific first, over a key of method, host, conditions and path; the first line that matches is the route,
// and a rewrite on the server's level leads each request to the `location` of that route. A client never names one.
#pragma once

#include "engine/exporters/exporter.h"
#include "engine/exporters/nginx_text.h"
#include "engine/routing/conditions.h"

#include <optional>
#include <string>
#include <vector>

namespace sluice::exporters::nginx {

// What is written and reported while the parts are put together.
struct Draft {
    Draft(const config::Plan &p, const Surroundings &s) : plan(p), around(s) {}
    const config::Plan &plan;
    const Surroundings &around;
    std::vector<ReportLine> report;
    int secrets = 0;  // keys that were not written
    void say(std::string feature, const config::Place &where, Fidelity fidelity, std::string why = {});
};

// A condition that the table's key has a letter for: "y" or "n".
struct Column {
    std::string variable;  // "$sluice_is1"
    std::string source;    // "$http_x_tenant" "$args" "$sluice_path"; "~…": what this expression cuts from $args
    std::string regex;     // holds where this matches
    std::string says;      // for the comment
};

// A route, as the table needs it.
struct TableRoute {
    size_t index = 0;      // in the plan
    std::string location;  // unique name
    routing::PathPattern path;
    routing::MethodSet methods{{}};
    std::vector<size_t> columns;  // that must be "y"
    std::string closed;           // not empty: 503, with the reason for the comment
};

struct Table {
    std::vector<TableRoute> routes;  // as in the plan
    std::vector<Column> columns;
    bool hosts = false;        // some route asks for a host
    bool underscores = false;  // some route asks for a header with "_" in its name
};

// nginx_table.cpp. Error: a pattern that is too long for nginx.
Result<Table> makeTable(Draft &);
std::string writeTable(const Draft &, const Table &);  // the maps: conditions, routes, Allow

// nginx_rewrite.cpp: the path to send on. The variable to send, "$sluice_path" where nothing changes; `maps` gets its map.
std::string writeRewrite(Draft &, const TableRoute &, std::string &maps);

// nginx_service.cpp
struct Upstream {
    std::string url;       // "https://payments"
    std::string settings;  // of the locations that lead there: timeouts, TLS
    std::string closed;    // not empty: it has none, and why
};
std::string writeUpstreams(Draft &, std::vector<Upstream> &);  // by index of the service
std::string writeForwarding(Draft &);                          // maps about the client and its headers

// nginx_listen.cpp: the server blocks by where they listen. All of them have the same routes.
struct Server {
    std::string lines;  // listen, server_name and its certificate: the block's first lines
};
std::vector<Server> makeServers(Draft &);  // empty: nothing of the plan's can be said

// nginx_tls.cpp
bool speaksTls(const config::ServiceSettings &);  // some endpoint that takes requests does
struct Pem {
    std::string certificate, key;  // tokens, to stand behind a directive
    std::string why;               // not empty: what to do about the key
};
Pem writePair(Draft &, const tls::PairSettings &);
std::string writeFile(const Draft &, const std::string &name);  // a token; never evaluated
// Of a service whose endpoints speak TLS, in a location; reported.
std::string writeClientTls(Draft &, const config::ServiceSettings &);
std::string writeServerTls(const config::ListenSettings &, const Draft &);  // of a listener, without its certificate

// nginx_log.cpp: the access log, with the names of `sluice log --json`.
std::string writeLog(Draft &, const Table &);

// nginx.cpp
std::vector<OutputFile> writeNginx(Draft &, const Table &, const Problems &notes);

Result<Export> exportNginx(const config::Plan &, const Problems &notes, const Surroundings &);

}  // namespace sluice::exporters::nginx
