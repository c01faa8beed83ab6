// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/status.h"

#include "engine/base/json.h"

#include <rapidjson/document.h>

namespace sluice::gateway {

namespace {

// ---- writing

std::string texts(const std::vector<std::string> &list)
{
    std::string out = "[";
    for (const std::string &text : list) {
        if (out.size() > 1)
            out += ',';
        appendJson(out, text);
    }
    return out + ']';
}

// An array of objects, each written by `each`.
template<class List, class Each>
std::string objects(const List &list, Each &&each)
{
    std::string out = "[";
    for (const auto &item : list) {
        if (out.size() > 1)
            out += ',';
        JsonObject o(out);
        each(o, item);
        o.close();
    }
    return out + ']';
}

void writeEndpoint(JsonObject &o, const EndpointStatus &e)
{
    o.add("url", e.url)
        .add("weight", e.weight)
        .add("healthy", e.healthy)
        .add("requests", e.requests)
        .add("failures", e.failures)
        .add("active", e.active)
        .add("idle", e.idle)
        .add("mean_latency_us", e.meanLatency.count() / 1000);
}

void writeService(JsonObject &o, const ServiceStatus &s)
{
    o.add("name", s.name)
        .add("balance", s.balance)
        .add("breaker", s.breaker)
        .addOrNull("unavailable", s.unavailable)
        .addRaw("endpoints", objects(s.endpoints, writeEndpoint));
}

void writeRoute(JsonObject &o, const RouteStatus &r)
{
    o.add("name", r.name)
        .add("path", r.path)
        .addOrNull("service", r.service)
        .addRaw("hosts", texts(r.hosts))
        .addRaw("methods", texts(r.methods))
        .addOrNull("unavailable", r.unavailable)
        .add("line", r.line)
        .add("requests", r.requests)
        .add("client_errors", r.clientErrors)
        .add("server_errors", r.serverErrors);
}

void writeCertificate(JsonObject &o, const CertificateStatus &c)
{
    o.add("where", c.where)
        .add("subject", c.subject)
        .add("issuer", c.issuer)
        .addRaw("names", texts(c.names))
        .add("fingerprint", c.fingerprint)
        .addOrNull("not_before", c.subject.empty() ? std::string() : rfc3339(c.notBefore))
        .addOrNull("not_after", c.subject.empty() ? std::string() : rfc3339(c.notAfter))
        .add("not_before_us", int64_t(c.notBefore.time_since_epoch().count()))
        .add("not_after_us", int64_t(c.notAfter.time_since_epoch().count()))
        .add("days_left", c.daysLeft)
        .addOrNull("file", c.file)
        .addOrNull("trouble", c.trouble);
}

void writeProblem(JsonObject &o, const Problem &p)
{
    o.add("severity", p.severity == Problem::Severity::Error ? "error" : "warning")
        .add("file", p.file)
        .add("line", p.line)
        .add("column", p.column)
        .add("what", p.what)
        .add("hint", p.hint);
}

std::string countsJson(const std::vector<std::pair<std::string, uint64_t>> &counts)
{
    std::string out = "{";
    for (const auto &[name, count] : counts) {
        if (out.size() > 1)
            out += ',';
        appendJson(out, name);
        out += ':' + std::to_string(count);
    }
    return out + '}';
}

std::string recordingJson(const RecordingStatus &r)
{
    std::string out;
    JsonObject o(out);
    o.add("on", r.on)
        .addOrNull("path", r.path)
        .add("rows", r.rows)
        .add("bytes", r.bytes)
        .add("shed", r.shed)
        .add("shed_messages", r.shedMessages)
        .add("queued", r.queued)
        .add("last_id", r.lastId)
        .addOrNull("trouble", r.trouble)
        .addOrNull("unsealed", r.unsealed);
    o.close();
    return out;
}

// ---- reading: what is missing or of another type keeps its default

using Json = rapidjson::Value;

const Json *find(const Json &object, const char *key)
{
    const auto at = object.FindMember(key);
    return at == object.MemberEnd() ? nullptr : &at->value;
}

void read(const Json &object, const char *key, std::string &out)
{
    if (const Json *v = find(object, key); v && v->IsString())
        out.assign(v->GetString(), v->GetStringLength());
}

void read(const Json &object, const char *key, bool &out)
{
    if (const Json *v = find(object, key); v && v->IsBool())
        out = v->GetBool();
}

template<class T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) void read(const Json &object, const char *key, T &out)
{
    const Json *v = find(object, key);
    if (v && v->IsInt64() && std::in_range<T>(v->GetInt64()))
        out = T(v->GetInt64());
}

void read(const Json &object, const char *key, std::vector<std::string> &out)
{
    const Json *v = find(object, key);
    if (!v || !v->IsArray())
        return;
    for (const Json &item : v->GetArray()) {
        if (item.IsString())
            out.emplace_back(item.GetString(), item.GetStringLength());
    }
}

template<class T, class Each>
void readObjects(const Json &object, const char *key, std::vector<T> &out, Each &&each)
{
    const Json *v = find(object, key);
    if (!v || !v->IsArray())
        return;
    for (const Json &item : v->GetArray()) {
        if (item.IsObject())
            each(item, out.emplace_back());
    }
}

void readEndpoint(const Json &o, EndpointStatus &e)
{
    read(o, "url", e.url);
    read(o, "weight", e.weight);
    read(o, "healthy", e.healthy);
    read(o, "requests", e.requests);
    read(o, "failures", e.failures);
    read(o, "active", e.active);
    read(o, "idle", e.idle);
    int64_t micros = 0;
    read(o, "mean_latency_us", micros);
    e.meanLatency = std::chrono::microseconds(micros);
}

void readService(const Json &o, ServiceStatus &s)
{
    read(o, "name", s.name);
    read(o, "balance", s.balance);
    read(o, "breaker", s.breaker);
    read(o, "unavailable", s.unavailable);
    readObjects(o, "endpoints", s.endpoints, readEndpoint);
}

void readRoute(const Json &o, RouteStatus &r)
{
    read(o, "name", r.name);
    read(o, "path", r.path);
    read(o, "service", r.service);
    read(o, "hosts", r.hosts);
    read(o, "methods", r.methods);
    read(o, "unavailable", r.unavailable);
    read(o, "line", r.line);
    read(o, "requests", r.requests);
    read(o, "client_errors", r.clientErrors);
    read(o, "server_errors", r.serverErrors);
}

void readCertificate(const Json &o, CertificateStatus &c)
{
    read(o, "where", c.where);
    read(o, "subject", c.subject);
    read(o, "issuer", c.issuer);
    read(o, "names", c.names);
    read(o, "fingerprint", c.fingerprint);
    int64_t before = 0, after = 0;
    read(o, "not_before_us", before);
    read(o, "not_after_us", after);
    c.notBefore = WallTime(std::chrono::microseconds(before));
    c.notAfter = WallTime(std::chrono::microseconds(after));
    read(o, "days_left", c.daysLeft);
    read(o, "file", c.file);
    read(o, "trouble", c.trouble);
}

void readProblem(const Json &o, Problem &p)
{
    std::string severity;
    read(o, "severity", severity);
    p.severity = severity == "warning" ? Problem::Severity::Warning : Problem::Severity::Error;
    read(o, "file", p.file);
    read(o, "line", p.line);
    read(o, "column", p.column);
    read(o, "what", p.what);
    read(o, "hint", p.hint);
}

void readCounts(const Json &object, const char *key, std::vector<std::pair<std::string, uint64_t>> &out)
{
    const Json *v = find(object, key);
    if (!v || !v->IsObject())
        return;
    for (const auto &member : v->GetObject()) {
        if (member.value.IsUint64())
            out.emplace_back(std::string(member.name.GetString(), member.name.GetStringLength()),
                             member.value.GetUint64());
    }
}

void readRecording(const Json &object, RecordingStatus &r)
{
    const Json *v = find(object, "recording");
    if (!v || !v->IsObject())
        return;
    read(*v, "on", r.on);
    read(*v, "path", r.path);
    read(*v, "rows", r.rows);
    read(*v, "bytes", r.bytes);
    read(*v, "shed", r.shed);
    read(*v, "shed_messages", r.shedMessages);
    read(*v, "queued", r.queued);
    read(*v, "last_id", r.lastId);
    read(*v, "trouble", r.trouble);
    read(*v, "unsealed", r.unsealed);
}

}  // namespace

