// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/gateway/gateway.h"

#include "engine/config/load.h"
#include "engine/gateway/control.h"
#include "engine/gateway/control_server.h"
#include "engine/gateway/environment.h"
#include "engine/gateway/explain.h"
#include "engine/http/uri.h"
#include "engine/net/server.h"

#include <QFileInfo>
#include <QFileSystemWatcher>
#include <QTimer>

#include <unistd.h>

namespace sluice::gateway {

namespace {

constexpr auto certificateTime = std::chrono::seconds(1);   // their files are looked at this often
constexpr auto settleTime = std::chrono::milliseconds(50);  // an editor writes a file in several steps

std::string balanceName(balancing::Algorithm algorithm)
{
    switch (algorithm) {
    case balancing::Algorithm::RoundRobin: return "round_robin";
    case balancing::Algorithm::Weighted: return "weighted";
    case balancing::Algorithm::LeastConnections: return "least_connections";
    case balancing::Algorithm::IpHash: return "ip_hash";
    case balancing::Algorithm::LeastResponseTime: return "least_response_time";
    }
    return "round_robin";
}

WallTime wallNow()
{
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string problemsJson(const Problems &problems)
{
    std::string out = "{\"problems\":[";
    for (const Problem &p : problems) {
        if (out.back() == '}')
            out += ',';
        JsonObject o(out);
        o.add("severity", p.severity == Problem::Severity::Error ? "error" : "warning")
            .add("file", p.file)
            .add("line", p.line)
            .add("column", p.column)
            .add("what", p.what)
            .add("hint", p.hint);
        o.close();
    }
    return out + "]}\n";
}

}  // namespace

struct Gateway::Impl {
    Impl(Gateway &owner, recording::Sink *s, GatewayOptions o)
        : gateway(owner), sink(s), options(std::move(o)), keeper(options.localCa)
    {}

    config::Loaded load() const;
    Outcome adopt(config::Loaded loaded);
    void watch();
    void fileChanged();
    void lookAtCertificates();
    Outcome openSocket();
    ControlAnswer answer(const ControlRequest &);
    ControlAnswer explainAnswer(const std::string &query);
    ControlAnswer recordAnswer(const std::string &body);
    void addServices(Status &) const;
    void addRoutes(Status &) const;

