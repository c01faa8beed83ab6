// SPDX-License-Identifier: GPL-3.0-or-later
// gRPC through the gateway with grpc-js on both sides: all four kinds of calls, trailers, deadlines, the status in the record, and
// messages told by wire type or by name.
#include "tests/peers/npm.h"
#include "tests/peers/peers.h"

#include <QTest>

using namespace support;

namespace {

std::string textOf(const QJsonValue &value)
{
    return value.toVariant().toString().toStdString();
}

std::string script(const std::string &name)
{
    return std::string(SLUICE_SOURCE_DIR) + "/tests/peers/" + name;
}

}  // namespace

class GrpcTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void everyKindOfCallPasses();
    void messagesAreToldByWireTypeWithoutASchema();
    void messagesAreToldByNameWithASchema();
    void whatTheGatewayAnswersIsGrpc();
    void theClientsDeadlineIsTheGatewaysToo();

private:
    std::string modules_;
    std::unique_ptr<Process> server_;
    std::string endpoint_;
    std::unique_ptr<GatewayProcess> gateway_;

    Ran client(const GatewayProcess &gateway, const std::string &what) const
    {
        return run({"node", script("grpc_client.js"), "127.0.0.1:" + std::to_string(gateway.port()), what},
                   {{{"NODE_PATH", modules_}}, {}, {}, 0});
    }
    std::string file(const std::string &more = {}) const
    {
        return "services:\n  shop:\n    endpoints: [\"" + endpoint_ + "\"]\n" + more
            + "  nobody: h2c://127.0.0.1:1\nroutes:\n- {path: /shop.Shop/**, service: shop}\n- {path: /gone.Shop/**, "
              "service: nobody}\n";
    }
    QJsonObject show(const GatewayProcess &gateway, const std::vector<std::string> &filter) const
    {
        const QList<QJsonObject> rows = gateway.log(1, filter);
        return rows.isEmpty()
            ? QJsonObject()
            : jsonObject(gateway.onRecording({"show", std::to_string(rows.last()["id"].toInteger()), "--json"}).out);
    }
    // What came of a call with this message, as nghttp tells it. (curl 7.88 takes an answer that ends before its request was read for an
    // error, although RFC 9113 section 8.1 allows it.)
    std::string raw(const std::string &path, const std::string &message,
                    const std::vector<std::string> &fields = {}) const
    {
        const TempFolder files;
        std::vector<std::string> command = {
            "nghttp", "-v",          "-d", files.write("message", message), "-H", "content-type: application/grpc",
            "-H",     "te: trailers"};
        for (const std::string &field : fields) {
            command.push_back("-H");
            command.push_back(field);
        }
        command.push_back(gateway_->url(path));
        return run(command).out;
    }
};

void GrpcTest::initTestCase()
{
    std::string trouble;
    modules_ = npmPackage("@grpc/grpc-js", "1", trouble);
    const std::string loader = modules_.empty() ? std::string() : npmPackage("@grpc/proto-loader", "0.7", trouble);
    if (loader.empty())
        QSKIP(trouble.c_str());
    modules_ += ":" + loader;
    server_ = std::make_unique<Process>(std::vector<std::string>{"node", script("grpc_server.js")},
                                        ProcessOptions{{{"NODE_PATH", modules_}}, {}, {}, 0});
    QVERIFY2(server_->waitForOutput("ready "), server_->err().c_str());
    endpoint_ = "h2c://127.0.0.1:" + std::to_string(std::atoi(server_->out().c_str() + 6));
    GatewaySetup setup;
    setup.file = file();
    gateway_ = std::make_unique<GatewayProcess>(setup);
    QVERIFY2(gateway_->ready(), gateway_->trouble().c_str());
}

void GrpcTest::everyKindOfCallPasses()
{
    const Ran ran = client(*gateway_, "all");
    const QJsonObject seen = jsonObject(ran.out);
    QVERIFY2(!seen.isEmpty(), ran.err.c_str());
    QCOMPARE(textOf(seen["get"]["name"]), std::string("got pen"));
    QCOMPARE(textOf(seen["get"]["tail"]), std::string("behind the message"));
    QCOMPARE(seen["gone"]["code"].toInt(), 5);
    QCOMPARE(seen["gone"]["details"].toString(), QString("no such item → 404"));
    QCOMPARE(seen["watch"].toArray(), QJsonArray({"w1", "w2", "w3"}));
    QCOMPARE(seen["put"].toInt(), 5);
    QCOMPARE(seen["chat"].toArray(), QJsonArray({"re n0", "re n1", "re n2"}));
    QCOMPARE(seen["late"]["code"].toInt(), 4);

    const QList<QJsonObject> rows = gateway_->log(6, {"is:grpc"});
    QCOMPARE(rows.size(), 6);
    const int statuses[] = {0, 5, 0, 0, 0, 4}, messages[] = {2, 1, 4, 6, 6, 1};
    for (int i = 0; i < 6; ++i) {
        QCOMPARE(rows[i]["messages"].toInt(), messages[i]);
        QCOMPARE(rows[i]["grpc_status"].toInt(-1), statuses[i]);
    }
    // Whether the client or the gateway gave up first is theirs: it was late.
    QVERIFY2(textOf(rows[5]["failure"]).find("deadline of ") != std::string::npos, textOf(rows[5]["failure"]).c_str());
    QCOMPARE(textOf(rows[5]["failed_by"]), std::string("upstream"));
    QCOMPARE(textOf(rows[0]["grpc_method"]), std::string("shop.Shop/Get"));
    QCOMPARE(rows[1]["grpc_message"].toString(), QString("no such item → 404"));
    QCOMPARE(gateway_->log(1, {"grpc_status:5"}).size(), 1);
}