std::string toJson(const Status &s)
{
    std::string out;
    JsonObject o(out);
    o.add("version", s.version)
        .addOrNull("file", s.file)
        .add("revision", s.revision)
        .add("started", rfc3339(s.started))
        .add("started_us", int64_t(s.started.time_since_epoch().count()))
        .addRaw("listen", texts(s.listen))
        .addOrNull("socket", s.socket)
        .add("workers", s.workers)
        .add("draining", s.draining)
        .add("requests", s.requests)
        .add("active", s.active)
        .add("connections", s.connections)
        .add("proxy_headers_refused", s.proxyRefused)
        .add("connections_closed_for_room", s.closedForRoom)
        .addRaw("http2", countsJson(s.http2))
        .addRaw("http2_upstream", countsJson(s.http2Upstream))
        .addRaw("services", objects(s.services, writeService))
        .addRaw("routes", objects(s.routes, writeRoute))
        .addRaw("limits", "[]")
        .addRaw("cache", "{\"on\":false}")
        .addRaw("recording", recordingJson(s.recording))
        .addRaw("certificates", objects(s.certificates, writeCertificate))
        .addRaw("problems", objects(s.problems, writeProblem))
        .add("file_refused", s.fileRefused);
    o.close();
    return out;
}

Result<Status> statusFromJson(std::string_view json)
{
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
    if (document.HasParseError() || !document.IsObject())
        return Error{Fault::Gateway,
                     "the gateway's status is no JSON object; is it another program, or of another version?", false};
    Status s;
    read(document, "version", s.version);
    read(document, "file", s.file);
    read(document, "revision", s.revision);
    int64_t started = 0;
    read(document, "started_us", started);
    s.started = WallTime(std::chrono::microseconds(started));
    read(document, "listen", s.listen);
    read(document, "socket", s.socket);
    read(document, "workers", s.workers);
    read(document, "draining", s.draining);
    read(document, "requests", s.requests);
    read(document, "active", s.active);
    read(document, "connections", s.connections);
    read(document, "proxy_headers_refused", s.proxyRefused);
    read(document, "connections_closed_for_room", s.closedForRoom);
    readCounts(document, "http2", s.http2);
    readCounts(document, "http2_upstream", s.http2Upstream);
    readObjects(document, "services", s.services, readService);
    readObjects(document, "routes", s.routes, readRoute);
    readObjects(document, "certificates", s.certificates, readCertificate);
    readRecording(document, s.recording);
    readObjects(document, "problems", s.problems, readProblem);
    read(document, "file_refused", s.fileRefused);
    return s;
}

}  // namespace sluice::gateway