    Gateway &gateway;
    recording::Sink *sink;
    GatewayOptions options;
    Problems problems;
    bool refused = false;  // the file as it is now was not taken
    std::string taken;     // the text that the plan was made from
    WallTime started{};
    journey::RulesPtr rules;
    std::unique_ptr<net::Server> server;
    std::unique_ptr<ControlServer> control;
    std::unique_ptr<QFileSystemWatcher> watcher;
    QTimer settle;
    TlsKeeper keeper;
    QTimer certificates;
    bool draining = false;
};

config::Loaded Gateway::Impl::load() const
{
    if (options.file.empty())
        return config::planFor(options.to, {options.listen, options.pair});
    // At the start somebody is there to unlock a keychain.
    const config::Environment known =
        options.secrets ? environment(*options.secrets, server ? soon : patient) : environment();
    return config::loadFile(options.file, known, {options.listen, options.pair});
}

// Takes a loaded plan into use; `rules` and `server` change only when all of it worked.
Outcome Gateway::Impl::adopt(config::Loaded loaded)
{
    problems = std::move(loaded.problems);
    refused = true;
    if (!loaded.plan)
        return Error{Fault::Gateway, options.file + " has errors", true};
    Result<journey::RulesPtr> made = journey::Rules::create(std::move(loaded.plan), rules.get());
    if (!made)
        return made.error();
    net::TlsMaterialPtr tls = keeper.load(*(*made)->plan, wallNow(), problems);
    if (server) {
        const Outcome set = server->setRules(*made, std::move(tls));
        if (!set) {
            problems.push_back(Problem{Problem::Severity::Error, options.file, 0, 0, set.error().what, {}});
            return set.error();
        }
    } else {
        net::ServerOptions how;
        how.workers = options.workers;
        how.loop = options.stockLoop ? net::LoopKind::Stock : net::bestLoop;
        how.sink = sink;
        Result<std::unique_ptr<net::Server>> up = net::Server::create(*made, std::move(tls), how);
        if (!up)
            return up.error();
        server = up.take();
    }
    rules = made.take();
    refused = false;
    return Done{};
}

void Gateway::Impl::lookAtCertificates()
{
    std::vector<std::string> told;
    if (net::TlsMaterialPtr tls = keeper.refresh(wallNow(), told); tls && server && !draining)
        server->setTls(std::move(tls));
    for (const std::string &line : told)
        Q_EMIT gateway.certificatesChanged(QString::fromStdString(line));
}

// The folder is watched too: editors put a new file in the place of the old one.
void Gateway::Impl::watch()
{
    if (options.file.empty() || !options.watchFile)
        return;
    const QFileInfo info(QString::fromStdString(options.file));
    watcher = std::make_unique<QFileSystemWatcher>();
    watcher->addPaths({info.absoluteFilePath(), info.absolutePath()});
    settle.setSingleShot(true);
    QObject::connect(&settle, &QTimer::timeout, &gateway, [this] { fileChanged(); });
    const auto touched = [this, path = info.absoluteFilePath()] {
        if (!watcher->files().contains(path) && QFileInfo::exists(path))
            watcher->addPath(path);
        settle.start(settleTime);
    };
    QObject::connect(watcher.get(), &QFileSystemWatcher::fileChanged, &gateway, touched);
    QObject::connect(watcher.get(), &QFileSystemWatcher::directoryChanged, &gateway, touched);
}

void Gateway::Impl::fileChanged()
{
    const config::FileText now = config::readFile(options.file);
    if (draining || (now.problems.empty() && now.text == taken))
        return;
    const Outcome ignored = gateway.reload();  // reloaded() and problems() tell
    (void)ignored;
}

Outcome Gateway::Impl::openSocket()
{
    if (options.socket == "none")
        return Done{};
    const std::string path = options.socket.empty()
        ? socketFolder() + '/' + std::to_string(::getpid()) + ".sock"
        : QFileInfo(QString::fromStdString(options.socket)).absoluteFilePath().toStdString();  // Qt's own is /tmp
    control = std::make_unique<ControlServer>();
    return control->listen(path, [this](const ControlRequest &request) { return answer(request); });
}

ControlAnswer Gateway::Impl::answer(const ControlRequest &request)
{
    if (request.path == "/status" && request.method == "GET")
        return {200, toJson(gateway.status()) + '\n'};
    if (request.path == "/reload" && request.method == "POST") {
        const Outcome reloaded = gateway.reload();
        if (reloaded)
            return {200, problemsJson(problems)};
        if (problems.empty())
            problems.push_back(Problem{Problem::Severity::Error, options.file, 0, 0, reloaded.error().what, {}});
        return {422, problemsJson(problems)};
    }
    if (request.path == "/drain" && request.method == "POST") {
        QMetaObject::invokeMethod(
            &gateway, [this] { gateway.drain(); }, Qt::QueuedConnection);
        return {202, "{\"draining\":true}\n"};
    }
    if (request.path == "/explain" && request.method == "GET")
        return explainAnswer(request.query);
    if (request.path == "/record" && request.method == "POST")
        return recordAnswer(request.body);
    return {404, "{\"error\":\"there are GET /status, POST /reload, POST /drain, POST /record and GET /explain\"}\n"};
}

ControlAnswer Gateway::Impl::recordAnswer(const std::string &body)
{
    const Outcome done =
        options.takeExchange ? options.takeExchange(body) : Outcome(Error{Fault::Client, "nothing is recorded here"});
    if (done)
        return {202, "{\"recorded\":true}\n"};
    std::string json;
    JsonObject o(json);
    o.add("error", done.error().what);
    o.close();
    return {422, json + '\n'};
}

ControlAnswer Gateway::Impl::explainAnswer(const std::string &query)
{
    Question question;
    std::string_view rest = query;
    for (http::QueryPair pair; http::nextPair(rest, pair);) {
        const std::string name = pair.decodedName(), value = pair.decodedValue();
        const size_t colon = value.find(':');
        if (name == "method")
            question.method = value;
        else if (name == "target")
            question.target = value;
        else if (name == "host")
            question.host = value;
        else if (name == "header" && colon != value.npos)
            question.headers.emplace_back(value.substr(0, colon), value.substr(colon + 1));
    }
    return {200, toJson(explain(*rules->plan, question)) + '\n'};
}

// ---- Gateway

Gateway::Gateway(recording::Sink *sink, GatewayOptions options, QObject *parent)
    : QObject(parent), impl_(std::make_unique<Impl>(*this, sink, std::move(options)))
{}

Gateway::~Gateway() = default;

Outcome Gateway::start()
{
    impl_->started = wallNow();
    impl_->taken = impl_->options.file.empty() ? std::string() : config::readFile(impl_->options.file).text;
    const Outcome adopted = impl_->adopt(impl_->load());
    if (!adopted)
        return adopted.error();
    const Outcome socket = impl_->openSocket();
    if (!socket) {
        impl_->server.reset();
        return socket.error();
    }
    impl_->watch();
    connect(&impl_->certificates, &QTimer::timeout, this, [this] { impl_->lookAtCertificates(); });
    impl_->certificates.start(certificateTime);
    return Done{};
}

const Problems &Gateway::problems() const
{
    return impl_->problems;
}

Outcome Gateway::reload()
{
    if (!impl_->server || impl_->draining)
        return Error{Fault::Gateway, "the gateway is not serving"};
    if (!impl_->options.file.empty())
        impl_->taken = config::readFile(impl_->options.file).text;
    const Outcome adopted = impl_->adopt(impl_->load());
    Q_EMIT reloaded(adopted.ok());
    if (!adopted)
        return adopted.error();
    return Done{};
}

void Gateway::drain()
{
    if (std::exchange(impl_->draining, true) || !impl_->server)
        return;
    impl_->server->drain([this] {
        QMetaObject::invokeMethod(
            this, [this] { Q_EMIT drained(); }, Qt::QueuedConnection);
    });
}

config::PlanPtr Gateway::plan() const
{
    return impl_->rules ? impl_->rules->plan : nullptr;
}

std::vector<std::string> Gateway::addresses() const
{
    return impl_->server ? impl_->server->addresses() : std::vector<std::string>();
}

Status Gateway::status() const
{
    Status s;
    s.version = SLUICE_VERSION;
    s.file = impl_->options.file;
    s.revision = impl_->rules ? impl_->rules->revision : 0;
    s.started = impl_->started;
    s.problems = impl_->problems;
    s.fileRefused = impl_->refused;
    s.draining = impl_->draining;
    if (impl_->control)
        s.socket = impl_->control->path();
    if (!impl_->server)
        return s;
    s.listen = impl_->server->addresses();
    s.workers = impl_->server->workers();
    s.requests = impl_->server->exchanges();
    s.active = impl_->server->active();
    s.connections = impl_->server->connections();
    s.proxyRefused = impl_->server->proxyRefused();
    s.closedForRoom = impl_->server->closedForRoom();
    for (const auto &[name, which] : http::http2CounterNames) {
        s.http2.emplace_back(name, impl_->server->http2(which, &net::WorkerCounters::http2));
        s.http2Upstream.emplace_back(name, impl_->server->http2(which, &net::WorkerCounters::http2Upstream));
    }
    impl_->addServices(s);
    impl_->addRoutes(s);
    s.certificates = impl_->keeper.certificates(wallNow());
    s.recording.on = impl_->sink && impl_->rules->plan->record.on;
    s.recording.path = impl_->options.recordingPath;
    if (impl_->sink) {
        const recording::SinkStats stats = impl_->sink->stats();
        s.recording.rows = stats.rows;
        s.recording.bytes = stats.bytes;
        s.recording.shed = stats.shed;
        s.recording.shedMessages = stats.shedMessages;
        s.recording.queued = stats.queued;
        s.recording.lastId = stats.lastId;
        s.recording.trouble = stats.trouble;
        s.recording.unsealed = stats.unsealed;
    }
    return s;
}

void Gateway::Impl::addServices(Status &s) const
{
    const config::Plan &plan = *rules->plan;
    const std::unordered_map<std::string, uint32_t> idle = server->idleConnections();
    for (size_t i = 0; i < plan.services.size(); ++i) {
        const config::ServiceSettings &settings = plan.services[i];
        ServiceStatus service;
        service.name = settings.name;
        service.balance = balanceName(settings.balance.algorithm);
        service.breaker = "off";
        service.unavailable = settings.unavailable;
        for (size_t e = 0; e < settings.endpoints.size(); ++e) {
            const journey::EndpointCounters &counters = *rules->services[i].endpoints[e];
            EndpointStatus endpoint;
            endpoint.url = settings.endpoints[e].url;
            endpoint.weight = settings.endpoints[e].weight;
            endpoint.requests = counters.requests.load(std::memory_order_relaxed);
            endpoint.failures = counters.failures.load(std::memory_order_relaxed);
            endpoint.active = counters.active.load(std::memory_order_relaxed);
            endpoint.meanLatency = Nanos(counters.meanLatency.load(std::memory_order_relaxed));
            if (const auto at = idle.find(settings.endpoints[e].pool); at != idle.end())
                endpoint.idle = at->second;
            service.endpoints.push_back(std::move(endpoint));
        }
        s.services.push_back(std::move(service));
    }
}

void Gateway::Impl::addRoutes(Status &s) const
{
    const config::Plan &plan = *rules->plan;
    for (size_t i = 0; i < plan.routes.size(); ++i) {
        const config::RouteSettings &settings = plan.routes[i];
        RouteStatus route;
        route.name = settings.name;
        route.path = settings.match.path;
        route.service = settings.service;
        route.hosts = settings.match.hosts;
        route.methods = settings.match.methods;
        route.unavailable = settings.unavailable;
        route.line = settings.place.line;
        route.requests = rules->routes[i]->requests.load(std::memory_order_relaxed);
        route.clientErrors = rules->routes[i]->clientErrors.load(std::memory_order_relaxed);
        route.serverErrors = rules->routes[i]->serverErrors.load(std::memory_order_relaxed);
        s.routes.push_back(std::move(route));
    }
}

}  // namespace sluice::gateway