void GrpcTest::messagesAreToldByWireTypeWithoutASchema()
{
    const QJsonArray messages = show(*gateway_, {"path:/shop.Shop/Get grpc_status:0"})["messages"].toArray();
    QCOMPARE(messages.size(), 2);
    QCOMPARE(textOf(messages[0]["fields"]), std::string("1: 1\n2: \"pen\"\n4 {\n  1: 2\n}\n5: \"a\"\n5: \"b\""));
    QVERIFY(textOf(messages[1]["fields"]).find("(1.5)") != std::string::npos);
}

void GrpcTest::messagesAreToldByNameWithASchema()
{
    const TempFolder files;
    if (!isInstalled("protoc"))
        QSKIP("protoc is not installed");
    const Ran protoc = run({"protoc", "--proto_path", std::string(SLUICE_SOURCE_DIR) + "/tests/peers",
                            "--descriptor_set_out=" + files.path("shop.pb"), "--include_imports", "shop.proto"});
    QCOMPARE(protoc.exitCode, 0);
    GatewaySetup setup;
    setup.file = file("    grpc: {descriptor_set: " + files.path("shop.pb") + "}\n");
    GatewayProcess gateway(setup);
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    QVERIFY(!client(gateway, "one").out.empty());
    const QJsonArray messages = show(gateway, {"is:grpc"})["messages"].toArray();
    QCOMPARE(messages.size(), 2);
    const std::string fields = textOf(messages[0]["fields"]);
    QVERIFY2(fields.find("name: \"pen\"") != std::string::npos && fields.find("child {") != std::string::npos,
             fields.c_str());
    const std::string shown = gateway.onRecording({"show", "1"}).out;
    QVERIFY2(shown.find("price: 1.5") != std::string::npos, shown.c_str());
    // One that is no schema is told, and stops nothing.
    setup.file = file("    grpc: {descriptor_set: " + files.write("not.pb", "no schema") + "}\n");
    GatewayProcess other(setup);
    QVERIFY(other.ready());
    QVERIFY2(other.trouble().find("no descriptor set") != std::string::npos, other.trouble().c_str());
}

void GrpcTest::whatTheGatewayAnswersIsGrpc()
{
    const std::string empty(5, '\0');
    const std::string gone = raw("/gone.Shop/Get", empty), nowhere = raw("/nowhere.Shop/Get", empty);
    QVERIFY2(gone.find(":status: 200") != std::string::npos && gone.find("grpc-status: 14") != std::string::npos,
             gone.c_str());
    QVERIFY(gone.find("content-type: application/grpc") != std::string::npos);
    QVERIFY2(nowhere.find("grpc-status: 12") != std::string::npos, nowhere.c_str());
    const QList<QJsonObject> rows = gateway_->log(1, {"path:/gone.Shop/Get"});
    QCOMPARE(rows.last()["grpc_status"].toInt(), 14);
    QCOMPARE(textOf(rows.last()["failed_by"]), std::string("upstream"));
}

void GrpcTest::theClientsDeadlineIsTheGatewaysToo()
{
    // Item 999, which is never answered.
    const std::string told = raw("/shop.Shop/Get", std::string("\0\0\0\0\3\x08\xe7\x07", 8),
                                 {"grpc-timeout: 250m", "x-request-id: too-late"});
    QVERIFY2(told.find("grpc-status: 4") != std::string::npos, told.c_str());
    const QJsonObject row = gateway_->log(1, {"request:too-late"}).last();
    QVERIFY(textOf(row["failure"]).find("the client's deadline of 250ms") != std::string::npos);
    QCOMPARE(row["grpc_status"].toInt(), 4);
}

QTEST_GUILESS_MAIN(GrpcTest)
#include "grpc_test.moc"
