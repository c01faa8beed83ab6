// SPDX-License-Identifier: GPL-3.0-or-later
// A real nginx, started on an export, answers as the router decides: the same route, the same path sent on, the same refusals.
#include "engine/config/load.h"
#include "engine/exporters/exporter.h"
#include "engine/http/uri.h"

#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;

namespace {

struct Ask {
    QByteArray method, target, host = "localhost";
    std::vector<std::pair<QByteArray, QByteArray>> headers;
};

struct Answer {
    int status = 0;
    QByteArray head, body;
    QByteArray header(const QByteArray &name) const
    {
        for (const QByteArray &line : head.split('\n')) {
            if (line.toLower().startsWith(name.toLower() + ':'))
                return line.mid(name.size() + 1).trimmed();
        }
        return {};
    }
};

// A service that tells who it is and what it was asked: "PORT METHOD TARGET", then the headers it got.
class Echo : public QTcpServer {
public:
    explicit Echo(bool deaf = false) : deaf_(deaf)
    {
        connect(this, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket *socket = nextPendingConnection())
                connect(socket, &QTcpSocket::readyRead, socket, [this, socket] { answer(socket); });
        });
        listen(QHostAddress::LocalHost);
    }

private:
    void answer(QTcpSocket *socket)
    {
        QByteArray &got = got_[socket];
        got += socket->readAll();
        const qsizetype end = got.indexOf("\r\n\r\n");
        if (end < 0 || deaf_)
            return;
        const QByteArray line = got.left(got.indexOf(" HTTP/1.1"));
        const QByteArray body = QByteArray::number(serverPort()) + ' ' + line + '\n' + got.left(end);
        socket->write("HTTP/1.1 200 OK\r\nX-Accel-Redirect: /secret\r\nContent-Length: "
                      + QByteArray::number(body.size()) + "\r\n\r\n"
                      + (line.startsWith("HEAD ") ? QByteArray() : body));
        got.clear();
    }
    std::map<QTcpSocket *, QByteArray> got_;
    bool deaf_;
};

quint16 freePort()
{
    QTcpServer probe;
    probe.listen(QHostAddress::LocalHost);
    return probe.serverPort();
}

}  // namespace

class NginxExportTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void theSameRouteTakesEachRequest();
    void whatSluiceRefusesIsRefused();
    void aClosedRouteStaysClosed();
    void aServiceThatCannotBeReachedIs502AndOneThatHangsIs504();
    void whatIsToldAboutTheClientCannotBeForged();

private:
    void start(const QByteArray &yaml);
    Answer ask(const Ask &);
    QByteArray routing(const QString &file, quint16 a, quint16 b, quint16 c);

    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<QProcess> nginx_;
    quint16 port_ = 0;
    config::PlanPtr plan_;
};

void NginxExportTest::initTestCase()
{
    if (QStandardPaths::findExecutable("nginx", {"/usr/sbin", "/usr/bin", "/usr/local/sbin"}).isEmpty())
        QSKIP("nginx is not installed (apt-get install nginx-core)");
}

