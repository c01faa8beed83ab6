// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/config/load.h"
#include "engine/config/schema.h"
#include "engine/http/headers.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace sluice::config;
using namespace std::chrono_literals;

namespace {

// The shortest file around some lines.
std::string around(const std::string &lines)
{
    return "services: {a: http://127.0.0.1:1}\n" + lines;
}

QByteArray texts(const Problems &problems)
{
    QByteArray out;
    for (const Problem &problem : problems)
        out += QByteArray::fromStdString(problem.text()) + '\n';
    return out;
}

const char everything[] =
    "\n"
    "trusted_proxies: [10.0.0.0/8]\n"
    "http: {request_line: 16KiB, header_count: 50, header_bytes: 128KiB, header_timeout: 5s, keep_alive: 1m, "
    "max_connections: 10, pooled_connections: 3, drain: 2s}\n"
    "record: {bodies: 2KiB, redact: {headers: [X-Secret], json: [pin]}, keep: {size: 1GiB, age: 2d}}\n"
    "listen: [\"http://127.0.0.1:8080\", {url: \"http://*:0\"}]\n"
    "services:\n"
    "  first: http://LocalHost:3000/\n"
    "  second:\n"
    "    endpoints: [http://127.0.0.1:9001, {url: \"http://[::1]:9002\", weight: 3}]\n"
    "    balance: weighted\n"
    "    timeouts: {connect: 1500ms, response: 2s, idle: 3s, total: 1h}\n"
    "routes:\n"
    "  - path: /api/~me/%7euser/{id}\n"
    "    name: one\n"
    "    service: second\n"
    "    methods: [GET, POST]\n"
    "    host: Shop.Test\n"
    "    headers: {X-Tenant: acme, X-Any: \"*\", X-Re: \"~a+\"}\n"
    "    query: {v: \"2\"}\n"
    "    rewrite: /users/{id}\n"
    "  - {path: /old/**, service: first, strip_prefix: /old, methods: GET, hosts: [a.test, \"*.b.test\"]}\n";

}  // namespace

class LoadTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void every_key_in_effect_lands_in_the_plan()
    {
        const Loaded loaded = load(everything, "f", {});
        QVERIFY2(loaded.plan && loaded.problems.empty(), texts(loaded.problems).constData());
        const Plan &plan = *loaded.plan;
        QCOMPARE(plan.trusted, std::vector<std::string>{"10.0.0.0/8"});
        QCOMPARE(plan.limits.requestLine, 16384u);
        QCOMPARE(plan.limits.headerCount, 50u);
        QCOMPARE(plan.limits.headerBytes, 131072u);
        QVERIFY(plan.limits.header == 5s && plan.limits.keepAlive == 1min && plan.limits.drain == 2s);
        QVERIFY(plan.limits.connections == 10 && plan.limits.pooled == 3);
        QVERIFY(plan.record.bodyLimit == 2048 && plan.record.keepBytes == 1 << 30 && plan.record.keepAge == 48h);
        QCOMPARE(plan.record.redactHeaders, std::vector<std::string>{"X-Secret"});
        QCOMPARE(plan.record.redactJson, std::vector<std::string>{"pin"});
        QVERIFY(plan.listen.size() == 2 && plan.listen[0].port == 8080 && plan.listen[1].host == "*"
                && plan.listen[1].port == 0);
        QCOMPARE(plan.services[0].endpoints[0].url, std::string("http://localhost:3000"));
        const ServiceSettings &second = plan.services[1];
        QCOMPARE(second.endpoints[1].url, std::string("http://[::1]:9002"));
        QVERIFY(second.endpoints[1].host == "::1" && second.endpoints[1].weight == 3
                && second.endpoints[0].weight == 1);
        QCOMPARE(second.balance.algorithm, balancing::Algorithm::Weighted);
        QVERIFY(second.timeouts.connect == 1500ms && second.timeouts.response == 2s && second.timeouts.idle == 3s
                && second.timeouts.total == 1h);
        QCOMPARE(plan.service("second"), &second);
        QVERIFY(!plan.service("third"));
    }

    void a_route_lands_whole()
    {
        const Loaded loaded = load(everything, "f", {});
        QVERIFY(loaded.plan);
        const RouteSettings &one = loaded.plan->routes[0], &old = loaded.plan->routes[1];
        QVERIFY(one.name == "one" && one.service == "second" && one.serviceIndex == 1 && one.unavailable.empty());
        QCOMPARE(one.match.path, std::string("/api/~me/~user/{id}"));  // as requests are when they are matched
        QCOMPARE(one.match.hosts, std::vector<std::string>{"shop.test"});
        using Kind = routing::FieldMatch::Kind;
        const std::vector<routing::FieldMatch> headers = {
            {"X-Tenant", Kind::Exact, "acme"}, {"X-Any", Kind::Present, ""}, {"X-Re", Kind::Regex, "a+"}};
        QVERIFY(one.match.headers == headers);
        QVERIFY(one.match.query == (std::vector<routing::FieldMatch>{{"v", Kind::Exact, "2"}}));
        QCOMPARE(one.rewrite.path, std::string("/users/{id}"));
        QCOMPARE(old.name, std::string("GET /old/**"));
        QCOMPARE(old.rewrite.stripPrefix, std::string("/old"));
        QCOMPARE(old.match.methods, std::vector<std::string>{"GET"});
        http::HeaderList none;
        const routing::RouteMatch match = loaded.plan->router.find({"GET", "x.b.test", "/old/y", "", &none});
        QVERIFY(match.kind == routing::RouteMatch::Kind::Found && match.route == 1);
    }

    void what_the_file_leaves_out_has_its_documented_default()
    {
        const Loaded loaded = load(around("routes: [{path: /**, service: a}]\n"), "f", {});
        QVERIFY2(loaded.problems.empty(), texts(loaded.problems).constData());
        const Plan fresh;
        QVERIFY(loaded.plan->listen.size() == 1 && loaded.plan->listen[0].url == "http://127.0.0.1:8080");
        // The table's word for a default is what the plan really has.
        std::string lines = "routes: [{path: /**, service: a}]\n";
        for (const KeyInfo &info : schema()) {
            const bool plain = info.key.find("NAME") == std::string::npos && info.key.find("[]") == std::string::npos;
            if (plain && info.inEffect && info.key.rfind("http.", 0) == 0)
                lines += (lines.find("http:") == std::string::npos ? "http:\n" : "") + ("  " + info.key.substr(5))
                    + ": " + info.fallback + "\n";
        }
        lines += "record:\n  bodies: " + std::string("1MiB\n");
        const Loaded written = load(around(lines), "f", {});
        QVERIFY2(written.plan, texts(written.problems).constData());
        const LimitSettings &limits = written.plan->limits;
        QVERIFY(limits.requestLine == fresh.limits.requestLine && limits.headerCount == fresh.limits.headerCount
                && limits.headerBytes == fresh.limits.headerBytes && limits.connections == fresh.limits.connections
                && limits.pooled == fresh.limits.pooled && limits.header == fresh.limits.header
                && limits.keepAlive == fresh.limits.keepAlive && limits.drain == fresh.limits.drain);
    }

    void a_route_that_asks_for_what_cannot_be_done_safely_is_closed_data()
    {
        QTest::addColumn<QString>("route");
        QTest::addColumn<QString>("restricted");
        QTest::newRow("auth") << "{path: /**, service: a, auth: {any_of: [k]}}"
                              << "auth";
        QTest::newRow("auth, written short") << "{path: /**, service: a, auth: k}"
                                             << "auth";
        QTest::newRow("aggregate") << "{path: /**, aggregate: {x: {service: a, path: /x}}}"
                                   << "aggregate";
        QTest::newRow("versions only") << "{path: /**, versions: {by: {query: v}, v1: {service: a}}}"
                                       << "versions";
        QTest::newRow("a sunset") << "{path: /**, service: a, versions: {by: {query: v}, v1: {service: a, sunset: "
                                     "2020-01-01}, v2: {service: a}}}"
                                  << "sunset";
        QTest::newRow("request headers to remove")
            << "{path: /**, service: a, request: {headers: {remove: [X-Internal]}}}"
            << "request.headers.remove";
        QTest::newRow("query parameters to remove") << "{path: /**, service: a, request: {query: {remove: [debug]}}}"
                                                    << "request.query.remove";
        QTest::newRow("fields of requests to drop") << "{path: /**, service: a, request: {body: {drop: [admin]}}}"
                                                    << "request.body.drop";
        QTest::newRow("answer headers to remove") << "{path: /**, service: a, response: {headers: {remove: [Server]}}}"
                                                  << "response.headers.remove";
        QTest::newRow("fields of answers to drop") << "{path: /**, service: a, response: {body: {drop: [ssn]}}}"
                                                   << "response.body.drop";
    }

    void a_route_that_asks_for_what_cannot_be_done_safely_is_closed()
    {
        QFETCH(QString, route);
        QFETCH(QString, restricted);
        const Loaded loaded = load(around("authenticators: {k: {api_key: {keys: [{user: u, key: k}]}}}\nroutes: ["
                                          + route.toStdString() + "]\n"),
                                   "f", {});
        QVERIFY2(loaded.plan, texts(loaded.problems).constData());
        QVERIFY(!loaded.plan->routes[0].unavailable.empty());
        QCOMPARE(QString::fromStdString(loaded.plan->routes[0].restricted), restricted);
        const QByteArray said = texts(loaded.problems);
        QVERIFY2(said.contains("ntil it is, this route answers 503"), said.constData());
        QVERIFY2(!said.contains(" error: "), said.constData());
    }

    void what_removes_nothing_or_only_refuses_more_leaves_a_route_open()
    {
        for (const char *route : {"request: {headers: {remove: []}}", "response: {body: {drop: []}}", "limit: l",
                                  "request: {headers: {set: {X-A: b}}}", "versions: {v1: {service: a}}"}) {
            const Loaded loaded = load(around("limits: {l: {algorithm: fixed_window, limit: 1, window: 1s}}\n"
                                              "routes: [{path: /**, service: a, "
                                              + std::string(route) + "}]\n"),
                                       "f", {});
            QVERIFY2(loaded.plan, texts(loaded.problems).constData());
            QVERIFY2(loaded.plan->routes[0].unavailable.empty(), route);
        }
    }

    void a_service_that_asks_for_what_cannot_be_done_safely_is_closed_data()
    {
        QTest::addColumn<QString>("service");
        QTest::addColumn<bool>("closed");
        QTest::newRow("tls to nobody") << "{endpoints: [http://127.0.0.1:1], tls: {ca: x.pem}}" << false;
        QTest::newRow("credentials") << "{endpoints: [http://127.0.0.1:1], credentials: {oauth2_client_credentials: "
                                        "{token_url: http://x/t, client_id: i, client_secret: s}}}"
                                     << true;
        QTest::newRow("discovered only") << "{discover: {dns: x, port: 80}}" << true;
        QTest::newRow("discovered, with endpoints")
            << "{endpoints: [http://127.0.0.1:1], discover: {dns: x, port: 80}}" << false;
    }

    void a_service_that_asks_for_what_cannot_be_done_safely_is_closed()
    {
        QFETCH(QString, service);
        QFETCH(bool, closed);
        const Loaded loaded =
            load("services: {b: " + service.toStdString() + "}\nroutes: [{path: /**, service: b}]\n", "f", {});
        QVERIFY2(loaded.plan, texts(loaded.problems).constData());
        QCOMPARE(!loaded.plan->services[0].unavailable.empty(), closed);
        QVERIFY(!loaded.problems.empty());
    }

    void files_of_tls_are_told_from_where_the_gateway_file_is()
    {
        const Loaded loaded =
            load("listen:\n- url: https://127.0.0.1:1\n  certificates: [{certificate: a.pem, key: /k/a.key}]\n"
                 "  client_ca: tls/ca.pem\n  min_version: '1.3'\n- https://127.0.0.1:2\n"
                 "services:\n  b: {endpoints: [https://127.0.0.1:3, http://127.0.0.1:4], tls: {ca: ca.pem, "
                 "server_name: pay}}\n"
                 "  c: https://127.0.0.1:3\nroutes: [{path: /**, service: b}]\n",
                 "/etc/sluice/gateway.yaml", {});
        QVERIFY2(loaded.plan, texts(loaded.problems).constData());
        const ListenSettings &first = loaded.plan->listen[0], &second = loaded.plan->listen[1];
        QCOMPARE(first.secure.certificates[0].certificate, std::string("/etc/sluice/a.pem"));
        QCOMPARE(first.secure.certificates[0].key, std::string("/k/a.key"));
        QCOMPARE(first.secure.clientCa, std::string("/etc/sluice/tls/ca.pem"));
        QVERIFY(first.tls && first.secure.tls13Only && second.tls && second.secure.certificates.empty());
        const ServiceSettings &b = loaded.plan->services[0], &c = loaded.plan->services[1];
        QVERIFY(b.secure.ca == "/etc/sluice/ca.pem" && b.secure.serverName == "pay");
        QVERIFY(b.endpoints[0].tls && !b.endpoints[1].tls);
        QVERIFY(b.endpoints[0].pool != c.endpoints[0].pool);  // each trusts for itself
    }

    void proxy_headers_are_taken_from_those_who_are_trusted()
    {
        const std::string listen = "listen: [{url: \"http://127.0.0.1:1\", proxy_protocol: true}, http://127.0.0.1:2]\n"
                                   "routes: [{path: /**, service: a}]\n";
        const Loaded loaded = load(around(listen + "trusted_proxies: [127.0.0.1]\n"), "f", {});
        QVERIFY(loaded.plan && loaded.problems.empty());
        QVERIFY(loaded.plan->listen.at(0).proxyProtocol && !loaded.plan->listen.at(1).proxyProtocol);
        const Loaded nobody = load(around(listen), "f", {});
        QVERIFY(nobody.plan && nobody.problems.size() == 1);
        QVERIFY(nobody.problems[0].what.find("nobody is trusted") != std::string::npos);
    }

    void names_of_routes_are_given_once_also_those_that_are_made()
    {
        const Loaded loaded = load(around("routes:\n"
                                          "- {path: /x, service: a, methods: [GET]}\n"
                                          "- {path: /x, service: a, methods: [GET], headers: {A: '1'}}\n"
                                          "- {path: /x, service: a, methods: [GET], host: h.test}\n"
                                          "- {path: /y, service: a, name: 'z'}\n"),
                                   "f", {});
        QVERIFY2(loaded.plan, texts(loaded.problems).constData());
        QStringList names;
        for (const RouteSettings &route : loaded.plan->routes)
            names << QString::fromStdString(route.name);
        QCOMPARE(names, (QStringList{"GET /x", "GET /x #2", "GET /x at h.test", "z"}));
    }

    void listen_of_the_command_line_replaces_that_of_the_file()
    {
        const std::string text = around("listen: https://127.0.0.1:1\nroutes: [{path: /**, service: a}]\n");
        const Loaded loaded = load(text, "f", {}, {{"http://127.0.0.1:0"}});
        QVERIFY2(loaded.plan, texts(loaded.problems).constData());
        QVERIFY(loaded.plan->listen.size() == 1 && loaded.plan->listen[0].port == 0);
        for (const char *bad : {"ftp://127.0.0.1:1", "127.0.0.1:80", "http://127.0.0.1:1/x"}) {
            const Loaded wrong = load(text, "f", {}, {{bad}});
            QVERIFY2(!wrong.plan, bad);
            QVERIFY2(texts(wrong.problems).startsWith("command line: error: --listen '"), texts(wrong.problems));
        }
    }

    void a_url_alone_makes_a_plan()
    {
        const Loaded loaded = planFor("http://localhost:3000");
        QVERIFY2(loaded.plan && loaded.problems.empty(), texts(loaded.problems).constData());
        const Plan &plan = *loaded.plan;
        QVERIFY(plan.file.empty() && plan.listen[0].url == "http://127.0.0.1:8080");
        QVERIFY(plan.routes[0].match.path == "/**" && plan.routes[0].service == "upstream"
                && plan.routes[0].serviceIndex == 0);
        QCOMPARE(plan.services[0].endpoints[0].url, std::string("http://localhost:3000"));
        QCOMPARE(planFor("http://a:1", {{"http://*:0"}, {}}).plan->listen[0].host, std::string("*"));
        for (const char *bad : {"", "localhost:3000", "http://a:1/x", "ftp://a"}) {
            const Loaded wrong = planFor(bad);
            QVERIFY2(!wrong.plan && wrong.problems.size() == 1 && !wrong.problems[0].hint.empty(), bad);
        }
        const QByteArray said = texts(planFor("http://a:1", {{"foo"}, {}}).problems);
        QVERIFY2(said.startsWith("command line: error: --listen 'foo' "), said);
    }

    void every_problem_of_a_file_has_a_place_and_a_hint_that_is_a_sentence()
    {
        std::string many = "routes:\n";
        for (int i = 0; i < 1100; ++i)
            many += "- x\n";
        for (const std::string &text : {std::string(), std::string("services: {a: http://127.0.0.1:1}\n"),
                                        std::string("\xff\xfe"), std::string(5 << 20, '#'), many}) {
            const Loaded loaded = load(text, "f", {});
            QVERIFY(!loaded.problems.empty());
            for (const Problem &problem : loaded.problems) {
                QVERIFY2(problem.line > 0 && problem.column > 0, problem.text().c_str());
                QVERIFY2(problem.hint.empty() || problem.hint[0] < 'a', problem.text().c_str());
            }
        }
        for (const char *path : {"/nonexistent.yaml", "/"}) {
            const Problem problem = loadFile(path, {}).problems.at(0);
            QVERIFY2(problem.line == 1 && problem.column == 1 && problem.hint.substr(0, 4) == "Name",
                     problem.text().c_str());
        }
    }

    void values_of_variables_are_not_shown()
    {
        const Loaded loaded = load(around("routes: [{path: '/**', service: '${env:S}'}]\n"), "f", {{{"S", "hunter2"}}});
        QVERIFY(!loaded.plan);
        QVERIFY2(!texts(loaded.problems).contains("hunter2"), texts(loaded.problems).constData());
        QVERIFY(!texts(load("services: {a: http://u:hunter2@h}\n", "f", {}).problems).contains("hunter2"));
    }

    void a_plan_is_there_exactly_when_there_are_no_errors()
    {
        for (const char *text :
             {"", "x", "[]", "{}", "routes: []", "routes: {}", "services: []", "routes: [[]]", "listen: {}", "a: b"}) {
            const Loaded loaded = load(text, "f", {});
            QCOMPARE(!loaded.plan, hasErrors(loaded.problems));
        }
    }

    void problems_are_bounded_and_the_first_error_is_among_them()
    {
        std::string text = "services: {a: http://127.0.0.1:1}\nroutes:\n";
        for (int i = 0; i < 3000; ++i)
            text += "- {path: /" + std::to_string(i) + ", service: a, mirror: {service: a}}\n";
        text += "- {path: /x, service: b}\n";
        const Loaded loaded = load(text, "f", {});
        QVERIFY(!loaded.plan && loaded.problems.size() <= 1002);
        QVERIFY(texts(loaded.problems).contains("names the service 'b'"));
        QVERIFY(texts(loaded.problems).contains("more problems are not listed"));
    }

    void ten_thousand_routes_load()
    {
        std::string text = "services: {a: http://127.0.0.1:1}\nroutes:\n";
        for (int i = 0; i < 10'000; ++i)
            text += "  - path: /api/r" + std::to_string(i) + "/**\n    service: a\n    methods: [GET]\n";
        const Loaded loaded = load(text, "f", {});
        QVERIFY2(loaded.plan, texts(loaded.problems).left(500).constData());
        QCOMPARE(loaded.plan->routes.size(), size_t(10'000));
    }

    void a_file_that_cannot_be_read_says_why()
    {
        QTemporaryDir folder;
        const std::string path = folder.filePath("gateway.yaml").toStdString();
        Loaded missing = loadFile(path, {});
        QVERIFY(!missing.plan && missing.problems[0].what.find("No such file") != std::string::npos
                && !missing.problems[0].hint.empty());
        QVERIFY(loadFile(folder.path().toStdString(), {}).problems[0].what.find("directory") != std::string::npos);
        QFile file(QString::fromStdString(path));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(5 << 20, '#'));
        file.close();
        QVERIFY(loadFile(path, {}).problems[0].what.find("larger than 4 MiB") != std::string::npos);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("services: {a: http://127.0.0.1:1}\nroutes: [{path: /**, service: a}]\n");
        file.close();
        const Loaded loaded = loadFile(path, {});
        QVERIFY(loaded.plan && loaded.plan->file == path);
    }

    void the_schema_describes_every_key_for_people()
    {
        QVERIFY(schema().size() > 200);
        QStringList keys;
        for (const KeyInfo &info : schema()) {
            QVERIFY2(!info.help.empty() && !info.type.empty(), info.key.c_str());
            keys << QString::fromStdString(info.key);
        }
        QCOMPARE(keys.removeDuplicates(), 0);
        const auto found = std::find_if(schema().begin(), schema().end(),
                                        [](const KeyInfo &i) { return i.key == "services.NAME.timeouts.connect"; });
        QVERIFY(found != schema().end() && found->type == "duration" && found->bounds == "1ms to 10m"
                && found->fallback == "1s" && found->inEffect);
    }
};

QTEST_APPLESS_MAIN(LoadTest)
#include "load_test.moc"
