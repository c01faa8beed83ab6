// SPDX-License-Identifier: GPL-3.0-or-later
// A real Vite behind the gateway: its page loads, and an edited file reaches the browser's side by hot reload.
#include "tests/peers/npm.h"
#include "tests/peers/peers.h"

#include <QTest>

#include <csignal>
#include <filesystem>

using namespace support;

class ViteTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void hotReloadPassesThroughTheGateway();
};

void ViteTest::hotReloadPassesThroughTheGateway()
{
    std::string trouble;
    const std::string vite = npmPackage("vite", "5", trouble);
    const std::string ws = vite.empty() ? std::string() : npmPackage("ws", "8", trouble);
    if (ws.empty())
        QSKIP(trouble.c_str());
    const TempFolder project;
    const auto module = [](const std::string &text) {
        return "export const text = '" + text + "';\nif (import.meta.hot) import.meta.hot.accept();\n";
    };
    project.write("index.html", "<!doctype html><script type=\"module\" src=\"/main.js\"></script>");
    project.write("main.js", module("before"));
    project.write("package.json", "{\"type\": \"module\"}");
    const uint16_t port = freePort();
    Process server({vite + "/.bin/vite", "--port", std::to_string(port), "--strictPort", "--host", "127.0.0.1",
                    "--clearScreen", "false"},
                   {{}, project.path(), {}, 0});
    QVERIFY2(waitForPort(port), (server.out() + server.err()).c_str());
    GatewaySetup setup;
    setup.to = "http://127.0.0.1:" + std::to_string(port);
    const GatewayProcess gateway(setup);
    QVERIFY2(gateway.ready(), gateway.trouble().c_str());
    Process browser({"node", std::string(SLUICE_SOURCE_DIR) + "/tests/peers/vite_client.js", gateway.url()},
                    {{{"NODE_PATH", ws}}, {}, {}, 0});
    QVERIFY2(browser.waitForOutput("connected"), browser.err().c_str());

    project.write("main.js", module("after"));
    QVERIFY2(browser.waitForOutput("update /main.js"),
             (browser.out() + browser.err() + server.out() + server.err()).c_str());
    const CurlAnswer answer = curl({gateway.url("/main.js")});
    QVERIFY(answer.body.find("'after'") != std::string::npos || answer.body.find("\"after\"") != std::string::npos);

    // The update stands in the recording while the socket goes on.
    QList<QJsonObject> open;
    QVERIFY(waitUntil([&] {
        open = jsonLines(gateway.onRecording({"log", "--open", "--json"}).out);
        return open.size() == 1 && open[0]["messages"].toInt() >= 2;
    }));
    const std::string shown = gateway.onRecording({"show", "@" + std::to_string(-open[0]["id"].toInteger())}).out;
    QVERIFY2(shown.find("\"type\":\"update\"") != std::string::npos, shown.c_str());
}

QTEST_GUILESS_MAIN(ViteTest)
#include "vite_test.moc"
