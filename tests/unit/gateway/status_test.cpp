// SPDX-License-Identifier: GPL-3.0-or-later
// A status survives its way through the control socket, and what is no status is told.
#include "engine/gateway/status.h"

#include <QTest>

using namespace sluice;
using namespace sluice::gateway;

namespace {

Status sample()
{
    Status s;
    s.version = "1.2.3";
    s.file = "/etc/a \"file\".yaml";
    s.revision = 7;
    s.started = WallTime(std::chrono::microseconds(1'764'000'000'123'456));
    s.listen = {"http://127.0.0.1:8080", "http://[::1]:8080"};
    s.socket = "/run/user/1000/sluice/1.sock";
    s.workers = 4;
    s.draining = true;
    s.requests = uint64_t(1) << 40;
    s.active = 3;
    s.connections = 12;
    s.services = {{"users",
                   "round_robin",
                   "off",
                   "",
                   {{"http://127.0.0.1:1", 3, true, 10, 2, 1, 4, std::chrono::microseconds(1500)}}},
                  {"closed", "weighted", "off", "no TLS yet", {}}};
    s.routes = {{"users", "/api/users/**", "users", {"a.test"}, {"GET", "POST"}, "", 12, 100, 7, 1},
                {"closed", "/x", "", {}, {}, "auth is not there", 20, 0, 0, 0}};
    s.certificates = {{"https://127.0.0.1:8443",
                       "CN=a.test",
                       "CN=Some \"CA\"",
                       "AB:CD",
                       {"a.test", "*.a.test"},
                       WallTime(std::chrono::microseconds(1'700'000'000'000'001)),
                       WallTime(std::chrono::microseconds(1'764'000'000'000'002)),
                       -3,
                       "tls/a.pem",
                       "the key is of another certificate"},
                      {"local CA", "", "", "", {}, {}, {}, 0, "", "not there"}};
    s.recording = {true, "/tmp/r.db", 1000, 2000, 3, 5, 4, 999, "disk full", "no key"};
    s.problems = {{Problem::Severity::Warning, "f.yaml", 3, 4, "what", "hint"},
                  {Problem::Severity::Error, "f.yaml", 0, 0, "bad", ""}};
    s.fileRefused = true;
    return s;
}

}  // namespace

class StatusTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void allOfItComesBack();
    void anEmptyOneComesBack();
    void whatIsNoStatusIsAnError();
    void keysOfAnotherTypeKeepTheirDefaults();
};

void StatusTest::allOfItComesBack()
{
    const Status before = sample();
    const std::string json = toJson(before);
    const Result<Status> after = statusFromJson(json);
    QVERIFY(after.ok());
    QCOMPARE(toJson(*after), json);
    QCOMPARE(after->services[0].endpoints[0].meanLatency, before.services[0].endpoints[0].meanLatency);
    QVERIFY(after->problems == before.problems);
    QCOMPARE(after->requests, before.requests);
    const CertificateStatus &certificate = after->certificates.at(0), &expected = before.certificates[0];
    QVERIFY(certificate.names == expected.names && certificate.notBefore == expected.notBefore
            && certificate.notAfter == expected.notAfter);
    QCOMPARE(certificate.daysLeft, -3);
    QCOMPARE(after->certificates.at(1).trouble, std::string("not there"));
    QVERIFY(after->started == before.started);
}

void StatusTest::anEmptyOneComesBack()
{
    const std::string json = toJson(Status());
    const Result<Status> after = statusFromJson(json);
    QVERIFY(after.ok());
    QCOMPARE(toJson(*after), json);
}

void StatusTest::whatIsNoStatusIsAnError()
{
    for (const char *text : {"", "[]", "{", "null", "HTTP/1.1 200 OK", "{\"listen\":[1,2}"})
        QVERIFY2(!statusFromJson(text).ok(), text);
    std::string deep(100'000, '[');
    QVERIFY(!statusFromJson(deep).ok());
}

void StatusTest::keysOfAnotherTypeKeepTheirDefaults()
{
    const Result<Status> s = statusFromJson(
        R"({"workers":"four","listen":{"a":1},"routes":[1,{"line":-5,"requests":-1}],"revision":1e99,"recording":[]})");
    QVERIFY(s.ok());
    QCOMPARE(s->workers, 0);
    QVERIFY(s->listen.empty());
    QCOMPARE(s->routes.size(), size_t(1));
    QCOMPARE(s->routes[0].requests, uint64_t(0));
    QCOMPARE(s->revision, uint64_t(0));
}

QTEST_APPLESS_MAIN(StatusTest)
#include "status_test.moc"
