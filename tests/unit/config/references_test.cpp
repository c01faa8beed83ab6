// SPDX-License-Identifier: GPL-3.0-or-later
// ${secret:NAME} and ${file:PATH}: what they become, what is told where they cannot be had, and that no problem shows a value.
#include "engine/config/load.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

using namespace sluice;
using namespace sluice::config;

namespace {

const std::string pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwhunter2\n-----END PRIVATE KEY-----";

// `key` as the private key of a listener, `name` as the server name towards a service.
std::string gatewayFile(const std::string &key, const std::string &name = "pay.internal")
{
    return "listen:\n  - url: https://127.0.0.1:0\n    certificates:\n      - {certificate: /c.pem, key: \"" + key
        + "\"}\nservices:\n  a: {endpoints: [https://127.0.0.1:1], tls: {server_name: \"" + name
        + "\"}}\nroutes: [{path: /**, service: a}]\n";
}

std::string texts(const Problems &problems)
{
    std::string out;
    for (const Problem &problem : problems)
        out += problem.text() + '\n';
    return out;
}

class ReferencesTest : public QObject {
    Q_OBJECT

    std::map<std::string, std::string> secrets_ = {{"pem", pem},
                                                   {"name", "hunter2.internal"},
                                                   {"lines", "hunter2\nhunter2"},
                                                   {"bytes", std::string("hunter2\0\xff", 9)},
                                                   {"large", std::string(3 << 20, 'h')}};
    std::vector<std::string> asked_;
    std::string unreachable_;

    Environment environment()
    {
        asked_.clear();
        Environment out;
        out.variables = {{"HOST", "env.internal"}};
        out.secret = [this](const std::string &name) {
            asked_.push_back(name);
            const auto at = secrets_.find(name);
            if (!unreachable_.empty())
                return Lookup{Lookup::State::Unreachable, {}, unreachable_};
            return at == secrets_.end() ? Lookup{}
                                        : Lookup{Lookup::State::Found, Secret(std::string_view(at->second)), {}};
        };
        out.file = readReferenced;
        return out;
    }
    // Its problems; none of them shows a secret.
    std::string said(const std::string &text, const Environment &environment, const std::string &name = "f.yaml")
    {
        loaded_ = load(text, name, environment);
        const std::string out = texts(loaded_.problems);
        return out.find("hunter2") == out.npos ? out : "SHOWN: " + out;
    }
    Loaded loaded_;

private Q_SLOTS:
    void init() { unreachable_.clear(); }

    void a_secret_takes_its_place()
    {
        QCOMPARE(said(gatewayFile("${secret:pem}", "${secret:name}"), environment()), std::string());
        QCOMPARE(loaded_.plan->listen[0].secure.certificates[0].key, pem);
        QCOMPARE(loaded_.plan->services[0].secure.serverName, std::string("hunter2.internal"));
        QCOMPARE(loaded_.plan->references.size(), size_t(2));
        QCOMPARE(loaded_.plan->references[0].text, std::string("${secret:pem}"));
        QCOMPARE(loaded_.plan->references[0].place.line, 4);
    }

    void a_secret_may_be_a_part_of_a_text_beside_a_variable()
    {
        QCOMPARE(said(gatewayFile("/k.pem", "x-${secret:name}-${env:HOST}-${nobody}"), environment()), std::string());
        QCOMPARE(loaded_.plan->services[0].secure.serverName, std::string("x-hunter2.internal-env.internal-${nobody}"));
    }

    void each_is_asked_for_once()
    {
        said(gatewayFile("${secret:pem}", "${secret:name}${secret:name}${secret:name}"), environment());
        QCOMPARE(asked_, (std::vector<std::string>{"pem", "name"}));
    }

    void one_that_is_not_there_is_told_with_its_place_and_what_to_do()
    {
        const std::string what = "there is no secret 'other'. Keep it first: sluice secret set other\n";
        QCOMPARE(said(gatewayFile("/k.pem", "${secret:other}"), environment()), "f.yaml:6:60: error: " + what);
        QVERIFY(!loaded_.plan);
        // As a file of a key that is missing: its listener stays closed until it is there.
        QCOMPARE(said(gatewayFile("${secret:other}"), environment()), "f.yaml:4:36: warning: " + what);
        QVERIFY(loaded_.plan);
        // What is not in effect yet needs none.
        const std::string later =
            gatewayFile("/k.pem") + "authenticators: {a: {jwt: {algorithms: [HS256], secret: '${secret:other}'}}}\n";
        QVERIFY(said(later, environment()).find("other") == std::string::npos);
    }

    void a_store_that_cannot_be_reached_is_an_error_or_a_warning()
    {
        unreachable_ = "the keychain does not answer";
        Environment known = environment();
        QCOMPARE(
            said(gatewayFile("${secret:pem}"), known),
            std::string("f.yaml:4:36: error: the secret 'pem' cannot be looked up: the keychain does not answer\n"));
        QVERIFY(!loaded_.plan);
        known.lenient = true;
        QCOMPARE(
            said(gatewayFile("${secret:pem}"), known),
            std::string("f.yaml:4:36: warning: the secret 'pem' cannot be looked up: the keychain does not answer\n"));
        QVERIFY(loaded_.plan);
    }

    void where_nobody_looks_a_stand_in_takes_its_place()
    {
        QCOMPARE(said(gatewayFile("${secret:a/b}", "${file:tls/na me}"), {}), std::string());
        QCOMPARE(loaded_.plan->listen[0].secure.certificates[0].key, std::string("SLUICE_SECRET_a_b"));
        QCOMPARE(loaded_.plan->services[0].secure.serverName, std::string("SLUICE_FILE_na_me"));
        QCOMPARE(loaded_.plan->references.size(), size_t(2));
    }