void NginxExportTest::cleanup()
{
    if (nginx_) {
        nginx_->terminate();
        QVERIFY(nginx_->waitForFinished(10'000));
        nginx_.reset();
    }
    folder_.reset();
}

void NginxExportTest::start(const QByteArray &yaml)
{
    const config::Loaded loaded = config::load(yaml.toStdString(), "gateway.yaml", {});
    for (const Problem &p : loaded.problems)
        QVERIFY2(p.severity == Problem::Severity::Warning, p.text().c_str());
    plan_ = loaded.plan;
    const Result<exporters::Export> out = exporters::exportPlan(*plan_, "nginx");
    QVERIFY(out.ok());
    folder_ = std::make_unique<QTemporaryDir>();
    folder_->setAutoRemove(true);
    // Started by root, nginx works as another user, who must get in.
    QFile::setPermissions(folder_->path(), QFile::permissions(folder_->path()) | QFile::ExeGroup | QFile::ExeOther);
    for (const exporters::OutputFile &file : out->files) {
        QFile f(folder_->filePath(QString::fromStdString(file.name)));
        QVERIFY(f.open(QFile::WriteOnly));
        f.write(file.content.data(), qint64(file.content.size()));
    }
    nginx_ = std::make_unique<QProcess>();
    nginx_->setProcessChannelMode(QProcess::MergedChannels);
    nginx_->start(QStandardPaths::findExecutable("nginx", {"/usr/sbin", "/usr/bin", "/usr/local/sbin"}),
                  {"-p", folder_->path(), "-c", "nginx.conf", "-g", "daemon off;"});
    QVERIFY(nginx_->waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(
        [this] {
            QTcpSocket probe;
            probe.connectToHost(QHostAddress::LocalHost, port_);
            return probe.waitForConnected(100);
        }() || nginx_->state() != QProcess::Running,
        10'000);
    QVERIFY2(nginx_->state() == QProcess::Running, nginx_->readAll());
}

Answer NginxExportTest::ask(const Ask &question)
{
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, port_);
    QByteArray text =
        question.method + ' ' + question.target + " HTTP/1.1\r\nHost: " + question.host + "\r\nConnection: close\r\n";
    for (const auto &[name, value] : question.headers)
        text += name + ": " + value + "\r\n";
    socket.write(text + "\r\n");
    bool over = false;
    connect(&socket, &QTcpSocket::disconnected, &socket, [&over] { over = true; });
    [&] { QTRY_VERIFY_WITH_TIMEOUT(over, 15'000); }();
    const QByteArray all = socket.readAll();
    const qsizetype end = all.indexOf("\r\n\r\n");
    return {all.mid(9, 3).toInt(), all.left(end), all.mid(end + 4)};
}

QByteArray NginxExportTest::routing(const QString &file, quint16 a, quint16 b, quint16 c)
{
    QFile f(SLUICE_SOURCE_DIR "/tests/golden/exporters/" + file);
    [&] { QVERIFY(f.open(QFile::ReadOnly)); }();
    port_ = freePort();
    return f.readAll()
        .replace(":8080", ':' + QByteArray::number(port_))
        .replace(":9001", ':' + QByteArray::number(a))
        .replace(":9002", ':' + QByteArray::number(b))
        .replace(":9003", ':' + QByteArray::number(c));
}

void NginxExportTest::theSameRouteTakesEachRequest()
{
    Echo a, b, c;
    start(routing("routing.yaml", a.serverPort(), b.serverPort(), c.serverPort()));
    if (QTest::currentTestFailed())
        return;
    const QByteArray methods[] = {"GET", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"};
    const QByteArray targets[] = {"/",
                                  "/?",
                                  "/?a=b",
                                  "/api",
                                  "/api/",
                                  "/api/users",
                                  "/api/users/",
                                  "/api/users/7",
                                  "/api/users/7/",
                                  "/api/users/me",
                                  "/api/users2",
                                  "/api/users/me?v=2",
                                  "/api/users/a/b?v=2",
                                  "/api/users/a/b?x&v=%32&y",
                                  "/api/users/a/b?%76=2",
                                  "/api/users/a/b?v=22",
                                  "/api/users/a/b?flag&q+r=a%26b",
                                  "/api/users/a/b?flag=1&q%20r=%61%26b",
                                  "/api/users/a/b?flag&q%20r=a",
                                  "/api/x/x",
                                  "/api/users/x",
                                  "/api/v1/a/b?c=d",
                                  "/api/v12/",
                                  "/api/v/1",
                                  "/one",
                                  "/two/",
                                  "/one/two",
                                  "/files",
                                  "/files/",
                                  "/files/a//b",
                                  "/raw",
                                  "/raw/",
                                  "/raw//evil.test/x",
                                  "/raw/a",
                                  "/mid/x",
                                  "/mid/x/",
                                  "/mid/x/y/z",
                                  "/mid/",
                                  "/pay$/it",
                                  "/say/it's",
                                  "/empty/x",
                                  "/trailing/",
                                  "/trailing",
                                  "/caf%C3%A9",
                                  "/a%2Fb",
                                  "/api/users/a%2F7",
                                  "/users;x=1",
                                  "/a//b",
                                  "//",
                                  "/api//users/7",
                                  "/api/users//",
                                  "/%3Fv=2",
                                  "/api/users/../orders",
                                  "/api/users/./7",
                                  "/api/users/%2e%2e/x",
                                  "/%61pi/%75sers/7",
                                  "/api/users/7/..",
                                  "/none",
                                  "/everything",
                                  "/refused"};
    const QByteArray hosts[] = {"localhost",           "admin.example.test",    "a.example.test",
                                "x.deep.example.test", "exact.example.test:80", "[::1]"};
    const std::vector<std::pair<QByteArray, QByteArray>> headers[] = {
        {}, {{"X-Tenant", "acme"}}, {{"x-tenant", "blue-12"}, {"X-Debug", "1"}}, {{"X-Tenant", "acme2"}}};
    int compared = 0;
    for (const QByteArray &target : targets) {
        for (size_t i = 0; i < std::size(methods) * 2; ++i) {
            const Ask question{methods[i % 6], target, hosts[(i * 5 + size_t(target.size())) % std::size(hosts)],
                               headers[i % 4]};
            http::HeaderList list;
            for (const auto &[name, value] : question.headers)
                list.add(name.toStdString(), value.toStdString());
            const std::string text = target.toStdString(), host = question.host.toStdString(),
                              method = question.method.toStdString();
            const http::TargetParts parts = http::splitTarget(text);
            std::string storage;
            const Result<std::string_view> path = http::normalisePath(parts.path, storage);
            QVERIFY(path.ok());
            const auto authority = http::parseAuthority(host);
            const routing::RouteMatch match = plan_->router.find({method, authority->host, *path, parts.query, &list});
            const Answer answer = ask(question);
            const QByteArray what =
                question.method + ' ' + target + " at " + question.host + ": " + answer.head + answer.body;
            switch (match.kind) {
            case routing::RouteMatch::Kind::NoRoute: QVERIFY2(answer.status == 404, what); break;
            case routing::RouteMatch::Kind::WrongMethod:
                QVERIFY2(answer.status == 405 && answer.header("Allow") == QByteArray::fromStdString(match.allow),
                         what);
                break;
            case routing::RouteMatch::Kind::Found: {
                const config::RouteSettings &route = plan_->routes[match.route];
                if (route.service == "empty") {
                    QVERIFY2(answer.status == 503, what);
                    break;
                }
                QVERIFY2(answer.status == 200, what);
                if (question.method == "HEAD")
                    break;
                std::string sent = routing::rewritten(route.rewrite, *path, match.captures);
                if (parts.hasQuery)
                    sent += '?' + std::string(parts.query);
                const QByteArray want = ' ' + question.method + ' ' + QByteArray::fromStdString(sent) + '\n';
                const quint16 port = quint16(answer.body.left(answer.body.indexOf(' ')).toUInt());
                const bool there =
                    route.service == "a" ? port == a.serverPort() : port == b.serverPort() || port == c.serverPort();
                QVERIFY2(there && answer.body.mid(answer.body.indexOf(' ')).startsWith(want),
                         what + "\nroute " + QByteArray::fromStdString(route.name) + ", wanted" + want);
                break;
            }
            }
            ++compared;
        }
    }
    QVERIFY(compared > 600);
}

void NginxExportTest::whatSluiceRefusesIsRefused()
{
    Echo a, b, c;
    start(routing("routing.yaml", a.serverPort(), b.serverPort(), c.serverPort()));
    if (QTest::currentTestFailed())
        return;
    // Some Sluice would normalise; the export says in its report that it refuses them. None may reach a service.
    for (const char *target :
         {"/../x", "/api/..%2Fadmin", "/api/..%2fadmin", "/api/..;x/admin", "/api/%2e%2e;/a", "/a%00b", "/a%zz",
          "/api/%5C../x", "/a%20b/../c", "/caf%c3%a9", "/a%0d%0aX-Evil:%201/../b", "/%2e%2e%2fx"}) {
        const Answer answer = ask({"GET", target});
        QVERIFY2(answer.status == 400, QByteArray(target) + ": " + answer.head + answer.body);
    }
}

void NginxExportTest::aClosedRouteStaysClosed()
{
    Echo a, b;
    QByteArray yaml = "listen: http://127.0.0.1:8080\nservices: {a: http://127.0.0.1:9001}\n"
                      "authenticators: {staff: {jwt: {algorithms: [RS256], jwks: http://127.0.0.1:1/jwks}}}\n"
                      "routes:\n- {path: /**, service: a}\n- {path: /admin/**, service: a, auth: staff}\n";
    port_ = freePort();
    yaml.replace("8080", QByteArray::number(port_)).replace("9001", QByteArray::number(a.serverPort()));
    start(yaml);
    if (QTest::currentTestFailed())
        return;
    QCOMPARE(ask({"GET", "/open"}).status, 200);
    for (const char *target : {"/admin", "/admin/", "/admin/x", "/open/../admin/x", "/%61dmin/x", "/admin/x?y",
                               "/./admin", "/open/%2E%2E/admin"}) {
        const Answer answer = ask({"GET", target});
        QVERIFY2(answer.status == 503 && !answer.header("Retry-After").isEmpty(), QByteArray(target) + answer.head);
        QCOMPARE(answer.header("Content-Type"), QByteArray("application/problem+json"));
    }
    for (const char *target : {"/open/..%2Fadmin", "/open/%2e%2e%2Fadmin", "/admin%2F..%2Fopen/..", "/admin/..%2Fopen"})
        QVERIFY2(ask({"GET", target}).status == 400, target);
}

void NginxExportTest::aServiceThatCannotBeReachedIs502AndOneThatHangsIs504()
{
    Echo deaf(true);
    const quint16 nobody = freePort();
    port_ = freePort();
    QByteArray yaml =
        "listen: http://127.0.0.1:8080\nservices:\n  gone: http://127.0.0.1:9001\n  deaf: {endpoints: "
        "[http://127.0.0.1:9002], "
        "timeouts: {response: 300ms}}\n  half: {endpoints: [http://127.0.0.1:9001, http://127.0.0.1:9003]}\n"
        "routes:\n- {path: /gone, service: gone}\n- {path: /deaf, service: deaf}\n- {path: /half, service: half}\n";
    Echo alive;
    yaml.replace("8080", QByteArray::number(port_))
        .replace("9001", QByteArray::number(nobody))
        .replace("9002", QByteArray::number(deaf.serverPort()))
        .replace("9003", QByteArray::number(alive.serverPort()));
    start(yaml);
    if (QTest::currentTestFailed())
        return;
    for (const auto &[target, status] : {std::pair("/gone", 502), std::pair("/deaf", 504)}) {
        const Answer answer = ask({"GET", target});
        QCOMPARE(answer.status, status);
        QCOMPARE(answer.header("Content-Type"), QByteArray("application/problem+json"));
        QVERIFY(answer.body.contains("\"request_id\":\"" + answer.header("X-Request-ID") + "\""));
        QVERIFY(!answer.body.contains("127.0.0.1"));
    }
    for (int i = 0; i < 4; ++i)
        QCOMPARE(ask({"POST", "/half"}).status, 200);  // the endpoint that refuses connections is stepped over
}

void NginxExportTest::whatIsToldAboutTheClientCannotBeForged()
{
    Echo a;
    port_ = freePort();
    QByteArray yaml =
        "listen: http://127.0.0.1:8080\nservices: {a: http://127.0.0.1:9001}\nroutes: [{path: /**, service: a}]\n";
    yaml.replace("8080", QByteArray::number(port_)).replace("9001", QByteArray::number(a.serverPort()));
    start(yaml);
    if (QTest::currentTestFailed())
        return;
    const Answer answer = ask({"GET",
                               "/",
                               "shop.test",
                               {{"X-Forwarded-For", "6.6.6.6"},
                                {"X-Real-IP", "6.6.6.6"},
                                {"Forwarded", "for=6.6.6.6"},
                                {"X_Forwarded_For", "6.6.6.6"},
                                {"X-Request-ID", "mine-1"},
                                {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
                                {"Proxy-Authorization", "secret"}}});
    QCOMPARE(answer.status, 200);
    QVERIFY2(!answer.body.contains("6.6.6.6") && !answer.body.contains("secret"), answer.body);
    QVERIFY(answer.body.contains("X-Forwarded-For: 127.0.0.1\r\n"));
    QVERIFY(answer.body.contains("Host: shop.test\r\n"));
    QVERIFY(answer.body.contains("X-Request-ID: mine-1\r\n"));
    QVERIFY(answer.body.contains("traceparent: 00-0af7651916cd43dd8448eb211c80319c-"));
    QCOMPARE(answer.header("X-Request-ID"), QByteArray("mine-1"));
    QCOMPARE(answer.header("X-Trace-ID"), QByteArray("0af7651916cd43dd8448eb211c80319c"));
}

QTEST_GUILESS_MAIN(NginxExportTest)
#include "nginx_export_test.moc"
