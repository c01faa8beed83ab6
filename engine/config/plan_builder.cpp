// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/plan_builder.h"

#include "engine/config/text.h"
#include "engine/config/values.h"

namespace sluice::config {
namespace {

const Node *at(const Node *node, std::string_view key)
{
    return node ? node->find(key) : nullptr;
}

// The readers below leave `out` alone where the value is missing or no such value.
void readDuration(const Node *node, Nanos &out)
{
    if (node && node->isScalar())
        parseDuration(node->text, out);
}

template<class T>
void readWhole(const Node *node, T &out)
{
    uint64_t number = 0;
    if (node && node->isScalar() && parseWhole(node->text, number) && number <= std::numeric_limits<T>::max())
        out = T(number);
}

template<class T>
void readSize(const Node *node, T &out)
{
    uint64_t number = 0;
    if (node && node->isScalar() && parseSize(node->text, number) && number <= std::numeric_limits<T>::max())
        out = T(number);
}

void readTexts(const Node *list, std::vector<std::string> &out)
{
    if (!list || !list->isSequence())
        return;
    out.clear();
    for (const Node &item : list->items)
        out.push_back(item.text);
}

}  // namespace

void PlanBuilder::build(const Overrides &overrides)
{
    buildListen(overrides);
    buildHttp();
    buildRecord();
    readTexts(root_.find("trusted_proxies"), plan_.trusted);
    if (const Node *metrics = at(root_.find("admin"), "metrics"); metrics && metrics->isScalar())
        plan_.metricsUrl = metrics->text;
    buildServices();
    buildRoutes();
}

void PlanBuilder::buildListen(const Overrides &overrides)
{
    if (!overrides.listen.empty()) {
        for (const std::string &url : overrides.listen)
            listenOn(url, overrides);
        return;
    }
    const Node *listen = root_.find("listen");
    if (!listen) {
        listenOn("http://127.0.0.1:8080", overrides);
        return;
    }
    if (listen->isScalar())
        addListener(*listen);
    for (const Node &item : listen->items)
        addListener(item);
    if (plan_.listen.empty() && listen->reference != Node::Reference::Broken)
        report_.error(listen->place, "no listener is left", "add one, http://127.0.0.1:8080 say");
}

void PlanBuilder::addListener(const Node &node)
{
    const Node *url = node.isMapping() ? node.find("url") : &node;
    Origin origin;
    if (!url || !url->isScalar() || !parseOrigin(url->text, true, origin).empty())
        return;
    ListenSettings listen{url->text, origin.host, origin.port, origin.scheme == "https", url->place, {}};
    if (const Node *certificates = at(&node, "certificates"); certificates && certificates->isSequence()) {
        for (const Node &pair : certificates->items)
            listen.secure.certificates.push_back(pairOf(pair));
    }
    listen.secure.clientCa = fileOf(at(&node, "client_ca"));
    const Node *least = at(&node, "min_version");
    listen.secure.tls13Only = least && least->text == "1.3";
    const Node *proxied = at(&node, "proxy_protocol");
    listen.proxyProtocol = proxied && proxied->text == "true";
    plan_.listen.push_back(std::move(listen));
}

// Names of files are told from where the gateway file is. A key may be there itself, out of a secret.
std::string PlanBuilder::fileOf(const Node *node) const
{
    if (!node || !node->isScalar() || node->text.empty())
        return {};
    const std::string &name = node->text;
    if (name[0] == '/' || name.starts_with("-----BEGIN"))
        return name;
    const size_t slash = plan_.file.rfind('/');
    return slash == std::string::npos ? name : plan_.file.substr(0, slash + 1) + name;
}

tls::PairSettings PlanBuilder::pairOf(const Node &node) const
{
    return {fileOf(at(&node, "certificate")), fileOf(at(&node, "key"))};
}

// Not the file's mistake, whatever the file is.
void PlanBuilder::wrongListen(const std::string &what, const std::string &hint)
{
    report_.add(Problems{{Problem::Severity::Error, "command line", 0, 0, "--listen " + what, hint}});
}

void PlanBuilder::listenOn(const std::string &url, const Overrides &overrides)
{
    Origin origin;
    const std::string wrong = parseOrigin(url, true, origin);
    if (!wrong.empty())
        wrongListen(inQuotes(url) + ' ' + wrong, "write it as http://127.0.0.1:8080");
    if (!wrong.empty())
        return;
    ListenSettings listen{url, origin.host, origin.port, origin.scheme == "https", {}, {}};
    if (listen.tls && !overrides.pair.certificate.empty())
        listen.secure.certificates.push_back(overrides.pair);
    plan_.listen.push_back(std::move(listen));
}

void PlanBuilder::buildHttp()
{
    const Node *http = root_.find("http");
    LimitSettings &limits = plan_.limits;
    readSize(at(http, "request_line"), limits.requestLine);
    readWhole(at(http, "header_count"), limits.headerCount);
    readSize(at(http, "header_bytes"), limits.headerBytes);
    readDuration(at(http, "header_timeout"), limits.header);
    readDuration(at(http, "keep_alive"), limits.keepAlive);
    readWhole(at(http, "max_connections"), limits.connections);
    readWhole(at(http, "pooled_connections"), limits.pooled);
    readDuration(at(http, "drain"), limits.drain);
}

void PlanBuilder::buildRecord()
{
    const Node *record = root_.find("record");
    readSize(at(record, "bodies"), plan_.record.bodyLimit);
    const Node *redact = at(record, "redact");
    readTexts(at(redact, "headers"), plan_.record.redactHeaders);
    readTexts(at(redact, "json"), plan_.record.redactJson);
    const Node *keep = at(record, "keep");
    readSize(at(keep, "size"), plan_.record.keepBytes);
    readDuration(at(keep, "age"), plan_.record.keepAge);
}

void PlanBuilder::buildServices()
{
    const Node *services = root_.find("services");
    if (!services || !services->isMapping())  // a list was told already
        return;
    plan_.services.reserve(services->items.size());
    for (size_t i = 0; i < services->items.size(); ++i)
        plan_.services.push_back(service(services->keys[i].text, services->items[i], services->keys[i].place));
}

ServiceSettings PlanBuilder::service(const std::string &name, const Node &node, const Place &place)
{
    ServiceSettings out;
    out.name = name;
    out.place = place;
    if (node.isScalar()) {
        addEndpoints(out, node);
    } else if (const Node *endpoints = node.find("endpoints")) {
        addEndpoints(out, *endpoints);
    }
    const Node *timeouts = node.find("timeouts");
    readDuration(at(timeouts, "connect"), out.timeouts.connect);
    readDuration(at(timeouts, "response"), out.timeouts.response);
    readDuration(at(timeouts, "idle"), out.timeouts.idle);
    readDuration(at(timeouts, "total"), out.timeouts.total);
    if (const Node *balance = node.find("balance")) {
        using balancing::Algorithm;
        constexpr std::pair<std::string_view, Algorithm> algorithms[] = {
            {"weighted", Algorithm::Weighted},
            {"least_connections", Algorithm::LeastConnections},
            {"ip_hash", Algorithm::IpHash},
            {"least_response_time", Algorithm::LeastResponseTime}};
        for (const auto &[word, algorithm] : algorithms) {
            if (balance->text == word)
                out.balance.algorithm = algorithm;
        }
        // The choice is kept, since an exported config can say it; the gateway's own balancer takes turns.
        if (out.balance.algorithm != Algorithm::RoundRobin && out.balance.algorithm != Algorithm::Weighted)
            report_.warning(balance->place, inQuotes("balance: " + balance->text) + " is not in effect yet",
                            "until it is, endpoints take turns by their weights");
    }
    out.descriptorSet = fileOf(at(node.find("grpc"), "descriptor_set"));
    if (const Node *tls = node.find("tls"))
        out.secure = secureOf(*tls, out);
    closeWhereNeeded(out, node);
    return out;
}

tls::ClientSettings PlanBuilder::secureOf(const Node &node, const ServiceSettings &service)
{
    tls::ClientSettings out{fileOf(node.find("ca")), pairOf(node), {}};
    if (const Node *name = node.find("server_name"); name && name->isScalar())
        out.serverName = name->text;
    const auto secure = [](const EndpointSettings &e) { return e.tls; };
    if (!service.endpoints.empty() && std::none_of(service.endpoints.begin(), service.endpoints.end(), secure))
        report_.warning(node.place, "'tls' has no effect here: no endpoint of this service has an https URL",
                        "write https:// where the service speaks TLS");
    return out;
}

void PlanBuilder::addEndpoints(ServiceSettings &service, const Node &node)
{
    if (node.isSequence()) {
        for (const Node &item : node.items)
            addEndpoints(service, item);
        return;
    }
    const Node *url = node.isMapping() ? node.find("url") : &node;
    Origin origin;
    if (!url || !url->isScalar() || !parseEndpoint(url->text, origin).empty())
        return;
    EndpointSettings endpoint;
    endpoint.url = origin.url();
    endpoint.host = origin.host;
    endpoint.port = origin.port;
    endpoint.tls = origin.scheme == "https";
    endpoint.http2 = origin.scheme == "h2c";
    endpoint.place = url->place;
    endpoint.pool = endpoint.tls ? endpoint.url + ' ' + service.name : endpoint.url;
    endpoint.service = service.name;
    readWhole(node.find("weight"), endpoint.weight);
    service.endpoints.push_back(std::move(endpoint));
}

// What would be less safe without its key is not done at all.
void PlanBuilder::closeWhereNeeded(ServiceSettings &service, const Node &node)
{
    const auto close = [&](const char *what, const char *sentence) {
        service.restricted = what;
        service.unavailable = sentence;
    };
    if (node.find("credentials"))
        close("credentials",
              "this service asks for credentials towards its endpoints, which this version cannot give yet");
    else if (service.endpoints.empty() && node.find("discover"))
        close("discover", "this service's endpoints are to be discovered, which this version cannot do yet");
}

}  // namespace sluice::config