    void what_is_shown_cannot_be_a_secret()
    {
        const std::string place = " cannot come from a secret or a file, as it is shown in status and logs";
        for (const Environment &known : {environment(), Environment()}) {
            QVERIFY(
                said("services: {a: '${secret:name}'}\nroutes: [{path: /, service: a}]\n", known).find("'a'" + place)
                != std::string::npos);
            QVERIFY(said("services: {a: http://a:1}\nroutes: [{path: '/${secret:name}', service: a}]\n", known)
                        .find("'path'" + place)
                    != std::string::npos);
            QVERIFY(
                said("services: {a: {endpoints: [http://a:1], timeouts: {total: '${file:x}'}}}\nroutes: []\n", known)
                    .find("'total'" + place)
                != std::string::npos);
        }
        // Nor by what looks at several values together.
        QVERIFY(said("services: {a: http://a:1}\nroutes: [{path: /, service: a, methods: ['${secret:name}', get]}]\n",
                     environment())
                    .find("an item of 'methods'" + place)
                != std::string::npos);
        // Not even where it has the wrong shape.
        QVERIFY(said("services: '${secret:name}'\nroutes: []\n", environment()).find("a text") != std::string::npos);
        QVERIFY(said("services: {a: {endpoints: [http://a:1], tls: '${secret:name}'}}\nroutes: []\n", environment())
                    .find("a text")
                != std::string::npos);
    }

    void what_does_not_fit_its_place_is_told_without_showing_it()
    {
        // The name of a file would be shown when it cannot be opened.
        QVERIFY(said(gatewayFile("${secret:name}"), environment()).find("'key' must be PEM text") != std::string::npos);
        QVERIFY(
            said(gatewayFile("/k.pem", "${secret:lines}"), environment()).find("the secret 'lines' holds a line end")
            != std::string::npos);
        QVERIFY(said(gatewayFile("/k.pem", "x${secret:pem}"), environment()).find("holds a line end")
                != std::string::npos);
        QVERIFY(said(gatewayFile("/k.pem", "${secret:bytes}"), environment()).find("not UTF-8") != std::string::npos);
        QVERIFY(said(gatewayFile("/k.pem", "${secret:large}${secret:large}"), environment()).find("more than 4 MiB")
                != std::string::npos);
        QVERIFY(said(gatewayFile("/k.pem", "${secret:name"), environment()).find("without its '}'")
                != std::string::npos);
    }

    void a_key_in_the_environment_is_handled_as_a_secret_is()
    {
        Environment known = environment();
        known.variables["KEY"] = pem;
        const Loaded loaded = load(gatewayFile("${env:KEY}"), "gw.yaml", known);
        QVERIFY2(loaded.plan != nullptr, texts(loaded.problems).c_str());
        QCOMPARE(loaded.plan->listen.at(0).secure.certificates.at(0).key, pem);
        // Not within a text, nor where it would be shown; and a problem shows nothing of it.
        QVERIFY(said(gatewayFile("x${env:KEY}"), known).find("holds a line end") != std::string::npos);
        QVERIFY(said(gatewayFile("/k.pem", "${env:KEY}"), known).find("hunter2") == std::string::npos);
        QVERIFY(said("services: {a: http://a:1}\nroutes: [{path: '${env:KEY}', service: a}]\n", known).find("hunter2")
                == std::string::npos);
        // Where nobody looks secrets up, as for an export, a stand-in takes its place.
        known.secret = nullptr;
        const Loaded blind = load(gatewayFile("${env:KEY}"), "gw.yaml", known);
        QVERIFY2(blind.plan != nullptr, texts(blind.problems).c_str());
        QVERIFY(blind.plan->listen.at(0).secure.certificates.at(0).key.find("SLUICE_SECRET_KEY") != std::string::npos);
    }

    void a_file_is_found_from_where_the_gateway_file_is()
    {
        QTemporaryDir folder;
        const auto write = [&](const QString &name, const QByteArray &bytes) {
            QFile file(folder.filePath(name));
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
        };
        write("key.pem", QByteArray::fromStdString(pem) + "\r\n");
        write("large", QByteArray((1 << 20) + 1, 'x'));
        write("most", QByteArray(1 << 20, 'x'));
        const std::string name = folder.filePath("gateway.yaml").toStdString();
        QCOMPARE(said(gatewayFile("${file:key.pem}"), environment(), name), std::string());
        QCOMPARE(loaded_.plan->listen[0].secure.certificates[0].key, pem);
        QCOMPARE(said(gatewayFile("${file:" + folder.filePath("key.pem").toStdString() + "}"), environment()),
                 std::string());
        QVERIFY(said(gatewayFile("${file:none.pem}"), environment(), name)
                    .find("the file 'none.pem' cannot be read: No such file")
                != std::string::npos);
        QVERIFY(said(gatewayFile("${file:.}"), environment(), name).find("no regular file") != std::string::npos);
        QVERIFY(said(gatewayFile("/k", "${file:large}"), environment(), name).find("larger than 1 MiB")
                != std::string::npos);
        QCOMPARE(said(gatewayFile("/k", "${file:most}"), environment(), name), std::string());
        QCOMPARE(::mkfifo(folder.filePath("pipe").toStdString().c_str(), 0600), 0);
        QVERIFY(said(gatewayFile("/k", "${file:pipe}"), environment(), name).find("no regular file")
                != std::string::npos);
    }
};

}  // namespace

QTEST_APPLESS_MAIN(ReferencesTest)
#include "references_test.moc"
